//! What the shop measures of itself, and what was concluded of it.

use ingest_model::Nanos;
use query_baseline::{GoldenSignal, Point, Settings, fit};
use serde_json::{Value, json};

use crate::fixture::{NOW, at, point, span_id, trace_id};

const MINUTE_US: i64 = 60_000_000;

/// [`NOW`] lies 20 s after the start of its minute.
const MINUTE: Nanos = Nanos(NOW.0 - 20_000_000_000);

/// A counter that begins again after its first two points, and a histogram whose first point has an exemplar.
pub(super) fn points() -> Vec<Value> {
    let orders = [(0, 0, 10.0), (1, 0, 25.0), (2, 1, 5.0), (3, 1, 9.0)].map(|(minute, start, value)| {
        let more = json!({
            "service_name": "web", "metric_type": "sum", "temporality": "CUMULATIVE", "is_monotonic": true,
            "unit": "{order}", "start_time_unix_nano": at(start * MINUTE_US - 30_000_000),
        });
        point(minute * MINUTE_US, "orders", value, more)
    });
    let exemplar = json!([{
        "time_unix_nano": at(650_000).to_string(), "value": 0.6, "trace_id": trace_id(1), "span_id": span_id(4),
        "filtered_attributes": {},
    }]);
    let durations = [(1_i64, exemplar.to_string()), (2, "[]".to_owned())].map(|(minute, exemplars)| {
        let more = json!({
            "service_name": "web", "metric_type": "histogram", "temporality": "CUMULATIVE", "unit": "s", "value": null,
            "start_time_unix_nano": at(0), "count": minute * 10, "sum": minute as f64 * 4.0,
            "explicit_bounds": [0.25, 0.5, 1.0], "bucket_counts": [minute * 4, minute * 4, minute * 2, 0],
            "exemplars": exemplars,
        });
        point(minute * MINUTE_US, "checkout.duration", 0.0, more)
    });
    orders.into_iter().chain(durations).collect()
}

/// Two hours of a hundred requests a minute, of which five fail in the last ten minutes.
pub(super) fn slices() -> Vec<Value> {
    let slice = |minute: i64| {
        json!({
            "minute": MINUTE.plus(minute * 60_000_000_000).micros(), "slo": "checkout", "service_name": "web", "objective": 0, "slo_group": "", "time_window": "30d", "budgeting_method": "Occurrences",
            "target": "99.9 %", "definition": "0011223344556677", "period_minutes": 30 * 24 * 60,
            "good": if minute >= -10 { 95 } else { 100 }, "total": 100, "revision": 1,
        })
    };
    (-120..0).map(slice).collect()
}

/// What was learned when there were ten requests a minute.
pub(super) async fn baseline() -> Result<Value, Box<dyn std::error::Error>> {
    let learned: Vec<Point> = (-400..0_i64)
        .map(|minute| Point { minute: MINUTE.plus(minute * 60_000_000_000), value: 10.0, requests: Some(10) })
        .collect();
    // Polars blocks, which a runtime of one thread does not allow.
    let fitted = move || fit(&learned, &[], MINUTE, &Settings::of(GoldenSignal::Requests));
    let model = tokio::task::spawn_blocking(fitted).await??;
    Ok(json!({
        "fitted_at": MINUTE.micros(), "trained_from": MINUTE.micros(), "trained_to": MINUTE.micros(), "service_name": "web", "signal": "requests", "model": model.kind.name(),
        "version": model.version, "samples": model.samples, "parameters": serde_json::to_string(&model)?,
    }))
}
