//! `golden_signals` as people see it: one row a minute, service, operation, kind and source.

use super::Described;

/// `golden_signals`.
pub(crate) const GOLDEN_SIGNALS: Described = Described {
    name: "golden_signals",
    help: "One row a minute, service, operation, kind and source: requests, errors, latency, saturation.",
};

/// How partial rows and metrics become signals. What is not asked for is not read.
pub(crate) const QUERY: &str = "
    SELECT minute, service_name, operation, kind, source, requests, errors, spans,
           duration_sum_ns, duration_max_ns,
           quantile(latency, 0.5) AS p50_ns, quantile(latency, 0.95) AS p95_ns, quantile(latency, 0.99) AS p99_ns,
           latency, saturation
    FROM (
        SELECT minute, service_name, operation, kind, source, sum(requests) AS requests, sum(errors) AS errors,
               sum(spans) AS spans, sum(duration_sum_ns) AS duration_sum_ns, max(duration_max_ns) AS duration_max_ns,
               merge_latency(named_struct('offset', latency_offset, 'counts', latency_counts)) AS latency,
               CAST(NULL AS DOUBLE) AS saturation
        FROM stored.golden_signals
        GROUP BY minute, service_name, operation, kind, source
    ) AS spans
    UNION ALL
    SELECT arrow_cast(date_bin(INTERVAL '1 minute', time), 'Timestamp(Microsecond, Some(\"UTC\"))') AS minute, service_name, NULL, NULL, 'metrics', NULL, NULL, NULL,
           NULL, NULL, NULL, NULL, NULL, NULL, max(value) AS saturation
    FROM stored.metrics
    WHERE metric_name IN (
        'container.cpu.utilization', 'container.memory.utilization', 'db.client.connection.utilization',
        'jvm.cpu.recent_utilization', 'k8s.container.cpu_limit_utilization', 'k8s.container.memory_limit_utilization',
        'k8s.pod.cpu_limit_utilization', 'k8s.pod.memory_limit_utilization', 'process.cpu.utilization',
        'process.memory.utilization', 'system.cpu.utilization', 'system.memory.utilization')
      AND metric_type = 'gauge' AND value >= 0
    GROUP BY 1, 2";

/// One line a column.
pub(super) const LINES: [(&str, &str); 15] = [
    ("minute", "Start of the minute (UTC); spans belong to the minute they started in."),
    ("service_name", "service.name of the resource; unknown_service where there is none."),
    ("operation", "The span's name; NULL for signals of a whole service."),
    ("kind", "The span's kind; SERVER and CONSUMER are what others asked of the service."),
    ("source", "What was measured: spans, or metrics for saturation."),
    ("requests", "Requests; a sampled span stands for several."),
    ("errors", "Requests that failed: status ERROR, or a protocol's error code where no status is set."),
    ("spans", "Spans counted, each once however often it was sent."),
    ("duration_sum_ns", "Sum of the durations of those spans, in nanoseconds."),
    ("duration_max_ns", "The longest of them, in nanoseconds."),
    ("p50_ns", "Half of the requests took no longer, in nanoseconds, within 1.1 %."),
    ("p95_ns", "95 % of the requests took no longer, in nanoseconds, within 1.1 %."),
    ("p99_ns", "99 % of the requests took no longer, in nanoseconds, within 1.1 %."),
    ("latency", "A sketch of the durations: add up with merge_latency, read with quantile."),
    ("saturation", "Share of the scarcest resource in use, 0 to 1, from utilization gauges of the service."),
];
