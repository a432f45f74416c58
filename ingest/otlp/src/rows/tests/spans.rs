use opentelemetry_proto::tonic::trace::v1::span::{Event, Link};
use opentelemetry_proto::tonic::trace::v1::{Span, Status};

use super::*;
use crate::samples::{TIME, span};

fn whole_span() -> Span {
    Span {
        parent_span_id: vec![9; 8],
        trace_state: "ot=th:8".to_owned(),
        flags: 0x301,
        attributes: vec![text_attribute("http.route", "/cart"), with("ratio", Value::DoubleValue(1.0))],
        dropped_attributes_count: 3,
        events: vec![Event {
            time_unix_nano: TIME + 1,
            name: "retry".to_owned(),
            attributes: vec![attribute("n", 1)],
            dropped_attributes_count: 4,
        }],
        dropped_events_count: 5,
        links: vec![Link { trace_id: vec![0xab; 16], span_id: vec![0xcd; 8], flags: 1, ..Link::default() }],
        dropped_links_count: 6,
        status: Some(Status { message: "no".to_owned(), code: 2 }),
        ..span(1)
    }
}

#[test]
fn otlp_061_a_whole_span_becomes_a_whole_row() {
    let expected = r#"start_time = 2026-01-01T00:00:00Z
start_time_nanos = 0
duration_ns = 1500
trace_id = 01010101010101010101010101010101
span_id = 0101010101010101
parent_span_id = 0909090909090909
name = GET /cart
kind = SERVER
status_code = ERROR
status_message = no
trace_state = ot=th:8
flags = 769
events = [{"time_unix_nano":"1767225600000000001","name":"retry","attributes":{"n":1},"dropped_attributes_count":4}]
dropped_events_count = 5
links = [{"trace_id":"abababababababababababababababab","span_id":"cdcdcdcdcdcdcdcd","trace_state":"","attributes":{},"dropped_attributes_count":0,"flags":1}]
dropped_links_count = 6
attr_http_route = /cart
attributes_rest = {"ratio":1.0}
dropped_attributes_count = 3
service_name = shop
resource_attributes_rest = {"host.name":7}
resource_dropped_attributes_count = 1
resource_schema_url = https://s/1
scope_name = tracer
scope_version = 1.2
scope_attributes = {"a":1}
scope_dropped_attributes_count = 2
"#;
    assert_eq!(row(&decide(&traces(vec![whole_span()])).batch, 0), expected);
}

#[test]
fn otlp_048_a_missing_resource_and_scope_are_empty_ones() {
    let ExportRequest::Traces(mut request) = traces(vec![span(1)]) else {
        unreachable!("traces are traces");
    };
    request.resource_spans[0].resource = None;
    request.resource_spans[0].scope_spans[0].scope = None;
    let batch = decide(&ExportRequest::Traces(request)).batch;
    assert_eq!(column(&batch, "service_name"), [""]);
    assert_eq!(column(&batch, "scope_name"), [""]);
}

#[test]
fn otlp_055_a_span_without_valid_ids_is_refused_and_counted() {
    let with_ids = |trace_id, span_id| Span { trace_id, span_id, ..span(1) };
    let request = traces(vec![
        with_ids(vec![1; 15], vec![1; 8]),
        span(1),
        with_ids(vec![0; 16], vec![1; 8]),
        with_ids(vec![1; 16], vec![0; 8]),
        Span { parent_span_id: vec![1; 3], ..span(1) },
    ]);
    let rows = decide(&request);
    assert_eq!((rows.batch.num_rows(), rows.rejected.ordinals()), (1, &[0, 2, 3, 4][..]));
    let expected = "4 of 5 spans were rejected (2: trace_id is not 16 bytes, or all zero; \
                    1: span_id is not 8 bytes, or all zero; 1: parent_span_id is neither empty nor 8 bytes)";
    assert_eq!(rows.rejected.message(), expected);
}

#[test]
fn otlp_056_a_parent_of_zeros_is_no_parent() {
    let request = traces(vec![Span { parent_span_id: vec![0; 8], ..span(1) }, span(2)]);
    assert_eq!(column(&decide(&request).batch, "parent_span_id"), ["", ""]);
}

#[test]
fn otlp_059_unknown_kinds_and_codes_are_kept_as_numbers() {
    let status = Some(Status { message: String::new(), code: -3 });
    let request = traces(vec![Span { kind: 0, ..span(1) }, Span { kind: 77, status, ..span(2) }]);
    let batch = decide(&request).batch;
    assert_eq!(column(&batch, "kind"), ["UNSPECIFIED", "77"]);
    assert_eq!(column(&batch, "status_code"), ["UNSET", "-3"]);
}

#[test]
fn otlp_060_odd_times_are_kept_and_impossible_ones_counted() {
    let times = |start, end| Span { start_time_unix_nano: start, end_time_unix_nano: end, ..span(1) };
    let request = traces(vec![times(TIME, TIME - 5), times(0, 7), times(i64::MAX as u64 + 1, 0), times(1, u64::MAX)]);
    let rows = decide(&request);
    assert_eq!(column(&rows.batch, "duration_ns"), ["-5", "7"]);
    assert_eq!(rows.rejected.message(), "2 of 4 spans were rejected (2: a time is later than 2262-04-11)");
}

#[test]
fn otlp_063_spans_that_share_their_ids_are_both_kept() {
    assert_eq!(decide(&traces(vec![span(1), span(1)])).batch.num_rows(), 2);
}

#[test]
fn rows_of_several_resources_and_scopes_keep_their_own() {
    let (ExportRequest::Traces(mut first), ExportRequest::Traces(mut second)) =
        (traces(vec![span(1), span(2)]), traces(vec![span(3)]))
    else {
        unreachable!("traces are traces");
    };
    second.resource_spans[0].resource = None;
    first.resource_spans.append(&mut second.resource_spans);
    let batch = decide(&ExportRequest::Traces(first)).batch;
    assert_eq!(column(&batch, "service_name"), ["shop", "shop", ""]);
    assert_eq!(column(&batch, "scope_name"), ["tracer", "tracer", "tracer"]);
}
