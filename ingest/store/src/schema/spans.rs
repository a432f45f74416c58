//! `spans`: one row a span.

use ingest_model::Level;

use super::{TableSpec, attributes, id, int, micros, origin, schema, text};

pub(super) fn spec() -> TableSpec {
    let own = vec![
        micros("start_time"),
        int("start_time_nanos"),
        int("duration_ns"),
        id("trace_id"),
        id("span_id"),
        id("parent_span_id"),
        text("name"),
        text("kind"),
        text("status_code"),
        text("status_message"),
        text("trace_state"),
        int("flags"),
        text("events"),
        int("dropped_events_count"),
        text("links"),
        int("dropped_links_count"),
    ];
    TableSpec {
        name: "spans",
        schema: schema([own, attributes(Level::Span, "attributes_rest", "dropped_attributes_count"), origin()]),
        time_column: "start_time",
        sort: &["service_name", "name", "start_time", "start_time_nanos"],
        bloom: &["trace_id", "span_id"],
        irregular: true,
    }
}
