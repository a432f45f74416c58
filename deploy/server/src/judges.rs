//! Who judges what is stored: SLOs, baselines, watched series, alerts, and who called whom.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Result;
use ingest_model::Nanos;
use ingest_store::Store;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use url::Url;

use crate::alerts::{Alerts, Sources};
use crate::baselines::Baselines;
use crate::edges::Edges;
use crate::engines::Engines;
use crate::objectives::Objectives;
use crate::series::WatchedQueries;
use crate::settings::Settings;

/// The folders they read, and a file.
#[derive(Debug)]
pub(crate) struct Folders<'a> {
    /// The data folder.
    pub(crate) data: &'a Path,
    /// `--slo-dir`.
    pub(crate) slos: Option<PathBuf>,
    /// `--rules-dir`.
    pub(crate) rules: Option<PathBuf>,
    /// The file of `--series`.
    pub(crate) series: Option<PathBuf>,
}

// === impl Folders ===

impl<'a> Folders<'a> {
    /// Those that are set.
    pub(crate) fn of(settings: &'a Settings) -> Self {
        let (slos, rules, series) = (settings.slo_dir.clone(), settings.rules_dir.clone(), settings.series.clone());
        Self { data: &settings.data_dir, slos, rules, series }
    }
}

/// Who judges what is stored.
#[derive(Debug, Clone)]
pub(crate) struct Judges {
    sources: Sources,
    /// The SLOs.
    pub(crate) objectives: Arc<Objectives>,
    /// What is normal.
    pub(crate) baselines: Arc<Baselines>,
    /// What is normal of any other series.
    pub(crate) series: Arc<WatchedQueries>,
    /// What fires.
    pub(crate) alerts: Arc<Alerts>,
}

// === impl Judges ===

impl Judges {
    /// Reads what they go by, and what they knew; `base` is where the page is reached.
    ///
    /// # Errors
    ///
    /// When a folder or the journal cannot be read.
    pub(crate) fn open(
        engines: &Arc<Engines>,
        store: &Arc<Store>,
        folders: Folders<'_>,
        base: Url,
        clock: fn() -> Nanos,
    ) -> Result<Self> {
        let (engines, store) = (Arc::clone(engines), Arc::clone(store));
        let Folders { data, slos, rules, series } = folders;
        let objectives = Objectives::read(slos, data, Arc::clone(&engines), Arc::clone(&store), clock)?;
        let baselines = Arc::new(Baselines::new(Arc::clone(&engines), Arc::clone(&store), clock));
        let series = Arc::new(WatchedQueries::open(Arc::clone(&engines), Arc::clone(&store), series, clock)?);
        let objectives = Arc::new(objectives);
        let sources = Sources {
            objectives: Arc::clone(&objectives),
            baselines: Arc::clone(&baselines),
            series: Arc::clone(&series),
            engines,
            store,
            clock,
        };
        let alerts = Arc::new(Alerts::open(sources.clone(), data, base, rules)?);
        Ok(Self { sources, objectives, baselines, series, alerts })
    }

    /// Lets all of them judge until `stop`.
    pub(crate) fn run(self, stop: &CancellationToken) -> JoinSet<()> {
        let Sources { engines, store, clock, .. } = self.sources;
        let mut judging = JoinSet::new();
        judging.spawn(self.objectives.run(stop.clone()));
        judging.spawn(self.baselines.run(stop.clone()));
        judging.spawn(self.series.run(stop.clone()));
        judging.spawn(Edges::new(engines, store, clock).run(stop.clone()));
        judging.spawn(self.alerts.run(stop.clone()));
        judging
    }
}

#[cfg(test)]
mod tests;
