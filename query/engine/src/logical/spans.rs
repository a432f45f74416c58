//! `spans` as people see it.

use arrow::datatypes::{DataType, TimeUnit};
use datafusion::logical_expr::{Expr, lit};
use datafusion::prelude::{cast, col};
use ingest_model::{Level, Nanos};

use super::columns::{LogicalColumn, attributes, hex, made, nanos, origin, service_name, stored};

pub(super) fn columns() -> Vec<LogicalColumn> {
    let mut columns = front();
    columns.extend([
        stored("status_message", "What the sender said about the status."),
        attributes(Level::Span, "JSON object of all span attributes; ask with ->> 'http.route'."),
        stored("dropped_attributes_count", "Attributes the sender dropped."),
        stored("events", "JSON array: time_unix_nano, name, attributes, dropped_attributes_count."),
        stored("dropped_events_count", "Events the sender dropped."),
        stored("links", "JSON array: trace_id, span_id, trace_state, attributes, flags."),
        stored("dropped_links_count", "Links the sender dropped."),
        stored("trace_state", "W3C tracestate, verbatim."),
        stored("flags", "W3C trace flags (lowest 8 bits) and OTLP's remote bits."),
        made("start_time_unix_nano", "When it started, in nanoseconds since 1970.", start()),
        made("end_time_unix_nano", "When it ended, in nanoseconds since 1970.", end()),
    ]);
    columns.extend(origin());
    columns
}

/// What one looks at first.
fn front() -> Vec<LogicalColumn> {
    vec![
        stored("start_time", "When it started (UTC); a filter on it skips whole files."),
        made("end_time", "When it ended (UTC).", end_time()),
        hex("trace_id", "32 hex digits; a filter on it is a point lookup, without a time range too."),
        hex("span_id", "16 hex digits."),
        hex("parent_span_id", "The parent's span_id; NULL for a root span."),
        service_name(),
        stored("name", "What the span does, such as GET /cart."),
        stored("kind", "SERVER, CLIENT, INTERNAL, PRODUCER, CONSUMER or UNSPECIFIED."),
        stored("duration_ns", "How long it took, in nanoseconds."),
        stored("status_code", "UNSET, OK or ERROR."),
    ]
}

fn start() -> Expr {
    nanos("start_time", "start_time_nanos")
}

fn end() -> Expr {
    start() + col("duration_ns")
}

fn end_time() -> Expr {
    cast(end() / lit(Nanos::PER_MICRO), DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())))
}
