//! Models of series and steps outside of their bands, in the tables that golden signals have, and back.

use std::collections::BTreeMap;

use anyhow::Result;
use arrow::error::ArrowError;
use arrow::record_batch::RecordBatch;
use ingest_model::{Judgement, Nanos};
use query_baseline::series::{SeriesJudgement, SeriesModel};
use query_engine::{Engine, StoredSeries};
use serde_json::Value;

use super::watched::{Fitted, Key, Settled};
use crate::ask;
use crate::rows::{batch, booleans, doubles, ints, texts, times};

/// How far back stored models are read at a start.
const MODELS_NS: i64 = 25 * 60 * 60 * 1_000_000_000;

/// Rows of `baselines`.
pub(super) fn baselines(fitted: &[(Key, Fitted)]) -> Result<RecordBatch, ArrowError> {
    let models = || fitted.iter().map(|(_, fitted)| &fitted.stored.model);
    let json = |stored: &StoredSeries| serde_json::to_string(stored).unwrap_or_default();
    batch(
        Judgement::Baselines,
        vec![
            times(fitted.iter().map(|(_, fitted)| fitted.at)),
            texts(fitted.iter().map(|(key, _)| &key.0)),
            texts(fitted.iter().map(|(key, _)| &key.1)),
            texts(models().map(|model| model.candidate.name())),
            ints(models().map(|model| model.version.into())),
            times(models().map(|model| model.trained_from)),
            times(models().map(|model| model.trained_to)),
            ints(models().map(|model| model.samples.into())),
            texts(fitted.iter().map(|(_, fitted)| json(&fitted.stored))),
        ],
    )
}

/// Rows of `anomalies`.
pub(super) fn anomalies(settled: &[Settled]) -> Result<RecordBatch, ArrowError> {
    let each = || settled.iter().map(|settled| &settled.judged);
    batch(
        Judgement::Anomalies,
        vec![
            times(each().map(|judged| judged.at)),
            texts(settled.iter().map(|settled| &settled.key.0)),
            texts(settled.iter().map(|settled| &settled.key.1)),
            doubles(each().map(|judged| judged.value)),
            doubles(each().map(|judged| judged.band.expected)),
            doubles(each().map(|judged| judged.band.lower)),
            doubles(each().map(|judged| judged.band.upper)),
            doubles(each().map(|judged| judged.score)),
            booleans(each().map(|judged| judged.alarm)),
            texts(each().map(why)),
            texts(each().map(|judged| judged.why.candidate.name())),
            ints(each().map(|judged| judged.why.version.into())),
            times(settled.iter().map(|settled| settled.fitted_at)),
            ints(each().map(|judged| judged.at.0)),
        ],
    )
}

/// The figures behind a judgement, and the sentence that tells them.
fn why(judged: &SeriesJudgement) -> String {
    let mut why = serde_json::to_value(&judged.why).unwrap_or_default();
    if let Value::Object(fields) = &mut why {
        fields.insert("words".to_owned(), Value::from(judged.to_string()));
        fields.insert("chance".to_owned(), Value::from(judged.chance));
    }
    why.to_string()
}

/// The newest model of each series that was fitted of late.
///
/// # Errors
///
/// When they cannot be read.
pub(super) async fn models(engine: &Engine, now: Nanos) -> Result<BTreeMap<Key, Fitted>> {
    let mut models = BTreeMap::new();
    let since = now.plus(-MODELS_NS).rfc3339();
    // A page of an answer at a time: there may be more models than an answer has rows.
    let mut after = ask::rows(engine, first(&since)).await?;
    while let Some(last) = after.last().cloned() {
        models.extend(after.iter().filter_map(|row| model(row)));
        let (Some(service), Some(signal)) = (text(&last, 0), text(&last, 1)) else { break };
        after = ask::rows(engine, next(&since, service, signal)).await?;
    }
    Ok(models)
}

const PAGE: usize = 2_000;

fn first(since: &str) -> String {
    page(since, "true")
}

fn next(since: &str, service: &str, signal: &str) -> String {
    let quoted = |text: &str| format!("'{}'", text.replace('\'', "''"));
    let (service, signal) = (quoted(service), quoted(signal));
    page(since, &format!("(service_name > {service} OR service_name = {service} AND signal > {signal})"))
}

fn page(since: &str, beyond: &str) -> String {
    format!(
        "SELECT service_name, signal, max(CAST(fitted_at AS BIGINT)),
                last_value(parameters ORDER BY fitted_at)
         FROM baselines
         WHERE version = {} AND fitted_at >= '{since}' AND parameters LIKE '{{\"series\"%' AND {beyond}
         GROUP BY 1, 2 ORDER BY 1, 2 LIMIT {PAGE}",
        SeriesModel::VERSION
    )
}

fn model(row: &[Value]) -> Option<(Key, Fitted)> {
    let at = Nanos(row.get(2)?.as_i64()?.checked_mul(Nanos::PER_MICRO)?);
    let stored = serde_json::from_str(text(row, 3)?).ok()?;
    Some(((text(row, 0)?.to_owned(), text(row, 1)?.to_owned()), Fitted { at, stored }))
}

fn text(row: &[Value], column: usize) -> Option<&str> {
    row.get(column)?.as_str()
}
