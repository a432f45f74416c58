//! What is told of questions, what each may use, and answers that are given again.

use std::sync::Arc;
use std::time::Duration;

use ingest_model::Signal;
use query_api::{ErrorKind, SqlQuestion};
use query_engine::{Asker, EngineConfig, Format, QuestionLimits};
use serde_json::{Value, json};

use crate::fixture::{Asked, Outcome, Shelf, at, span, trace_id};

const ENDLESS: &str = "SELECT sum(a.duration_ns + b.duration_ns + c.duration_ns) FROM spans a, spans b, spans c";

/// Spans of ten seconds in a file, and of ten more in hot rows.
async fn shelf() -> Result<Arc<Shelf>, Box<dyn std::error::Error>> {
    let shelf = Shelf::default();
    let rows =
        |from: u64| (from..from + 1_000).map(|id| span(id, id, id as i64 * 10_000, 10, json!({}))).collect::<Vec<_>>();
    shelf.file(Signal::Traces, &rows(0)).await?;
    shelf.hot(Signal::Traces, &rows(1_000))?;
    Ok(Arc::new(shelf))
}

async fn asked(change: impl FnOnce(&mut EngineConfig)) -> Result<Asked, Box<dyn std::error::Error>> {
    Shelf::shared(&shelf().await?, change)
}

/// The condition on spans that started from one second to another.
fn between(from: i64, to: i64) -> String {
    format!(
        "start_time >= to_timestamp_nanos({}) AND start_time < to_timestamp_nanos({})",
        at(from * 1_000_000),
        at(to * 1_000_000)
    )
}

async fn stats(asked: &Asked, query: &str) -> Result<(bool, Vec<Vec<Value>>), Box<dyn std::error::Error>> {
    let answer = asked.answer(query).await?;
    Ok((answer.stats.cached, answer.rows))
}

#[tokio::test]
async fn questions_are_told_with_what_they_took() -> Outcome {
    let asked = asked(|_| {}).await?;
    let engine = asked.engine.asked_by(Asker { door: "http", who: Some("0a1b2c3d".to_owned()) });
    let ask = async |query: &str| {
        engine.sql(&SqlQuestion { query: query.to_owned(), ..SqlQuestion::default() }, Format::Json).await
    };
    ask("SELECT name, count(*) FROM spans GROUP BY name").await?;
    assert!(ask("SELECT nam FROM spans").await.is_err());
    let own =
        "SELECT state, door, who, kind, query, rows, files_read, bytes_read > 0, memory_peak_bytes > 0, error IS NULL
               FROM queries WHERE id < 3 ORDER BY id";
    let told = asked.rows(own).await?;
    let answered = json!([
        "answered",
        "http",
        "0a1b2c3d",
        "sql",
        "SELECT name, count(*) FROM spans GROUP BY name",
        1,
        1,
        true,
        true,
        true
    ]);
    assert_eq!(json!(told[0]), answered);
    assert_eq!(
        json!(told[1]),
        json!(["failed", "http", "0a1b2c3d", "sql", "SELECT nam FROM spans", 0, 0, false, false, false])
    );
    // The one that asks sees itself; those of the process are told while they run.
    assert_eq!(asked.rows("SELECT count(*) FROM queries WHERE state = 'running' AND door = 'slowburn'").await?, [[1]]);
    assert_eq!(asked.rows("SELECT count(*) FROM queries WHERE door = 'slowburn'").await?, [[1]]);
    Ok(())
}

