//! A trace in Jaeger's JSON, as the Collector translates OTLP to it.

use std::collections::BTreeMap;

use ingest_model::{Nanos, TraceId};
use query_api::{Event, Resource, Scope, Span};
use serde::Serialize;
use serde_json::Value;

use super::search::NO_SERVICE;

/// A trace. Times and durations are microseconds.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Trace {
    #[serde(rename = "traceID")]
    trace_id: String,
    spans: Vec<JaegerSpan>,
    processes: BTreeMap<String, Process>,
    warnings: Option<Vec<String>>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct JaegerSpan {
    #[serde(rename = "traceID")]
    trace_id: String,
    #[serde(rename = "spanID")]
    span_id: String,
    flags: i64,
    operation_name: String,
    references: Vec<Reference>,
    start_time: i64,
    duration: i64,
    tags: Vec<Tag>,
    logs: Vec<Log>,
    #[serde(rename = "processID")]
    process_id: String,
    warnings: Option<Vec<String>>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Reference {
    ref_type: &'static str,
    #[serde(rename = "traceID")]
    trace_id: String,
    #[serde(rename = "spanID")]
    span_id: String,
}

#[derive(Debug, Serialize)]
struct Tag {
    key: String,
    #[serde(rename = "type")]
    kind: &'static str,
    value: Value,
}

#[derive(Debug, Serialize)]
struct Log {
    timestamp: i64,
    fields: Vec<Tag>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Process {
    service_name: String,
    tags: Vec<Tag>,
}

// === impl Trace ===

impl Trace {
    pub(super) fn of(trace: &query_api::Trace) -> Self {
        let processes =
            trace.resources.iter().enumerate().map(|(index, resource)| (process_id(index), Process::of(resource)));
        let span = |span: &Span| JaegerSpan::of(trace.trace_id, span, trace.scopes.get(span.scope));
        let warnings = (!trace.damaged_files.is_empty()).then(|| {
            let files = trace.damaged_files.iter();
            files.map(|file| format!("the trace may be incomplete: {file} cannot be read")).collect()
        });
        Self {
            trace_id: trace.trace_id.to_string(),
            spans: trace.spans.iter().map(span).collect(),
            processes: processes.collect(),
            warnings,
        }
    }
}

// === impl JaegerSpan ===

impl JaegerSpan {
    fn of(trace: TraceId, span: &Span, scope: Option<&Scope>) -> Self {
        let parent = span.parent_span_id.map(|parent| Reference {
            ref_type: "CHILD_OF",
            trace_id: trace.to_string(),
            span_id: parent.to_string(),
        });
        let links = span.links.iter().map(|link| Reference {
            ref_type: "FOLLOWS_FROM",
            trace_id: link.trace_id.clone(),
            span_id: link.span_id.clone(),
        });
        let backwards = (span.duration_ns < 0)
            .then(|| vec!["the span ends before it starts; its duration is shown as 0".to_owned()]);
        Self {
            trace_id: trace.to_string(),
            span_id: span.span_id.to_string(),
            flags: span.flags & 0xff,
            operation_name: span.name.clone(),
            references: parent.into_iter().chain(links).collect(),
            start_time: micros(span.start_time_unix_nano),
            duration: span.duration_ns.max(0) / Nanos::PER_MICRO,
            tags: tags(&span.attributes).chain(told(span, scope)).collect(),
            logs: span.events.iter().map(log).collect(),
            process_id: process_id(span.resource),
            warnings: backwards,
        }
    }
}

/// What is no attribute in OTLP and a tag in Jaeger.
fn told(span: &Span, scope: Option<&Scope>) -> impl Iterator<Item = Tag> {
    let kind = (span.kind != "UNSPECIFIED").then(|| text("span.kind", span.kind.to_lowercase()));
    let failed = span.status_code == "ERROR";
    let status = (span.status_code != "UNSET").then(|| text("otel.status_code", span.status_code.clone()));
    let message =
        (!span.status_message.is_empty()).then(|| text("otel.status_description", span.status_message.clone()));
    let error = failed.then(|| Tag { key: "error".to_owned(), kind: "bool", value: Value::Bool(true) });
    let state = (!span.trace_state.is_empty()).then(|| text("w3c.tracestate", span.trace_state.clone()));
    let of_scope = |key: &str, value: fn(&Scope) -> &str| {
        scope.map(value).filter(|value| !value.is_empty()).map(|value| text(key, value.to_owned()))
    };
    let (name, version) =
        (of_scope("otel.scope.name", |scope| &scope.name), of_scope("otel.scope.version", |scope| &scope.version));
    [kind, status, message, error, state, name, version].into_iter().flatten()
}

fn log(event: &Event) -> Log {
    let name = (!event.name.is_empty()).then(|| text("event", event.name.clone()));
    Log { timestamp: micros(event.time_unix_nano), fields: name.into_iter().chain(tags(&event.attributes)).collect() }
}

// === impl Process ===

impl Process {
    fn of(resource: &Resource) -> Self {
        let name = resource.attributes.get("service.name").and_then(Value::as_str).unwrap_or_default();
        let tags = tags(&resource.attributes).filter(|tag| tag.key != "service.name");
        Self { service_name: service_name(name.to_owned()), tags: tags.collect() }
    }
}

/// What Jaeger calls a service.
pub(super) fn service_name(name: String) -> String {
    if name.is_empty() { NO_SERVICE.to_owned() } else { name }
}

fn process_id(resource: usize) -> String {
    format!("p{}", resource + 1)
}

fn micros(time: Nanos) -> i64 {
    time.0.div_euclid(Nanos::PER_MICRO)
}

fn text(key: &str, value: String) -> Tag {
    Tag { key: key.to_owned(), kind: "string", value: Value::String(value) }
}

/// Attributes as tags; what is no scalar stands for its JSON.
fn tags(attributes: &Value) -> impl Iterator<Item = Tag> {
    attributes.as_object().into_iter().flatten().map(|(key, value)| {
        let (kind, value) = match value {
            Value::String(_) => ("string", value.clone()),
            Value::Bool(_) => ("bool", value.clone()),
            Value::Number(number) if number.is_f64() => ("float64", value.clone()),
            Value::Number(_) => ("int64", value.clone()),
            Value::Object(members) => match members.get("$bytes") {
                Some(bytes) => ("binary", bytes.clone()),
                None => ("string", Value::String(value.to_string())),
            },
            Value::Null | Value::Array(_) => ("string", Value::String(value.to_string())),
        };
        Tag { key: key.clone(), kind, value }
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn attributes_keep_their_types() {
        let attributes =
            json!({"s": "x", "i": -1, "d": 1.0, "b": true, "raw": {"$bytes": "+/8="}, "list": [1, "a"], "none": null});
        let told: Vec<Value> = tags(&attributes).map(|tag| json!([tag.key, tag.kind, tag.value])).collect();
        let expected = json!([
            ["s", "string", "x"],
            ["i", "int64", -1],
            ["d", "float64", 1.0],
            ["b", "bool", true],
            ["raw", "binary", "+/8="],
            ["list", "string", "[1,\"a\"]"],
            ["none", "string", "null"]
        ]);
        let sorted = |value: &Value| {
            let mut texts: Vec<String> = value.as_array().unwrap().iter().map(Value::to_string).collect();
            texts.sort();
            texts
        };
        assert_eq!(sorted(&json!(told)), sorted(&expected));
    }
}
