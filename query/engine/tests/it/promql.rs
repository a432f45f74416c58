//! PromQL over stored metrics.

use ingest_model::{Nanos, Signal};
use query_engine::{LabelsQuestion, PromqlQuestion};
use query_promql::{Data, Query, Value, parse_matchers};
use serde_json::json;

use crate::fixture::{Asked, NOW, Outcome, Shelf, at, point};

const MINUTE_US: i64 = 60_000_000;

/// Metrics of ten minutes, the older half in a file.
async fn asked() -> Result<Asked, Box<dyn std::error::Error>> {
    let shelf = Shelf::default();
    let mut rows = Vec::new();
    for minute in 0..10_i64 {
        let time = minute * MINUTE_US;
        for service in ["cart", "pay"] {
            let counter = json!({
                "metric_type": "sum", "is_monotonic": true, "temporality": "CUMULATIVE", "unit": "{request}",
                "description": "Requests.", "service_name": service, "attributes_rest": r#"{"route":"/a"}"#,
            });
            rows.push(point(time, "http.server.requests", (minute * 60) as f64, counter));
        }
        let delta = json!({
            "metric_type": "sum", "is_monotonic": true, "temporality": "DELTA", "unit": "1", "service_name": "cart",
        });
        rows.push(point(time, "jobs", 6.0, delta));
        let histogram = json!({
            "metric_type": "histogram", "temporality": "CUMULATIVE", "unit": "s", "service_name": "cart", "value": null,
            "count": minute * 10, "sum": minute as f64 * 5.0, "explicit_bounds": [0.5, 1.0],
            "bucket_counts": [minute * 5, minute * 5, 0],
        });
        rows.push(point(time, "http.duration", 0.0, histogram));
        let exponential = json!({
            "metric_type": "exponential_histogram", "temporality": "CUMULATIVE", "unit": "ms", "service_name": "cart",
            "value": null, "count": minute * 4, "sum": minute as f64 * 6.0, "scale": 0, "zero_count": 0,
            "zero_threshold": 0.0, "positive_offset": 0, "positive_bucket_counts": [minute * 4],
            "negative_offset": 0, "negative_bucket_counts": [],
        });
        rows.push(point(time, "queue.wait", 0.0, exponential));
    }
    rows.push(point(0, "room.temperature", 21.5, json!({ "unit": "Cel" })));
    rows.push(point(MINUTE_US, "room.temperature", 0.0, json!({ "unit": "Cel", "value": null, "flags": 1 })));
    let (old, new) = rows.split_at(rows.len() / 2);
    shelf.file(Signal::Metrics, old).await?;
    shelf.hot(Signal::Metrics, new)?;
    shelf.asked(|_| {})
}

fn question(query: &str, micros: i64) -> PromqlQuestion {
    let start = at(micros) / 1_000_000;
    PromqlQuestion { query: Query::parse(query).expect("PromQL"), start, end: start, step: None }
}

/// Labels and numbers of an instant answer.
async fn instant(asked: &Asked, query: &str, micros: i64) -> Result<Vec<(String, f64)>, Box<dyn std::error::Error>> {
    let Data::Vector(elements) = asked.engine.promql(&question(query, micros)).await??.data else {
        return Err("no vector".into());
    };
    let told = |value: &Value| value.float().expect("a number");
    Ok(elements.iter().map(|element| (element.labels.to_string(), told(&element.value))).collect())
}

#[tokio::test]
async fn otlp_085_metrics_have_prometheus_names_and_labels() -> Outcome {
    let asked = asked().await?;
    let found = instant(&asked, "http_server_requests_total{job=~'ca.*'}", 9 * MINUTE_US).await?;
    assert_eq!(found, [("http_server_requests_total{job=\"cart\", route=\"/a\"}".to_owned(), 540.0)]);
    let found = instant(&asked, "sum(rate(http_server_requests_total[5m]))", 9 * MINUTE_US).await?;
    assert_eq!(found, [("{}".to_owned(), 2.0)]);
    assert_eq!(instant(&asked, "sum by (job) (increase(jobs_total[5m]))", 9 * MINUTE_US).await?.len(), 1);
    Ok(())
}

