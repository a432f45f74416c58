//! Traces for tests.

use ingest_model::{Nanos, SpanId};
use query_api::{LogRecord, Span, Trace};
use serde_json::json;

/// A span id from a number.
pub(crate) fn id(number: u64) -> SpanId {
    SpanId::from_bytes(&number.to_be_bytes()).expect("tests number their spans from 1")
}

/// A span of service `shop` that runs from `start` to `end`.
pub(crate) fn span(number: u64, parent: Option<u64>, start: i64, end: i64) -> Span {
    Span {
        span_id: id(number),
        parent_span_id: parent.map(id),
        name: format!("span {number}"),
        kind: "INTERNAL".to_owned(),
        service_name: "shop".to_owned(),
        start_time_unix_nano: Nanos(start),
        duration_ns: end - start,
        status_code: "UNSET".to_owned(),
        status_message: String::new(),
        trace_state: String::new(),
        flags: 0,
        attributes: json!({}),
        dropped_attributes_count: 0,
        events: Vec::new(),
        dropped_events_count: 0,
        links: Vec::new(),
        dropped_links_count: 0,
        resource: 0,
        scope: 0,
        repeats: 0,
        is_orphan: false,
        is_skewed: false,
        outside_parent_ns: 0,
    }
}

/// A log record.
pub(crate) fn log(span: Option<u64>, time: i64) -> LogRecord {
    LogRecord {
        time_unix_nano: Nanos(time),
        span_id: span.map(id),
        severity_number: 9,
        severity_text: "INFO".to_owned(),
        body: format!("at {time}"),
        event_name: String::new(),
        service_name: "shop".to_owned(),
        attributes: json!({}),
        resource: 0,
        scope: 0,
        repeats: 0,
    }
}

/// A trace of spans and log records.
pub(crate) fn trace(spans: Vec<Span>, logs: Vec<LogRecord>) -> Trace {
    Trace {
        trace_id: "4bf92f3577b34da6a3ce929d0e0e4736".parse().expect("32 hex digits"),
        start_time_unix_nano: spans.iter().map(|span| span.start_time_unix_nano).min().unwrap_or_default(),
        end_time_unix_nano: spans
            .iter()
            .map(|span| span.start_time_unix_nano.plus(span.duration_ns))
            .max()
            .unwrap_or_default(),
        spans,
        logs,
        resources: Vec::new(),
        scopes: Vec::new(),
        repeated_spans: 0,
        repeated_logs: 0,
        critical_path: Vec::new(),
        damaged_files: Vec::new(),
        stats: query_api::SqlStats::default(),
    }
}

/// A trace with one span a service.
pub(crate) fn trace_of_services(services: &[String]) -> Trace {
    let spans = (1..).zip(services).map(|(number, service)| {
        let mut span = span(number, None, 0, 100);
        span.service_name.clone_from(service);
        span
    });
    trace(spans.collect(), Vec::new())
}
