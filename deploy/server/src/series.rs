//! Watched series: metrics and queries whose values are judged by what was learned of each.
//!
//! They belong to the tenant `default`. A query is asked for the steps that are over; every series of its answer has a model,
//! chosen by a backtest and made anew every day, and a state that has seen all steps since. Models and what was outside of a band
//! are stored as those of golden signals are; a start reads the models back and lets them go through the weeks before once more.

mod answers;
mod document;
mod metric_queries;
mod stored;
#[cfg(test)]
mod tests;
mod watched;

pub(crate) use answers::NewestStep;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use anyhow::{Context, Result};
use ingest_model::{Judgement, Nanos, Tenant};
use ingest_store::Store;
use query_api::ErrorKind;
use query_engine::{Engine, QueryError, SeriesSamples};
use tokio_util::sync::CancellationToken;

use crate::engines::Engines;
use document::{Definition, Definitions};
use watched::{Due, Fitted, Key, Known, Watched, learn_all};

/// How often it is looked whether a step is over.
const TICK: Duration = Duration::from_secs(10);

/// How long after its end a step is taken as it is: exporters send every minute.
const SETTLED_NS: i64 = 60 * SECOND_NS;

/// How often it is looked for metrics, and how long a query that failed is left alone.
const LOOK_NS: i64 = 300 * SECOND_NS;

const SECOND_NS: i64 = 1_000_000_000;

/// The least of its past that is asked for when all of it is too much.
const LEAST_NS: i64 = 2 * 24 * 60 * 60 * SECOND_NS;

/// The watched series.
#[derive(Debug)]
pub(crate) struct WatchedQueries {
    engines: Arc<Engines>,
    store: Arc<Store>,
    clock: fn() -> Nanos,
    file: Option<PathBuf>,
    state: RwLock<State>,
}

/// What is known at a moment.
#[derive(Debug, Default)]
struct State {
    definitions: Definitions,
    /// What is wrong with the file.
    mistake: Option<String>,
    metrics: Vec<Arc<Definition>>,
    looked_at: Option<Nanos>,
    watched: Watched,
    /// What is wrong with a query, and when it was found out.
    failed: BTreeMap<String, (String, Nanos)>,
    /// Series that were too many, by query.
    left_out: BTreeMap<String, usize>,
    /// What a former process learned, until it is used.
    restored: Option<BTreeMap<Key, Fitted>>,
}

// === impl WatchedQueries ===

impl WatchedQueries {
    /// Reads the file; nothing is known yet of any series.
    ///
    /// # Errors
    ///
    /// When the file cannot be read. Mistakes in it are told, and the metrics are watched all the same.
    pub(crate) fn open(
        engines: Arc<Engines>,
        store: Arc<Store>,
        file: Option<PathBuf>,
        clock: fn() -> Nanos,
    ) -> Result<Self> {
        if let Some(file) = &file {
            std::fs::read_to_string(file).with_context(|| format!("cannot read the series file {}", file.display()))?;
        }
        let watched = Self { engines, store, clock, file, state: RwLock::default() };
        watched.read_again();
        Ok(watched)
    }

    /// Judges until `stop`.
    pub(crate) async fn run(self: Arc<Self>, stop: CancellationToken) {
        loop {
            tokio::select! {
                judged = self.tick() => if let Err(error) = judged {
                    tracing::warn!("cannot judge the watched series: {error:#}");
                },
                () = stop.cancelled() => return,
            }
            tokio::select! {
                () = tokio::time::sleep(TICK) => self.read_again(),
                () = stop.cancelled() => return,
            }
        }
    }

    /// Learns what is due and judges the steps that are over.
    ///
    /// # Errors
    ///
    /// When stored models or the list of metrics cannot be read, or judgements not be stored. What is wrong with a query is kept
    /// and told beside the others.
    pub(crate) async fn tick(&self) -> Result<()> {
        let now = (self.clock)();
        let engine = self.engines.of(&Tenant::default()).await?;
        if self.read().restored.is_none() {
            let models = stored::models(&engine, now).await?;
            self.write().restored = Some(models);
        }
        for definition in self.definitions(&engine, now).await? {
            let name = &definition.watched.name;
            if self.read().failed.get(name).is_some_and(|(_, at)| now.since(*at) < LOOK_NS) {
                continue;
            }
            let settled = self.settle(&engine, &definition, now).await;
            let mut state = self.write();
            match settled {
                Ok(()) => drop(state.failed.remove(name)),
                Err(error) => {
                    tracing::warn!(series = name, "cannot watch a series: {error:#}");
                    state.failed.insert(name.clone(), (format!("{error:#}"), now));
                }
            }
        }
        self.tell();
        Ok(())
    }

    /// The queries of the file, then those of metrics that have no query of their name there.
    async fn definitions(&self, engine: &Engine, now: Nanos) -> Result<Vec<Arc<Definition>>> {
        let (metrics, looked_at) = {
            let state = self.read();
            (state.definitions.metrics, state.looked_at)
        };
        if looked_at.is_none_or(|at| now.since(at) >= LOOK_NS) {
            let found = match metrics.watch {
                true => metric_queries::definitions(engine, metrics.step_seconds, now).await?,
                false => Vec::new(),
            };
            let mut state = self.write();
            state.metrics = found.into_iter().map(Arc::new).collect();
            // The first metrics there are need not wait.
            state.looked_at = (!metrics.watch || !state.metrics.is_empty()).then_some(now);
        }
        let mut state = self.write();
        let declared: Vec<Arc<Definition>> = state.definitions.series.iter().cloned().map(Arc::new).collect();
        let is_declared = |name: &str| declared.iter().any(|one| one.watched.name == name);
        let metrics = state.metrics.iter().filter(|metric| !is_declared(&metric.watched.name)).cloned();
        let all: Vec<Arc<Definition>> = declared.iter().cloned().chain(metrics).collect();
        let names: Vec<&str> = all.iter().map(|definition| definition.watched.name.as_str()).collect();
        state.watched.retain(&names);
        state.failed.retain(|name, _| names.contains(&name.as_str()));
        state.left_out.retain(|name, _| names.contains(&name.as_str()));
        Ok(all)
    }

