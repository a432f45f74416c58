//! Stored rows as the spans and log records of a trace.

use ingest_model::{Level, Nanos, SpanId, promoted};
use query_api::{LogRecord, Resource, Scope, Span};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::origins::Line;
use super::rows::{Cell, Row};
use super::whole::Mark;

pub(super) fn span(row: Row<'_>, line: &Line, mark: &Mark) -> Span {
    Span {
        span_id: mark.id,
        parent_span_id: SpanId::from_bytes(row.id("parent_span_id")),
        name: row.text("name").to_owned(),
        kind: row.text("kind").to_owned(),
        service_name: row.text("service_name").to_owned(),
        start_time_unix_nano: start(row),
        duration_ns: row.number("duration_ns"),
        status_code: row.text("status_code").to_owned(),
        status_message: row.text("status_message").to_owned(),
        trace_state: row.text("trace_state").to_owned(),
        flags: row.number("flags"),
        attributes: attributes(row, Level::Span, "attributes_rest"),
        dropped_attributes_count: row.number("dropped_attributes_count"),
        events: array(row.text("events")),
        dropped_events_count: row.number("dropped_events_count"),
        links: array(row.text("links")),
        dropped_links_count: row.number("dropped_links_count"),
        resource: line.resource as usize,
        scope: line.scope as usize,
        repeats: line.repeats as usize,
        is_orphan: mark.is_orphan,
        is_skewed: mark.is_skewed,
        outside_parent_ns: mark.outside_parent_ns,
    }
}

pub(super) fn log(row: Row<'_>, line: &Line) -> LogRecord {
    LogRecord {
        time_unix_nano: log_time(row),
        span_id: SpanId::from_bytes(row.id("span_id")),
        severity_number: row.number("severity_number"),
        severity_text: row.text("severity_text").to_owned(),
        body: row.text("body").to_owned(),
        event_name: row.text("event_name").to_owned(),
        service_name: row.text("service_name").to_owned(),
        attributes: attributes(row, Level::Log, "attributes_rest"),
        resource: line.resource as usize,
        scope: line.scope as usize,
        repeats: line.repeats as usize,
    }
}

/// The resource a row is of.
pub(super) fn resource(row: Row<'_>) -> Resource {
    Resource {
        attributes: attributes(row, Level::Resource, "resource_attributes_rest"),
        schema_url: row.text("resource_schema_url").to_owned(),
    }
}

/// The scope a row is of.
pub(super) fn scope(row: Row<'_>) -> Scope {
    Scope {
        name: row.text("scope_name").to_owned(),
        version: row.text("scope_version").to_owned(),
        attributes: Value::Object(object(row.text("scope_attributes"))),
        schema_url: row.text("scope_schema_url").to_owned(),
    }
}

/// When a span started.
pub(super) fn start(row: Row<'_>) -> Nanos {
    row.time("start_time", row.number("start_time_nanos"))
}

/// What the sender gave, to the nanosecond, unless the store had to take another time in its place.
pub(super) fn log_time(row: Row<'_>) -> Nanos {
    let past = Some(row.number("time_nanos")).filter(|past| (0..Nanos::PER_MICRO).contains(past));
    row.time("time", past.unwrap_or(0))
}

/// The stored rest and the promoted columns of a level.
fn attributes(row: Row<'_>, level: Level, rest: &str) -> Value {
    let mut attributes = object(row.text(rest));
    for promoted in promoted(level) {
        let value = match row.cell(promoted.column) {
            Cell::Text(text) => Value::from(text),
            Cell::Number(number) => Value::from(number),
            Cell::Null | Cell::Id(_) => continue,
        };
        attributes.insert(promoted.key.to_owned(), value);
    }
    Value::Object(attributes)
}

/// A stored JSON object; an empty one where nothing is stored.
fn object(text: &str) -> Map<String, Value> {
    parsed(text).unwrap_or_default()
}

/// A stored JSON array; empty where nothing is stored.
fn array<T: DeserializeOwned>(text: &str) -> Vec<T> {
    parsed(text).unwrap_or_default()
}

/// What cannot be read is left out of the trace and told to the operator, because the rest of
/// the trace is worth seeing.
fn parsed<T: DeserializeOwned>(text: &str) -> Option<T> {
    if text.is_empty() {
        return None;
    }
    serde_json::from_str(text).inspect_err(|error| tracing::warn!(%error, "stored JSON of a trace is damaged")).ok()
}
