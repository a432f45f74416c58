//! The small shop that the examples of the page are about.
//!
//! | trace | what happens |
//! |---|---|
//! | 1 | `POST /checkout` at 22:13:20: the payment waits for a slow `UPDATE ledger` |
//! | 2 | `GET /product` a minute later, with a slow `SELECT products` of its own |
//! | 3 | `POST /checkout` two minutes later, fast |
//! | 4 | `GET /cart` three minutes later: a span whose parent never came, and one whose clock is ahead |

mod measured;

use ingest_model::{Judgement, Signal};
use serde_json::{Value, json};

use crate::fixture::{Asked, Shelf, log, merged, point, span, span_id, trace_id};

const MINUTE_US: i64 = 60_000_000;

/// A span of the shop: its trace and number, its parent's number, and when, within its trace, it ran, in milliseconds.
fn of((trace, id, parent): (u64, u64, u64), (start_ms, duration_ms): (i64, i64), service: &str, more: Value) -> Value {
    let start_us = (trace as i64 - 1) * MINUTE_US + start_ms * 1_000;
    let parent = (parent > 0).then(|| span_id(parent));
    let own = json!({ "service_name": service, "parent_span_id": parent });
    span(trace, id, start_us, duration_ms * 1_000, merged(own, more))
}

/// Asked from outside.
fn request(name: &str) -> Value {
    let route = name.split_once(' ').map_or(name, |(_, route)| route);
    json!({ "name": name, "kind": "SERVER", "attr_http_route": route, "attr_http_response_status_code": 200 })
}

/// A question to a database.
fn database(query: &str) -> Value {
    json!({ "name": query, "kind": "CLIENT", "attr_db_system_name": "postgresql" })
}

/// Spans, which are hot, so that golden signals are made of them; log records and points in files.
pub(super) async fn shop() -> Result<Asked, Box<dyn std::error::Error>> {
    let shelf = Shelf::default();
    shelf.hot(Signal::Traces, &[checkout(), product(), quick(), cart()].concat())?;
    shelf.file(Signal::Logs, &logs()).await?;
    shelf.file(Signal::Metrics, &points()).await?;
    shelf.hot(Signal::Metrics, &measured::points())?;
    shelf.judged(Judgement::SloSlices, &measured::slices())?;
    shelf.judged(Judgement::Baselines, &[measured::baseline().await?])?;
    shelf.asked(|_| {})
}

fn checkout() -> Vec<Value> {
    let failed = json!({ "name": "POST /charge", "kind": "SERVER", "status_code": "ERROR" });
    vec![
        of((1, 1, 0), (0, 900), "web", request("POST /checkout")),
        of((1, 2, 1), (50, 100), "cart", request("GET /cart")),
        of((1, 3, 2), (60, 40), "cart", database("SELECT carts")),
        of((1, 4, 1), (200, 600), "payment", failed),
        of((1, 5, 4), (250, 450), "payment", database("UPDATE ledger")),
    ]
}

fn product() -> Vec<Value> {
    vec![
        of((2, 11, 0), (0, 400), "web", request("GET /product")),
        of((2, 12, 11), (50, 300), "catalogue", database("SELECT products")),
    ]
}

fn quick() -> Vec<Value> {
    vec![
        of((3, 21, 0), (0, 300), "web", request("POST /checkout")),
        of((3, 22, 21), (20, 80), "cart", request("GET /cart")),
        of((3, 23, 22), (30, 20), "cart", database("SELECT carts")),
    ]
}

fn cart() -> Vec<Value> {
    vec![
        of((4, 31, 0), (0, 100), "web", request("GET /cart")),
        of((4, 32, 31), (80, 70), "cart", request("GET /items")),
        of((4, 34, 33), (20, 10), "stock", database("SELECT stock")),
    ]
}

fn logs() -> Vec<Value> {
    let line = |(trace, id): (u64, u64), at_ms: i64, service: &str, body: &str, more: Value| {
        let own = json!({ "trace_id": trace_id(trace), "span_id": span_id(id), "service_name": service });
        log((trace as i64 - 1) * MINUTE_US + at_ms * 1_000, body, merged(own, more))
    };
    let error = || json!({ "severity_number": 17, "severity_text": "ERROR" });
    vec![
        line((1, 2), 60, "cart", "cart 1871 loaded in 40 ms", json!({})),
        line((1, 4), 700, "payment", "ledger timed out after 450 ms, try 1", error()),
        line((3, 22), 40, "cart", "cart 2044 loaded in 20 ms", json!({})),
        line((4, 32), 90, "cart", "cart 3107 loaded in 70 ms", json!({})),
        log(5 * MINUTE_US, "nothing to do", json!({ "service_name": "mail" })),
    ]
}

/// A gauge and a counter, minute by minute.
fn points() -> Vec<Value> {
    let minutes = 0..4;
    let gauge = |minute: i64| {
        let more = json!({ "service_name": "web" });
        point(minute * MINUTE_US, "process.cpu.utilization", 0.25 * minute as f64, more)
    };
    let counter = |minute: i64| {
        let more = json!({
            "service_name": "web", "metric_type": "sum", "temporality": "CUMULATIVE", "is_monotonic": true,
            "unit": "{request}",
        });
        point(minute * MINUTE_US, "http.requests", 100.0 * minute as f64, more)
    };
    minutes.flat_map(|minute| [gauge(minute), counter(minute)]).collect()
}
