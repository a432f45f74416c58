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
    let asked = many(|config| config.question.rows = 1_000).await?;
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
    let asked = many(|config| config.question.answer_bytes = 100_000).await?;
    assert_eq!(kind(&asked, "SELECT * FROM spans").await, Some(ErrorKind::ResourceLimit));
    assert_eq!(kind(&asked, "SELECT count(*) FROM spans").await, None);
    Ok(())
}

#[tokio::test]
async fn waiting_for_a_slot_counts_as_running() -> Outcome {
    let asked = many(|config| {
        config.concurrent_questions = 1;
        config.question.timeout = Duration::from_millis(400);
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
        config.question.timeout = Duration::from_millis(500);
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

/// What builds large values of small ones. The last part is how it is ended: `true` where it is refused before it runs.
fn built() -> Vec<(String, bool)> {
    let doubled = (1..=30).map(|step| format!("t{step} AS (SELECT s || s AS s FROM t{})", step - 1));
    let doubled = doubled.collect::<Vec<_>>().join(", ");
    let replaced = format!("replace(a.attributes, 'x', '{}')", "y".repeat(60_000));
    let formatted = "%c".repeat(60_000);
    let (literal, many) = ("z".repeat(1_000_000), vec!["a.attributes"; 400].join(", "));
    let columns = (0..5_000).map(|column| format!("s AS s{column}")).collect::<Vec<_>>().join(", ");
    let hex = (0..24).fold("name".to_owned(), |inner, _| format!("encode({inner}, 'hex')"));
    let query = |text: String| (text, false);
    vec![
        query(format!("WITH t0 AS (SELECT name AS s FROM spans), {doubled} SELECT max(length(s)) FROM t30")),
        query(format!("SELECT max(length({replaced})) FROM spans a, spans b")),
        query(format!("SELECT {replaced} FROM spans a")),
        query("SELECT max(length(regexp_replace(a.attributes || b.attributes, '(.*)', repeated, 'g'))) FROM spans a, spans b, \
               (SELECT string_agg('\\1', '') AS repeated FROM spans)".to_owned()),
        query(format!("SELECT max(length(concat({many}))) FROM spans a, spans b, spans c")),
        query(format!("SELECT to_char(start_time, '{formatted}') FROM spans")),
        query(format!("SELECT '{literal}' FROM spans")),
        query(format!("SELECT strpos(attributes, '{literal}'), '{literal}' FROM spans")),
        query(format!("SELECT {columns} FROM (SELECT '{}' AS s FROM spans)", "z".repeat(10_000))),
        query(format!("SELECT max({hex}) FROM spans a")),
        query("SELECT s FROM (SELECT string_agg(attributes, ',') AS s FROM spans), spans a, spans b".to_owned()),
        query("SELECT max(length(s || a.name)) FROM (SELECT string_agg(attributes, ',') AS s FROM spans), spans a, spans b".to_owned()),
        query("SELECT count(*) FROM (SELECT unnest(l) FROM (SELECT array_agg(span_id) AS l FROM spans), spans a, spans b)".to_owned()),
        query("SELECT max(array_to_string(l, a.attributes)) FROM (SELECT array_agg(span_id) AS l FROM spans), spans a".to_owned()),
        query("SELECT count(u) FROM (SELECT unnest(string_to_array(a.attributes || b.attributes, NULL)) AS u FROM spans a, spans b)".to_owned()),
        query("SELECT max(w) FROM (SELECT first_value(a.attributes || b.name) OVER (ORDER BY a.span_id ROWS BETWEEN UNBOUNDED PRECEDING \
               AND UNBOUNDED FOLLOWING) AS w FROM spans a, spans b)".to_owned()),
        query("SELECT sum(w) FROM (SELECT row_number() OVER (ORDER BY a.attributes || b.span_id) + lag(b.duration_ns, 1000000) \
               OVER (ORDER BY a.span_id) AS w FROM spans a, spans b)".to_owned()),
        ("SELECT array_agg(name) OVER (ORDER BY start_time) FROM spans".to_owned(), true),
        ("SELECT string_agg(name, ',') OVER () FROM spans".to_owned(), true),
        ("SELECT repeat('x', 1000000000)".to_owned(), true),
        ("SELECT lpad('x', 1000000000), rpad('x', 1000000000)".to_owned(), true),
        ("SELECT array_repeat(1, 1000000000), array_resize([1], 1000000000, 1)".to_owned(), true),
        ("SELECT unnest(generate_series(1, 10000000000))".to_owned(), true),
    ]
}

#[tokio::test]
async fn r11_questions_that_build_values_end_by_a_limit_while_the_process_stays_small() -> Outcome {
    let asked = many(|config| {
        config.memory_limit_bytes = 64 << 20;
        config.question.timeout = Duration::from_secs(2);
        config.question.answer_bytes = 16 << 20;
    })
    .await?;
    let before = peak_bytes();
    // What is refused first: work that was given up may still hold a thread until its step ends.
    let mut questions = built();
    questions.sort_by_key(|(_, is_refused)| !is_refused);
    for (query, is_refused) in questions {
        let body = asked.answer(&query).await.err().ok_or_else(|| format!("answered: {query:.200}"))?.into_body();
        let (shown, grown) = (&query[..query.len().min(120)], peak_bytes().saturating_sub(before));
        println!("{shown}: {:?}: {}, {} MiB", body.kind, body.message, grown >> 20);
        let ended = matches!(body.kind, ErrorKind::Timeout | ErrorKind::ResourceLimit);
        assert!(if is_refused { body.kind == ErrorKind::BadRequest } else { ended }, "{shown}: {}", body.message);
        assert!(grown < GROWTH_BYTES, "{shown}: grew by {} MiB", grown >> 20);
    }
    for _ in 0..30 {
        match asked.rows("SELECT count(*) FROM spans").await {
            Ok(rows) => {
                assert_eq!(rows, [[5_000]]);
                return Ok(());
            }
            Err(error) => println!("threads are still held: {error}"),
        }
    }
    Err("nothing is answered any more".into())
}

#[tokio::test]
async fn r11_questions_of_death_end_by_a_limit_while_the_process_stays_small() -> Outcome {
    let asked = many(|config| {
        config.memory_limit_bytes = 64 << 20;
        config.question.timeout = Duration::from_secs(2);
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