#[tokio::test]
async fn otlp_085_differences_grow_as_sums_do() -> Outcome {
    let found = instant(&asked().await?, "rate(jobs_total{job='cart'}[5m])", 9 * MINUTE_US).await?;
    assert_eq!(found, [("{job=\"cart\"}".to_owned(), 0.1)]);
    Ok(())
}

#[tokio::test]
async fn otlp_085_histograms_are_classic_and_exponential_ones_native() -> Outcome {
    let asked = asked().await?;
    let classic = "histogram_quantile(0.75, sum by (le) (rate(http_duration_seconds_bucket[5m])))";
    assert_eq!(instant(&asked, classic, 9 * MINUTE_US).await?, [("{}".to_owned(), 0.75)]);
    let mean = "http_duration_seconds_sum / http_duration_seconds_count";
    assert_eq!(instant(&asked, mean, 9 * MINUTE_US).await?, [("{job=\"cart\"}".to_owned(), 0.5)]);
    let native = "histogram_avg(increase(queue_wait_milliseconds[5m]))";
    assert_eq!(instant(&asked, native, 9 * MINUTE_US).await?, [("{job=\"cart\"}".to_owned(), 1.5)]);
    Ok(())
}

#[tokio::test]
async fn a_point_without_a_recorded_value_ends_its_series() -> Outcome {
    let asked = asked().await?;
    let found = instant(&asked, "room_temperature_celsius", MINUTE_US - 1_000_000).await?;
    assert_eq!(found, [("room_temperature_celsius{job=\"shop\"}".to_owned(), 21.5)]);
    assert_eq!(instant(&asked, "room_temperature_celsius", MINUTE_US).await?, []);
    Ok(())
}

#[tokio::test]
async fn a_range_has_a_sample_a_step() -> Outcome {
    let asked = asked().await?;
    let one = question("sum(http_server_requests_total)", 5 * MINUTE_US);
    let range = PromqlQuestion { end: one.start + 4 * 60_000, step: Some(120_000), ..one };
    let Data::Matrix(series) = asked.engine.promql(&range).await??.data else { return Err("no matrix".into()) };
    let values: Vec<_> =
        series[0].samples.iter().map(|sample| (sample.at - range.start, sample.value.float())).collect();
    assert_eq!(values, [(0, Some(600.0)), (120_000, Some(840.0)), (240_000, Some(1_080.0))]);
    Ok(())
}

#[tokio::test]
async fn what_series_there_are_is_told_without_their_samples() -> Outcome {
    let asked = asked().await?;
    let hour = 3_600 * 1_000_000_000;
    let (from, to) = (NOW.plus(-hour), NOW.plus(hour));
    let all = LabelsQuestion { selectors: Vec::new(), from, to };
    // Two counters, one of differences, buckets with count and sum, one native, one gauge.
    assert_eq!(asked.engine.metric_labels(&all).await?.len(), 2 + 1 + 5 + 1 + 1);
    let selectors = vec![parse_matchers("{__name__=~'.*_bucket', le='+Inf'}")?, parse_matchers("jobs_total")?];
    let told = asked.engine.metric_labels(&LabelsQuestion { selectors, from, to }).await?;
    let told: Vec<_> = told.iter().map(ToString::to_string).collect();
    assert_eq!(told, ["http_duration_seconds_bucket{job=\"cart\", le=\"+Inf\"}", "jobs_total{job=\"cart\"}"]);
    let families = asked.engine.metric_families(from, to).await?;
    let counter = families.iter().find(|family| family.name == "http_server_requests_total").ok_or("a counter")?;
    assert_eq!((counter.kind, counter.help.as_str(), counter.unit.as_str()), ("counter", "Requests.", "{request}"));
    assert_eq!(asked.engine.metric_families(Nanos(0), Nanos(1)).await?, []);
    Ok(())
}
