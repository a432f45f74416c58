//! `logs` as people see it.

use datafusion::functions::expr_fn::coalesce;
use datafusion::logical_expr::Expr;
use datafusion::prelude::{col, lit};
use ingest_model::Level;

use super::columns::{LogicalColumn, attributes, hex, made, nanos, origin, service_name, stored, whole_micros};

pub(super) fn columns() -> Vec<LogicalColumn> {
    let mut columns = vec![
        stored("time", "When it happened (UTC), or was observed where the sender gave no time."),
        stored("severity_text", "The sender's word for the severity."),
        stored("severity_number", "0 to 24; 17 and up is an error."),
        service_name(),
        stored("body", "The text, or the JSON of a body that is no string."),
        hex("trace_id", "32 hex digits; NULL when the record belongs to no trace."),
        hex("span_id", "16 hex digits; NULL when the record belongs to no span."),
        stored("event_name", "Marks an event; NULL or empty for an ordinary record."),
        stored("body_type", "The type of the body in OTLP."),
        attributes(Level::Log, "JSON object of all attributes; ask with ->> 'exception.type'."),
        stored("dropped_attributes_count", "Attributes the sender dropped."),
        stored("flags", "W3C trace flags in the lowest 8 bits."),
        made(
            "time_unix_nano",
            "What the sender gave as the time, in nanoseconds since 1970; 0 when it gave none.",
            coalesce(vec![given(), lit(0_i64)]),
        ),
        made("observed_time_unix_nano", "When it was collected, in nanoseconds since 1970.", observed()),
    ];
    columns.extend(origin());
    columns
}

/// The time the sender gave, if it gave one.
fn given() -> Expr {
    nanos("time", "time_nanos")
}

fn observed() -> Expr {
    let happened = coalesce(vec![given(), whole_micros("time")]);
    coalesce(vec![happened + col("observed_delay_ns"), lit(0_i64)])
}
