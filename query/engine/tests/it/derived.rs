//! Golden signals, calls between services and resources as PromQL's metrics.

use ingest_model::{Judgement, Signal};
use query_engine::{ExemplarsQuestion, LabelsQuestion, PromqlQuestion};
use query_promql::{Data, Query};
use serde_json::{Value, json};

use crate::fixture::{Asked, NOW, Outcome, Shelf, at, point, span};

const SECOND_US: i64 = 1_000_000;

/// Micros of the start of a minute; [`NOW`] lies 20 s after the start of its minute.
const fn minute(number: i64) -> i64 {
    (number * 60 - 20) * SECOND_US
}

/// Thirty requests a minute of 5 ms to 295 ms for ten minutes, three of which fail; another operation in the third minute
/// only.
fn spans() -> Vec<Value> {
    let mut spans = Vec::new();
    for number in 0..10 {
        for request in 0..30_i64 {
            let status = if request % 10 == 0 { "ERROR" } else { "UNSET" };
            let more = json!({ "kind": "SERVER", "name": "GET /", "service_name": "cart", "status_code": status });
            let id = (number * 100 + request).unsigned_abs() + 1;
            spans.push(span(id, 1, minute(number) + request * 2 * SECOND_US, request * 10_000 + 5_000, more));
        }
    }
    let rare = json!({ "kind": "INTERNAL", "name": "clean", "service_name": "cart" });
    spans.extend((0..7).map(|id| span(5_000 + id, 1, minute(2) + 1, 1_000, rare.clone())));
    spans
}

fn asked() -> Result<Asked, Box<dyn std::error::Error>> {
    let shelf = Shelf::default();
    shelf.hot(Signal::Traces, &spans())?;
    let edge = |number: i64, requests: i64, errors: i64| {
        json!({
            "minute": at(minute(number)) / 1_000, "client": "web", "server": "cart", "connection_type": "",
            "requests": requests, "errors": errors, "duration_sum_ns": requests * 100_000_000,
            "duration_max_ns": 100_000_000, "latency_offset": 850, "latency_counts": [requests as f64], "revision": 1,
        })
    };
    let edges: Vec<Value> = (0..10).map(|number| edge(number, 60, 6)).collect();
    shelf.judged(Judgement::ServiceEdges, &edges)?;
    shelf.asked(|_| {})
}

async fn instant(asked: &Asked, query: &str, micros: i64) -> Result<Vec<(String, f64)>, Box<dyn std::error::Error>> {
    let start = at(micros) / 1_000_000;
    let question = PromqlQuestion { query: Query::parse(query)?, start, end: start, step: None };
    let Data::Vector(elements) = asked.engine.promql(&question).await??.data else { return Err("no vector".into()) };
    let told =
        |element: &query_promql::Element| (element.labels.to_string(), element.value.float().unwrap_or(f64::NAN));
    Ok(elements.iter().map(told).collect())
}

/// The only number of an answer.
async fn one(asked: &Asked, query: &str) -> Result<f64, Box<dyn std::error::Error>> {
    let found = instant(asked, query, minute(10)).await?;
    match found.as_slice() {
        [(_, value)] => Ok(*value),
        other => Err(format!("{query}: {other:?}").into()),
    }
}

#[tokio::test]
async fn calls_of_golden_signals_are_counters() -> Outcome {
    let asked = asked()?;
    let calls = "traces_span_metrics_calls_total{span_name=\"GET /\"}";
    assert!((one(&asked, &format!("sum(rate({calls}[5m]))")).await? - 0.5).abs() < 1e-9);
    let errors = "sum(rate(traces_span_metrics_calls_total{service_name='cart', status_code='STATUS_CODE_ERROR'}[5m]))";
    assert!((one(&asked, errors).await? - 0.05).abs() < 1e-9);
    let told = instant(&asked, calls, minute(10)).await?;
    let expected = |status: &str, count| {
        let labels = format!(
            "traces_span_metrics_calls_total{{service_name=\"cart\", span_kind=\"SPAN_KIND_SERVER\", span_name=\"GET /\", \
             status_code=\"STATUS_CODE_{status}\"}}"
        );
        (labels, count)
    };
    // What a counter is depends on how far back was read; what it grows by does not.
    assert_eq!(
        told.iter().map(|(labels, _)| labels.clone()).collect::<Vec<_>>(),
        [expected("ERROR", 0.0).0, expected("UNSET", 0.0).0]
    );
    Ok(())
}

#[tokio::test]
async fn a_few_requests_in_one_minute_are_an_increase() -> Outcome {
    let asked = asked()?;
    let clean = "increase(traces_span_metrics_calls_total{span_name='clean'}[5m])";
    let found = instant(&asked, clean, minute(5)).await?;
    assert_eq!(found.iter().map(|(_, value)| value.round()).collect::<Vec<_>>(), [7.0]);
    assert_eq!(instant(&asked, clean, minute(60)).await?, []);
    // However much is read, the rate of a moment is the same.
    let at_five = instant(&asked, "rate(traces_span_metrics_calls_total[5m])", minute(5)).await?;
    let of_more = "rate(traces_span_metrics_calls_total[5m]) or vector(0) + absent(count_over_time(x[1d]))";
    let of_more = instant(&asked, of_more, minute(5)).await?;
    assert_eq!(at_five[..], of_more[..at_five.len()]);
    Ok(())
}

