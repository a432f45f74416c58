//! A data point of any kind of metric: what it says, and whether it may be believed.

use opentelemetry_proto::tonic::common::v1::KeyValue;
use opentelemetry_proto::tonic::metrics::v1::exponential_histogram_data_point::Buckets;
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::number_data_point::Value;
use opentelemetry_proto::tonic::metrics::v1::{
    DataPointFlags, Exemplar, ExponentialHistogramDataPoint, HistogramDataPoint, Metric, NumberDataPoint,
    SummaryDataPoint, exemplar,
};

use super::fits;
use super::value::{write_double, write_hex, write_int, write_object};
use super::verdict::Reason;

/// The exponents of two that bound the doubles, subnormal ones among them.
const DOUBLE_EXPONENTS: std::ops::RangeInclusive<f64> = -1074.0..=1024.0;

/// A data point.
#[derive(Debug, Clone, Copy)]
pub(super) enum Point<'a> {
    Number(&'a NumberDataPoint),
    Histogram(&'a HistogramDataPoint),
    Exponential(&'a ExponentialHistogramDataPoint),
    Summary(&'a SummaryDataPoint),
}

/// Reads a field that every kind of point has.
macro_rules! of_every_kind {
    ($point:expr, $one:ident => $field:expr) => {
        match $point {
            Point::Number($one) => $field,
            Point::Histogram($one) => $field,
            Point::Exponential($one) => $field,
            Point::Summary($one) => $field,
        }
    };
}

// === impl Point ===

impl<'a> Point<'a> {
    /// The points of a metric in order.
    pub(super) fn all(metric: &'a Metric) -> Box<dyn Iterator<Item = Self> + 'a> {
        match &metric.data {
            None => Box::new(std::iter::empty()),
            Some(Data::Gauge(gauge)) => Box::new(gauge.data_points.iter().map(Self::Number)),
            Some(Data::Sum(sum)) => Box::new(sum.data_points.iter().map(Self::Number)),
            Some(Data::Histogram(one)) => Box::new(one.data_points.iter().map(Self::Histogram)),
            Some(Data::ExponentialHistogram(one)) => Box::new(one.data_points.iter().map(Self::Exponential)),
            Some(Data::Summary(summary)) => Box::new(summary.data_points.iter().map(Self::Summary)),
        }
    }

    pub(super) fn attributes(self) -> &'a [KeyValue] {
        of_every_kind!(self, one => &one.attributes)
    }

    pub(super) fn time_unix_nano(self) -> u64 {
        of_every_kind!(self, one => one.time_unix_nano)
    }

    pub(super) fn start_time_unix_nano(self) -> u64 {
        of_every_kind!(self, one => one.start_time_unix_nano)
    }

    pub(super) fn flags(self) -> u32 {
        of_every_kind!(self, one => one.flags)
    }

    /// The point, unless it says that nothing was recorded.
    pub(super) fn recorded(self) -> Option<Self> {
        let nothing = DataPointFlags::NoRecordedValueMask as u32;
        (self.flags() & nothing == 0).then_some(self)
    }

    pub(super) fn exemplars(self) -> &'a [Exemplar] {
        match self {
            Self::Number(one) => &one.exemplars,
            Self::Histogram(one) => &one.exemplars,
            Self::Exponential(one) => &one.exemplars,
            Self::Summary(_) => &[],
        }
    }

    pub(super) fn number(self) -> Option<Value> {
        match self {
            Self::Number(one) => one.value,
            _ => None,
        }
    }

    pub(super) fn histogram(self) -> Option<&'a HistogramDataPoint> {
        match self {
            Self::Histogram(one) => Some(one),
            _ => None,
        }
    }

    pub(super) fn exponential(self) -> Option<&'a ExponentialHistogramDataPoint> {
        match self {
            Self::Exponential(one) => Some(one),
            _ => None,
        }
    }

    pub(super) fn summary(self) -> Option<&'a SummaryDataPoint> {
        match self {
            Self::Summary(one) => Some(one),
            _ => None,
        }
    }

    pub(super) fn count(self) -> Option<u64> {
        match self {
            Self::Number(_) => None,
            Self::Histogram(one) => Some(one.count),
            Self::Exponential(one) => Some(one.count),
            Self::Summary(one) => Some(one.count),
        }
    }

    pub(super) fn sum(self) -> Option<f64> {
        match self {
            Self::Number(_) => None,
            Self::Histogram(one) => one.sum,
            Self::Exponential(one) => one.sum,
            Self::Summary(one) => Some(one.sum),
        }
    }

    pub(super) fn min(self) -> Option<f64> {
        match self {
            Self::Histogram(one) => one.min,
            Self::Exponential(one) => one.min,
            Self::Number(_) | Self::Summary(_) => None,
        }
    }

    pub(super) fn max(self) -> Option<f64> {
        match self {
            Self::Histogram(one) => one.max,
            Self::Exponential(one) => one.max,
            Self::Number(_) | Self::Summary(_) => None,
        }
    }

    /// Whether every number fits its column.
    pub(super) fn storable(self) -> Result<(), Reason> {
        fits(self.time_unix_nano(), Reason::TimeRange)?;
        fits(self.start_time_unix_nano(), Reason::TimeRange)?;
        let Some(point) = self.recorded() else {
            return Ok(());
        };
        fits(point.count().unwrap_or(0), Reason::CountRange)?;
        match point {
            Self::Number(_) | Self::Summary(_) => Ok(()),
            Self::Histogram(one) => all_fit(&one.bucket_counts),
            Self::Exponential(one) => {
                fits(one.zero_count, Reason::CountRange)?;
                let mut sides = [&one.positive, &one.negative].into_iter().flatten();
                sides.try_for_each(|buckets| all_fit(&buckets.bucket_counts))
            }
        }
    }

    /// Whether OTLP allows it.
    pub(super) fn valid(self) -> Result<(), Reason> {
        ensure(self.time_unix_nano() != 0, Reason::TimeMissing)?;
        match self.recorded() {
            None => Ok(()),
            Some(Self::Number(one)) => ensure(one.value.is_some(), Reason::ValueMissing),
            Some(Self::Histogram(one)) => valid_histogram(one),
            Some(Self::Exponential(one)) => {
                let mut sides = [&one.positive, &one.negative].into_iter().flatten();
                ensure(sides.all(|buckets| in_range(buckets, one.scale)), Reason::ExponentialRange)
            }
            Some(Self::Summary(one)) => {
                let mut quantiles = one.quantile_values.iter().map(|value| value.quantile);
                ensure(quantiles.all(|quantile| (0.0..=1.0).contains(&quantile)), Reason::Quantile)
            }
        }
    }
}

