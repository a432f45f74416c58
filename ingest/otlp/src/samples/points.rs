//! Any data points.

use opentelemetry_proto::tonic::metrics::v1::exponential_histogram_data_point::Buckets;
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::summary_data_point::ValueAtQuantile;
use opentelemetry_proto::tonic::metrics::v1::{
    Exemplar, ExponentialHistogram, ExponentialHistogramDataPoint, Gauge, Histogram, HistogramDataPoint,
    NumberDataPoint, Sum, Summary, SummaryDataPoint, exemplar, number_data_point,
};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

use super::{any_attributes, any_double, any_id, any_time};

pub(super) fn any_data() -> impl Strategy<Value = Data> {
    prop_oneof![
        vec(any_number(), 0..3).prop_map(|data_points| Data::Gauge(Gauge { data_points })),
        (vec(any_number(), 0..3), -1..4, any::<bool>()).prop_map(
            |(data_points, aggregation_temporality, is_monotonic)| {
                Data::Sum(Sum { data_points, aggregation_temporality, is_monotonic })
            }
        ),
        (vec(any_histogram(), 0..3), 0..3).prop_map(|(data_points, aggregation_temporality)| {
            Data::Histogram(Histogram { data_points, aggregation_temporality })
        }),
        (vec(any_exponential(), 0..3), 0..3).prop_map(|(data_points, aggregation_temporality)| {
            Data::ExponentialHistogram(ExponentialHistogram { data_points, aggregation_temporality })
        }),
        vec(any_summary(), 0..3).prop_map(|data_points| Data::Summary(Summary { data_points })),
    ]
}

fn any_exemplars() -> impl Strategy<Value = Vec<Exemplar>> {
    let value = prop_oneof![
        Just(None),
        any_double().prop_map(|number| Some(exemplar::Value::AsDouble(number))),
        any::<i64>().prop_map(|number| Some(exemplar::Value::AsInt(number))),
    ];
    let exemplar = (any_attributes(), any_time(), any_id(8), any_id(16), value);
    let exemplar = exemplar.prop_map(|(filtered_attributes, time_unix_nano, span_id, trace_id, value)| Exemplar {
        filtered_attributes,
        time_unix_nano,
        span_id,
        trace_id,
        value,
    });
    vec(exemplar, 0..2)
}

fn any_number() -> impl Strategy<Value = NumberDataPoint> {
    let value = prop_oneof![
        Just(None),
        any_double().prop_map(|number| Some(number_data_point::Value::AsDouble(number))),
        any::<i64>().prop_map(|number| Some(number_data_point::Value::AsInt(number))),
    ];
    (any_attributes(), any_time(), any_time(), any_exemplars(), 0..3_u32, value).prop_map(
        |(attributes, start_time_unix_nano, time_unix_nano, exemplars, flags, value)| NumberDataPoint {
            attributes,
            start_time_unix_nano,
            time_unix_nano,
            exemplars,
            flags,
            value,
        },
    )
}

fn any_counts() -> impl Strategy<Value = Vec<u64>> {
    vec(prop_oneof![8 => 0..10_u64, 1 => any::<u64>()], 0..4)
}

fn any_histogram() -> impl Strategy<Value = HistogramDataPoint> {
    let figures = (option::of(any_double()), option::of(any_double()), option::of(any_double()));
    let buckets = (any_counts(), vec(any_double(), 0..4), any::<bool>());
    (any_attributes(), any_time(), any_time(), any_exemplars(), 0..3_u32, figures, buckets).prop_map(
        |(attributes, start_time_unix_nano, time_unix_nano, exemplars, flags, figures, buckets)| {
            let (bucket_counts, explicit_bounds, true_count) = buckets;
            let sum = bucket_counts.iter().fold(0_u64, |sum, count| sum.wrapping_add(*count));
            HistogramDataPoint {
                attributes,
                start_time_unix_nano,
                time_unix_nano,
                count: if true_count { sum } else { 3 },
                sum: figures.0,
                bucket_counts,
                explicit_bounds,
                exemplars,
                flags,
                min: figures.1,
                max: figures.2,
            }
        },
    )
}

fn any_exponential() -> impl Strategy<Value = ExponentialHistogramDataPoint> {
    let buckets = || {
        option::of((any::<i32>(), any_counts()).prop_map(|(offset, bucket_counts)| Buckets { offset, bucket_counts }))
    };
    let figures = (option::of(any_double()), option::of(any_double()), option::of(any_double()), any_double());
    let counts = (any::<u64>(), any::<u64>(), any::<i32>());
    let when = (any_time(), any_time(), any_exemplars(), 0..3_u32);
    (any_attributes(), when, figures, counts, buckets(), buckets()).prop_map(
        |(attributes, when, figures, counts, positive, negative)| ExponentialHistogramDataPoint {
            attributes,
            start_time_unix_nano: when.0,
            time_unix_nano: when.1,
            count: counts.0,
            sum: figures.0,
            scale: counts.2,
            zero_count: counts.1,
            positive,
            negative,
            flags: when.3,
            exemplars: when.2,
            min: figures.1,
            max: figures.2,
            zero_threshold: figures.3,
        },
    )
}

fn any_summary() -> impl Strategy<Value = SummaryDataPoint> {
    let quantile = (any_double(), any_double()).prop_map(|(quantile, value)| ValueAtQuantile { quantile, value });
    (any_attributes(), any_time(), any_time(), any::<u64>(), any_double(), vec(quantile, 0..3), 0..3_u32).prop_map(
        |(attributes, start_time_unix_nano, time_unix_nano, count, sum, quantile_values, flags)| SummaryDataPoint {
            attributes,
            start_time_unix_nano,
            time_unix_nano,
            count,
            sum,
            quantile_values,
            flags,
        },
    )
}