#[tokio::test]
async fn durations_of_golden_signals_are_histograms_of_both_kinds() -> Outcome {
    let asked = asked()?;
    let of = |what: &str| format!("traces_span_metrics_duration_milliseconds{what}{{span_name='GET /'}}");
    for (share, expected) in [(0.5, 145.0), (0.9, 265.0), (0.99, 295.0)] {
        let native = format!("histogram_quantile({share}, sum by (service_name) (rate({}[5m])))", of(""));
        let found = one(&asked, &native).await?;
        assert!((found / expected - 1.0_f64).abs() < 0.04, "{share}: {found}");
    }
    let mean = format!("sum(rate({}[5m])) / sum(rate({}[5m]))", of("_sum"), of("_count"));
    assert!((one(&asked, &mean).await? - 150.0).abs() < 1e-9);
    // 5 ms to 45 ms are five requests of thirty.
    let share = format!(
        "sum(rate(traces_span_metrics_duration_milliseconds_bucket{{span_name='GET /', le='50'}}[5m])) / sum(rate({}[5m]))",
        of("_count")
    );
    assert!((one(&asked, &share).await? - 5.0 / 30.0).abs() < 1e-9);
    let classic = "histogram_quantile(0.5, sum by (le) (rate(traces_span_metrics_duration_milliseconds_bucket[5m])))";
    assert!((100.0..=200.0).contains(&one(&asked, classic).await?));
    Ok(())
}

#[tokio::test]
async fn calls_between_services_are_metrics_of_a_service_graph() -> Outcome {
    let asked = asked()?;
    let by = "client, server";
    let rate = |name: &str| format!("sum by ({by}) (rate(traces_service_graph_request_{name}[5m]))");
    let found = instant(&asked, &rate("total"), minute(10)).await?;
    assert_eq!(found, [("{client=\"web\", server=\"cart\"}".to_owned(), 1.0)]);
    assert!((one(&asked, &rate("failed_total")).await? - 0.1).abs() < 1e-9);
    let quantile = format!("histogram_quantile(0.95, {})", rate("client_seconds"));
    assert!((one(&asked, &quantile).await? - 0.1).abs() < 0.004);
    let labels = instant(&asked, "traces_service_graph_request_total", minute(10)).await?;
    assert_eq!(labels[0].0, "traces_service_graph_request_total{client=\"web\", server=\"cart\"}");
    Ok(())
}

#[tokio::test]
async fn what_is_made_is_listed_and_what_is_sent_under_its_name_counts_alone() -> Outcome {
    let hour = 3_600 * 1_000_000_000;
    let (from, to) = (NOW.plus(-hour), NOW.plus(hour));
    let names = |families: Vec<query_engine::MetricFamily>| -> Vec<(String, &'static str)> {
        families.into_iter().map(|family| (family.name, family.kind)).collect()
    };
    let first = asked()?;
    let expected = [
        ("traces_service_graph_request_client_seconds".to_owned(), "histogram"),
        ("traces_service_graph_request_failed_total".to_owned(), "counter"),
        ("traces_service_graph_request_total".to_owned(), "counter"),
        ("traces_span_metrics_calls_total".to_owned(), "counter"),
        ("traces_span_metrics_duration_milliseconds".to_owned(), "histogram"),
    ];
    assert_eq!(names(first.engine.metric_families(from, to).await?), expected);
    let selectors = vec![query_promql::parse_matchers("{__name__=~'traces_span.*_count|.*calls.*'}")?];
    let labels = first.engine.metric_labels(&LabelsQuestion { selectors, from, to }).await?;
    // Two operations; the one of requests has calls of both statuses.
    assert_eq!(labels.len(), 5);

    let shelf = Shelf::default();
    shelf.hot(Signal::Traces, &spans())?;
    let sent = json!({
        "metric_type": "sum", "is_monotonic": true, "temporality": "CUMULATIVE", "unit": "", "service_name": "collector",
    });
    shelf.hot(Signal::Metrics, &[point(minute(9), "traces.span.metrics.calls", 5.0, sent)])?;
    let second = shelf.asked(|_| {})?;
    let found = instant(&second, "traces_span_metrics_calls_total", minute(10)).await?;
    assert_eq!(found, [("traces_span_metrics_calls_total{job=\"collector\"}".to_owned(), 5.0)]);
    Ok(())
}

