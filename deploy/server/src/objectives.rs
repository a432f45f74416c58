//! The SLOs of a process: read from OpenSLO documents, counted from what is stored, judged when asked.
//!
//! They belong to the tenant `default`. Every [`TICK`] the newest minutes are counted again, because
//! spans arrive late; now and then the hours before, and every hour the whole period.

mod backtest;
mod burns;
mod corrections;
mod counted;
mod documents;
mod history;
mod indicator;
mod kept;
mod ledger;
mod slices;
mod standings;
mod status;

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use anyhow::Result;
use ingest_model::{Judgement, Nanos, Tenant};
use ingest_store::Store;
use query_api::{SloDetail, SloHistory, SloStep, Slos};
use query_engine::{Engine, Indicator, Selection};
use tokio_util::sync::CancellationToken;

use crate::engines::Engines;
use documents::Documents;
use kept::Kept;
use ledger::Ledger;

pub(crate) use burns::{Burn, JudgedPair};
pub(crate) use kept::Refused;

/// How often the newest minutes are counted.
const TICK: Duration = Duration::from_secs(10);

/// The longest stretch counted at once, so that a long period does not hold a slot for long.
const CHUNK_NS: i64 = 6 * HOUR_NS;

/// What a history tells where nobody says from when.
const YEAR_NS: i64 = 365 * 24 * HOUR_NS;

const MINUTE_NS: i64 = 60 * 1_000_000_000;
const HOUR_NS: i64 = 60 * MINUTE_NS;

/// How far back each tick counts again: always, every minute, and every hour.
const NEWEST_NS: i64 = 5 * MINUTE_NS;
const RECENT_NS: i64 = 2 * HOUR_NS;
const TICKS_A_MINUTE: u64 = 6;
const TICKS_AN_HOUR: u64 = 60 * TICKS_A_MINUTE;

/// The SLOs.
#[derive(Debug)]
pub(crate) struct Objectives {
    folder: Option<PathBuf>,
    kept: Kept,
    engines: Arc<Engines>,
    store: Arc<Store>,
    clock: fn() -> Nanos,
    ledger: RwLock<Ledger>,
    /// Whether the corrections were read; nothing is counted before.
    corrected: AtomicBool,
}

/// A stretch of an objective that is to be counted.
#[derive(Debug, Clone)]
struct Task {
    slo: String,
    objective: usize,
    indicator: Indicator,
    from: Nanos,
    to: Nanos,
}

// === impl Objectives ===

impl Objectives {
    /// Reads the documents of a folder, if there is one, and those that came through the API. Mistakes in them are told in the log and in
    /// every answer, and the SLOs they touch are left out.
    ///
    /// # Errors
    ///
    /// When the folder cannot be read.
    pub(crate) fn read(
        folder: Option<PathBuf>,
        data_dir: &Path,
        engines: Arc<Engines>,
        store: Arc<Store>,
        clock: fn() -> Nanos,
    ) -> Result<Self> {
        let kept = Kept::open(data_dir)?;
        let documents = Documents::read(folders(folder.as_deref(), &kept))?;
        documents.tell();
        let mut ledger = Ledger::default();
        ledger.take(documents);
        Ok(Self { folder, kept, engines, store, clock, ledger: RwLock::new(ledger), corrected: AtomicBool::new(false) })
    }

    /// Counts until `stop`.
    pub(crate) async fn run(self: Arc<Self>, stop: CancellationToken) {
        for tick in 0_u64.. {
            tokio::select! {
                () = self.count(tick) => {}
                () = stop.cancelled() => return,
            }
            tokio::select! {
                () = tokio::time::sleep(TICK) => {}
                () = stop.cancelled() => return,
            }
            self.read_again();
        }
    }

    /// How fast every budget burns.
    pub(crate) fn burns(&self) -> Vec<Burn> {
        burns::burns(&self.ledger.read().unwrap_or_else(PoisonError::into_inner), (self.clock)())
    }

    /// What an SLO's first objective that counts spans counts, or else the service it is about; `None` where there is no
    /// such SLO.
    pub(crate) fn matter(&self, name: &str) -> Option<Selection> {
        let ledger = self.ledger.read().unwrap_or_else(PoisonError::into_inner);
        let entry = ledger.entry(name)?;
        let events = entry.objectives.iter().find_map(|tracked| tracked.indicator.spans());
        Some(events.map_or_else(|| Selection::Service(entry.slo.service.clone()), Selection::Indicator))
    }

