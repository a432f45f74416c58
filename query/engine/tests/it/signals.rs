//! The golden signals of a service.

use ingest_model::{Nanos, Signal};
use query_api::SignalsQuestion;
use serde_json::json;

use crate::fixture::{NOW, Outcome, Shelf, at, point, span, span_id};

const MINUTE_US: i64 = 60_000_000;

fn of(service: &str) -> SignalsQuestion {
    SignalsQuestion { service: service.to_owned(), ..SignalsQuestion::default() }
}

fn shelf() -> Result<Shelf, Box<dyn std::error::Error>> {
    let shelf = Shelf::default();
    let server = json!({ "kind": "SERVER", "name": "GET /cart" });
    let failed = json!({ "kind": "SERVER", "name": "POST /pay", "status_code": "ERROR" });
    let client = json!({ "kind": "CLIENT", "name": "SELECT", "parent_span_id": span_id(1) });
    let inner = json!({ "kind": "INTERNAL", "name": "work", "service_name": "batch" });
    shelf.hot(
        Signal::Traces,
        &[
            span(1, 1, 0, 1_000, server.clone()),
            span(1, 2, 10, 500, client),
            span(2, 3, MINUTE_US, 3_000, failed),
            span(3, 4, MINUTE_US, 1_000, server),
            span(4, 5, 0, 1_000, inner),
        ],
    )?;
    let gauge = json!({ "metric_type": "gauge", "service_name": "shop" });
    shelf.hot(Signal::Metrics, &[point(MINUTE_US, "process.cpu.utilization", 0.5, gauge)])?;
    Ok(shelf)
}

#[tokio::test]
async fn requests_are_what_others_asked_of_the_service() -> Outcome {
    let signals = shelf()?.asked(|_| {})?.engine.signals(&of("shop")).await?;
    assert!(signals.entries_only);
    let lines: Vec<_> = signals.minutes.iter().map(|one| (one.requests, one.errors, one.saturation)).collect();
    assert_eq!(lines, [(1.0, 0.0, None), (2.0, 1.0, Some(0.5))]);
    let operations: Vec<_> = signals.operations.iter().map(|one| (one.operation.as_str(), one.requests)).collect();
    assert_eq!(operations, [("GET /cart", 2.0), ("POST /pay", 1.0), ("SELECT", 1.0)]);
    Ok(())
}

#[tokio::test]
async fn a_service_nobody_asks_shows_all_it_did() -> Outcome {
    let signals = shelf()?.asked(|_| {})?.engine.signals(&of("batch")).await?;
    assert_eq!((signals.entries_only, signals.minutes.len(), signals.minutes[0].requests), (false, 1, 1.0));
    Ok(())
}

#[tokio::test]
async fn a_range_of_signals_is_half_open_and_ends_after_the_newest_minute() -> Outcome {
    let asked = shelf()?.asked(|_| {})?;
    let newest = asked.engine.signals(&of("shop")).await?;
    let minute = newest.minutes[1].minute_unix_nano;
    assert_eq!(newest.to, minute.plus(60 * 1_000_000_000));
    assert_eq!(newest.to.since(newest.from), 3_600 * 1_000_000_000);
    let before = SignalsQuestion { from: Some(NOW.plus(-MINUTE_US * 1_000)), to: Some(minute), ..of("shop") };
    assert_eq!(asked.engine.signals(&before).await?.minutes.len(), 1);
    let later = SignalsQuestion { from: Some(Nanos(at(9 * MINUTE_US))), to: None, ..of("shop") };
    assert!(asked.engine.signals(&later).await?.minutes.is_empty());
    assert!(asked.engine.signals(&of("nobody")).await?.minutes.is_empty());
    Ok(())
}