#[tokio::test]
async fn otlp_085_target_info_tells_of_resources() -> Outcome {
    let shelf = Shelf::default();
    let more = json!({
        "service_name": "cart",
        "resource_attributes_rest": r#"{"service.instance.id":"a-1","host.name":"h1","process.pid":7}"#,
    });
    let points: Vec<Value> = (0..3).map(|number| point(minute(number), "temperature", 1.0, more.clone())).collect();
    shelf.hot(Signal::Metrics, &points)?;
    let asked = shelf.asked(|_| {})?;
    let found = instant(&asked, "target_info", minute(2)).await?;
    let info = "{host_name=\"h1\", instance=\"a-1\", job=\"cart\", process_pid=\"7\"}";
    assert_eq!(found, [(format!("target_info{info}"), 1.0)]);
    let joined = "temperature_ratio * on (job, instance) group_left (host_name) target_info";
    assert_eq!(
        instant(&asked, joined, minute(2)).await?,
        [("{host_name=\"h1\", instance=\"a-1\", job=\"cart\"}".to_owned(), 1.0)]
    );
    assert_eq!(instant(&asked, "target_info{host_name='h2'}", minute(2)).await?, []);
    Ok(())
}

/// Series, times in milliseconds after [`NOW`], values and labels of exemplars.
async fn exemplars(asked: &Asked, query: &str) -> Result<Vec<(String, i64, f64, String)>, Box<dyn std::error::Error>> {
    let (start, end) = (at(minute(0)) / 1_000_000, at(minute(10)) / 1_000_000);
    let question = ExemplarsQuestion { query: Query::parse(query)?, start, end };
    let found = asked.engine.metric_exemplars(&question).await?;
    let told = found.iter().flat_map(|of| {
        let series = of.series.to_string();
        of.exemplars
            .iter()
            .map(move |one| (series.clone(), one.at - at(0) / 1_000_000, one.value, one.labels.to_string()))
    });
    Ok(told.collect())
}

#[tokio::test]
async fn otlp_086_exemplars_lead_from_a_metric_to_its_trace() -> Outcome {
    let shelf = Shelf::default();
    let exemplar = |micros: i64, value: f64, trace: &str| {
        json!({
            "time_unix_nano": at(micros).to_string(), "value": value, "trace_id": trace, "span_id": "00000000000000b1",
            "filtered_attributes": { "user.id": "u1" },
        })
    };
    let listed =
        json!([exemplar(1_000, 0.7, "000000000000000000000000000000a1"), exemplar(2_000, 9.0, "")]).to_string();
    let histogram = json!({
        "metric_type": "histogram", "temporality": "CUMULATIVE", "unit": "s", "service_name": "cart", "value": null,
        "count": 2, "sum": 9.7, "explicit_bounds": [0.5, 1.0], "bucket_counts": [0, 1, 1], "exemplars": listed,
    });
    shelf.hot(
        Signal::Metrics,
        &[
            point(SECOND_US, "latency", 0.0, histogram.clone()),
            point(2 * SECOND_US, "latency", 0.0, histogram),
            point(SECOND_US, "plain", 1.0, json!({})),
        ],
    )?;
    let asked = shelf.asked(|_| {})?;
    let found = exemplars(&asked, "histogram_quantile(0.9, rate(latency_seconds_bucket[5m]))").await?;
    let series = |le: &str| format!("latency_seconds_bucket{{job=\"cart\", le=\"{le}\"}}");
    let labels = |trace: &str| format!("{{span_id=\"00000000000000b1\", {trace}user_id=\"u1\"}}");
    let traced = labels("trace_id=\"000000000000000000000000000000a1\", ");
    assert_eq!(found, [(series("+Inf"), 2, 9.0, labels("")), (series("1"), 1, 0.7, traced)]);
    assert_eq!(exemplars(&asked, "plain_ratio").await?, []);

    let rows = asked.rows(
        "SELECT metric_name, value, trace_id, span_id, filtered_attributes ->> 'user.id', time_unix_nano > 0 FROM exemplars
         WHERE metric_name = 'latency' AND time < now() + INTERVAL '1.5 seconds' ORDER BY value",
    );
    let rows = rows.await?;
    let trace = "000000000000000000000000000000a1";
    assert_eq!(
        rows[0],
        [json!("latency"), json!(0.7), json!(trace), json!("00000000000000b1"), json!("u1"), json!(true)]
    );
    assert_eq!((rows.len(), &rows[1][1]), (2, &json!(9.0)));
    Ok(())
}

#[tokio::test]
async fn durations_of_golden_signals_have_their_slowest_spans() -> Outcome {
    let asked = asked()?;
    let found = exemplars(&asked, "rate(traces_span_metrics_duration_milliseconds{span_name='GET /'}[5m])").await?;
    assert_eq!(found.len(), 10);
    assert!(found.iter().all(|(_, _, value, _)| (value - 295.0).abs() < 1e-9));
    assert_eq!(found[0].3, format!("{{span_id=\"0000000000000001\", trace_id=\"{:032x}\"}}", 30));
    Ok(())
}
