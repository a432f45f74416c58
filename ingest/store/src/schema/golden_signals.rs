//! `golden_signals`: what spans amount to, one partial row a flush, minute, service, operation and
//! kind. Rows of the same minute add up.

use arrow::datatypes::DataType;

use super::{TableSpec, double, int, list, micros, schema, text};

pub(super) fn spec() -> TableSpec {
    let key = vec![micros("minute"), text("service_name"), text("operation"), text("kind"), text("source")];
    let sums = vec![
        double("requests"),
        double("errors"),
        int("spans"),
        int("duration_sum_ns"),
        int("duration_max_ns"),
        int("latency_offset"),
        list("latency_counts", DataType::Float64),
    ];
    TableSpec {
        name: "golden_signals",
        schema: schema([key, sums, Vec::new()]),
        time_column: "minute",
        sort: &["service_name", "operation", "kind", "minute"],
        bloom: &[],
        irregular: false,
    }
}
