//! Metrics and data points, compared.

use opentelemetry_proto::tonic::metrics::v1::exponential_histogram_data_point::Buckets as SentBuckets;
use opentelemetry_proto::tonic::metrics::v1::metric::Data as SentData;
use opentelemetry_proto::tonic::metrics::v1::{
    Exemplar as SentExemplar, ExponentialHistogramDataPoint, HistogramDataPoint, Metric as SentMetric, NumberDataPoint,
    SummaryDataPoint, exemplar, number_data_point,
};

use super::super::super::{
    Buckets, Data, Exemplar, Exponential, Figures, Histogram, Lists, Metric, Number, Point, Summary,
};
use super::{same_all, same_entries};

/// A data point as `prost` has it.
#[derive(Debug, Clone, Copy)]
pub(super) enum SentPoint<'a> {
    Number(&'a NumberDataPoint),
    Histogram(&'a HistogramDataPoint),
    Exponential(&'a ExponentialHistogramDataPoint),
    Summary(&'a SummaryDataPoint),
}

/// Compares the fields that every kind of point has.
macro_rules! same_common {
    ($read:ident, $sent:ident, $lists:ident, $exemplars:expr) => {{
        same_entries($read.attributes.of(&$lists.attributes), &$sent.attributes);
        assert_eq!(
            ($read.start_time_unix_nano, $read.time_unix_nano, $read.flags),
            ($sent.start_time_unix_nano, $sent.time_unix_nano, $sent.flags)
        );
        let exemplars: &[SentExemplar] = $exemplars;
        same_all($read.exemplars.of(&$lists.exemplars), exemplars, |read, sent| same_exemplar(read, sent, $lists));
    }};
}

// === impl SentPoint ===

impl<'a> SentPoint<'a> {
    pub(super) fn all(metric: &'a SentMetric) -> Vec<Self> {
        match &metric.data {
            None => Vec::new(),
            Some(SentData::Gauge(gauge)) => gauge.data_points.iter().map(Self::Number).collect(),
            Some(SentData::Sum(sum)) => sum.data_points.iter().map(Self::Number).collect(),
            Some(SentData::Histogram(one)) => one.data_points.iter().map(Self::Histogram).collect(),
            Some(SentData::ExponentialHistogram(one)) => one.data_points.iter().map(Self::Exponential).collect(),
            Some(SentData::Summary(summary)) => summary.data_points.iter().map(Self::Summary).collect(),
        }
    }
}

pub(super) fn same_metric(read: &Metric<'_>, sent: &SentMetric, lists: &Lists<'_>) {
    assert_eq!(
        (read.name, read.description, read.unit),
        (sent.name.as_str(), sent.description.as_str(), sent.unit.as_str())
    );
    same_entries(read.metadata.of(&lists.attributes), &sent.metadata);
    match (read.data, &sent.data) {
        (None, None)
        | (Some(Data::Gauge), Some(SentData::Gauge(_)))
        | (Some(Data::Summary), Some(SentData::Summary(_))) => {}
        (Some(Data::Sum { aggregation_temporality, is_monotonic }), Some(SentData::Sum(sent))) => {
            assert_eq!((aggregation_temporality, is_monotonic), (sent.aggregation_temporality, sent.is_monotonic));
        }
        (Some(Data::Histogram { aggregation_temporality }), Some(SentData::Histogram(sent))) => {
            assert_eq!(aggregation_temporality, sent.aggregation_temporality);
        }
        (Some(Data::ExponentialHistogram { aggregation_temporality }), Some(SentData::ExponentialHistogram(sent))) => {
            assert_eq!(aggregation_temporality, sent.aggregation_temporality);
        }
        (read, sent) => panic!("{read:?} is not {sent:?}"),
    }
}

pub(super) fn same_point(read: &Point<'_>, sent: SentPoint<'_>, lists: &Lists<'_>) {
    match (read.figures, sent) {
        (Figures::Number(number), SentPoint::Number(sent)) => {
            same_common!(read, sent, lists, &sent.exemplars);
            same_number(
                number,
                sent.value.map(|value| match value {
                    number_data_point::Value::AsDouble(number) => Number::Double(number),
                    number_data_point::Value::AsInt(number) => Number::Int(number),
                }),
            );
        }
        (Figures::Histogram(figures), SentPoint::Histogram(sent)) => {
            same_common!(read, sent, lists, &sent.exemplars);
            same_histogram(&figures, sent);
        }
        (Figures::Exponential(figures), SentPoint::Exponential(sent)) => {
            same_common!(read, sent, lists, &sent.exemplars);
            same_exponential(&figures, sent);
        }
        (Figures::Summary(figures), SentPoint::Summary(sent)) => {
            same_common!(read, sent, lists, &[]);
            same_summary(&figures, sent);
        }
        (read, sent) => panic!("{read:?} is not {sent:?}"),
    }
}

fn same_histogram(read: &Histogram<'_>, sent: &HistogramDataPoint) {
    assert_eq!(read.count, sent.count);
    assert_eq!([read.sum, read.min, read.max].map(bits), [sent.sum, sent.min, sent.max].map(bits));
    assert!(read.bucket_counts().eq(sent.bucket_counts.iter().copied()));
    let bounds = sent.explicit_bounds.iter().map(|bound| bound.to_bits());
    assert!(read.explicit_bounds().map(f64::to_bits).eq(bounds));
}

fn same_exponential(read: &Exponential<'_>, sent: &ExponentialHistogramDataPoint) {
    assert_eq!((read.count, read.scale, read.zero_count), (sent.count, sent.scale, sent.zero_count));
    assert_eq!([read.sum, read.min, read.max].map(bits), [sent.sum, sent.min, sent.max].map(bits));
    assert_eq!(plain_bits(read.zero_threshold), plain_bits(sent.zero_threshold));
    same_buckets(read.positive, sent.positive.as_ref());
    same_buckets(read.negative, sent.negative.as_ref());
}

fn same_buckets(read: Option<Buckets<'_>>, sent: Option<&SentBuckets>) {
    let read = read.map(|read| (read.offset, read.bucket_counts().collect::<Vec<_>>()));
    assert_eq!(read, sent.map(|sent| (sent.offset, sent.bucket_counts.clone())));
}

fn same_summary(read: &Summary<'_>, sent: &SummaryDataPoint) {
    assert_eq!((read.count, plain_bits(read.sum)), (sent.count, plain_bits(sent.sum)));
    same_all(&read.quantile_values.values().collect::<Vec<_>>(), &sent.quantile_values, |read, sent| {
        assert_eq!((plain_bits(read.0), plain_bits(read.1)), (plain_bits(sent.quantile), plain_bits(sent.value)));
    });
}

fn same_exemplar(read: &Exemplar<'_>, sent: &SentExemplar, lists: &Lists<'_>) {
    same_entries(read.filtered_attributes.of(&lists.attributes), &sent.filtered_attributes);
    assert_eq!(read.time_unix_nano, sent.time_unix_nano);
    assert_eq!((read.trace_id, read.span_id), (&sent.trace_id[..], &sent.span_id[..]));
    same_number(
        read.value,
        sent.value.map(|value| match value {
            exemplar::Value::AsDouble(number) => Number::Double(number),
            exemplar::Value::AsInt(number) => Number::Int(number),
        }),
    );
}

fn same_number(read: Option<Number>, sent: Option<Number>) {
    match (read, sent) {
        (None, None) => {}
        (Some(Number::Double(read)), Some(Number::Double(sent))) => assert_eq!(read.to_bits(), sent.to_bits()),
        (Some(Number::Int(read)), Some(Number::Int(sent))) => assert_eq!(read, sent),
        (read, sent) => panic!("{read:?} is not {sent:?}"),
    }
}

fn bits(number: Option<f64>) -> Option<u64> {
    number.map(f64::to_bits)
}

/// `prost` writes -0.0 as nothing where a number cannot be absent, so an encoding of ours says 0.0.
fn plain_bits(number: f64) -> u64 {
    (number + 0.0).to_bits()
}
