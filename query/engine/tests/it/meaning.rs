//! What SQL means here: the files under `tests/slt`.

use std::sync::Arc;

use async_trait::async_trait;
use query_engine::QueryError;
use serde_json::Value;
use sqllogictest::{AsyncDB, DBOutput, DefaultColumnType, Runner};

use crate::fixture::{Asked, Outcome};
use crate::shop::shop;

struct Shop(Arc<Asked>);

#[derive(Debug, thiserror::Error)]
#[error("{0}; {1}")]
struct Refused(String, String);

#[async_trait]
impl AsyncDB for Shop {
    type Error = Refused;
    type ColumnType = DefaultColumnType;

    async fn run(&mut self, sql: &str) -> Result<DBOutput<DefaultColumnType>, Refused> {
        let answer = self.0.answer(sql).await.map_err(refused)?;
        let types = vec![DefaultColumnType::Any; answer.columns.len()];
        let rows = answer.rows.into_iter().map(|row| row.into_iter().map(text).collect());
        Ok(DBOutput::Rows { types, rows: rows.collect() })
    }

    async fn shutdown(&mut self) {}
}

fn refused(error: QueryError) -> Refused {
    let body = error.into_body();
    Refused(body.message, body.hint)
}

fn text(value: Value) -> String {
    match value {
        Value::Null => "NULL".to_owned(),
        Value::String(text) if text.is_empty() => "(empty)".to_owned(),
        Value::String(text) => text,
        other => other.to_string(),
    }
}

async fn holds(file: &str) -> Outcome {
    let shop = Arc::new(shop().await?);
    let mut runner = Runner::new(|| async { Ok(Shop(Arc::clone(&shop))) });
    runner.run_file_async(format!("tests/slt/{file}")).await?;
    Ok(())
}

#[tokio::test]
async fn attributes_are_whole_and_every_key_can_be_asked() -> Outcome {
    holds("attributes.slt").await
}

#[tokio::test]
async fn files_and_hot_rows_are_one_table() -> Outcome {
    holds("tables.slt").await
}

#[tokio::test]
async fn ids_are_hex_text() -> Outcome {
    holds("ids.slt").await
}

#[tokio::test]
async fn views_tell_services_and_ingest() -> Outcome {
    holds("views.slt").await
}

#[tokio::test]
async fn mistakes_are_explained() -> Outcome {
    holds("mistakes.slt").await
}

#[tokio::test]
async fn spans_add_up_to_golden_signals() -> Outcome {
    holds("golden_signals.slt").await
}

#[tokio::test]
async fn words_are_asked() -> Outcome {
    holds("words.slt").await
}

#[tokio::test]
async fn spans_have_their_place_in_their_trace() -> Outcome {
    holds("structure.slt").await
}

#[tokio::test]
async fn times_fall_into_buckets() -> Outcome {
    holds("time_bucket.slt").await
}

#[tokio::test]
async fn a_trace_is_a_table() -> Outcome {
    holds("trace.slt").await
}

#[tokio::test]
async fn templates_count_records_of_a_kind() -> Outcome {
    holds("templates.slt").await
}

#[tokio::test]
async fn what_the_engine_gets_wrong_is_mended() -> Outcome {
    holds("engine.slt").await
}

#[tokio::test]
async fn judgements_have_their_columns() -> Outcome {
    holds("judgements.slt").await
}
