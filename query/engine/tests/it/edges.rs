//! Who calls whom.

use ingest_model::{Nanos, Signal};
use ingest_signals::Sketch;
use query_engine::{EdgeMinute, Edges};
use serde_json::{Value, json};

use crate::fixture::{NOW, Outcome, Shelf, at, span, span_id};

/// [`NOW`] lies 20 s after the start of its minute.
const MINUTE: Nanos = Nanos(NOW.0 - 20_000_000_000);
const MINUTE_US: i64 = 60_000_000;

fn of(service: &str, kind: &str, parent: Option<u64>, more: Value) -> Value {
    let mut own = json!({ "service_name": service, "kind": kind, "parent_span_id": parent.map(span_id) });
    if let (Value::Object(own), Value::Object(more)) = (&mut own, more) {
        own.extend(more);
    }
    own
}

fn edge(minute: i64, names: [&str; 3], counts: [u64; 2], durations_us: [i64; 2]) -> EdgeMinute {
    EdgeMinute {
        minute: MINUTE.plus(minute * 60_000_000_000),
        client: names[0].to_owned(),
        server: names[1].to_owned(),
        connection_type: names[2].to_owned(),
        requests: counts[0],
        errors: counts[1],
        duration_sum_ns: durations_us[0] * 1_000,
        duration_max_ns: durations_us[1] * 1_000,
        latency_offset: 0,
        latency_counts: Vec::new(),
    }
}

async fn edges(shelf: Shelf) -> Result<Edges, Box<dyn std::error::Error>> {
    let mut edges = measured(shelf).await?;
    for edge in &mut edges.minutes {
        assert_eq!(edge.latency_counts.iter().sum::<f64>(), edge.requests as f64, "{edge:?}");
        (edge.latency_offset, edge.latency_counts) = (0, Vec::new());
    }
    Ok(edges)
}

async fn measured(shelf: Shelf) -> Result<Edges, Box<dyn std::error::Error>> {
    Ok(shelf.asked(|_| {})?.engine.edges(MINUTE, MINUTE.plus(120_000_000_000)).await?)
}

#[tokio::test]
async fn an_edge_has_the_sketch_of_its_calls() -> Outcome {
    let shelf = Shelf::default();
    let durations = [900_i64, 1_000, 2_000, 50_000];
    for (trace, duration) in (1..).zip(durations) {
        let call = span(trace, 2, 100, duration, of("web", "CLIENT", Some(1), json!({})));
        shelf.hot(Signal::Traces, &[call, span(trace, 3, 300, 10, of("cart", "SERVER", Some(2), json!({})))])?;
    }
    let found = measured(shelf).await?;
    let mut expected = Sketch::default();
    durations.iter().for_each(|duration| expected.record(duration.unsigned_abs() * 1_000, 1.0));
    let edge = found.minutes.first().ok_or("an edge")?;
    assert_eq!((edge.latency_offset, edge.latency_counts.as_slice()), (expected.offset(), expected.counts()));
    Ok(())
}

#[tokio::test]
async fn both_sides_pair_across_requests_and_a_repeat_counts_once() -> Outcome {
    let shelf = Shelf::default();
    let call = span(1, 2, 100, 900, of("web", "CLIENT", Some(1), json!({})));
    let answer = span(1, 3, 300, 500, of("cart", "SERVER", Some(2), json!({ "attr_http_status_code": 503 })));
    shelf.file(Signal::Traces, &[span(1, 1, 0, 1_000, of("web", "SERVER", None, json!({}))), call.clone()]).await?;
    shelf.hot(Signal::Traces, std::slice::from_ref(&answer))?;
    shelf.hot(Signal::Traces, &[call, answer])?;
    let second = span(2, 2, 200, 2_000, of("web", "CLIENT", Some(1), json!({ "status_code": "ERROR" })));
    shelf.hot(Signal::Traces, &[second, span(2, 3, 300, 500, of("cart", "SERVER", Some(2), json!({})))])?;
    // The same ids in another trace pair with nothing.
    shelf.hot(Signal::Traces, &[span(3, 2, 200, 10, of("web", "CLIENT", Some(1), json!({})))])?;
    let found = edges(shelf).await?;
    assert_eq!(found.minutes, [edge(0, ["web", "cart", ""], [2, 2], [2_900, 2_000])]);
    assert_eq!((found.unpaired_clients, found.unpaired_servers), (1, 0));
    Ok(())
}

