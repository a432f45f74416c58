use std::sync::Arc;
use std::time::Duration;

use ingest_store::{Decode as _, Encoding};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::metrics::v1::{Gauge, NumberDataPoint, metric, number_data_point};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans};

use super::*;
use crate::config::Config;
use crate::decode::Decoder;
use crate::fake::{FakeSink, deliver};
use crate::quota::{Limits, Quotas, TenantLimits};
use crate::receive::Receiver;
use crate::request::ExportRequest;
use crate::rows::{Rejected, Verdict, rows};
use crate::samples::{TIME, attribute, metrics, span, text_attribute};

fn receiver(sink: &Arc<FakeSink>, variety: Variety) -> Receiver {
    let limits = Limits { default: TenantLimits { variety, ..TenantLimits::default() }, ..Limits::default() };
    sink.receiver(Config::default()).with_quotas(Quotas::new(limits))
}

async fn send(receiver: &Receiver, tenant: &str, request: &ExportRequest) -> Rejected {
    deliver(receiver, tenant, request, Duration::ZERO).await.expect("it is accepted, at least in part")
}

fn rows_of(signal: Signal, request: &ExportRequest, now: Nanos) -> Rows {
    rows(signal, Encoding::Protobuf, &request.encode(), now, Verdict::Decide).expect("rows")
}

/// One span of each service; an empty name is none.
fn services(names: &[String]) -> ExportRequest {
    let of = |name: &String| {
        let attributes = if name.is_empty() { vec![] } else { vec![text_attribute("service.name", name)] };
        let scope_spans = vec![ScopeSpans { spans: vec![span(1)], ..ScopeSpans::default() }];
        let resource = Some(Resource { attributes, ..Resource::default() });
        ResourceSpans { resource, scope_spans, ..ResourceSpans::default() }
    };
    ExportRequest::Traces(ExportTraceServiceRequest { resource_spans: names.iter().map(of).collect() })
}

/// Points of one metric, each with its own value of an attribute.
fn series(numbers: std::ops::Range<i64>) -> ExportRequest {
    let point = |number| NumberDataPoint {
        attributes: vec![attribute("number", number)],
        time_unix_nano: TIME + number.unsigned_abs(),
        value: Some(number_data_point::Value::AsInt(number)),
        ..NumberDataPoint::default()
    };
    metrics(vec![metric::Data::Gauge(Gauge { data_points: numbers.map(point).collect() })])
}

fn named(names: &[&str]) -> ExportRequest {
    services(&names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>())
}

#[tokio::test]
async fn r16_services_beyond_the_limit_are_left_out_and_known_ones_go_on() {
    let sink = FakeSink::new(None);
    let receiver = receiver(&sink, Variety { services: Some(2), series: None });
    assert_eq!(send(&receiver, "shop", &named(&["a", "", "b", "a"])).await.count(), 0);
    let rejected = send(&receiver, "shop", &named(&["c", "a", "d", "", "b"])).await;
    assert_eq!((rejected.ordinals(), rejected.accepted()), (&[0, 2][..], 3));
    let message = "2 of 5 spans were rejected (2: its service.name is new and the limit is 2 services in an hour)";
    assert_eq!(rejected.message(), message);
    let stored = sink.appended().remove(1);
    assert_eq!(Decoder.rows(&stored.request), Ok(stored.rows), "a replay leaves the same out");
    assert_eq!(send(&receiver, "bank", &named(&["c", "d", "e"])).await.count(), 1, "each tenant has its own");
}

#[tokio::test]
async fn r16_a_series_is_its_metric_and_all_its_attributes() {
    let sink = FakeSink::new(None);
    let receiver = receiver(&sink, Variety { services: None, series: Some(10) });
    assert_eq!(send(&receiver, "shop", &series(0..10)).await.count(), 0);
    assert_eq!(send(&receiver, "shop", &series(0..10)).await.count(), 0, "the same ten again");
    let rejected = send(&receiver, "shop", &series(5..15)).await;
    assert_eq!((rejected.count(), rejected.ordinals()), (5, &[5, 6, 7, 8, 9][..]));
    assert_eq!(send(&receiver, "shop", &named(&["a", "b", "c"])).await.count(), 0, "spans are no series");
}

#[tokio::test]
async fn r16_a_million_series_leave_no_more_behind_than_the_limit() {
    let (limits, mut known) = (Variety { services: Some(50), series: Some(1_000) }, Known::default());
    let mut refused = 0;
    for start in (0..1_000_000).step_by(50_000) {
        let rows = rows_of(Signal::Metrics, &series(start..start + 50_000), Nanos(0));
        refused += known.within(limits, Signal::Metrics, rows, Nanos(0)).expect("rows").rejected.count();
    }
    assert_eq!((refused, known.series.len()), (999_000, 1_000));
    for start in (0..100_000).step_by(10_000) {
        let names: Vec<String> = (start..start + 10_000).map(|number| format!("service-{number}")).collect();
        let rows = rows_of(Signal::Traces, &services(&names), Nanos(0));
        known.within(limits, Signal::Traces, rows, Nanos(0)).expect("rows");
    }
    // The points' own service is one of the fifty.
    assert_eq!(known.services.len(), 50);
    assert!(known.services.capacity() <= 128 && known.series.capacity() <= 2_048);
}

#[test]
fn with_the_next_hour_others_may_come() {
    let (limits, mut known) = (Variety { services: Some(1), series: None }, Known::default());
    let mut refused = |name: &str, now: i64| {
        let rows = rows_of(Signal::Traces, &named(&[name]), Nanos(now));
        known.within(limits, Signal::Traces, rows, Nanos(now)).expect("rows").rejected.count()
    };
    assert_eq!(
        [refused("a", 0), refused("b", HOUR_NS - 1), refused("b", HOUR_NS), refused("a", HOUR_NS)],
        [0, 1, 0, 1]
    );
}