fn ensure(holds: bool, otherwise: Reason) -> Result<(), Reason> {
    if holds { Ok(()) } else { Err(otherwise) }
}

fn all_fit(counts: &[u64]) -> Result<(), Reason> {
    counts.iter().try_for_each(|count| fits(*count, Reason::CountRange))
}

/// HistogramDataPoint in `metrics.proto`: one bucket more than bounds, or none of either; the
/// buckets hold `count` values together; the bounds rise.
fn valid_histogram(point: &HistogramDataPoint) -> Result<(), Reason> {
    let (buckets, bounds) = (&point.bucket_counts, &point.explicit_bounds);
    let none = buckets.is_empty() && bounds.is_empty();
    ensure(none || buckets.len() == bounds.len() + 1, Reason::BucketNumber)?;
    let sum = buckets.iter().try_fold(0_u64, |sum, count| sum.checked_add(*count));
    ensure(none || sum == Some(point.count), Reason::BucketSum)?;
    let rise = bounds.windows(2).all(|pair| pair[0] < pair[1]);
    ensure(rise && !bounds.iter().any(|bound| bound.is_nan()), Reason::Bounds)
}

/// Bucket `i` holds (base^i, base^(i+1)] with base = 2^(2^-scale); both ends of every bucket that
/// holds something must be doubles (metrics data model, "ExponentialHistogram: Consumer
/// Recommendations").
fn in_range(buckets: &Buckets, scale: i32) -> bool {
    let counts = &buckets.bucket_counts;
    let (Some(first), Some(last)) =
        (counts.iter().position(|count| *count > 0), counts.iter().rposition(|count| *count > 0))
    else {
        return true;
    };
    let width = 2_f64.powi(scale.saturating_neg());
    let end =
        |index: usize| (f64::from(buckets.offset) + u32::try_from(index).map_or(f64::INFINITY, f64::from)) * width;
    // The lowest bucket may begin below the smallest double: rounding up to it is exact enough.
    DOUBLE_EXPONENTS.contains(&end(first + 1)) && DOUBLE_EXPONENTS.contains(&end(last + 1))
}

/// Writes an exemplar. One without a value is invalid by itself and does not harm its point.
pub(super) fn write_exemplar(out: &mut String, exemplar: &Exemplar) {
    out.push_str(r#"{"time_unix_nano":""#);
    write_int(out, exemplar.time_unix_nano);
    out.push_str(r#"","value":"#);
    match exemplar.value {
        None => out.push_str("null"),
        Some(exemplar::Value::AsInt(number)) => write_int(out, number),
        Some(exemplar::Value::AsDouble(number)) => write_double(out, number),
    }
    out.push_str(r#","trace_id":"#);
    write_hex(out, &exemplar.trace_id);
    out.push_str(r#","span_id":"#);
    write_hex(out, &exemplar.span_id);
    out.push_str(r#","filtered_attributes":"#);
    write_object(out, &exemplar.filtered_attributes);
    out.push('}');
}
