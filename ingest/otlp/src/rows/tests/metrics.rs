use opentelemetry_proto::tonic::metrics::v1::exponential_histogram_data_point::Buckets;
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::number_data_point::Value as Number;
use opentelemetry_proto::tonic::metrics::v1::summary_data_point::ValueAtQuantile;
use opentelemetry_proto::tonic::metrics::v1::{
    Exemplar, ExponentialHistogram, ExponentialHistogramDataPoint, Gauge, Histogram, HistogramDataPoint,
    NumberDataPoint, Sum, Summary, SummaryDataPoint, exemplar,
};

use super::*;
use crate::samples::{TIME, metrics};

fn number(value: Option<Number>) -> NumberDataPoint {
    NumberDataPoint { time_unix_nano: TIME, value, ..NumberDataPoint::default() }
}

fn gauge(points: Vec<NumberDataPoint>) -> Data {
    Data::Gauge(Gauge { data_points: points })
}

fn histogram(counts: &[u64], bounds: &[f64], count: u64) -> Data {
    let (bucket_counts, explicit_bounds) = (counts.to_vec(), bounds.to_vec());
    let time_unix_nano = TIME;
    let point = HistogramDataPoint { time_unix_nano, count, bucket_counts, explicit_bounds, ..Default::default() };
    Data::Histogram(Histogram { data_points: vec![point], aggregation_temporality: 2 })
}

fn exponential(scale: i32, offset: i32, counts: &[u64]) -> Data {
    let positive = Some(Buckets { offset, bucket_counts: counts.to_vec() });
    let point = ExponentialHistogramDataPoint { time_unix_nano: TIME, scale, positive, ..Default::default() };
    Data::ExponentialHistogram(ExponentialHistogram { data_points: vec![point], aggregation_temporality: 1 })
}

fn summary(quantile: f64) -> Data {
    let quantile_values = vec![ValueAtQuantile { quantile, value: 7.0 }];
    let point = SummaryDataPoint { time_unix_nano: TIME, count: 3, sum: 9.0, quantile_values, ..Default::default() };
    Data::Summary(Summary { data_points: vec![point] })
}

fn reason(data: Data) -> String {
    let message = reasons(&metrics(vec![data]));
    message.trim_start_matches("1 of 1 data points were rejected (1: ").trim_end_matches(')').to_owned()
}

/// The columns of the first row that only metrics have.
fn figures(data: Data) -> Vec<String> {
    let lines = row(&decide(&metrics(vec![data])).batch, 0);
    let own = lines.lines().skip_while(|line| !line.starts_with("metric_type"));
    own.take_while(|line| !line.starts_with("service_name")).map(str::to_owned).collect()
}

#[test]
fn otlp_072_a_whole_sum_becomes_a_whole_row() {
    let exemplar = Exemplar {
        time_unix_nano: TIME,
        span_id: vec![2; 8],
        trace_id: vec![1; 16],
        value: Some(exemplar::Value::AsDouble(1.5)),
        filtered_attributes: vec![attribute("a", 1)],
    };
    let attributes = vec![text_attribute("http.route", "/a"), attribute("b", 1)];
    let exemplars = vec![exemplar.clone(), Exemplar { value: Some(exemplar::Value::AsInt(3)), ..exemplar }];
    let point = NumberDataPoint { start_time_unix_nano: 5, attributes, exemplars, ..number(Some(Number::AsInt(4))) };
    let sum = Data::Sum(Sum { data_points: vec![point], aggregation_temporality: 2, is_monotonic: true });
    let exemplars = r#"[{"time_unix_nano":"1767225600000000000","value":1.5,"trace_id":"01010101010101010101010101010101","span_id":"0202020202020202","filtered_attributes":{"a":1}},{"time_unix_nano":"1767225600000000000","value":3,"trace_id":"01010101010101010101010101010101","span_id":"0202020202020202","filtered_attributes":{"a":1}}]"#;
    let expected = format!(
        r#"time = 2026-01-01T00:00:00Z
time_nanos = 0
start_time_unix_nano = 5
metric_name = requests
unit = 1
metric_type = sum
temporality = CUMULATIVE
is_monotonic = true
value = 4.0
value_int = 4
flags = 0
exemplars = {exemplars}
attr_http_route = /a
attributes_rest = {{"b":1}}
service_name = shop
resource_attributes_rest = {{"host.name":7}}
resource_dropped_attributes_count = 1
scope_name = tracer
scope_version = 1.2
scope_attributes = {{"a":1}}
scope_dropped_attributes_count = 2
"#
    );
    assert_eq!(row(&decide(&metrics(vec![sum])).batch, 0), expected);
}

