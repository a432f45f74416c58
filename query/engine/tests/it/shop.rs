//! A small shop: the rows the questions in `tests/slt` are about.

use ingest_model::Signal;
use serde_json::json;

use crate::fixture::{Asked, Shelf, log, point, span, span_id, trace_id};

/// Trace 1 has a root, two children and a repeat; trace 2 is hot and failed.
pub(crate) async fn shop() -> Result<Asked, Box<dyn std::error::Error>> {
    let shelf = Shelf::default();
    let child = json!({
        "parent_span_id": span_id(1), "service_name": "cart", "name": "SELECT carts", "kind": "CLIENT",
        "attr_db_system_name": "postgresql", "attributes_rest": r#"{"db.rows":3}"#,
    });
    shelf
        .file(
            Signal::Traces,
            &[
                span(1, 1, 0, 1_000, json!({
                    "name": "GET /cart", "kind": "SERVER", "attr_http_route": "/cart",
                    "attr_http_response_status_code": 200, "resource_host_name": "web-1",
                    "attributes_rest": r#"{"user.id":"u1","retry":true,"tags":["a","b"],"nested":{"x.y":1.0}}"#,
                    "resource_attributes_rest": r#"{"team":"checkout"}"#,
                    "events": r#"[{"time_unix_nano":"1700000000000100000","name":"cached","attributes":{"hit":true},"dropped_attributes_count":0}]"#,
                    "links": r#"[{"trace_id":"00000000000000000000000000000002","span_id":"0000000000000007","trace_state":"","attributes":{},"dropped_attributes_count":0,"flags":0}]"#,
                    "scope_name": "http", "scope_version": "1.0",
                })),
                span(1, 2, 100, 300, child.clone()),
                span(1, 2, 100, 300, child),
            ],
        )
        .await?;
    shelf.file(Signal::Traces, &[span(1, 3, 500, 100, json!({ "parent_span_id": span_id(1) }))]).await?;
    shelf.hot(
        Signal::Traces,
        &[span(
            2,
            7,
            5_000,
            2_000,
            json!({
                "name": "POST /pay", "kind": "SERVER", "status_code": "ERROR", "status_message": "card refused",
                "attr_http_route": "/pay", "attributes_rest": r#"{"http.response.status_code":"500 as text"}"#,
            }),
        )],
    )?;
    logs(&shelf).await?;
    shelf.hot(Signal::Metrics, &[point(0, "cart.size", 2.5, json!({ "bucket_counts": [1, 2], "count": 3 }))])?;
    shelf.asked(|_| {})
}

async fn logs(shelf: &Shelf) -> Result<(), Box<dyn std::error::Error>> {
    shelf
        .file(Signal::Logs, &[log(150, "cart loaded", json!({ "trace_id": trace_id(1), "span_id": span_id(2) }))])
        .await?;
    let failed = json!({
        "trace_id": trace_id(2), "span_id": span_id(7), "severity_number": 17, "severity_text": "ERROR",
        "attr_exception_type": "CardError", "event_name": "exception",
    });
    shelf.hot(
        Signal::Logs,
        &[log(6_000, "card refused", failed), log(7_000, "idle", json!({ "service_name": "cart" }))],
    )?;
    Ok(())
}
