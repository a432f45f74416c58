//! What failing events have in common, and traces that show it.

use ingest_model::{Nanos, Signal, TraceId};
use query_engine::{AttributeCount, AttributeCounts, AttributeQuestion, Events, Good, Selection, Windows};
use serde_json::{Value, json};

use crate::fixture::{NOW, Outcome, Shelf, log, span, span_id, trace_id};

/// [`NOW`] lies 20 s after the start of its minute.
const MINUTE: Nanos = Nanos(NOW.0 - 20_000_000_000);
const MINUTE_US: i64 = 60_000_000;

/// One minute of baseline, and the minute after it.
const WINDOWS: Windows = Windows {
    from: Nanos(MINUTE.0 + 60_000_000_000),
    to: Nanos(MINUTE.0 + 120_000_000_000),
    baseline_from: MINUTE,
    baseline_to: Nanos(MINUTE.0 + 60_000_000_000),
};

fn indicator() -> AttributeQuestion {
    let among = "service_name = 'web' AND kind = 'SERVER'".to_owned();
    let good = Good::Fails("status_code = 'ERROR'".to_owned());
    AttributeQuestion { events: Selection::Indicator(Events { among, good }), windows: WINDOWS }
}

fn service(name: &str) -> AttributeQuestion {
    AttributeQuestion { events: Selection::Service(name.to_owned()), windows: WINDOWS }
}

fn trace(number: u64) -> TraceId {
    trace_id(number).parse().expect("a trace id")
}

