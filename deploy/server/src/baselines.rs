//! The baselines of a process: what is normal of each golden signal of each service, and the minutes that are not.
//!
//! They belong to the tenant `default`. Every [`TICK`] the newest minutes of all services are judged by the models at
//! hand; a model that is missing or too old is fitted first. Models and anomalies are stored, so that a restart goes
//! on with the same models, and a judgement can be explained later.
//!
//! The minute that is still running is judged as well, where it has enough requests: an error ratio or a quantile
//! needs no whole minute. Counts of requests wait for their minute's end.

mod learned;
mod series;
mod stored;
mod watched;

use std::collections::HashSet;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use anyhow::Result;
use ingest_model::{Nanos, Tenant};
use ingest_store::Store;
use query_api::{SignalBand, Signals};
use query_baseline::{GoldenSignal, Judgement};
use query_engine::Engine;
use tokio_util::sync::CancellationToken;

use crate::engines::Engines;
use learned::Learned;
use watched::Watched;

pub(crate) use series::{name as signal_name, unit};

/// How often minutes are judged.
const TICK: Duration = Duration::from_secs(10);

/// How long one tick may fit models; the rest waits for the next.
const FITTING: Duration = Duration::from_secs(5);

const MINUTE_NS: i64 = 60 * 1_000_000_000;
const HOUR_NS: i64 = 60 * MINUTE_NS;

/// How far back a fit looks: what the hour of the week can use.
const HISTORY_NS: i64 = 28 * 24 * HOUR_NS;

/// How far back the newest minutes are read, so that it is known what a service usually does.
const RECENT_NS: i64 = HOUR_NS;

/// Services that are judged at most, those with the most requests of the newest hour. Models and judgements of a
/// service take up to a mebibyte after a day.
const SERVICES: usize = 200;

/// A series of a service.
pub(crate) type Key = (String, GoldenSignal);

/// The baselines.
#[derive(Debug)]
pub(crate) struct Baselines {
    engines: Arc<Engines>,
    store: Arc<Store>,
    clock: fn() -> Nanos,
    state: RwLock<State>,
}

/// What is known at a moment.
#[derive(Debug, Default)]
struct State {
    learned: Learned,
    watched: Watched,
    /// Whether the stored models were read.
    restored: bool,
}

// === impl Baselines ===

impl Baselines {
    /// Nothing is known yet.
    pub(crate) fn new(engines: Arc<Engines>, store: Arc<Store>, clock: fn() -> Nanos) -> Self {
        Self { engines, store, clock, state: RwLock::default() }
    }

    /// Judges until `stop`.
    pub(crate) async fn run(self: Arc<Self>, stop: CancellationToken) {
        loop {
            tokio::select! {
                judged = self.tick() => if let Err(error) = judged {
                    tracing::warn!("cannot judge the newest minutes by their baselines: {error:#}");
                },
                () = stop.cancelled() => return,
            }
            tokio::select! {
                () = tokio::time::sleep(TICK) => {}
                () = stop.cancelled() => return,
            }
        }
    }

    /// Fits what is due and judges the newest minutes.
    ///
    /// # Errors
    ///
    /// When the signals cannot be read or the judgements not be stored.
    pub(crate) async fn tick(&self) -> Result<()> {
        let now = (self.clock)();
        let engine = self.engines.of(&Tenant::default()).await?;
        if !self.read().restored {
            let models = stored::models(&engine, now).await?;
            let mut state = self.write();
            state.learned.restore(models);
            state.restored = true;
        }
        let signals = busiest(engine.signals_of_all(now.plus(-RECENT_NS), now.plus(MINUTE_NS)).await?);
        self.fit_due(&engine, &signals, now).await?;
        let settled = {
            let mut state = self.write();
            let State { learned, watched, .. } = &mut *state;
            if learned.services() > 2 * SERVICES {
                let known: HashSet<&str> = signals.iter().map(|signals| signals.service.as_str()).collect();
                learned.forget_others(&known);
                watched.forget_others(&known);
            }
            watched.judge(learned, &signals, now)
        };
        let anomalies = stored::anomalies(&settled)?;
        self.store.record(&Tenant::default(), ingest_model::Judgement::Anomalies, anomalies).await?;
        Ok(())
    }

