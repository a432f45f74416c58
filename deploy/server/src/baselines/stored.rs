//! Models and anomalies in their tables, and back.

use anyhow::Result;
use arrow::error::ArrowError;
use arrow::record_batch::RecordBatch;
use ingest_model::{Judgement, Nanos};
use query_api::{Signals, SignalsQuestion};
use query_baseline::{GoldenSignal, Model};
use query_engine::Engine;
use serde_json::Value;

use super::learned::{Breaches, Fitted};
use super::series;
use super::watched::Settled;
use super::{HISTORY_NS, HOUR_NS, Key};
use crate::ask;
use crate::rows::{batch, booleans, doubles, ints, texts, times};

/// How far back stored models are read at a start.
const MODELS_NS: i64 = 48 * HOUR_NS;

/// Rows of `baselines`.
pub(super) fn baselines(
    service: &str,
    models: &[(GoldenSignal, Model)],
    now: Nanos,
) -> Result<RecordBatch, ArrowError> {
    let each = || models.iter().map(|(_, model)| model);
    let json = |model: &Model| serde_json::to_string(model).unwrap_or_default();
    batch(
        Judgement::Baselines,
        vec![
            times(each().map(|_| now)),
            texts(each().map(|_| service)),
            texts(models.iter().map(|(signal, _)| series::name(*signal))),
            texts(each().map(|model| model.kind.name())),
            ints(each().map(|model| model.version.into())),
            times(each().map(|model| model.trained_from)),
            times(each().map(|model| model.trained_to)),
            ints(each().map(|model| model.samples.into())),
            texts(each().map(json)),
        ],
    )
}

/// Rows of `anomalies`.
pub(super) fn anomalies(settled: &[Settled]) -> Result<RecordBatch, ArrowError> {
    let each = || settled.iter().map(|settled| &settled.judgement);
    let json = |judged: &query_baseline::Judgement| serde_json::to_string(&judged.why).unwrap_or_default();
    batch(
        Judgement::Anomalies,
        vec![
            times(each().map(|judged| judged.minute)),
            texts(settled.iter().map(|settled| &settled.key.0)),
            texts(settled.iter().map(|settled| series::name(settled.key.1))),
            doubles(each().map(|judged| judged.value)),
            doubles(each().map(|judged| judged.band.expected)),
            doubles(each().map(|judged| judged.band.lower)),
            doubles(each().map(|judged| judged.band.upper)),
            doubles(each().map(|judged| judged.score)),
            booleans(each().map(|judged| judged.breached)),
            texts(each().map(json)),
            texts(each().map(|judged| judged.why.kind.name())),
            ints(each().map(|judged| judged.why.version.into())),
            times(settled.iter().map(|settled| settled.fitted_at)),
            ints(each().map(|judged| judged.minute.0)),
        ],
    )
}

/// The models that were fitted of late, the oldest first. Those of other rules are left: they are fitted anew.
///
/// # Errors
///
/// When they cannot be read.
pub(super) async fn models(engine: &Engine, now: Nanos) -> Result<Vec<(Key, Fitted)>> {
    let query = format!(
        "SELECT service_name, signal, CAST(fitted_at AS BIGINT) AS fitted_us, parameters FROM baselines
         WHERE version = {} AND fitted_at >= '{}' ORDER BY fitted_at",
        Model::VERSION,
        now.plus(-MODELS_NS).rfc3339()
    );
    let model = |row: Vec<Value>| {
        let at = Nanos(row.get(2)?.as_i64()?.checked_mul(Nanos::PER_MICRO)?);
        let model = serde_json::from_str(row.get(3)?.as_str()?).ok()?;
        Some((key(&row)?, Fitted { at, model }))
    };
    Ok(ask::rows(engine, query).await?.into_iter().filter_map(model).collect())
}

/// The minutes of breaches since `from`.
///
/// # Errors
///
/// When they cannot be read.
pub(super) async fn breaches(engine: &Engine, from: Nanos) -> Result<Breaches> {
    let query = format!(
        "SELECT service_name, signal, CAST(to_unixtime(minute) AS BIGINT) FROM anomalies
         WHERE breached AND minute >= '{}'",
        from.rfc3339()
    );
    let mut breaches = Breaches::new();
    for row in ask::rows(engine, query).await? {
        if let (Some(key), Some(second)) = (key(&row), row.get(2).and_then(Value::as_i64)) {
            breaches.entry(key).or_default().insert(Nanos(second.saturating_mul(1_000_000_000)));
        }
    }
    Ok(breaches)
}

/// What a fit of a service looks at.
///
/// # Errors
///
/// When it cannot be read.
pub(super) async fn history(engine: &Engine, service: &str, now: Nanos) -> Result<Signals> {
    let (from, to) = (Some(now.plus(-HISTORY_NS)), Some(now));
    Ok(engine.signals(&SignalsQuestion { service: service.to_owned(), from, to }).await?)
}

fn key(row: &[Value]) -> Option<Key> {
    Some((row.first()?.as_str()?.to_owned(), series::of_name(row.get(1)?.as_str()?)?))
}