#[test]
fn otlp_077_a_histogram_keeps_its_buckets_and_absent_figures_stay_absent() {
    let expected = [
        "metric_type = histogram",
        "temporality = CUMULATIVE",
        "flags = 0",
        "count = 3",
        "bucket_counts = [1, 2]",
        "explicit_bounds = [0.5]",
    ];
    assert_eq!(figures(histogram(&[1, 2], &[0.5], 3)), expected);
    assert_eq!(figures(histogram(&[], &[], 3)), &expected[..4]);
}

#[test]
fn otlp_078_an_exponential_histogram_keeps_both_sides() {
    let expected = [
        "metric_type = exponential_histogram",
        "temporality = DELTA",
        "flags = 0",
        "count = 0",
        "scale = -2",
        "zero_count = 0",
        "zero_threshold = 0.0",
        "positive_offset = -3",
        "positive_bucket_counts = [1, 0]",
    ];
    assert_eq!(figures(exponential(-2, -3, &[1, 0])), expected);
}

#[test]
fn otlp_086_a_summary_keeps_its_quantiles() {
    let expected = [
        "metric_type = summary",
        "flags = 0",
        "count = 3",
        "sum = 9.0",
        "quantiles = [0.5]",
        "quantile_values = [7.0]",
    ];
    assert_eq!(figures(summary(0.5)), expected);
    assert_eq!(reason(summary(1.5)), "a quantile lies outside 0 to 1");
    assert_eq!(reason(summary(f64::NAN)), "a quantile lies outside 0 to 1");
}

#[test]
fn otlp_073_a_point_without_a_time_is_refused() {
    let point = NumberDataPoint { time_unix_nano: 0, ..number(Some(Number::AsInt(1))) };
    assert_eq!(reason(gauge(vec![point])), "time_unix_nano is 0");
}

#[test]
fn otlp_074_a_point_without_a_value_is_refused() {
    assert_eq!(reason(gauge(vec![number(None)])), "it has no value");
}

#[test]
fn otlp_075_a_point_that_says_nothing_was_recorded_is_a_gap() {
    let stale = |value| NumberDataPoint { flags: 1, ..number(value) };
    let rows = decide(&metrics(vec![gauge(vec![stale(None), stale(Some(Number::AsInt(0)))])]));
    assert_eq!((rows.rejected.count(), column(&rows.batch, "value")), (0, vec![String::new(); 2]));
    assert_eq!(column(&rows.batch, "flags"), ["1", "1"]);
}

#[test]
fn otlp_076_an_unspecified_temporality_is_refused_point_by_point() {
    let data_points = vec![number(Some(Number::AsInt(1))); 2];
    let sum = Data::Sum(Sum { data_points, aggregation_temporality: 0, is_monotonic: false });
    let expected = "2 of 2 data points were rejected (2: aggregation_temporality is neither delta nor cumulative)";
    assert_eq!(reasons(&metrics(vec![sum])), expected);
}

#[test]
fn otlp_077_a_histogram_that_contradicts_itself_is_refused() {
    let number = "the numbers of bucket_counts and explicit_bounds do not fit each other";
    assert_eq!(reason(histogram(&[1, 2], &[], 3)), number);
    assert_eq!(reason(histogram(&[], &[1.0], 0)), number);
    assert_eq!(reason(histogram(&[1, 2], &[1.0], 4)), "bucket_counts do not add up to count");
    assert_eq!(reason(histogram(&[1, 2, 0], &[1.0, 1.0], 3)), "explicit_bounds do not rise");
    assert_eq!(reason(histogram(&[1, 2], &[f64::NAN], 3)), "explicit_bounds do not rise");
    assert_eq!(reason(histogram(&[u64::MAX, 1], &[1.0], 0)), "a count is larger than 9223372036854775807");
}

#[test]
fn otlp_078_buckets_beyond_the_doubles_are_refused() {
    let beyond = "a bucket lies beyond the range of doubles";
    assert_eq!(reason(exponential(0, 1023, &[1])), "");
    assert_eq!(reason(exponential(0, 1024, &[1])), beyond);
    assert_eq!(reason(exponential(0, 1022, &[1, 1, 0, 0])), "");
    assert_eq!(reason(exponential(-10, 0, &[1])), "");
    assert_eq!(reason(exponential(0, -1076, &[1])), beyond);
    assert_eq!(reason(exponential(i32::MIN, i32::MAX, &[1])), beyond);
    assert_eq!(reason(exponential(20, i32::MAX, &[])), "");
}

#[test]
fn otlp_079_an_exemplar_without_a_value_does_not_harm_its_point() {
    let exemplars = vec![Exemplar::default()];
    let batch =
        decide(&metrics(vec![gauge(vec![NumberDataPoint { exemplars, ..number(Some(Number::AsDouble(1.0))) }])])).batch;
    let expected = r#"[{"time_unix_nano":"0","value":null,"trace_id":"","span_id":"","filtered_attributes":{}}]"#;
    assert_eq!(column(&batch, "exemplars"), [expected]);
}
