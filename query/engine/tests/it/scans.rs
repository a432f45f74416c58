//! How tables are read: what is pruned, what is decoded, and what old files lack.

use arrow::datatypes::{Schema, SchemaRef};
use ingest_model::Signal;
use ingest_store::schema::table;
use serde_json::json;

use crate::fixture::{Asked, Outcome, Shelf, at, batch, span, trace_id};

/// One file of 4,000 traces in four row groups, ids spread over all of them.
async fn haystack() -> Result<Asked, Box<dyn std::error::Error>> {
    let shelf = Shelf::default();
    let id = |number: u64| number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let more = json!({ "attributes_rest": r#"{"user.id":"u1"}"#, "attr_http_route": "/cart" });
    let rows: Vec<_> = (1..=4_000).map(|number| span(id(number), number, number as i64, 10, more.clone())).collect();
    shelf.parquet(Signal::Traces, &batch(&table(Signal::Traces).schema, &rows)?, 1_000).await?;
    shelf.asked(|_| {})
}

fn needle() -> String {
    trace_id(3_500_u64.wrapping_mul(0x9e37_79b9_7f4a_7c15))
}

#[tokio::test]
async fn a_trace_id_is_looked_up_by_bloom_filter_and_decodes_nothing_else() -> Outcome {
    let asked = haystack().await?;
    let query = format!("SELECT name, attributes ->> 'user.id' FROM spans WHERE trace_id = '{}'", needle());
    assert_eq!(asked.rows(&query).await?, [[json!("work"), json!("u1")]]);
    let plan = asked.explained(&query).await?;
    assert!(plan.contains("row_groups_pruned_bloom_filter=4 total → 1 matched"), "{plan}");
    assert!(plan.contains("pushdown_rows_pruned=999"), "{plan}");
    assert!(!plan.contains("attr_http_route"), "{plan}");
    Ok(())
}

#[tokio::test]
async fn a_trace_id_that_is_nowhere_reads_no_row_group() -> Outcome {
    let asked = haystack().await?;
    let between_others = trace_id(u64::MAX / 2);
    let query = format!("SELECT * FROM spans WHERE trace_id = '{between_others}'");
    let answer = asked.answer(&query).await?;
    assert!(answer.rows.is_empty());
    let plan = asked.explained(&query).await?;
    assert!(plan.contains("row_groups_pruned_bloom_filter=4 total → 0 matched"), "{plan}");
    Ok(())
}

#[tokio::test]
async fn a_promoted_key_reads_its_column_and_the_rest_in_every_clause() -> Outcome {
    let asked = haystack().await?;
    for query in [
        "SELECT attributes ->> 'http.route', attributes ->> 'user.id' FROM spans",
        "SELECT count(*) FROM spans WHERE attributes ->> 'http.route' = '/cart'",
        "SELECT attributes ->> 'http.route', count(*) FROM spans GROUP BY attributes ->> 'http.route'",
        "SELECT attributes ->> 'http.route' AS r, count(*) FROM spans GROUP BY r ORDER BY r",
        "SELECT name FROM spans ORDER BY attributes ->> 'http.route' LIMIT 3",
        "SELECT count(*) FROM spans a JOIN logs b ON a.attributes ->> 'http.route' = b.attributes ->> 'error.type'",
        "SELECT s.attributes -> 'http.route' FROM (SELECT * FROM spans WHERE duration_ns > 5) s WHERE s.kind = 'SERVER'",
        "SELECT max(attributes ->> 'http.route') FILTER (WHERE attributes ->> 'http.route' <> 'x') FROM spans",
    ] {
        let plan = asked.plan(query).await?;
        assert!(plan.contains("attr_http_route"), "{query}\n{plan}");
        assert!(!plan.contains("attr_http_method") && !plan.contains("attr_peer_service"), "{query}\n{plan}");
    }
    Ok(())
}

#[tokio::test]
async fn any_other_key_reads_the_rest_alone() -> Outcome {
    let asked = haystack().await?;
    let plan =
        asked.plan("SELECT attributes ->> 'user.id' FROM spans WHERE attributes ->> 'user.id' LIKE 'u%'").await?;
    assert!(plan.contains("attributes_rest") && !plan.contains("attr_http"), "{plan}");
    Ok(())
}

#[tokio::test]
async fn a_time_range_opens_only_the_files_it_meets() -> Outcome {
    let shelf = Shelf::default();
    shelf.file(Signal::Traces, &[span(1, 1, 0, 10, json!({}))]).await?;
    shelf.missing(Signal::Traces, at(1_000_000) / 1_000, at(2_000_000) / 1_000);
    let asked = shelf.asked(|_| {})?;
    let answer = asked.answer("SELECT trace_id FROM spans WHERE start_time < '2023-11-14T22:13:20.5Z'").await?;
    assert_eq!((answer.rows.len(), answer.stats.files_read), (1, 1));
    assert!(answer.stats.bytes_read > 0);
    assert_eq!(asked.answer("SELECT trace_id FROM spans").await?.damaged_files, ["default/gone.parquet"]);
    let rows = asked.rows("SELECT trace_id FROM spans WHERE start_time < now() + interval '1 second'").await?;
    assert_eq!(rows.len(), 1);
    Ok(())
}

#[tokio::test]
async fn columns_an_old_file_lacks_are_null_and_others_move_freely() -> Outcome {
    let shelf = Shelf::default();
    let full = &table(Signal::Traces).schema;
    let mut fields: Vec<_> = full.fields().iter().filter(|field| !field.name().starts_with("attr_")).cloned().collect();
    fields.reverse();
    let old = SchemaRef::new(Schema::new(fields));
    shelf
        .parquet(Signal::Traces, &batch(&old, &[span(1, 1, 0, 10, json!({ "attributes_rest": r#"{"a":1}"# }))])?, 10)
        .await?;
    shelf.hot(Signal::Traces, &[span(1, 2, 1, 10, json!({ "attr_http_route": "/cart" }))])?;
    let asked = shelf.asked(|_| {})?;
    let rows = asked.rows("SELECT span_id, attributes, attributes ->> 'http.route' FROM spans ORDER BY 1").await?;
    assert_eq!(
        rows,
        [
            [json!("0000000000000001"), json!(r#"{"a":1}"#), json!(null)],
            [json!("0000000000000002"), json!(r#"{"http.route":"/cart"}"#), json!("/cart")]
        ]
    );
    Ok(())
}

#[tokio::test]
async fn empty_tables_answer_no_rows() -> Outcome {
    let asked = Shelf::default().asked(|_| {})?;
    for table in ["spans", "logs", "metrics", "services"] {
        let answer = asked.answer(&format!("SELECT * FROM {table}")).await?;
        assert!(answer.rows.is_empty() && !answer.columns.is_empty(), "{table}");
        assert_eq!(asked.rows(&format!("SELECT count(*) FROM {table}")).await?, [[0]], "{table}");
    }
    Ok(())
}

#[tokio::test]
async fn ten_thousand_files_are_planned_and_counted_without_opening_them() -> Outcome {
    let shelf = Shelf::default();
    for number in 0..10_000 {
        shelf.missing(Signal::Traces, number * 1_000, number * 1_000 + 999);
    }
    shelf.file(Signal::Traces, &[span(1, 1, 0, 10, json!({ "service_name": "cart" }))]).await?;
    // With one thread: of two, the other opens its first file before the newest row is found.
    let asked = shelf.asked(|config| config.threads = 1)?;
    assert_eq!(asked.rows("SELECT count(*) FROM spans").await?, [[100_001]]);
    let query = "SELECT service_name FROM spans WHERE start_time >= '2023-11-14T00:00:00Z'";
    let answer = asked.answer(query).await?;
    assert_eq!((answer.rows, answer.stats.files_read), (vec![vec![json!("cart")]], 1));
    let newest = asked.answer("SELECT start_time FROM spans ORDER BY start_time DESC LIMIT 1").await?;
    assert_eq!(newest.rows, [["2023-11-14T22:13:20.000000Z"]]);
    Ok(())
}
