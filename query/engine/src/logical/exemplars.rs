//! `exemplars` as people see it: one row a sampled measurement of a metric, with the trace it belongs to.

use super::Described;

/// `exemplars`.
pub(crate) const EXEMPLARS: Described = Described {
    name: "exemplars",
    help: "One row a measurement that was sampled of a metric, with the trace and span it was made in.",
};

/// How they are taken out of the points, over the table `metrics`.
pub(crate) const QUERY: &str = "
    SELECT time, metric_name, metric_type, unit, service_name, json_get_float(exemplar, 'value') AS value,
           json_get_str(exemplar, 'trace_id') AS trace_id, json_get_str(exemplar, 'span_id') AS span_id,
           attributes, exemplar -> 'filtered_attributes' AS filtered_attributes,
           json_get_int(exemplar, 'time_unix_nano') AS time_unix_nano, resource_attributes
    FROM (
        SELECT time, metric_name, metric_type, unit, service_name, attributes, resource_attributes,
               unnest(json_get_array(exemplars)) AS exemplar
        FROM metrics WHERE exemplars IS NOT NULL
    ) AS points";

/// One line a column.
pub(super) const LINES: [(&str, &str); 12] = [
    ("time", "When the point that has it was measured (UTC)."),
    ("metric_name", "The metric's name."),
    ("metric_type", "The kind of metric."),
    ("unit", "The unit of value (UCUM)."),
    ("service_name", "service.name of the resource."),
    ("value", "What was measured."),
    ("trace_id", "The trace it was measured in, 32 hex digits; NULL where there is none."),
    ("span_id", "The span it was measured in, 16 hex digits; NULL where there is none."),
    ("attributes", "JSON object of all attributes of the point; ask with ->> 'http.route'."),
    ("filtered_attributes", "JSON object of the attributes that the point left out."),
    ("time_unix_nano", "When it was measured itself, in nanoseconds since 1970."),
    ("resource_attributes", "JSON object of all resource attributes; ask with ->> 'host.name'."),
];