#[tokio::test]
async fn a_message_pairs_producer_and_consumers() -> Outcome {
    let shelf = Shelf::default();
    shelf.hot(
        Signal::Traces,
        &[
            span(1, 1, 0, 100, of("shop", "PRODUCER", None, json!({}))),
            span(1, 2, 1_000, 700, of("mail", "CONSUMER", Some(1), json!({ "status_code": "ERROR" }))),
            span(1, 3, 9_000_000, 700, of("stock", "CONSUMER", Some(1), json!({}))),
            // A producer is no client, and a consumer that comes too late is not waited for.
            span(1, 4, 0, 10, of("other", "SERVER", Some(1), json!({}))),
            span(1, 5, 10_000_001, 10, of("late", "CONSUMER", Some(1), json!({}))),
        ],
    )?;
    let found = edges(shelf).await?;
    let messaging = "messaging_system";
    let expected = [
        edge(0, ["shop", "mail", messaging], [1, 1], [100, 100]),
        edge(0, ["shop", "stock", messaging], [1, 0], [100, 100]),
    ];
    assert_eq!(found.minutes, expected);
    assert_eq!((found.unpaired_clients, found.unpaired_servers), (0, 2));
    Ok(())
}

#[tokio::test]
async fn a_client_without_a_server_called_a_database_or_the_peer_it_names() -> Outcome {
    let shelf = Shelf::default();
    let client = |id, more| span(1, id, 10, 100, of("shop", "CLIENT", Some(1), more));
    shelf.hot(
        Signal::Traces,
        &[
            span(1, 1, 0, 1_000, of("shop", "SERVER", None, json!({}))),
            client(2, json!({ "attr_db_namespace": "orders", "attr_db_system_name": "postgresql" })),
            client(3, json!({ "attributes_rest": r#"{"db.name":"carts"}"#, "attr_db_system": "mysql" })),
            client(4, json!({ "attr_db_system": "redis", "attr_db_system_name": "valkey" })),
            client(5, json!({ "attr_db_system_name": "valkey", "attr_server_address": "10.0.0.1" })),
            client(6, json!({ "attr_peer_service": "bank", "attr_server_address": "10.0.0.2" })),
            client(7, json!({ "attr_server_address": "10.0.0.3", "status_code": "ERROR" })),
            client(8, json!({})),
            span(1, 9, 10, 100, of("shop", "PRODUCER", Some(1), json!({ "attr_server_address": "kafka" }))),
        ],
    )?;
    let found = edges(shelf).await?;
    let names: Vec<_> = found
        .minutes
        .iter()
        .map(|edge| (edge.server.as_str(), edge.connection_type.as_str(), edge.requests, edge.errors))
        .collect();
    let expected = [
        ("10.0.0.3", "virtual_node", 1, 1),
        ("bank", "virtual_node", 1, 0),
        ("carts", "database", 1, 0),
        ("orders", "database", 1, 0),
        ("redis", "database", 1, 0),
        ("valkey", "database", 1, 0),
    ];
    assert_eq!(names, expected);
    assert_eq!((found.unpaired_clients, found.unpaired_servers), (2, 0));
    Ok(())
}

#[tokio::test]
async fn a_call_belongs_to_the_minute_its_client_started_in() -> Outcome {
    let shelf = Shelf::default();
    // 40 s after NOW the next minute begins, and 100 s after it the range ends.
    let last = 2 * MINUTE_US - 20_000_000 - 1;
    shelf.hot(
        Signal::Traces,
        &[
            span(1, 1, 40_000_000 - 1, 100, of("a", "CLIENT", None, json!({}))),
            span(1, 2, 40_000_001, 100, of("b", "SERVER", Some(1), json!({}))),
            span(2, 1, last, 100, of("a", "CLIENT", None, json!({}))),
            span(2, 2, last + 5_000_000, 100, of("b", "SERVER", Some(1), json!({}))),
            span(3, 1, last + 1, 100, of("a", "CLIENT", None, json!({}))),
            span(3, 2, last, 100, of("b", "SERVER", Some(1), json!({}))),
        ],
    )?;
    let found = edges(shelf).await?;
    assert_eq!(
        found.minutes,
        [edge(0, ["a", "b", ""], [1, 0], [100, 100]), edge(1, ["a", "b", ""], [1, 0], [100, 100])]
    );
    assert_eq!((found.unpaired_clients, found.unpaired_servers), (0, 0));
    assert_eq!(at(0), NOW.0);
    Ok(())
}

#[tokio::test]
async fn nothing_stored_has_no_edges() -> Outcome {
    assert_eq!(edges(Shelf::default()).await?, Edges::default());
    Ok(())
}
