//! `span_tree` over many files: whole traces, whatever is asked, in bounded memory.

use ingest_model::{Nanos, Signal};
use query_api::ErrorKind;
use serde_json::{Value, json};

use crate::fixture::{Outcome, Shelf, at, span, span_id, trace_id};

/// Whether a span is an orphan, whether its clock differs, and nanoseconds outside of its parent.
type Marks = (bool, bool, i64);

const DAY_US: i64 = 86_400_000_000;

/// A span below another; parent 0 is none.
fn below((trace, id, parent): (u64, u64, u64), start_us: i64, duration_us: i64, name: &str) -> Value {
    let parent = (parent > 0).then(|| span_id(parent));
    span(trace, id, start_us, duration_us, json!({ "parent_span_id": parent, "name": name }))
}

/// Trace 1 lies in two files a day apart and in the hot rows; the others are of one span each.
async fn scattered() -> Result<Shelf, Box<dyn std::error::Error>> {
    let shelf = Shelf::default();
    let mut rows: Vec<_> = (2..500).map(|trace| below((trace, 1, 0), 0, 10, "other")).collect();
    rows.push(below((1, 1, 0), 0, 2 * DAY_US, "root"));
    shelf.file(Signal::Traces, &rows).await?;
    shelf.file(Signal::Traces, &[below((1, 2, 1), DAY_US, 100, "middle")]).await?;
    shelf
        .hot(Signal::Traces, &[below((1, 3, 2), DAY_US + 10, 10, "leaf"), below((1, 3, 2), DAY_US + 10, 10, "leaf")])?;
    Ok(shelf)
}

#[tokio::test]
async fn a_trace_is_whole_whatever_limits_the_answer() -> Outcome {
    let mut shelf = scattered().await?;
    shelf.indexed().await?;
    let asked = shelf.asked(|_| {})?;
    let leaf = vec![vec![json!("leaf"), json!("root"), json!(2), json!(1)]];
    for filter in [
        "name = 'leaf'",
        "start_time > now() + interval '1 day'",
        "depth = 2",
        "span_id = '0000000000000003'",
        "trace_id = '00000000000000000000000000000001' AND tree_left = 3",
        "name LIKE 'l%' AND repeats = 1",
    ] {
        let query = format!("SELECT name, root_name, depth, repeats FROM span_tree WHERE {filter}");
        assert_eq!(asked.rows(&query).await?, leaf, "{filter}");
    }
    Ok(())
}

#[tokio::test]
async fn each_side_of_a_relation_tells_the_other_which_traces_to_read() -> Outcome {
    let asked = scattered().await?.asked(|_| {})?;
    let query = "FROM span_tree AS d JOIN span_tree AS a ON is_descendant(d, a) WHERE a.name = 'middle'";
    assert_eq!(asked.rows(&format!("SELECT d.name {query}")).await?, [[json!("leaf")]]);
    let plan = asked.plan(&format!("SELECT d.name {query}")).await?;
    // Hot rows are filtered beside the files.
    let limited = "FilterExec: is_one_of_the_traces";
    assert_eq!(plan.matches(limited).count(), 2, "{plan}");
    // Of one side of a LEFT JOIN all rows are told.
    let query = "FROM span_tree AS a LEFT JOIN span_tree AS d ON is_descendant(d, a) AND d.name = 'middle'";
    assert_eq!(asked.rows(&format!("SELECT count(*) {query}")).await?, [[json!(501)]]);
    let plan = asked.plan(&format!("SELECT a.name {query}")).await?;
    assert_eq!(plan.matches(limited).count(), 1, "{plan}");
    Ok(())
}

#[tokio::test]
async fn what_was_read_to_choose_traces_is_counted() -> Outcome {
    let asked = scattered().await?.asked(|_| {})?;
    let answer = asked.answer("SELECT name FROM span_tree WHERE name = 'middle'").await?;
    // Two files to find the trace, and both again to read it.
    assert_eq!(answer.stats.files_read, 4);
    Ok(())
}

#[tokio::test]
async fn a_trace_of_100_000_spans_has_its_places_or_says_that_memory_ends() -> Outcome {
    let rows: Vec<_> = (1..=100_000_u64).map(|id| below((1, id, id / 2), id as i64, 1_000_000, "node")).collect();
    let shelf = || -> Result<Shelf, Box<dyn std::error::Error>> {
        let shelf = Shelf::default();
        shelf.hot(Signal::Traces, &rows[..50_000])?;
        shelf.hot(Signal::Traces, &rows[50_000..])?;
        Ok(shelf)
    };
    let query = "SELECT max(depth), max(tree_right), count(*) FILTER (WHERE child_count = 0) FROM span_tree";
    let asked = shelf()?.asked(|_| {})?;
    assert_eq!(asked.rows(query).await?, [[json!(16), json!(200_000), json!(50_000)]]);
    let asked = shelf()?.asked(|config| config.memory_limit_bytes = 16 << 20)?;
    assert_eq!(asked.rows(query).await.err().map(|error| error.kind()), Some(ErrorKind::ResourceLimit));
    Ok(())
}

#[tokio::test]
async fn a_chain_of_10_000_spans_is_no_deeper_than_the_stack() -> Outcome {
    let shelf = Shelf::default();
    let rows: Vec<_> = (1..=10_000_u64).map(|id| below((1, id, id - 1), id as i64, 20_000, "link")).collect();
    shelf.hot(Signal::Traces, &rows)?;
    let asked = shelf.asked(|_| {})?;
    assert_eq!(asked.rows("SELECT max(depth) FROM span_tree").await?, [[json!(9_999)]]);
    let query = "SELECT count(*) FROM span_tree AS d JOIN span_tree AS a ON is_descendant(d, a) WHERE a.depth = 4999";
    assert_eq!(asked.rows(query).await?, [[json!(5_000)]]);
    Ok(())
}

#[tokio::test]
async fn a_trace_by_its_id_marks_orphans_and_clocks_until_what_was_late_comes() -> Outcome {
    let early = [below((1, 1, 0), 0, 1_000, "root"), below((1, 3, 2), -50, 100, "leaf")];
    let marks = async |shelf: Shelf| -> Result<Vec<Marks>, Box<dyn std::error::Error>> {
        let trace = shelf.asked(|_| {})?.engine.trace(trace_id(1).parse()?).await?.ok_or("no trace")?;
        assert_eq!(trace.start_time_unix_nano, Nanos(at(-50)));
        Ok(trace.spans.iter().map(|span| (span.is_orphan, span.is_skewed, span.outside_parent_ns)).collect())
    };
    let shelf = Shelf::default();
    shelf.file(Signal::Traces, &early).await?;
    assert_eq!(marks(shelf).await?, [(true, false, 0), (false, false, 0)]);
    let shelf = Shelf::default();
    shelf.file(Signal::Traces, &early).await?;
    shelf.hot(Signal::Traces, &[below((1, 2, 1), 10, 100, "middle")])?;
    assert_eq!(marks(shelf).await?, [(false, true, 60_000), (false, false, 0), (false, false, 0)]);
    Ok(())
}
