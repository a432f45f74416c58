//! `metrics`: one row a data point, whatever its kind.

use arrow::datatypes::DataType;
use ingest_model::Level;

use super::{TableSpec, attributes, boolean, double, int, list, micros, origin, schema, text};

pub(super) fn spec() -> TableSpec {
    let mut own = vec![
        micros("time"),
        int("time_nanos"),
        int("start_time_unix_nano"),
        text("metric_name"),
        text("description"),
        text("unit"),
        text("metric_type"),
        text("temporality"),
        boolean("is_monotonic"),
        text("metadata"),
        double("value"),
        int("value_int"),
        int("flags"),
        text("exemplars"),
    ];
    own.extend(distribution());
    TableSpec {
        name: "metrics",
        schema: schema([own, point_attributes(), origin()]),
        time_column: "time",
        sort: &["metric_name", "service_name", "time", "time_nanos"],
        bloom: &[],
        irregular: false,
    }
}

/// The columns of histograms, exponential histograms and summaries.
fn distribution() -> Vec<arrow::datatypes::Field> {
    vec![
        int("count"),
        double("sum"),
        double("min"),
        double("max"),
        list("bucket_counts", DataType::Int64),
        list("explicit_bounds", DataType::Float64),
        int("scale"),
        int("zero_count"),
        double("zero_threshold"),
        int("positive_offset"),
        list("positive_bucket_counts", DataType::Int64),
        int("negative_offset"),
        list("negative_bucket_counts", DataType::Int64),
        list("quantiles", DataType::Float64),
        list("quantile_values", DataType::Float64),
    ]
}

/// A data point has no dropped count of its own in OTLP.
fn point_attributes() -> Vec<arrow::datatypes::Field> {
    let mut fields = attributes(Level::Point, "attributes_rest", "dropped_attributes_count");
    fields.pop();
    fields
}