    /// Does what is due for a query: judges the steps that are over, and learns when that is done.
    async fn settle(&self, engine: &Engine, definition: &Arc<Definition>, now: Nanos) -> Result<()> {
        loop {
            let due = self.read().watched.due(definition, now, SETTLED_NS);
            match due {
                Due::Nothing => return Ok(()),
                Due::Learn(until) => self.learn(engine, definition, until, now).await?,
                Due::Judge(from, until) => self.judge(engine, definition, from, until).await?,
            }
        }
    }

    async fn judge(&self, engine: &Engine, definition: &Definition, from: Nanos, until: Nanos) -> Result<()> {
        let found = engine.series(&definition.watched.question(from, until)).await?;
        let settled = self.write().watched.judge(&definition.watched.name, &found, until);
        if !settled.is_empty() {
            let rows = stored::anomalies(&settled)?;
            self.store.record(&Tenant::default(), Judgement::Anomalies, rows).await?;
        }
        Ok(())
    }

    async fn learn(&self, engine: &Engine, definition: &Arc<Definition>, until: Nanos, now: Nanos) -> Result<()> {
        let mut found = history(engine, definition, until).await?;
        let name = &definition.watched.name;
        let known = {
            let mut state = self.write();
            let room = state.definitions.metrics.most.saturating_sub(state.watched.beside(name));
            state.left_out.insert(name.clone(), found.len().saturating_sub(room));
            found.truncate(room);
            let mut known = of_query(state.restored.as_mut(), definition);
            known.extend(state.watched.models(name));
            known
        };
        let asked = Arc::clone(definition);
        let learned = tokio::task::spawn_blocking(move || learn_all(&asked, found, &known, until, now));
        let (mut ready, age) = learned.await??;
        let fresh = ready.iter_mut().filter_map(|ready| Some((ready.key.clone(), ready.fresh.take()?)));
        let fresh: Vec<(Key, Fitted)> = fresh.collect();
        self.write().watched.take(definition, ready, age, until, now);
        if !fresh.is_empty() {
            self.store.record(&Tenant::default(), Judgement::Baselines, stored::baselines(&fresh)?).await?;
        }
        Ok(())
    }

    fn tell(&self) {
        let state = self.read();
        let series: usize = state.watched.0.values().map(|group| group.series.len()).sum();
        metrics::gauge!("series_watched").set(series as f64);
        metrics::gauge!("series_left_out").set(state.left_out.values().sum::<usize>() as f64);
        metrics::gauge!("series_queries_failed").set(state.failed.len() as f64);
    }

    /// Takes what changed in the file; where it has a mistake, what it said before stays.
    fn read_again(&self) {
        let Some(file) = self.file.as_deref() else { return };
        let found = document::read(file);
        let mut state = self.write();
        match found {
            Ok(definitions) => {
                if definitions != state.definitions {
                    tracing::info!(series = definitions.series.len(), "read the file of watched series");
                    state.looked_at = None;
                }
                (state.definitions, state.mistake) = (definitions, None);
            }
            Err(error) => {
                let mistake = format!("{error:#}");
                if state.mistake.as_ref() != Some(&mistake) {
                    tracing::error!("{mistake}; what it said before holds");
                    state.mistake = Some(mistake);
                }
            }
        }
    }

    fn read(&self) -> std::sync::RwLockReadGuard<'_, State> {
        self.state.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> std::sync::RwLockWriteGuard<'_, State> {
        self.state.write().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Every mistake in a file of watched series.
///
/// # Errors
///
/// The mistake, or that the file cannot be read.
pub(crate) fn check(file: &Path) -> Result<()> {
    document::read(file).map(drop)
}

/// Takes out what a former process learned of a query.
fn of_query(restored: Option<&mut BTreeMap<Key, Fitted>>, definition: &Definition) -> BTreeMap<Key, Known> {
    let Some(restored) = restored else { return BTreeMap::new() };
    let watched = &definition.watched;
    let all = std::mem::take(restored);
    let (of_it, others): (BTreeMap<Key, Fitted>, _) =
        all.into_iter().partition(|(_, fitted)| fitted.stored.series.name == watched.name);
    *restored = others;
    // A model of another query of the same name is none of this one.
    let known = |fitted: Fitted| Known { at: fitted.at, model: fitted.stored.model, alarmed: fitted.stored.excluded };
    let same = of_it.into_iter().filter(|(_, fitted)| fitted.stored.series == *watched);
    same.map(|(key, fitted)| (key, known(fitted))).collect()
}

/// The steps before `until` of what a fit looks at; of a shorter past where that is too much to be read at once.
async fn history(engine: &Engine, definition: &Definition, until: Nanos) -> Result<Vec<SeriesSamples>, QueryError> {
    let mut length_ns = definition.history_ns;
    loop {
        let from = definition.watched.step_of(until.plus(-length_ns));
        match engine.series(&definition.watched.question(from, until)).await {
            Err(error) if is_too_much(&error) && length_ns > LEAST_NS => length_ns = (length_ns / 2).max(LEAST_NS),
            other => return other,
        }
    }
}

fn is_too_much(error: &QueryError) -> bool {
    matches!(error.kind(), ErrorKind::ResourceLimit | ErrorKind::Timeout)
}
