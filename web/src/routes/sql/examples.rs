//! Queries to start from.

use leptos::prelude::*;

use crate::settings::use_settings;
use crate::text::ExampleWords;

/// The query a new page starts with.
pub(super) const FIRST: &str = SLOWEST;

const SLOWEST: &str = "\
SELECT start_time, service_name, name, duration_ns / 1e6 AS ms, trace_id
FROM spans
ORDER BY duration_ns DESC
LIMIT 20";

const ERRORS: &str = "\
SELECT service_name, count(*) AS spans,
       count(*) FILTER (WHERE status_code = 'ERROR') AS errors
FROM spans
GROUP BY service_name
ORDER BY errors DESC, spans DESC";

const PERCENTILES: &str = "\
SELECT service_name, name, count(*) AS spans,
       approx_percentile_cont(duration_ns, 0.5) / 1e6 AS p50_ms,
       approx_percentile_cont(duration_ns, 0.99) / 1e6 AS p99_ms
FROM spans
WHERE kind = 'SERVER'
GROUP BY service_name, name
ORDER BY p99_ms DESC
LIMIT 50";

const LOGS: &str = "\
SELECT time, service_name, severity_text, body, trace_id
FROM logs
WHERE severity_number >= 13
ORDER BY time DESC
LIMIT 100";

const ATTRIBUTES: &str = "\
SELECT attributes->>'http.route' AS route, count(*) AS spans, avg(duration_ns) / 1e6 AS avg_ms
FROM spans
GROUP BY route
ORDER BY spans DESC
LIMIT 20";

const METRICS: &str = "\
SELECT metric_name, metric_type, unit, count(*) AS points, max(time) AS newest
FROM metrics
GROUP BY metric_name, metric_type, unit
ORDER BY points DESC
LIMIT 50";

type Example = (fn(&ExampleWords) -> &'static str, &'static str);

const EXAMPLES: [Example; 6] = [
    (|words| words.slowest, SLOWEST),
    (|words| words.errors, ERRORS),
    (|words| words.percentiles, PERCENTILES),
    (|words| words.warnings, LOGS),
    (|words| words.by_attribute, ATTRIBUTES),
    (|words| words.metrics, METRICS),
];

/// One button a query.
#[component]
pub(super) fn Examples(choose: impl Fn(&'static str) + Copy + 'static) -> impl IntoView {
    let settings = use_settings();
    let button = move |(name, sql): Example| {
        view! {
            <button type="button" data-testid="sql-example" on:click=move |_| choose(sql)>
                {move || name(&settings.words().sql.examples)}
            </button>
        }
    };
    view! { <div class="examples">{EXAMPLES.map(button).collect_view()}</div> }
}
