//! `logs`: one row a log record.

use ingest_model::Level;

use super::{TableSpec, attributes, id, int, micros, origin, schema, text};

pub(super) fn spec() -> TableSpec {
    let own = vec![
        micros("time"),
        int("time_nanos"),
        int("observed_delay_ns"),
        id("trace_id"),
        id("span_id"),
        int("severity_number"),
        text("severity_text"),
        text("body"),
        text("body_type"),
        text("event_name"),
        int("flags"),
    ];
    TableSpec {
        name: "logs",
        schema: schema([own, attributes(Level::Log, "attributes_rest", "dropped_attributes_count"), origin()]),
        time_column: "time",
        sort: &["service_name", "time", "time_nanos"],
        bloom: &["trace_id", "span_id"],
        irregular: false,
    }
}
