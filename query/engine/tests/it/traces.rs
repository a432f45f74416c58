//! Traces by id and as a list.

use ingest_model::{Nanos, Signal, TraceId};
use query_api::{ErrorKind, TraceQuestion};
use serde_json::json;

use crate::fixture::{Outcome, Shelf, at, span, span_id, trace_id};
use crate::shop::shop;

fn id(number: u64) -> Result<TraceId, Box<dyn std::error::Error>> {
    Ok(trace_id(number).parse()?)
}

#[tokio::test]
async fn a_trace_has_its_spans_logs_events_and_links_and_folds_repeats() -> Outcome {
    let trace = shop().await?.engine.trace(id(1)?).await?.ok_or("no trace")?;
    let spans: Vec<_> = trace.spans.iter().map(|span| (span.span_id.to_string(), span.repeats)).collect();
    assert_eq!(spans, [(span_id(1), 0), (span_id(2), 1), (span_id(3), 0)]);
    assert_eq!((trace.repeated_spans, trace.repeated_logs), (1, 0));
    assert_eq!((trace.start_time_unix_nano, trace.end_time_unix_nano), (Nanos(at(0)), Nanos(at(1_000))));
    let root = &trace.spans[0];
    assert_eq!(root.attributes["http.route"], "/cart");
    assert_eq!(root.attributes["http.response.status_code"], 200);
    assert_eq!((root.events[0].name.as_str(), root.events[0].time_unix_nano), ("cached", Nanos(at(100))));
    assert_eq!(root.links[0].trace_id, trace_id(2));
    assert_eq!(root.parent_span_id, None);
    assert_eq!(trace.logs[0].body, "cart loaded");
    assert_eq!(trace.logs[0].span_id, Some(trace.spans[1].span_id));
    Ok(())
}

#[tokio::test]
async fn resources_and_scopes_are_told_once_and_pointed_to() -> Outcome {
    let trace = shop().await?.engine.trace(id(1)?).await?.ok_or("no trace")?;
    let of = |span: usize| &trace.resources[trace.spans[span].resource].attributes;
    assert_eq!(of(0), &json!({ "team": "checkout", "service.name": "shop", "host.name": "web-1" }));
    assert_eq!(of(1), &json!({ "service.name": "cart" }));
    assert_eq!(of(2), &json!({ "service.name": "shop" }));
    assert_eq!(trace.resources.len(), 3);
    assert_eq!(trace.logs[0].resource, trace.spans[2].resource);
    assert_eq!(trace.scopes.len(), 2);
    assert_eq!(trace.scopes[trace.spans[0].scope].name, "http");
    Ok(())
}

#[tokio::test]
async fn the_critical_path_covers_the_trace() -> Outcome {
    let trace = shop().await?.engine.trace(id(1)?).await?.ok_or("no trace")?;
    let path: Vec<_> = trace.critical_path.iter().map(|part| (part.span, part.start_time_unix_nano.0)).collect();
    assert_eq!(path, [(0, at(0)), (1, at(100)), (0, at(400)), (2, at(500)), (0, at(600))]);
    Ok(())
}

#[tokio::test]
async fn an_id_that_is_nowhere_has_no_trace_and_one_of_logs_alone_has() -> Outcome {
    assert!(shop().await?.engine.trace(id(99)?).await?.is_none());
    let shelf = Shelf::default();
    shelf.hot(Signal::Logs, &[crate::fixture::log(5, "lonely", json!({ "trace_id": trace_id(3) }))])?;
    let trace = shelf.asked(|_| {})?.engine.trace(id(3)?).await?.ok_or("no trace")?;
    assert_eq!((trace.spans.len(), trace.logs.len()), (0, 1));
    assert_eq!(trace.start_time_unix_nano, Nanos(at(5)));
    Ok(())
}

#[tokio::test]
async fn otlp_063_spans_of_one_id_with_other_times_are_all_shown() -> Outcome {
    let shelf = Shelf::default();
    let rows: Vec<_> = (0..12_000).map(|number| span(1, number % 10_000 + 1, number as i64, 10, json!({}))).collect();
    shelf.file(Signal::Traces, &rows[..6_000]).await?;
    shelf.hot(Signal::Traces, &rows[6_000..])?;
    let trace = shelf.asked(|_| {})?.engine.trace(id(1)?).await?.ok_or("no trace")?;
    assert_eq!((trace.spans.len(), trace.repeated_spans), (12_000, 0));
    Ok(())
}

#[tokio::test]
async fn traces_are_listed_newest_root_first_with_their_counts() -> Outcome {
    let list = shop().await?.engine.traces(&TraceQuestion::default()).await?;
    let lines: Vec<_> =
        list.traces.iter().map(|trace| (trace.name.as_str(), trace.spans, trace.error_spans, trace.services)).collect();
    assert_eq!(lines, [("POST /pay", 1, 1, 1), ("GET /cart", 4, 0, 2)]);
    Ok(())
}

#[tokio::test]
async fn a_list_of_traces_obeys_its_question() -> Outcome {
    let shop = shop().await?;
    let question = |from, to, service: Option<&str>| TraceQuestion {
        from,
        to,
        service: service.map(str::to_owned),
        limit: Some(1),
    };
    let name = async |question| -> Result<Option<String>, query_engine::QueryError> {
        Ok(shop.engine.traces(&question).await?.traces.into_iter().next().map(|trace| trace.name))
    };
    assert_eq!(name(question(None, None, None)).await?.as_deref(), Some("POST /pay"));
    assert_eq!(name(question(None, Some(Nanos(at(5_000))), None)).await?.as_deref(), Some("GET /cart"));
    assert_eq!(name(question(Some(Nanos(at(5_000))), None, Some("shop"))).await?.as_deref(), Some("POST /pay"));
    assert_eq!(name(question(None, None, Some("'; DROP TABLE spans"))).await?, None);
    let many = TraceQuestion { limit: Some(1_001), ..TraceQuestion::default() };
    assert_eq!(shop.engine.traces(&many).await.err().map(|error| error.kind()), Some(ErrorKind::BadRequest));
    Ok(())
}

#[tokio::test]
async fn repeated_roots_do_not_shorten_the_list() -> Outcome {
    let shelf = Shelf::default();
    let roots = (0..300).map(|number| span(1 + number / 100, 1, number as i64 / 100, 10, json!({})));
    shelf.hot(Signal::Traces, &roots.collect::<Vec<_>>())?;
    let list =
        shelf.asked(|_| {})?.engine.traces(&TraceQuestion { limit: Some(3), ..TraceQuestion::default() }).await?;
    let ids: Vec<_> = list.traces.iter().map(|trace| (trace.trace_id.to_string(), trace.spans)).collect();
    assert_eq!(ids, [(trace_id(3), 100), (trace_id(2), 100), (trace_id(1), 100)]);
    Ok(())
}
