//! `GET /api/v1/traces/{trace_id}` and `GET /api/v1/traces`.

use ingest_model::{Nanos, SpanId, TraceId};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::sql::SqlStats;

/// A whole trace: its spans, the log records that name it, and its critical path.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Trace {
    /// Its id.
    pub trace_id: TraceId,
    /// Start of the earliest span.
    pub start_time_unix_nano: Nanos,
    /// End of the latest span.
    pub end_time_unix_nano: Nanos,
    /// Distinct spans, by start time. Byte-identical repeats are folded into one.
    pub spans: Vec<Span>,
    /// Distinct log records, by time. Byte-identical repeats are folded into one.
    pub logs: Vec<LogRecord>,
    /// The resources the spans and logs point to by index.
    pub resources: Vec<Resource>,
    /// The scopes the spans and logs point to by index.
    pub scopes: Vec<Scope>,
    /// Stored spans that were folded away because another is byte-identical.
    pub repeated_spans: usize,
    /// Stored log records that were folded away because another is byte-identical.
    pub repeated_logs: usize,
    /// The chain of work that decided how long the trace took, by time, without overlaps.
    pub critical_path: Vec<PathSegment>,
    /// Files that cannot be read and may hold more of it; it is whole when there are none.
    #[serde(default)]
    pub damaged_files: Vec<String>,
    /// What it took to find.
    #[serde(default)]
    pub stats: SqlStats,
}

/// A span.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Span {
    /// Its id.
    pub span_id: SpanId,
    /// The parent's id; `None` for a root. The parent may be missing from the trace.
    pub parent_span_id: Option<SpanId>,
    /// Its name.
    pub name: String,
    /// `SERVER`, `CLIENT`, `INTERNAL`, `PRODUCER`, `CONSUMER` or `UNSPECIFIED`.
    pub kind: String,
    /// `service.name` of its resource; empty when there is none.
    pub service_name: String,
    /// When it started.
    pub start_time_unix_nano: Nanos,
    /// How long it took, in nanoseconds; negative when the sender's clock stepped back.
    pub duration_ns: i64,
    /// `UNSET`, `OK` or `ERROR`.
    pub status_code: String,
    /// What the sender said about the status.
    #[serde(default)]
    pub status_message: String,
    /// W3C `tracestate`, verbatim.
    #[serde(default)]
    pub trace_state: String,
    /// W3C trace flags and OTLP's remote bits.
    #[serde(default)]
    pub flags: i64,
    /// A JSON object of its attributes.
    pub attributes: Value,
    /// Attributes the sender dropped.
    #[serde(default)]
    pub dropped_attributes_count: i64,
    /// Its events, by time.
    #[serde(default)]
    pub events: Vec<Event>,
    /// Events the sender dropped.
    #[serde(default)]
    pub dropped_events_count: i64,
    /// Its links.
    #[serde(default)]
    pub links: Vec<Link>,
    /// Links the sender dropped.
    #[serde(default)]
    pub dropped_links_count: i64,
    /// Index into [`Trace::resources`].
    pub resource: usize,
    /// Index into [`Trace::scopes`].
    pub scope: usize,
    /// How many byte-identical copies are stored beside this one.
    #[serde(default)]
    pub repeats: usize,
    /// It names a parent that is not above it: it did not come (yet), is the span itself, or is in a circle.
    #[serde(default)]
    pub is_orphan: bool,
    /// It started before its parent did: their clocks differ.
    #[serde(default)]
    pub is_skewed: bool,
    /// Nanoseconds of it before its parent started or after its parent ended.
    #[serde(default)]
    pub outside_parent_ns: i64,
}

/// Something that happened during a span.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// When.
    pub time_unix_nano: Nanos,
    /// What.
    pub name: String,
    /// A JSON object.
    #[serde(default)]
    pub attributes: Value,
    /// Attributes the sender dropped.
    #[serde(default)]
    pub dropped_attributes_count: i64,
}

/// A reference to a span of this or another trace.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Link {
    /// The other trace, in hex; kept as sent, so it may be no valid id.
    pub trace_id: String,
    /// The other span, in hex.
    pub span_id: String,
    /// W3C `tracestate`, verbatim.
    #[serde(default)]
    pub trace_state: String,
    /// A JSON object.
    #[serde(default)]
    pub attributes: Value,
    /// Attributes the sender dropped.
    #[serde(default)]
    pub dropped_attributes_count: i64,
    /// W3C trace flags and OTLP's remote bits.
    #[serde(default)]
    pub flags: i64,
}

/// A log record of the trace.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LogRecord {
    /// When it happened, or when it was observed where the sender gave no time.
    pub time_unix_nano: Nanos,
    /// The span it belongs to, if it names one.
    pub span_id: Option<SpanId>,
    /// 0 to 24; 17 and up is an error.
    pub severity_number: i64,
    /// The sender's word for the severity.
    #[serde(default)]
    pub severity_text: String,
    /// The text, or the JSON of a body that is no string.
    #[serde(default)]
    pub body: String,
    /// Marks an event; empty for an ordinary record.
    #[serde(default)]
    pub event_name: String,
    /// `service.name` of its resource; empty when there is none.
    pub service_name: String,
    /// A JSON object of its attributes.
    pub attributes: Value,
    /// Index into [`Trace::resources`].
    pub resource: usize,
    /// Index into [`Trace::scopes`].
    pub scope: usize,
    /// How many byte-identical copies are stored beside this one.
    #[serde(default)]
    pub repeats: usize,
}

/// What produced telemetry.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Resource {
    /// A JSON object, `service.name` among its keys.
    pub attributes: Value,
    /// The schema its attributes follow.
    #[serde(default)]
    pub schema_url: String,
}

/// The instrumentation scope that produced telemetry.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Scope {
    /// The library's name.
    pub name: String,
    /// The library's version.
    #[serde(default)]
    pub version: String,
    /// A JSON object.
    #[serde(default)]
    pub attributes: Value,
    /// The schema its attributes follow.
    #[serde(default)]
    pub schema_url: String,
}

/// A stretch of the critical path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct PathSegment {
    /// Index into [`Trace::spans`].
    pub span: usize,
    /// Where the stretch starts, inclusive.
    pub start_time_unix_nano: Nanos,
    /// Where it ends, exclusive.
    pub end_time_unix_nano: Nanos,
}

/// Which traces to list. Every field is optional in the query string.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TraceQuestion {
    /// Only traces whose root span started at or after this.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<Nanos>,
    /// Only traces whose root span started before this.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<Nanos>,
    /// Only traces whose root span is of this service.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service: Option<String>,
    /// How many to list at most; 20 when absent, 1,000 at most.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<usize>,
}

/// Traces, newest root first.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TraceList {
    /// The traces.
    pub traces: Vec<TraceSummary>,
    /// Files that cannot be read and may hold more of them; nothing is missing when there are none.
    #[serde(default)]
    pub damaged_files: Vec<String>,
}

/// A trace in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TraceSummary {
    /// Its id.
    pub trace_id: TraceId,
    /// Service of the root span.
    pub service_name: String,
    /// Name of the root span.
    pub name: String,
    /// Start of the root span.
    pub start_time_unix_nano: Nanos,
    /// Duration of the root span, in nanoseconds.
    pub duration_ns: i64,
    /// Stored spans of the trace, repeats included.
    pub spans: i64,
    /// Those of them with status `ERROR`.
    pub error_spans: i64,
    /// Services that took part.
    pub services: i64,
}