    /// The newest judgement of every series.
    pub(crate) fn newest(&self) -> Vec<(Key, Judgement)> {
        self.read().watched.newest()
    }

    /// What became of a minute, in every series that was judged.
    #[cfg(test)]
    pub(crate) fn judged(&self, minute: Nanos) -> Vec<(Key, Judgement)> {
        self.read().watched.of_minute(minute)
    }

    /// The bands over the minutes of an answer.
    pub(crate) fn bands(&self, signals: &Signals) -> Vec<SignalBand> {
        let state = self.read();
        let band = |signal| state.learned.band(signals, signal, &state.watched);
        GoldenSignal::ALL.into_iter().filter_map(band).collect()
    }

    /// Fits the models that are missing or too old, for as long as a tick may.
    async fn fit_due(&self, engine: &Engine, signals: &[Signals], now: Nanos) -> Result<()> {
        let due: Vec<&Signals> = {
            let state = self.read();
            signals.iter().filter(|signals| state.learned.is_due(&signals.service, now)).collect()
        };
        if due.is_empty() {
            return Ok(());
        }
        let began = Instant::now();
        let breaches = stored::breaches(engine, now.plus(-HISTORY_NS)).await?;
        for signals in due {
            if began.elapsed() > FITTING {
                break;
            }
            let history = stored::history(engine, &signals.service, now).await?;
            let excluded = breaches.clone();
            let fitted = tokio::task::spawn_blocking(move || learned::fit_all(&history, &excluded, now)).await?;
            let rows = stored::baselines(&signals.service, &fitted, now)?;
            self.write().learned.take(&signals.service, fitted, now);
            self.store.record(&Tenant::default(), ingest_model::Judgement::Baselines, rows).await?;
        }
        Ok(())
    }

    fn read(&self) -> std::sync::RwLockReadGuard<'_, State> {
        self.state.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> std::sync::RwLockWriteGuard<'_, State> {
        self.state.write().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Those that are judged, in the order of their names.
fn busiest(mut signals: Vec<Signals>) -> Vec<Signals> {
    metrics::gauge!("baselines_services_left_out").set(signals.len().saturating_sub(SERVICES) as f64);
    if signals.len() > SERVICES {
        let requests = |signals: &Signals| signals.minutes.iter().map(|minute| minute.requests).sum::<f64>();
        signals.sort_by_cached_key(|signals| (std::cmp::Reverse(requests(signals) as u64), signals.service.clone()));
        signals.truncate(SERVICES);
        signals.sort_by(|a, b| a.service.cmp(&b.service));
    }
    signals
}

#[cfg(test)]
mod tests {
    use query_api::SignalMinute;

    use super::*;

    fn signals(name: usize, requests: f64) -> Signals {
        let minutes = vec![SignalMinute { requests, ..SignalMinute::default() }; 2];
        Signals { service: format!("service-{name:06}"), minutes, ..Signals::default() }
    }

    #[test]
    fn r16_of_very_many_services_the_busiest_are_judged() {
        let few: Vec<Signals> = (0..SERVICES).map(|name| signals(name, 1.0)).collect();
        assert_eq!(busiest(few.clone()), few);
        let many = (0..100_000).map(|name| signals(name, if name % 500 == 7 { 9.0 } else { 1.0 })).collect();
        let kept = busiest(many);
        assert_eq!(kept.len(), SERVICES);
        assert!(kept.iter().all(|signals| signals.minutes[0].requests > 8.0));
        assert_eq!((kept[0].service.as_str(), kept[1].service.as_str()), ("service-000007", "service-000507"));
    }
}