/// A request of `web` that pays with `provider` two spans further down.
fn request(number: u64, start_us: i64, status: &str, provider: &str) -> Vec<Value> {
    let pay = |id| {
        json!({
            "service_name": "pay", "kind": "SERVER", "parent_span_id": span_id(id), "status_code": status,
            "attributes_rest": format!(r#"{{"app.payment.provider":"{provider}","try":1}}"#),
            "resource_host_name": "pay-1",
        })
    };
    let code = if status == "ERROR" { 500 } else { 200 };
    let web = json!({
        "service_name": "web", "kind": "SERVER", "status_code": status, "attr_http_response_status_code": code,
        "attributes_rest": r#"{"tags":["a"],"none":null}"#, "resource_attributes_rest": r#"{"team":"shop"}"#,
    });
    vec![
        span(number, 1, start_us, 1_000, web),
        span(number, 2, start_us + 10, 100, pay(1)),
        span(number, 3, start_us + 200, 100, pay(1)),
    ]
}

fn counted(counts: &[AttributeCount]) -> Vec<(&str, &str, u64, u64)> {
    counts.iter().map(|one| (one.key.as_str(), one.value.as_str(), one.failing, one.baseline)).collect()
}

/// Baseline: three good requests and a bad one; matter: two bad ones, one of them sent twice, and a good one.
async fn shelf() -> Result<Shelf, Box<dyn std::error::Error>> {
    let shelf = Shelf::default();
    for (number, status, provider) in [(1, "OK", "visa"), (2, "OK", "visa"), (3, "UNSET", "bank"), (4, "ERROR", "visa")]
    {
        shelf.file(Signal::Traces, &request(number, 0, status, provider)).await?;
    }
    for (number, status) in [(5, "ERROR"), (6, "ERROR"), (6, "ERROR"), (7, "OK")] {
        let rows = request(number, MINUTE_US + i64::try_from(number)?, status, "bank");
        shelf.hot(Signal::Traces, &rows)?;
    }
    Ok(shelf)
}

#[tokio::test]
async fn an_event_has_the_values_of_its_whole_trace_each_once() -> Outcome {
    let counts = shelf().await?.asked(|_| {})?.engine.attribute_counts(&indicator()).await?;
    assert_eq!((counts.failing, counts.failing_total, counts.baseline, counts.baseline_total), (2, 2, 3, 3));
    let expected = [
        ("app.payment.provider", "bank", 2, 1),
        ("app.payment.provider", "visa", 0, 2),
        ("host.name", "pay-1", 2, 3),
        ("service.name", "pay", 2, 3),
        ("service.name", "web", 2, 3),
        ("tags", r#"["a"]"#, 2, 3),
        ("team", "shop", 2, 3),
        ("try", "1", 2, 3),
    ];
    assert_eq!(counted(&counts.counts), expected);
    let outcomes = [("http.response.status_code", "200", 0, 3), ("http.response.status_code", "500", 2, 0)];
    assert_eq!(counted(&counts.outcomes), outcomes);
    assert_eq!(counts.counts[0].trace_ids, [trace(6), trace(5)]);
    assert!(counts.counts[1].trace_ids.is_empty() && counts.left_out.is_empty());
    Ok(())
}

#[tokio::test]
async fn a_service_without_an_indicator_is_judged_by_failures_and_slowness() -> Outcome {
    let shelf = Shelf::default();
    let asked = |operation: &str, zone: &str| json!({ "service_name": "web", "kind": "SERVER", "name": operation, "resource_host_name": zone });
    let mut rows = vec![span(900, 1, 0, 9_000, json!({ "service_name": "web", "kind": "CLIENT" }))];
    for number in 0..10 {
        rows.push(span(number + 1, 1, 0, 1_000, asked("GET /fast", "a")));
        rows.push(span(number + 101, 1, 0, 50_000, asked("GET /slow", "a")));
    }
    // Usual for GET /slow, unusual for GET /fast, failed by its code, and an operation nobody knew.
    rows.push(span(201, 1, MINUTE_US, 50_000, asked("GET /slow", "a")));
    rows.push(span(202, 1, MINUTE_US, 50_000, asked("GET /fast", "b")));
    let mut failed = span(203, 1, MINUTE_US, 1_000, asked("GET /fast", "c"));
    failed["attr_http_status_code"] = json!(503);
    rows.push(failed);
    rows.push(span(204, 1, MINUTE_US, 90_000, asked("GET /new", "d")));
    shelf.hot(Signal::Traces, &rows)?;
    let asked = shelf.asked(|_| {})?;
    let counts = asked.engine.attribute_counts(&service("web")).await?;
    assert_eq!((counts.failing, counts.baseline), (2, 20));
    let expected =
        [("host.name", "a", 0, 20), ("host.name", "b", 1, 0), ("host.name", "c", 1, 0), ("service.name", "web", 2, 20)];
    assert_eq!(counted(&counts.counts), expected);
    assert_eq!(asked.engine.exemplars(&service("web"), 9).await?, [trace(202), trace(203)]);
    Ok(())
}

#[tokio::test]
async fn no_events_have_no_counts() -> Outcome {
    let engine = Shelf::default().asked(|_| {})?.engine;
    assert_eq!(engine.attribute_counts(&indicator()).await?, AttributeCounts::default());
    assert_eq!(engine.attribute_counts(&service("web")).await?, AttributeCounts::default());
    assert!(engine.exemplars(&indicator(), 5).await?.is_empty());
    Ok(())
}

#[tokio::test]
async fn what_is_no_sql_over_spans_is_refused() -> Outcome {
    let engine = Shelf::default().asked(|_| {})?.engine;
    let events = |among: &str| Events { among: among.to_owned(), good: Good::Holds("true".to_owned()) };
    for among in ["nosuch = 1", "true) OR (true", "trace_id IN (SELECT trace_id FROM stored.spans)"] {
        let question = AttributeQuestion { events: Selection::Indicator(events(among)), windows: WINDOWS };
        assert!(engine.attribute_counts(&question).await.is_err(), "{among}");
        assert!(engine.exemplars(&question, 1).await.is_err(), "{among}");
    }
    Ok(())
}

#[tokio::test]
async fn exemplars_show_a_deeper_failure_with_a_log_first_and_the_newest_of_equals() -> Outcome {
    let shelf = Shelf::default();
    let deep = |number| json!({ "service_name": "pay", "status_code": "ERROR", "parent_span_id": span_id(number) });
    let web = || json!({ "service_name": "web", "kind": "SERVER", "status_code": "ERROR" });
    for number in 1..=7 {
        let start = MINUTE_US + i64::try_from(number)?;
        shelf.hot(Signal::Traces, &[span(number, 1, start, 100, web())])?;
    }
    shelf.hot(Signal::Traces, &[span(2, 2, MINUTE_US, 10, deep(1)), span(3, 2, MINUTE_US, 10, deep(1))])?;
    shelf.hot(Signal::Traces, &[span(4, 2, MINUTE_US, 10, deep(1))])?;
    // Of trace 3 the failing span is told of, of trace 4 the event's own, of trace 7 none that failed further down.
    for (number, id) in [(3, 2), (4, 1), (7, 9)] {
        let record = json!({ "trace_id": trace_id(number), "span_id": span_id(id) });
        shelf.hot(Signal::Logs, &[log(MINUTE_US, "failed", record)])?;
    }
    let engine = shelf.asked(|_| {})?.engine;
    assert_eq!(engine.exemplars(&indicator(), 9).await?, [trace(3), trace(4), trace(2), trace(7), trace(6)]);
    assert_eq!(engine.exemplars(&indicator(), 1).await?, [trace(3)]);
    Ok(())
}