    /// The period of an SLO so far, and how many events its first objective may have bad in it, if that is known.
    pub(crate) fn period(&self, name: &str) -> Option<(Range<Nanos>, Option<f64>)> {
        let now = (self.clock)();
        let ledger = self.ledger.read().unwrap_or_else(PoisonError::into_inner);
        let entry = ledger.entry(name)?;
        let tracked = entry.objectives.first()?;
        let bounds = entry.slo.window.bounds(now);
        let budget = tracked.stand(now).budget;
        Some((bounds.start.start()..now, budget.map(|budget| budget.allowed().to_f64())))
    }

    /// The error budget of an SLO's first objective, as a share of its events.
    pub(crate) fn error_budget(&self, name: &str) -> Option<f64> {
        let ledger = self.ledger.read().unwrap_or_else(PoisonError::into_inner);
        let objective = ledger.entry(name)?.objectives.first()?;
        Some(objective.promise.target.error_budget().to_f64())
    }

    /// What to do when a service fails: the first annotation of one of its SLOs whose key says that it is a runbook.
    pub(crate) fn runbook(&self, service: &str) -> Option<String> {
        let ledger = self.ledger.read().unwrap_or_else(PoisonError::into_inner);
        let of_service = ledger.entries().iter().filter(|entry| entry.slo.service == service);
        let annotations = of_service.flat_map(|entry| entry.slo.annotations.iter());
        let mut runbooks = annotations.filter(|(key, _)| key.to_ascii_lowercase().contains("runbook"));
        runbooks.next().map(|(_, runbook)| runbook.clone())
    }

    /// Whether an SLO is there that was not counted since the start: its groups are not known yet.
    pub(crate) fn is_uncounted(&self, name: &str) -> bool {
        let ledger = self.ledger.read().unwrap_or_else(PoisonError::into_inner);
        let is_uncounted = |entry: &ledger::Entry| entry.objectives.iter().any(|one| one.counted_from.is_none());
        ledger.entry(name).is_some_and(is_uncounted)
    }

    /// Every SLO, worst first.
    pub(crate) fn all(&self) -> Slos {
        status::all(&self.ledger.read().unwrap_or_else(PoisonError::into_inner), (self.clock)())
    }

    /// One SLO with its minutes; an open end reaches to now, an open start six hours back.
    pub(crate) fn one(&self, name: &str, from: Option<Nanos>, to: Option<Nanos>) -> Option<SloDetail> {
        let now = (self.clock)();
        let to = to.unwrap_or(now);
        let from = from.unwrap_or_else(|| to.plus(-CHUNK_NS));
        status::one(&self.ledger.read().unwrap_or_else(PoisonError::into_inner), name, from..to, now)
    }

    /// What an SLO counted in steps of so many hours; the last year where the range is left open.
    pub(crate) fn history(
        &self,
        name: &str,
        (from, to): (Option<Nanos>, Option<Nanos>),
        step: SloStep,
    ) -> Option<SloHistory> {
        let to = to.unwrap_or_else(|| (self.clock)());
        let from = from.unwrap_or_else(|| to.plus(-YEAR_NS));
        status::history(&self.ledger.read().unwrap_or_else(PoisonError::into_inner), name, from..to, step)
    }

    /// Takes a document that defines the SLO `name`, in place of the one of this name that came before.
    ///
    /// # Errors
    ///
    /// [`Refused`]; then nothing was changed.
    pub(crate) fn put(&self, name: &str, text: &str) -> Result<(), Refused> {
        let mistake = |mistake: String| Err(Refused::Mistakes(vec![mistake]));
        if !kept::is_name(name) {
            return mistake(format!("{name:?} is no name; use 1 to 63 lower-case letters, digits and -"));
        }
        let file = self.kept.file(name);
        let read = Documents::with(folders(self.folder.as_deref(), &self.kept), &file, text).map_err(Refused::Io)?;
        let (new, former) = (read.mistakes, self.mistakes());
        let new: Vec<String> = new.into_iter().filter(|mistake| !former.contains(mistake)).collect();
        if !new.is_empty() {
            return Err(Refused::Mistakes(new));
        }
        if !read.slos.iter().any(|slo| slo.name == name && Path::new(&slo.position.file) == file) {
            return mistake(format!(
                "the document defines no SLO {name}; its metadata.name has to be the name in the address"
            ));
        }
        self.kept.write(name, text).map_err(Refused::Io)?;
        self.read_again();
        Ok(())
    }

