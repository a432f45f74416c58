//! A trace as JSON, told piece by piece.

use std::time::{Duration, Instant};

use futures::{StreamExt, TryStreamExt};
use ingest_model::{Signal, TraceId};
use query_api::ErrorKind;
use query_engine::{Asker, BrokenOff, Engine, EngineConfig, TraceBody};
use serde_json::{Value, json};

use crate::fixture::{Asked, Outcome, Shelf, log, span, span_id, trace_id};
use crate::shop::shop;

const SPANS: u64 = 3_000;

fn id(number: u64) -> Result<TraceId, Box<dyn std::error::Error>> {
    Ok(trace_id(number).parse()?)
}

/// What a span or a record has beside its time, so that the trace has some of everything.
fn more(number: u64) -> Value {
    let parent = if number == 7 { 999_999 } else { number / 2 };
    json!({
        "parent_span_id": (number > 1).then(|| span_id(parent)),
        "service_name": format!("service {}", number % 5), "resource_host_name": format!("host {}", number % 3),
        "resource_attributes_rest": number.is_multiple_of(2).then_some(r#"{"team":"a \"quoted\" one"}"#),
        "attr_http_route": "/cart", "attr_http_response_status_code": 200,
        "attributes_rest": format!(r#"{{"text":"{}","number":{number}.5,"list":[1,null,{{"a":true}}]}}"#, "é".repeat(60)),
        "events": number.is_multiple_of(10).then_some(
            r#"[{"time_unix_nano":"1700000000000100000","name":"hit","attributes":{"hit":true},"dropped_attributes_count":0}]"#
        ),
        "links": number.is_multiple_of(11).then_some("no JSON"),
        "scope_name": "http", "scope_attributes": r#"{"s":1}"#,
    })
}

/// A trace of [`SPANS`] spans in a file and in hot rows, of which every hundredth came twice, and of a few records.
async fn large(change: impl FnOnce(&mut EngineConfig)) -> Result<Asked, Box<dyn std::error::Error>> {
    let shelf = Shelf::default();
    let one = |number: u64| span(1, number, number as i64, 500, more(number));
    shelf.file(Signal::Traces, &(1..=SPANS / 2).map(one).collect::<Vec<_>>()).await?;
    shelf.hot(Signal::Traces, &(SPANS / 2 + 1..=SPANS).map(one).collect::<Vec<_>>())?;
    shelf.hot(Signal::Traces, &(1..=SPANS / 100).map(|number| one(number * 100)).collect::<Vec<_>>())?;
    let record = |number: u64| {
        log(number as i64, "said", json!({ "trace_id": trace_id(1), "span_id": span_id(number), "scope_name": "log" }))
    };
    shelf.hot(Signal::Logs, &(1..=20).map(record).collect::<Vec<_>>())?;
    shelf.asked(change)
}

/// As somebody asks whose questions are kept.
fn asker(asked: &Asked) -> Engine {
    asked.engine.asked_by(Asker { door: "http", who: None })
}

async fn body(engine: &Engine, number: u64) -> Result<TraceBody, Box<dyn std::error::Error>> {
    Ok(engine.trace_body(id(number)?).await?.ok_or("no trace")?)
}

/// Waits until the only trace that was asked for is in a state.
async fn becomes(asked: &Asked, state: &str) -> Outcome {
    let began = Instant::now();
    loop {
        let rows = asked.rows("SELECT state FROM queries WHERE kind = 'trace'").await?;
        if rows == [[state]] {
            return Ok(());
        }
        assert!(began.elapsed() < Duration::from_secs(10), "still {rows:?}, not {state}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// Without what differs from time to time.
fn told(mut trace: Value) -> Value {
    trace["stats"]["elapsed_ms"] = Value::from(0);
    trace
}

#[tokio::test]
async fn the_pieces_are_the_value() -> Outcome {
    let asked = large(|_| {}).await?;
    let pieces: Vec<_> = body(&asked.engine, 1).await?.try_collect().await?;
    assert!(pieces.len() > 3, "{} pieces", pieces.len());
    assert!(pieces.iter().all(|piece| piece.len() < 256 << 10));
    let json: Value = serde_json::from_slice(&pieces.concat())?;
    let value = asked.engine.trace(id(1)?).await?.ok_or("no trace")?;
    assert_eq!((value.spans.len(), value.repeated_spans, value.logs.len()), (3_000, 30, 20));
    assert!(value.spans.iter().any(|span| span.is_orphan));
    assert_eq!((value.resources.len(), value.scopes.len()), (31, 2));
    assert_eq!(told(json), told(serde_json::to_value(value)?));
    Ok(())
}

#[tokio::test]
async fn a_small_trace_is_one_piece_and_an_unknown_one_is_none() -> Outcome {
    let asked = shop().await?;
    for number in [1, 2] {
        let whole = body(&asked.engine, number).await?.whole().map_err(|_| "it has several pieces")?;
        let value = asked.engine.trace(id(number)?).await?.ok_or("no trace")?;
        assert_eq!(told(serde_json::from_slice(&whole)?), told(serde_json::to_value(value)?));
    }
    assert!(asked.engine.trace_body(id(99)?).await?.is_none());
    Ok(())
}

#[tokio::test]
async fn a_trace_beyond_the_memory_of_a_question_is_refused_before_its_first_byte() -> Outcome {
    let asked = large(|config| config.question.memory_bytes = 1 << 20).await?;
    let error = asked.engine.trace_body(id(1)?).await.err().ok_or("it fits")?;
    assert_eq!(error.kind(), ErrorKind::ResourceLimit);
    assert!(error.to_string().contains("1048576 bytes"), "{error}");
    assert!(error.into_body().hint.contains("question_memory_bytes"));
    Ok(())
}

#[tokio::test]
async fn a_body_that_nobody_wants_any_more_ends_its_question() -> Outcome {
    let asked = large(|_| {}).await?;
    let mut body = body(&asker(&asked), 1).await?;
    assert!(body.next().await.is_some());
    becomes(&asked, "running").await?;
    drop(body);
    becomes(&asked, "cancelled").await
}

#[tokio::test]
async fn a_body_that_is_taken_to_its_end_is_answered() -> Outcome {
    let asked = large(|_| {}).await?;
    let pieces = body(&asker(&asked), 1).await?.try_collect::<Vec<_>>().await?;
    assert!(pieces.last().is_some_and(|last| last.ends_with(b"}")));
    becomes(&asked, "answered").await
}

#[tokio::test]
async fn a_client_that_stalls_is_broken_off_and_held_nobody_up() -> Outcome {
    let asked = large(|config| {
        config.concurrent_questions = 1;
        config.question.timeout = Duration::from_millis(700);
    })
    .await?;
    let body = body(&asker(&asked), 1).await?;
    // The only slot is free.
    let sql = query_api::SqlQuestion { query: "SELECT count(*) FROM spans".to_owned(), ..Default::default() };
    assert!(asker(&asked).sql(&sql, query_engine::Format::Json).await.is_ok());
    becomes(&asked, "running").await?;
    becomes(&asked, "failed").await?;
    let pieces: Vec<_> = body.collect().await;
    assert_eq!(pieces.last(), Some(&Err(BrokenOff)));
    Ok(())
}

#[tokio::test]
async fn what_is_held_counts_as_memory_until_the_last_piece_is_taken() -> Outcome {
    let asked = large(|config| config.memory_limit_bytes = 5 << 20).await?;
    let first = body(&asked.engine, 1).await?;
    let mut open = vec![first];
    // The memory of all questions holds some such traces, and no more.
    while let Some(next) = match asked.engine.trace_body(id(1)?).await {
        Ok(next) => next,
        Err(error) => {
            assert_eq!(error.kind(), ErrorKind::ResourceLimit);
            None
        }
    } {
        open.push(next);
        assert!(open.len() < 50, "nothing is counted");
    }
    drop(open);
    let began = Instant::now();
    while asked.engine.trace_body(id(1)?).await.is_err() {
        assert!(began.elapsed() < Duration::from_secs(10), "what is held was not given back");
    }
    Ok(())
}
