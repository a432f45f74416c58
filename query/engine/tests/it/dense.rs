//! Columns of dense attributes change what is read and nothing of what is answered.

use std::sync::Arc;
use std::time::Duration;

use arrow::array::{ArrayRef, StringViewArray};
use arrow::datatypes::{DataType, Field, Schema};
use arrow::record_batch::RecordBatch;
use bytes::Bytes;
use ingest_model::{Nanos, Signal, Tenant};
use ingest_store::schema::table;
use ingest_store::{
    Append, Decode, Encoding, LocalDisk, Meaning, RecordedRequest, Sink, Store, StoreConfig, Tables, dense_column,
};
use proptest::prelude::*;
use query_engine::{Engine, EngineConfig};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::fixture::{NOW, Outcome, Shelf, batch, span};

#[derive(Debug)]
struct Never;

impl Decode for Never {
    fn rows(&self, _: &RecordedRequest) -> Result<RecordBatch, String> {
        Err("nothing is replayed".to_owned())
    }
}

/// Spans by their attributes; the resource's are the same for all.
fn spans(attributes: &[Value]) -> Vec<Value> {
    let resource = r#"{"telemetry.sdk.language":"rust"}"#;
    let span = |(n, attributes): (usize, &Value)| {
        let rest = json!({ "attributes_rest": attributes.to_string(), "resource_attributes_rest": resource });
        span(n as u64 + 1, n as u64 + 1, n as i64, 10, rest)
    };
    attributes.iter().enumerate().map(span).collect()
}

/// A store that has merged all spans into one file, and an engine on it.
struct Merged {
    store: Store,
    tables: Arc<dyn Tables>,
    engine: crate::fixture::Asked,
    _folder: TempDir,
}

// === impl Merged ===

impl Merged {
    async fn of(attributes: &[Value]) -> Result<Self, Box<dyn std::error::Error>> {
        let (folder, spill) = (TempDir::new()?, TempDir::new()?);
        let config = StoreConfig { compact_files: 2, settle_after: Duration::ZERO, ..StoreConfig::default() };
        let clock = || Nanos(NOW.0 + 2 * 3_600 * 1_000_000_000);
        let meaning = Meaning { decode: &Never, derivations: |_| Vec::new(), clock };
        let store = Store::open_with(Arc::new(LocalDisk::open(folder.path())?), None, config, meaning).await?;
        let spans = spans(attributes);
        for part in spans.chunks(spans.len().div_ceil(4)) {
            let rows = batch(&table(Signal::Traces).schema, part)?;
            let (tenant, signal) = (Tenant::default(), Signal::Traces);
            let (encoding, received, rejected, body) = (Encoding::Protobuf, NOW, Vec::new(), Bytes::from_static(b"-"));
            let request = RecordedRequest { tenant, signal, encoding, received, rejected, body };
            store.append(Append { request, rows }).await?;
            store.flush().await?;
        }
        let tables = store.tables(&Tenant::default()).await?;
        let mut config = EngineConfig::new(spill.path().to_owned());
        config.threads = 2;
        let engine = Engine::new(&config, Arc::clone(&tables), Arc::new(|| NOW))?;
        let merged = Self { store, tables, engine: crate::fixture::Asked::new(engine, spill), _folder: folder };
        merged.settle().await?;
        Ok(merged)
    }

