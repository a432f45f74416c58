//! Questions of our own in SQL, over the tables of judgements.

use anyhow::{Context, Result};
use query_api::{SqlAnswer, SqlQuestion};
use query_engine::{Engine, Format};
use serde_json::Value;

/// The rows of an answer.
///
/// # Errors
///
/// When it cannot be had.
pub(crate) async fn rows(engine: &Engine, query: String) -> Result<Vec<Vec<Value>>> {
    let answer = engine.sql(&SqlQuestion { query, ..SqlQuestion::default() }, Format::Json).await?;
    let answer: SqlAnswer = serde_json::from_slice(&answer.body).context("the engine's answer is no JSON")?;
    Ok(answer.rows)
}
