//! Every question ends by its limits, and the process stays small.

use std::time::{Duration, Instant};

use ingest_model::Signal;
use query_api::{ErrorKind, SqlQuestion};
use query_engine::{EngineConfig, Format};
use serde_json::json;

use crate::fixture::{Asked, Outcome, Shelf, span};

/// How much the process may grow while hostile questions run under 64 MiB. The questions of the
/// tests beside this one are part of it.
const GROWTH_BYTES: u64 = 768 << 20;

async fn many(change: impl FnOnce(&mut EngineConfig)) -> Result<Asked, Box<dyn std::error::Error>> {
    let shelf = Shelf::default();
    let more = json!({ "attributes_rest": format!(r#"{{"text":"{}"}}"#, "x".repeat(200)) });
    let rows: Vec<_> = (1..=5_000).map(|id| span(id, id, id as i64, 10, more.clone())).collect();
    shelf.file(Signal::Traces, &rows).await?;
    shelf.asked(change)
}

async fn kind(asked: &Asked, query: &str) -> Option<ErrorKind> {
    asked.answer(query).await.err().map(|error| error.kind())
}

/// The most memory the process ever held.
fn peak_bytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or_default();
    peak.trim().trim_end_matches(" kB").parse::<u64>().unwrap_or_default() * 1_024
}

#[tokio::test]
async fn an_answer_has_at_most_the_rows_asked_for_and_says_when_there_are_more() -> Outcome {
    let asked = many(|config| config.max_rows = 1_000).await?;
    for (query, max_rows, rows, truncated) in [
        ("SELECT span_id FROM spans", None, 1_000, true),
        ("SELECT span_id FROM spans", Some(10), 10, true),
        ("SELECT span_id FROM spans", Some(1_000_000), 1_000, true),
        ("SELECT span_id FROM spans LIMIT 1000", None, 1_000, false),
        ("SELECT span_id FROM spans", Some(0), 0, true),
    ] {
        let question = SqlQuestion { query: query.to_owned(), max_rows, timeout_ms: None };
        let answer = asked.engine.sql(&question, Format::Csv).await?;
        assert_eq!((answer.rows, answer.truncated), (rows, truncated), "{question:?}");
    }
    Ok(())
}

#[tokio::test]
async fn an_answer_has_a_bounded_size() -> Outcome {
    let asked = many(|config| config.max_answer_bytes = 100_000).await?;
    assert_eq!(kind(&asked, "SELECT * FROM spans").await, Some(ErrorKind::ResourceLimit));
    assert_eq!(kind(&asked, "SELECT count(*) FROM spans").await, None);
    Ok(())
}

#[tokio::test]
async fn waiting_for_a_slot_counts_as_running() -> Outcome {
    let asked = many(|config| {
        config.concurrent_questions = 1;
        config.timeout = Duration::from_millis(400);
    })
    .await?;
    let endless = "SELECT sum(a.duration_ns + b.duration_ns + c.duration_ns) FROM spans a, spans b, spans c";
    let (first, second) = tokio::join!(
        kind(&asked, endless),
        kind(&asked, "SELECT sum(a.duration_ns + b.duration_ns + c.duration_ns) FROM spans a, spans b, spans c")
    );
    assert_eq!((first, second), (Some(ErrorKind::Timeout), Some(ErrorKind::Timeout)));
    assert_eq!(kind(&asked, "SELECT 1").await, None);
    Ok(())
}

#[tokio::test]
async fn a_question_that_timed_out_leaves_the_threads_to_others() -> Outcome {
    let asked = many(|config| {
        config.timeout = Duration::from_millis(500);
        // One thread: work that goes on would leave none for the next question.
        config.threads = 1;
    })
    .await?;
    for query in [
        "SELECT sum(a.value * b.value) FROM generate_series(1, 1000000) a, generate_series(1, 1000000) b",
        "SELECT count(*) FROM generate_series(1, 1000000) a, generate_series(1, 1000000) b WHERE a.value - b.value > 2000000",
        "SELECT count(*) FROM generate_series(1, 1000000) a JOIN generate_series(1, 1000000) b \
         ON a.value % 2 = b.value % 2 AND a.value > b.value + 3000000",
        "SELECT count(*) FROM generate_series(1, 1000000) a LEFT JOIN generate_series(1, 1000000) b \
         ON a.value > b.value + 3000000",
        "SELECT sum(a.duration_ns - b.duration_ns + c.duration_ns) FROM spans a, spans b, spans c \
         WHERE a.duration_ns > b.duration_ns + c.duration_ns",
    ] {
        assert_eq!(kind(&asked, query).await, Some(ErrorKind::Timeout), "{query}");
        let started = Instant::now();
        assert_eq!(asked.rows("SELECT count(*) FROM spans").await?, [[5_000]], "{query}");
        assert!(
            started.elapsed() < Duration::from_millis(400),
            "{query}: the next question took {:?}",
            started.elapsed()
        );
    }
    Ok(())
}

#[tokio::test]
async fn questions_of_death_end_by_a_limit_while_the_process_stays_small() -> Outcome {
    let asked = many(|config| {
        config.memory_limit_bytes = 64 << 20;
        config.timeout = Duration::from_secs(2);
    })
    .await?;
    let before = peak_bytes();
    for query in [
        "SELECT count(*) FROM spans a, spans b, spans c WHERE a.duration_ns + b.duration_ns + c.duration_ns > 0",
        "SELECT sum(a.duration_ns + b.duration_ns + c.duration_ns) FROM spans a, spans b, spans c",
        "SELECT count(*) FROM generate_series(9876543210)",
        "SELECT count(*) FROM generate_series(1, 9876543210) a(x), generate_series(1, 9876543210) b(y) WHERE x + y = 7",
        "SELECT array_agg(value) FROM generate_series(1, 9876543210)",
        "SELECT string_agg(attributes, ',') FROM spans a, generate_series(1, 100000)",
        "SELECT max(n) FROM (SELECT x, count(*) AS n FROM generate_series(1, 9876543210) t(x) GROUP BY x)",
        "SELECT x FROM generate_series(1, 9876543210) t(x) ORDER BY x % 1000, x DESC LIMIT 50 OFFSET 100000000",
        "WITH RECURSIVE t AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM t) SELECT count(*) FROM t",
        "WITH RECURSIVE t AS (SELECT 'x' AS s UNION ALL SELECT s || s FROM t) SELECT max(length(s)) FROM t",
        "WITH RECURSIVE t AS (SELECT 1 AS n UNION ALL SELECT a.n FROM t a, generate_series(1, 10)) SELECT count(*) FROM t",
        "SELECT count(DISTINCT a.attributes || b.trace_id || c.span_id) FROM spans a, spans b, spans c",
        "SELECT count(*) FROM spans a JOIN spans b ON a.attributes || '1' <> b.attributes JOIN spans c ON true",
    ] {
        let started = Instant::now();
        let kind = kind(&asked, query).await;
        assert!(matches!(kind, Some(ErrorKind::Timeout | ErrorKind::ResourceLimit)), "{query}: {kind:?}");
        assert!(started.elapsed() < Duration::from_secs(10), "{query}");
        let grown = peak_bytes().saturating_sub(before);
        assert!(grown < GROWTH_BYTES, "{query}: grew by {} MiB", grown >> 20);
    }
    assert!(before > 0, "the system tells no peak");
    assert_eq!(asked.rows("SELECT count(*) FROM spans").await?, [[5_000]]);
    Ok(())
}