#[tokio::test]
async fn a_question_whose_asker_leaves_is_cancelled_and_told_so() -> Outcome {
    let asked = asked(|_| {}).await?;
    let engine = asked.engine.asked_by(Asker { door: "http", who: None });
    let question = SqlQuestion { query: ENDLESS.to_owned(), ..SqlQuestion::default() };
    let running = tokio::spawn(async move { engine.sql(&question, Format::Json).await.map(|answer| answer.rows) });
    let running_ones = "SELECT count(*) FROM queries WHERE door = 'http' AND state = 'running'";
    while asked.rows(running_ones).await? != [[1]] {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    running.abort();
    while asked.rows(running_ones).await? != [[0]] {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(asked.rows("SELECT state FROM queries WHERE door = 'http'").await?, [["cancelled"]]);
    Ok(())
}

#[tokio::test]
async fn the_limit_that_ends_a_question_is_told_with_what_sets_it() -> Outcome {
    let asked = asked(|_| {}).await?;
    let usual = QuestionLimits::default();
    for (limits, query, kind, setting) in [
        (
            QuestionLimits { timeout: Duration::from_millis(200), ..usual },
            ENDLESS,
            ErrorKind::Timeout,
            "question_seconds",
        ),
        (
            QuestionLimits { scan_bytes: 1, ..usual },
            "SELECT count(DISTINCT name) FROM spans",
            ErrorKind::ResourceLimit,
            "question_scan_bytes",
        ),
        (
            QuestionLimits { answer_bytes: 100, ..usual },
            "SELECT * FROM spans",
            ErrorKind::ResourceLimit,
            "question_answer_bytes",
        ),
        (
            QuestionLimits { memory_bytes: 1 << 20, ..usual },
            "SELECT array_agg(x) FROM generate_series(1, 100000000) t(x)",
            ErrorKind::ResourceLimit,
            "question_memory_bytes",
        ),
        (
            QuestionLimits { memory_bytes: 64 << 20, spill_bytes: 1 << 20, ..usual },
            "SELECT max(n) FROM (SELECT row_number() OVER (ORDER BY x % 1000, x DESC) AS n FROM generate_series(1, 20000000) t(x))",
            ErrorKind::ResourceLimit,
            "question_spill_bytes",
        ),
    ] {
        asked.engine.set_limits(limits);
        let error = asked.answer(query).await.err().ok_or("was answered")?.into_body();
        assert_eq!(error.kind, kind, "{query}: {}", error.message);
        assert!(error.hint.contains(setting), "{query}: {}: {}", error.message, error.hint);
        asked.engine.set_limits(usual);
        assert_eq!(asked.rows("SELECT count(*) FROM spans").await?, [[2_000]], "{query}");
    }
    Ok(())
}

#[tokio::test]
async fn judgements_do_not_wait_for_people() -> Outcome {
    let asked = asked(|config| config.concurrent_questions = 1).await?;
    let engine = Arc::new(asked.engine.asked_by(Asker { door: "http", who: None }));
    let question = SqlQuestion { query: ENDLESS.to_owned(), ..SqlQuestion::default() };
    let asks = |question: SqlQuestion| {
        let engine = Arc::clone(&engine);
        tokio::spawn(async move { engine.sql(&question, Format::Json).await.map(|answer| answer.rows) })
    };
    let (first, second) = (asks(question.clone()), asks(question));
    let count = |state: &str| format!("SELECT count(*) FROM queries WHERE door = 'http' AND state = '{state}'");
    while asked.rows(&count("running")).await? != [[1]] || asked.rows(&count("waiting")).await? != [[1]] {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(asked.rows("SELECT count(*) FROM spans").await?, [[2_000]]);
    first.abort();
    second.abort();
    Ok(())
}

#[tokio::test]
async fn the_same_question_is_answered_as_before_until_rows_of_its_range_come() -> Outcome {
    let shelf = shelf().await?;
    let asked = Shelf::shared(&shelf, |_| {})?;
    let (old, new) = (
        format!("SELECT count(*) FROM spans WHERE {}", between(2, 8)),
        format!("SELECT count(*) FROM spans WHERE {}", between(12, 18)),
    );
    let range = |from: u64, count: i64| (from, count);
    for (query, (_, count)) in [(&old, range(0, 600)), (&new, range(1, 600))] {
        assert_eq!(stats(&asked, query).await?, (false, vec![vec![json!(count)]]), "{query}");
        assert_eq!(stats(&asked, query).await?, (true, vec![vec![json!(count)]]), "{query}");
    }
    // Rows outside of both ranges change neither answer.
    shelf.hot(Signal::Traces, &[span(9_000, 9_000, 30_000_000, 1, json!({}))])?;
    for query in [&old, &new] {
        assert_eq!(stats(&asked, query).await?, (true, vec![vec![json!(600)]]), "{query}");
    }
    // Hot rows inside of one change that one.
    shelf.hot(Signal::Traces, &[span(9_001, 9_001, 15_000_000, 1, json!({}))])?;
    assert_eq!(stats(&asked, &old).await?, (true, vec![vec![json!(600)]]));
    assert_eq!(stats(&asked, &new).await?, (false, vec![vec![json!(601)]]));
    // And so does a file.
    shelf.file(Signal::Traces, &[span(9_002, 9_002, 5_000_000, 1, json!({}))]).await?;
    assert_eq!(stats(&asked, &old).await?, (false, vec![vec![json!(601)]]));
    assert_eq!(stats(&asked, &new).await?, (true, vec![vec![json!(601)]]));
    // A question without a range is of all rows.
    assert_eq!(stats(&asked, "SELECT count(*) FROM spans").await?, (false, vec![vec![json!(2_003)]]));
    assert_eq!(stats(&asked, "SELECT count(*) FROM spans").await?, (true, vec![vec![json!(2_003)]]));
    shelf.hot(Signal::Traces, &[span(9_003, 9_003, 99_000_000, 1, json!({}))])?;
    assert_eq!(stats(&asked, "SELECT count(*) FROM spans").await?, (false, vec![vec![json!(2_004)]]));
    Ok(())
}

#[tokio::test]
async fn an_answer_from_the_cache_is_the_same_in_every_form_and_row_limit() -> Outcome {
    let asked = asked(|_| {}).await?;
    let query = "SELECT span_id, name FROM spans ORDER BY span_id".to_owned();
    for format in [Format::Json, Format::Csv, Format::ArrowStream] {
        for max_rows in [Some(10), Some(20)] {
            let question = SqlQuestion { query: query.clone(), max_rows, timeout_ms: None };
            let first = asked.engine.sql(&question, format).await?;
            let second = asked.engine.sql(&question, format).await?;
            assert_eq!((first.stats.cached, second.stats.cached), (false, true), "{format:?} {max_rows:?}");
            assert_eq!((first.rows, first.truncated), (second.rows, second.truncated));
            assert_eq!(Some(second.rows), max_rows);
            if format == Format::Json {
                let rows = |body: &[u8]| {
                    serde_json::from_slice::<Value>(body)
                        .map(|answer| (answer["rows"].clone(), answer["columns"].clone()))
                };
                assert_eq!(rows(&first.body)?, rows(&second.body)?);
            } else {
                assert_eq!(first.body, second.body);
            }
        }
    }
    Ok(())
}

#[tokio::test]
async fn what_depends_on_the_moment_is_asked_each_time() -> Outcome {
    let asked = asked(|_| {}).await?;
    for query in [
        "SELECT now()",
        "SELECT random() < 2",
        "SELECT count(*) FROM spans WHERE start_time < now()",
        "SELECT current_date, count(*) FROM spans",
        "SELECT (SELECT max(start_time) FROM spans) < now()",
        "SELECT uuid() IS NULL FROM spans LIMIT 1",
        "SELECT count(*) FROM ingest_status",
        "SELECT count(*) FROM queries",
        "EXPLAIN SELECT count(*) FROM spans",
    ] {
        assert!(!stats(&asked, query).await?.0, "{query}");
        assert!(!stats(&asked, query).await?.0, "{query}");
    }
    let without = self::asked(|config| config.answer_cache_bytes = 0).await?;
    assert!(!stats(&without, "SELECT count(*) FROM spans").await?.0);
    assert!(!stats(&without, "SELECT count(*) FROM spans").await?.0);
    Ok(())
}

#[tokio::test]
async fn the_cache_stays_within_its_bytes() -> Outcome {
    let asked = asked(|config| config.answer_cache_bytes = 200_000).await?;
    let query = |number: usize| format!("SELECT span_id FROM spans ORDER BY span_id LIMIT {}", 100 + number);
    for number in 0..200 {
        assert!(!stats(&asked, &query(number)).await?.0, "{number}");
    }
    // The first went, the last are there.
    assert!(!stats(&asked, &query(0)).await?.0);
    assert!(stats(&asked, &query(199)).await?.0);
    Ok(())
}

#[tokio::test]
async fn functions_that_are_counted_give_what_they_gave() -> Outcome {
    let asked = asked(|_| {}).await?;
    for (expression, wanted) in [
        ("'a' || name || 1", json!("awork1")),
        ("name || NULL", Value::Null),
        ("concat(name, NULL, 2)", json!("work2")),
        ("concat_ws('-', name, 'b', NULL)", json!("work-b")),
        ("replace(name, 'o', '00')", json!("w00rk")),
        ("regexp_replace(name, '(.)', '<\\1>', 'g')", json!("<w><o><r><k>")),
        ("upper(name)", json!("WORK")),
        ("to_char(to_timestamp(0), '%Y')", json!("1970")),
        ("array_to_string(make_array(name, 'x'), '+')", json!("work+x")),
        ("encode(name, 'hex')", json!("776f726b")),
        ("translate(name, 'wk', 'WK')", json!("WorK")),
        ("overlay(name placing 'xx' from 2 for 1)", json!("wxxrk")),
        ("initcap(name)", json!("Work")),
        ("reverse(name)", json!("krow")),
    ] {
        let rows = asked.rows(&format!("SELECT {expression} FROM spans WHERE span_id = '0000000000000007'")).await?;
        assert_eq!(rows, [[wanted.clone()]], "{expression}");
        if let Value::String(text) = wanted {
            let filtered = format!("SELECT count(*) FROM spans WHERE {expression} = '{text}' AND name = 'work'");
            assert_eq!(asked.rows(&filtered).await?, [[2_000]], "{expression}");
            let grouped =
                format!("SELECT {expression}, count(*) FROM spans GROUP BY {expression} ORDER BY {expression}");
            assert_eq!(asked.rows(&grouped).await?, [[json!(text), json!(2_000)]], "{expression}");
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_trace_that_is_read_before_the_plan_is_read_each_time() -> Outcome {
    let mut shelf = Shelf::default();
    shelf.file(Signal::Traces, &[span(7, 1, 0, 10, json!({}))]).await?;
    shelf.indexed().await?;
    let shelf = Arc::new(shelf);
    let asked = Shelf::shared(&shelf, |_| {})?;
    let query = format!("SELECT count(*) FROM spans WHERE trace_id = '{}'", trace_id(7));
    assert_eq!(asked.rows(&query).await?, [[1]]);
    shelf.hot(Signal::Traces, &[span(7, 2, 0, 10, json!({}))])?;
    assert_eq!(asked.rows(&query).await?, [[2]]);
    Ok(())
}

#[tokio::test]
async fn golden_signals_are_answered_again_unless_rows_in_memory_make_some() -> Outcome {
    let shelf = Arc::new(Shelf::default());
    let asked = Shelf::shared(&shelf, |_| {})?;
    let query = "SELECT service_name, sum(requests) FROM golden_signals GROUP BY 1";
    assert_eq!(stats(&asked, query).await?, (false, vec![]));
    assert_eq!(stats(&asked, query).await?, (true, vec![]));
    let more = json!({ "service_name": "web", "kind": "SERVER" });
    shelf.hot(Signal::Traces, &[span(1, 1, 0, 1_000, more)])?;
    let expected = vec![vec![json!("web"), json!(1.0)]];
    assert_eq!(stats(&asked, query).await?, (false, expected.clone()));
    assert_eq!(stats(&asked, query).await?, (false, expected));
    // Where the question leaves them out, they change nothing.
    let past = "SELECT count(*) FROM golden_signals WHERE minute < '2023-11-01T00:00:00Z'";
    assert_eq!(stats(&asked, past).await?, (false, vec![vec![json!(0)]]));
    assert_eq!(stats(&asked, past).await?, (true, vec![vec![json!(0)]]));
    Ok(())
}
