use super::*;
use crate::labels::Labels;
use crate::sample::Value;

fn metric(name: &str, unit: &str, kind: Kind) -> Metric {
    Metric { name: name.to_owned(), unit: unit.to_owned(), kind, is_delta: false }
}

#[test]
fn otlp_085_names_have_units_and_total() {
    let named = |name, unit, kind| family(&metric(name, unit, kind));
    assert_eq!(named("http.server.request.duration", "s", Kind::Histogram), "http_server_request_duration_seconds");
    assert_eq!(named("process.cpu.time", "s", Kind::Counter), "process_cpu_time_seconds_total");
    assert_eq!(named("requests_total", "{request}", Kind::Counter), "requests_total");
    assert_eq!(named("process.cpu.utilization", "1", Kind::Gauge), "process_cpu_utilization_ratio");
    assert_eq!(named("requests", "1", Kind::Counter), "requests_total");
    assert_eq!(named("system.io", "By/s", Kind::Gauge), "system_io_bytes_per_second");
    assert_eq!(named("memory.usage_bytes", "By", Kind::Gauge), "memory_usage_bytes");
    assert_eq!(named("2xx.rate%", "", Kind::Gauge), "_2xx_rate");
    assert_eq!(named("größe", "", Kind::Gauge), "gr_e");
}

#[test]
fn otlp_085_labels_are_job_instance_and_attributes() {
    let resource = |name: &str| match name {
        "service.name" => Some("cart".to_owned()),
        "service.namespace" => Some("shop".to_owned()),
        "service.instance.id" => Some("a-1".to_owned()),
        _ => None,
    };
    let attributes = [("http.route", "/x".to_owned()), ("http_route", "/y".to_owned()), ("1st", "z".to_owned())];
    let labels = labels(attributes, resource);
    let expected = [("http_route", "/x;/y"), ("instance", "a-1"), ("job", "shop/cart"), ("key_1st", "z")];
    assert_eq!(labels, Labels::new(expected));
}

#[test]
fn otlp_085_a_histogram_is_buckets_sum_and_count() {
    let mut points = Points::default();
    let figures =
        Figures::Histogram { count: 6.0, sum: Some(9.0), bounds: vec![0.5, 1.0], counts: vec![1.0, 2.0, 3.0] };
    points.add(&metric("d", "s", Kind::Histogram), &Labels::none(), 1, figures);
    let series = points.into_series();
    let told: Vec<_> = series.iter().map(|one| (one.labels.to_string(), one.samples[0].value.clone())).collect();
    let expected = [
        ("d_seconds_bucket{le=\"+Inf\"}", 6.0),
        ("d_seconds_bucket{le=\"0.5\"}", 1.0),
        ("d_seconds_bucket{le=\"1\"}", 3.0),
        ("d_seconds_count", 6.0),
        ("d_seconds_sum", 9.0),
    ];
    assert_eq!(told, expected.map(|(labels, value)| (labels.to_owned(), Value::Float(value))));
}

#[test]
fn otlp_085_an_exponential_histogram_is_a_native_one() {
    let mut points = Points::default();
    let sent = Exponential {
        scale: 0,
        count: 7.0,
        sum: 20.0,
        zero_count: 1.0,
        zero_threshold: 0.0,
        positive: (0, vec![2.0, 4.0]),
        negative: (0, Vec::new()),
    };
    let coarse = Exponential { scale: -5, ..sent.clone() };
    let fine = Exponential { scale: 9, positive: (2, vec![1.0, 1.0, 1.0]), ..sent.clone() };
    let metric = metric("d", "", Kind::Exponential);
    points.add(&metric, &Labels::none(), 1, Figures::Exponential(sent));
    points.add(&metric, &Labels::none(), 2, Figures::Exponential(coarse));
    points.add(&metric, &Labels::none(), 3, Figures::Exponential(fine));
    let series = points.into_series();
    let samples: Vec<_> = series[0].samples.iter().filter_map(|sample| sample.value.histogram()).collect();
    assert_eq!(samples.len(), 2);
    // Bucket 0 of OTLP is (1, 2], which ends at 2^1.
    assert_eq!((samples[0].schema, samples[0].positive.as_slice()), (0, [(1, 2.0), (2, 4.0)].as_slice()));
    assert_eq!(samples[0].zero_threshold, 1e-128);
    assert_eq!((samples[1].schema, samples[1].positive.as_slice()), (8, [(2, 2.0), (3, 1.0)].as_slice()));
}

#[test]
fn otlp_085_differences_are_summed_up() {
    let mut points = Points::default();
    let metric = Metric { is_delta: true, ..metric("n", "", Kind::Counter) };
    for (at, value) in [(3, 5.0), (1, 2.0), (2, 3.0)] {
        points.add(&metric, &Labels::none(), at, Figures::Number(value));
    }
    points.add(&metric, &Labels::none(), 4, Figures::Gone);
    let series = points.into_series();
    let values: Vec<_> = series[0].samples.iter().take(3).map(|sample| sample.value.float()).collect();
    assert_eq!((series[0].labels.to_string().as_str(), values), ("n_total", vec![Some(2.0), Some(5.0), Some(10.0)]));
    assert!(series[0].samples[3].value.is_stale());
}
