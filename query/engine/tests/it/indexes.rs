//! Indexes change what is read and nothing of what is answered.

use ingest_model::Signal;
use ingest_store::schema::table;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::fixture::{Outcome, Shelf, batch, log, span, trace_id};

/// Ten files of five traces each; two row groups a file of logs.
async fn shelf() -> Result<Shelf, Box<dyn std::error::Error>> {
    let shelf = Shelf::default();
    for file in 0..10 {
        let traces = file * 5 + 1..file * 5 + 6;
        let spans: Vec<Value> = traces.clone().map(|trace| span(trace, trace, trace as i64, 10, json!({}))).collect();
        shelf.file(Signal::Traces, &spans).await?;
        let logs: Vec<Value> = traces.map(|trace| record(trace, &format!("Order {trace} was paid"))).collect();
        shelf.parquet(Signal::Logs, &batch(&table(Signal::Logs).schema, &logs)?, 3).await?;
    }
    Ok(shelf)
}

fn record(trace: u64, body: &str) -> Value {
    log(
        trace as i64,
        body,
        json!({ "trace_id": trace_id(trace), "attributes_rest": format!(r#"{{"cart":"c{trace}"}}"#) }),
    )
}

#[tokio::test]
async fn a_trace_is_looked_up_in_its_file_and_in_those_no_index_covers() -> Outcome {
    let mut shelf = shelf().await?;
    shelf.indexed().await?;
    shelf.file(Signal::Traces, &[span(7, 700, 0, 10, json!({}))]).await?;
    let asked = shelf.asked(|_| {})?;
    for (filter, rows, files) in [
        (format!("trace_id = '{}'", trace_id(7)), 2, 2),
        (format!("trace_id IN ('{}', '{}')", trace_id(8), trace_id(30)), 2, 3),
        (format!("trace_id = '{}' AND duration_ns > 0", trace_id(9_999)), 0, 1),
    ] {
        let answer = asked.answer(&format!("SELECT span_id FROM spans WHERE {filter}")).await?;
        assert_eq!((answer.rows.len(), answer.stats.files_read), (rows, files), "{filter}");
        assert_eq!(answer.stats.files_skipped, 11 - files, "{filter}");
        assert!(answer.stats.index_reads >= 1 && answer.stats.index_bytes > 0, "{filter}");
    }
    let answer = asked.answer(&format!("SELECT 1 FROM spans WHERE trace_id <> '{}'", trace_id(1))).await?;
    assert_eq!((answer.rows.len(), answer.stats.index_reads, answer.stats.files_skipped), (50, 0, 0));
    let trace = asked.engine.trace(trace_id(7).parse()?).await?.ok_or("no trace")?;
    assert_eq!((trace.spans.len(), trace.logs.len()), (2, 1));
    assert_eq!((trace.stats.files_read, trace.stats.files_skipped), (3, 18));
    Ok(())
}

#[tokio::test]
async fn the_rows_of_a_trace_are_those_a_scan_finds() -> Outcome {
    let mut shelf = shelf().await?;
    shelf.indexed().await?;
    shelf.file(Signal::Traces, &[span(7, 700, 0, 10, json!({}))]).await?;
    shelf.hot(
        Signal::Traces,
        &[span(7, 701, 5, 10, json!({ "attributes_rest": r#"{"k":"v"}"# })), span(8, 1, 0, 1, json!({}))],
    )?;
    let asked = shelf.asked(|_| {})?;
    for (columns, rest) in [
        ("*", "ORDER BY span_id"),
        ("count(*)", ""),
        ("1", ""),
        ("attributes ->> 'k', trace_id", "ORDER BY 1, 2"),
        ("span_id, duration_ns", "AND duration_ns > 5 AND span_id > '0' ORDER BY 1"),
        ("count(*)", "AND attributes ->> 'k' IS NULL"),
        ("count(*)", "AND 1 = 2"),
        ("max(start_time)", "AND span_id IN (SELECT span_id FROM spans WHERE duration_ns = 10)"),
    ] {
        let ask = |trace: String| format!("SELECT {columns} FROM spans WHERE {trace} {rest}");
        // Two values are asked of a scan.
        let looked_up = asked.rows(&ask(format!("trace_id = '{}'", trace_id(7)))).await?;
        let scanned = asked.rows(&ask(format!("trace_id IN ('{}', '{}')", trace_id(7), trace_id(9_999)))).await?;
        assert_eq!(looked_up, scanned, "{columns} {rest}");
        assert!(!looked_up.is_empty());
    }
    let some = asked.rows(&format!("SELECT span_id FROM spans WHERE trace_id = '{}' LIMIT 2", trace_id(7))).await?;
    assert_eq!(some.len(), 2);
    Ok(())
}

#[tokio::test]
async fn a_word_is_looked_up_in_its_row_group() -> Outcome {
    let mut shelf = shelf().await?;
    shelf.indexed().await?;
    let asked = shelf.asked(|_| {})?;
    for (filter, rows, files) in [
        ("has_word(body, 'ORDER 17')", 1, 1),
        ("has_word(body, '17') AND severity_number = 9", 1, 1),
        ("has_word(attributes ->> 'cart', 'C23')", 1, 1),
        ("has_word(body, '17') AND has_word(body, '18')", 0, 1),
        ("has_word(body, '3') AND has_word(body, '49')", 0, 0),
        ("has_word(body, 'nowhere')", 0, 0),
        ("has_word(body, 'paid')", 50, 10),
        ("NOT has_word(body, '17')", 49, 10),
        ("has_word(body, '17') OR has_word(body, '40')", 2, 10),
    ] {
        let answer = asked.answer(&format!("SELECT body FROM logs WHERE {filter}")).await?;
        assert_eq!((answer.rows.len() as u64, answer.stats.files_read), (rows, files), "{filter}");
    }
    // Of the two row groups of the file, one.
    let plan = asked.explained("SELECT body FROM logs WHERE has_word(body, '19')").await?;
    assert!(plan.contains("1 total"), "{plan}");
    Ok(())
}

#[tokio::test]
async fn a_word_is_looked_up_in_its_block_of_rows() -> Outcome {
    let mut shelf = Shelf::default();
    // Two row groups of three blocks each; the last has 904 rows.
    let marked = [0, 2_047, 2_048, 4_999, 5_000, 9_095, 9_096, 9_999];
    let record = |row: i64| {
        let mark = if marked.contains(&row) { format!("mark{row} mark") } else { "plain".to_owned() };
        log(row, &mark, json!({}))
    };
    let rows: Vec<Value> = (0..10_000).map(record).collect();
    shelf.parquet(Signal::Logs, &batch(&table(Signal::Logs).schema, &rows)?, 5_000).await?;
    shelf.indexed().await?;
    let asked = shelf.asked(|_| {})?;
    for row in marked {
        let body = format!("mark{row} mark");
        let query = format!("SELECT body FROM logs WHERE has_word(body, 'mark{row}')");
        assert_eq!(asked.rows(&query).await?, [[json!(body)]]);
    }
    for (words, rows) in [("mark", 8), ("plain", 9_992), ("mark0 mark2047", 0), ("mark4999 mark", 1)] {
        let query = format!("SELECT count(*) FROM logs WHERE has_word(body, '{words}')");
        assert_eq!(asked.rows(&query).await?, [[json!(rows)]], "{words}");
    }
    let plan = asked.explained("SELECT body FROM logs WHERE has_word(body, 'mark4999')").await?;
    assert!(plan.contains("pushdown_rows_pruned=903"), "{plan}");
    Ok(())
}

#[tokio::test]
async fn a_record_is_found_by_its_own_ids_in_its_body() -> Outcome {
    let mut shelf = Shelf::default();
    let own = |trace: u64, span: &str| {
        let body = format!("TraceID: {} SpanID: {span} done", trace_id(trace).to_uppercase());
        log(trace as i64, &body, json!({ "trace_id": trace_id(trace), "span_id": span }))
    };
    shelf.file(Signal::Logs, &[own(0xabc, "00000000000000ab"), own(2, "00000000000000cd")]).await?;
    // The id of another record's trace is a word like others.
    shelf.file(Signal::Logs, &[log(5, &format!("caused by {}", trace_id(0xabc)), json!({}))]).await?;
    shelf.file(Signal::Logs, &[log(6, "nothing", json!({}))]).await?;
    shelf.indexed().await?;
    let asked = shelf.asked(|_| {})?;
    for (word, rows, files) in [(trace_id(0xabc), 2, 2), ("00000000000000ab".to_owned(), 1, 3), (trace_id(3), 0, 0)] {
        let answer = asked.answer(&format!("SELECT body FROM logs WHERE has_word(body, '{word}')")).await?;
        assert_eq!((answer.rows.len(), answer.stats.files_read), (rows, files), "{word}");
    }
    Ok(())
}

#[tokio::test]
async fn a_damaged_index_changes_no_answer() -> Outcome {
    let mut shelf = shelf().await?;
    shelf.indexed().await?;
    assert_eq!(shelf.index_files().len(), 3);
    for file in shelf.index_files() {
        let mut bytes = std::fs::read(&file)?;
        bytes[12] ^= 1;
        std::fs::write(&file, bytes)?;
    }
    let asked = shelf.asked(|_| {})?;
    let trace = format!("SELECT name FROM spans WHERE trace_id = '{}'", trace_id(7));
    assert_eq!(asked.rows(&trace).await?, [["work"]]);
    assert_eq!(asked.rows("SELECT body FROM logs WHERE has_word(body, '17')").await?, [["Order 17 was paid"]]);
    Ok(())
}

fn texts() -> impl Strategy<Value = Vec<Vec<String>>> {
    let word = prop::sample::select(vec![
        "paid",
        "Paid",
        "refused",
        "支付",
        "支付失败",
        "失败",
        "付",
        "größe",
        "42",
        "\\n",
        "\"q\"",
        "é",
    ]);
    let text = prop::collection::vec(word, 0..4).prop_map(|words| words.join(" "));
    prop::collection::vec(prop::collection::vec(text, 1..6), 1..4)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn sql_with_indexes_answers_what_sql_without_does(files in texts(), asked in "(paid|REFUSED|支付|支|付失|失败|größe|42|n|q|é|x)( (paid|失败|42))?") {
        let runtime = tokio::runtime::Runtime::new().expect("a runtime");
        let (with, without) = runtime.block_on(both(&files, &asked)).expect("the engine answers");
        prop_assert_eq!(with, without);
    }
}

type Answers = Vec<Vec<Vec<Value>>>;

/// The same questions with and without indexes.
async fn both(files: &[Vec<String>], words: &str) -> Result<(Answers, Answers), Box<dyn std::error::Error>> {
    let mut answers = Vec::new();
    for indexed in [true, false] {
        let mut shelf = Shelf::default();
        for texts in files {
            let row = |(number, text): (usize, &String)| {
                let rest = json!({ "said": text, "deep": { "er": [text] } }).to_string();
                log(number as i64, text, json!({ "attributes_rest": rest, "attr_exception_type": text }))
            };
            let rows: Vec<Value> = texts.iter().enumerate().map(row).collect();
            shelf.parquet(Signal::Logs, &batch(&table(Signal::Logs).schema, &rows)?, 2).await?;
        }
        if indexed {
            shelf.indexed().await?;
        }
        let asked = shelf.asked(|_| {})?;
        let mut rows = Vec::new();
        for text in
            ["body", "attributes ->> 'said'", "attributes ->> 'deep'", "attributes ->> 'exception.type'", "attributes"]
        {
            let query = format!("SELECT time, body FROM logs WHERE has_word({text}, '{words}') ORDER BY 1, 2");
            rows.push(asked.rows(&query).await?);
        }
        answers.push(rows);
    }
    let without = answers.pop().ok_or("two")?;
    Ok((answers.pop().ok_or("two")?, without))
}