    async fn settle(&self) -> Outcome {
        for _ in 0..3_000 {
            if self.tables.snapshot(Signal::Traces).files.len() == 1 {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        Err("not merged within half a minute".into())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dense_key_is_read_from_its_column_and_not_from_the_object() -> Outcome {
    let attributes: Vec<Value> =
        (0..400).map(|n| json!({ "tier": if n % 2 == 0 { "gold" } else { "tin" }, "note": "x".repeat(n) })).collect();
    let merged = Merged::of(&attributes).await?;
    let query = "SELECT attributes ->> 'tier', count(*) FROM spans GROUP BY 1 ORDER BY 1";
    let tier = merged.engine.answer(query).await?;
    assert_eq!(tier.rows, [vec![json!("gold"), json!(200)], vec![json!("tin"), json!(200)]]);
    let note = merged.engine.answer("SELECT max(length(attributes ->> 'note')) FROM spans").await?;
    assert_eq!(note.rows, [vec![json!(399)]]);
    assert!(tier.stats.bytes_read < note.stats.bytes_read, "{:?} {:?}", tier.stats, note.stats);
    let language = "SELECT DISTINCT resource_attributes ->> 'telemetry.sdk.language' FROM spans";
    assert_eq!(merged.engine.rows(language).await?, [[json!("rust")]]);
    // The object stays whole.
    let whole = "SELECT attributes FROM spans ORDER BY start_time LIMIT 2";
    assert_eq!(merged.engine.rows(whole).await?, [[r#"{"note":"","tier":"gold"}"#], [r#"{"note":"x","tier":"tin"}"#]]);
    // Statistics of the column tell that no row has the value.
    let plan = merged.engine.explained("SELECT name FROM spans WHERE attributes ->> 'tier' = 'zinc'").await?;
    assert!(plan.contains("row_groups_pruned_statistics=1 total → 0 matched"), "{plan}");
    merged.store.close().await?;
    Ok(())
}

#[tokio::test]
async fn files_with_the_column_and_without_and_hot_rows_answer_together() -> Outcome {
    let shelf = Shelf::default();
    let (with, without, hot) = (json!({"tier": "gold"}), json!({"tier": "tin", "x": 1}), json!({"tier": 5}));
    let rows = batch(&table(Signal::Traces).schema, &spans(&[with.clone(), with, json!({})]))?;
    shelf.parquet(Signal::Traces, &with_column(&rows, "tier", vec![Some("gold"), Some("gold"), None])?, 3).await?;
    shelf.file(Signal::Traces, &spans(&[without])).await?;
    shelf.hot(Signal::Traces, &spans(&[hot]))?;
    let asked = shelf.asked(|_| {})?;
    let tiers = "SELECT attributes ->> 'tier' AS tier, count(*) FROM spans GROUP BY tier ORDER BY tier";
    let expected = [(json!("5"), 1), (json!("gold"), 2), (json!("tin"), 1), (Value::Null, 1)];
    assert_eq!(asked.rows(tiers).await?, expected.map(|(tier, rows)| vec![tier, json!(rows)]));
    for (filter, rows) in [
        ("attributes ->> 'tier' = 'gold'", 2),
        ("attributes ->> 'tier' <> 'gold'", 2),
        ("attributes ->> 'tier' IS NULL", 1),
        ("attributes ->> 'tier' IN ('tin', '5')", 2),
        ("attributes ->> 'tier' LIKE '%t%' OR attributes ->> 'x' = '1'", 1),
        ("coalesce(attributes ->> 'tier', 'none') = 'none'", 1),
        ("attributes -> 'tier' = '\"gold\"'", 2),
        ("json_get_int(attributes, 'tier') = 5", 1),
    ] {
        let query = format!("SELECT count(*) FROM spans WHERE {filter}");
        assert_eq!(asked.rows(&query).await?, [[json!(rows)]], "{filter}");
    }
    let sorted = "SELECT span_id FROM spans ORDER BY attributes ->> 'tier' DESC NULLS LAST, span_id LIMIT 1";
    assert_eq!(asked.rows(sorted).await?.len(), 1);
    Ok(())
}

/// The rows with the column of a dense key.
fn with_column(
    rows: &RecordBatch,
    key: &str,
    texts: Vec<Option<&str>>,
) -> Result<RecordBatch, arrow::error::ArrowError> {
    let field = Field::new(dense_column("attributes_rest", key), DataType::Utf8View, true);
    let fields = rows.schema_ref().fields().iter().cloned().chain([Arc::new(field)]);
    let texts: ArrayRef = Arc::new(StringViewArray::from(texts));
    let columns = rows.columns().iter().cloned().chain([texts]).collect();
    RecordBatch::try_new(Arc::new(Schema::new(fields.collect::<Vec<_>>())), columns)
}

fn value() -> impl Strategy<Value = Value> {
    let text = prop::sample::select(vec!["", "gold", "a\"b", "\\", "中文", "\u{1}\n", "null", "1", "{}", "[1]", "👍"]);
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        (-3_i64..3).prop_map(Value::from),
        prop::sample::select(vec![1.0, -0.5, 1e21, 3e-9]).prop_map(Value::from),
        text.prop_map(Value::from),
    ];
    prop_oneof![
        4 => leaf.clone(),
        1 => prop::collection::vec(leaf.clone(), 0..3).prop_map(Value::from),
        1 => leaf.prop_map(|inner| json!({ "a": inner, "$bytes": "+/8=" })),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn sql_answers_the_same_before_and_after_files_are_merged(
        values in prop::collection::vec(prop::collection::btree_map("[ab:.]", value(), 0..4), 8..40)
    ) {
        // Each row comes several times, so that values repeat.
        let attributes: Vec<Value> = values.iter().cycle().take(values.len() * 4).map(|members| json!(members)).collect();
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        runtime.block_on(async {
            let merged = Merged::of(&attributes).await.unwrap();
            let shelf = Shelf::default();
            shelf.hot(Signal::Traces, &spans(&attributes)).unwrap();
            let plain = shelf.asked(|_| {}).unwrap();
            for key in ["a", "b", ":", ".", "c"] {
                let access = format!("attributes ->> '{key}'");
                for query in [
                    format!("SELECT {access} FROM spans ORDER BY start_time"),
                    format!("SELECT {access} AS value, count(*) FROM spans GROUP BY value ORDER BY value"),
                    format!("SELECT count(*) FROM spans WHERE {access} = 'gold' OR {access} > 'n'"),
                    format!("SELECT span_id FROM spans WHERE {access} IS NOT NULL AND {access} <> '1' ORDER BY span_id"),
                    format!("SELECT attributes FROM spans WHERE {access} = 'null' ORDER BY span_id"),
                ] {
                    assert_eq!(merged.engine.rows(&query).await.unwrap(), plain.rows(&query).await.unwrap(), "{query}");
                }
            }
            merged.store.close().await.unwrap();
        });
    }
}

#[tokio::test]
async fn differences_of_columns_alone_are_those_of_all_attributes() -> Outcome {
    // Of every ten spans those of one tier fail; what is in no column may explain it as well, and is asked for as well.
    let attributes: Vec<Value> = (0..240)
        .map(|n| json!({ "tier": format!("a tier of number {}", n % 10), "same": if n % 10 == 3 { "yes" } else { "no" } }))
        .collect();
    let tiers: Vec<String> = (0..80).map(|n| format!("a tier of number {}", n % 10)).collect();
    let shelf = Shelf::default();
    let spans = spans(&attributes);
    let rows = batch(&table(Signal::Traces).schema, &spans[..80])?;
    let column = tiers.iter().map(|tier| Some(tier.as_str())).collect();
    shelf.parquet(Signal::Traces, &with_column(&rows, "tier", column)?, 30).await?;
    shelf.file(Signal::Traces, &spans[80..160]).await?;
    shelf.hot(Signal::Traces, &spans[160..])?;
    let asked = shelf.asked(|_| {})?;
    let found = async |more: &str| {
        let columns = "key, value, failing, failing_total, baseline, baseline_total";
        let conditions = "'true', 'attributes ->> ''same'' = ''yes'''";
        asked.rows(&format!("SELECT {columns} FROM differences({conditions}{more}) ORDER BY place")).await
    };
    let expected = [json!("tier"), json!("a tier of number 3"), json!(24), json!(24), json!(0), json!(216)];
    assert_eq!(found("").await?.first(), Some(&expected.to_vec()));
    assert_eq!(found(", 'columns'").await?.first(), Some(&expected.to_vec()));
    let none = "SELECT * FROM differences('true', 'attributes ->> ''tier'' = ''a tier of number 3''', 'columns') WHERE key = 'same'";
    assert_eq!(asked.rows(none).await?, [] as [Vec<Value>; 0], "it has no column anywhere");
    let refused = found(", 'some'").await.err().ok_or("refused")?;
    assert!(refused.to_string().contains("does not know the attributes some"), "{refused}");
    Ok(())
}