    /// Gives up the document of an SLO that came by [`put`](Self::put).
    ///
    /// # Errors
    ///
    /// [`Refused`]; then nothing was changed.
    pub(crate) fn delete(&self, name: &str) -> Result<(), Refused> {
        if !kept::is_name(name) || !self.kept.file(name).exists() {
            return Err(Refused::Unknown(format!("no SLO {name} came by PUT; SLOs of --slo-dir are deleted there")));
        }
        self.kept.remove(name).map_err(Refused::Io)?;
        self.read_again();
        Ok(())
    }

    fn mistakes(&self) -> Vec<String> {
        self.ledger.read().unwrap_or_else(PoisonError::into_inner).documents().mistakes.clone()
    }

    /// Takes what changed in the folders; where a document has a mistake now, its former SLO stays.
    fn read_again(&self) {
        let known = self.ledger.read().unwrap_or_else(PoisonError::into_inner).documents().clone();
        match Documents::read(folders(self.folder.as_deref(), &self.kept)) {
            Ok(documents) if documents != known => {
                documents.tell();
                self.ledger.write().unwrap_or_else(PoisonError::into_inner).take(documents);
            }
            Ok(_) => {}
            Err(error) => tracing::error!("cannot read the SLOs again, the former ones stay: {error:#}"),
        }
    }

    /// Counts what is due at a tick.
    pub(crate) async fn count(&self, tick: u64) {
        let now = (self.clock)();
        let tasks = self.ledger.read().unwrap_or_else(PoisonError::into_inner).tasks(tick, now);
        if tasks.is_empty() {
            return;
        }
        let engine = match self.engines.of(&Tenant::default()).await {
            Ok(engine) => engine,
            Err(error) => return tracing::error!("cannot count the SLOs: {error:#}"),
        };
        if !self.corrected.load(Ordering::Acquire) && !self.read_corrections(&engine).await {
            return;
        }
        for task in tasks {
            self.count_one(&engine, &task, tick).await;
        }
        if tick > 0 {
            self.read_history(&engine, now).await;
        }
    }

    /// Reads what was stored of one objective before the start, if there is one of which that is not known.
    async fn read_history(&self, engine: &Engine, now: Nanos) {
        let unread = self.ledger.read().unwrap_or_else(PoisonError::into_inner).unread(now);
        let Some((definition, range)) = unread.first() else { return };
        let hours = history::read(engine, definition, range).await;
        if let Err(error) = &hours {
            tracing::warn!(slo = definition.slo, "cannot read the hours of an objective: {error:#}");
        }
        self.ledger.write().unwrap_or_else(PoisonError::into_inner).take_history(definition, hours.ok(), now);
    }

    async fn count_one(&self, engine: &Engine, task: &Task, tick: u64) {
        let counted = engine.count_events(&task.indicator, task.from, task.to).await;
        if let Err(error) = &counted {
            tracing::warn!(slo = task.slo, objective = task.objective, %error, "cannot count an objective");
        }
        let counted = counted.map_err(|error| error.to_string());
        let now = (self.clock)();
        let settled = {
            let mut ledger = self.ledger.write().unwrap_or_else(PoisonError::into_inner);
            ledger.enter(task, tick, counted, now);
            ledger.settle(task, now)
        };
        let Some((definition, settled)) = settled.filter(|(_, settled)| !settled.is_empty()) else { return };
        let stored = match slices::rows(&definition, &settled, now) {
            Ok(rows) => self
                .store
                .record(&Tenant::default(), Judgement::SloSlices, rows)
                .await
                .map_err(|error| error.to_string()),
            Err(error) => Err(error.to_string()),
        };
        if let Err(error) = stored {
            tracing::warn!(slo = task.slo, error, "cannot store what an objective counted");
        }
    }
}

/// The folders documents are read from.
fn folders<'a>(folder: Option<&'a Path>, kept: &'a Kept) -> impl Iterator<Item = &'a Path> {
    folder.into_iter().chain([kept.folder()])
}

/// What is told of files of OpenSLO documents, one line each.
#[derive(Debug)]
pub(crate) struct Told {
    pub(crate) mistakes: Vec<String>,
    /// What is right and has no effect here.
    pub(crate) notes: Vec<String>,
}

/// Every mistake and every note in files of OpenSLO documents, read together.
///
/// # Errors
///
/// When a file cannot be read.
pub(crate) fn told(files: &[&Path]) -> Result<Told> {
    let read = Documents::of_files(files.iter().map(|file| file.to_path_buf()).collect())?;
    Ok(Told { mistakes: read.mistakes, notes: read.notes })
}

#[cfg(test)]
mod tests;
