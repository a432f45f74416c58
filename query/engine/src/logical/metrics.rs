//! `metrics` as people see it.

use ingest_model::Level;

use super::columns::{LogicalColumn, attributes, made, nanos, origin, service_name, stored};

pub(super) fn columns() -> Vec<LogicalColumn> {
    let mut columns = front();
    columns.extend(distribution());
    columns.extend([
        attributes(Level::Point, "JSON object of all attributes of the point; ask with ->> 'http.route'."),
        stored("temporality", "Whether sums and counts are DELTA or CUMULATIVE."),
        stored("is_monotonic", "Whether a sum only grows."),
        stored("description", "What the metric measures."),
        stored("metadata", "JSON object of the metric's metadata."),
        stored("exemplars", "JSON array of sampled measurements with their trace ids."),
        stored("flags", "OTLP's data point flags; 1 means no recorded value."),
        made("time_unix_nano", "time, in nanoseconds since 1970.", nanos("time", "time_nanos")),
        stored("start_time_unix_nano", "When the point's interval began, in nanoseconds since 1970."),
    ]);
    columns.extend(origin());
    columns
}

/// What one looks at first.
fn front() -> Vec<LogicalColumn> {
    vec![
        stored("time", "When the point was measured (UTC)."),
        stored("metric_name", "The metric's name."),
        stored("metric_type", "The kind of metric."),
        stored("unit", "The unit of value, sum, min and max (UCUM)."),
        service_name(),
        stored("value", "The value of a gauge or a sum."),
        stored("value_int", "The same, where it was sent as an integer."),
        stored("count", "Measurements in a distribution."),
        stored("sum", "Sum of the measurements."),
        stored("min", "Smallest measurement."),
        stored("max", "Largest measurement."),
    ]
}

/// The shape of histograms, exponential histograms and summaries.
fn distribution() -> Vec<LogicalColumn> {
    vec![
        stored("bucket_counts", "Measurements in each bucket of a histogram."),
        stored("explicit_bounds", "Upper bounds, inclusive, of all buckets but the last."),
        stored("scale", "Exponential histogram: the base is 2 to the power of 2 to the power of -scale."),
        stored("zero_count", "Exponential histogram: measurements around zero."),
        stored("zero_threshold", "Exponential histogram: how far around zero."),
        stored("positive_offset", "Exponential histogram: index of the first positive bucket."),
        stored("positive_bucket_counts", "Exponential histogram: measurements in the positive buckets."),
        stored("negative_offset", "Exponential histogram: index of the first negative bucket."),
        stored("negative_bucket_counts", "Exponential histogram: measurements in the negative buckets."),
        stored("quantiles", "Summary: which quantiles."),
        stored("quantile_values", "Summary: their values."),
    ]
}
