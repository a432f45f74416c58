//! The alerts of a process: rules judge burn rates, baselines and watched series, the journal remembers, lanes tell.
//!
//! They belong to the tenant `default`. Every [`TICK`] each rule gives its verdicts; what follows is written to the
//! journal together with the notifications it causes, in one transaction, and only then counts. What is about to fire
//! gets its causes and exemplar traces first.

mod answers;
mod band;
mod burn;
mod lanes;
mod matter;
mod rules;
mod steps;
mod stored;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::{Duration, Instant};

use alerting_notify::{Rule, RuleKind};
use alerting_rules::{AlertId, AlertKey, Journal, NotificationReason, OpenAlerts, Step, Timing, Verdict};
use anyhow::{Context, Result};
use ingest_model::{Judgement, Nanos, Tenant};
use ingest_store::Store;
use query_api::{AlertDetail, Alerts as Answer};
use query_engine::AttributeQuestion;
use tokio_util::sync::CancellationToken;
use url::Url;

use crate::baselines::Baselines;
use crate::causes;
use crate::engines::Engines;
use crate::objectives::Objectives;
use crate::series::WatchedQueries;
use lanes::{Lanes, Outgoing};
use rules::Rules;

pub(crate) use rules::mistakes;

/// How often the rules are evaluated.
const TICK: Duration = Duration::from_secs(5);

/// How long causes of an alert are looked for before it fires without.
const EXPLAINING: Duration = Duration::from_secs(10);

/// Alerts an answer lists at most.
const LISTED: u32 = 200;

/// How long alerts that ended are remembered in the journal; the table of events has them as long as it has anything.
const REMEMBERED_NS: i64 = 90 * 24 * 3_600 * 1_000_000_000;

/// How often those beyond that are forgotten.
const FORGETTING: Duration = Duration::from_secs(24 * 3_600);

/// The file of the journal, in the data folder.
const JOURNAL: &str = "state.sqlite";

/// What alerts are made from.
#[derive(Debug, Clone)]
pub(crate) struct Sources {
    pub(crate) objectives: Arc<Objectives>,
    pub(crate) baselines: Arc<Baselines>,
    pub(crate) series: Arc<WatchedQueries>,
    pub(crate) engines: Arc<Engines>,
    pub(crate) store: Arc<Store>,
    pub(crate) clock: fn() -> Nanos,
}

/// The alerts.
#[derive(Debug)]
pub(crate) struct Alerts {
    sources: Sources,
    /// Where the page is reached; links in messages begin with it.
    base: Url,
    folder: Option<PathBuf>,
    rules: RwLock<Rules>,
    outgoing: Arc<Mutex<Outgoing>>,
    lanes: Lanes,
    open: tokio::sync::Mutex<OpenAlerts>,
}

/// A verdict with what is needed to explain it.
#[derive(Debug, Clone)]
struct Judged {
    verdict: Verdict,
    timing: Timing,
    matter: AttributeQuestion,
}

// === impl Alerts ===

impl Alerts {
    /// Opens the journal of a data folder and reads the rules of `folder`; the default ones without it.
    ///
    /// # Errors
    ///
    /// When the journal or the folder cannot be read.
    pub(crate) fn open(sources: Sources, data_dir: &Path, base: Url, folder: Option<PathBuf>) -> Result<Self> {
        let rules = folder.as_deref().map(Rules::read).transpose()?.unwrap_or_default();
        rules.tell();
        let journal = Journal::open(&data_dir.join(JOURNAL)).context("cannot open the journal of alerts")?;
        let open = tokio::sync::Mutex::new(OpenAlerts::new(journal.load()?));
        let (outgoing, attempts) = Outgoing::new(journal);
        let lanes = Lanes::new(Arc::clone(&outgoing), attempts, sources.clock)?;
        Ok(Self { sources, base, folder, rules: RwLock::new(rules), outgoing, lanes, open })
    }

    /// Evaluates and tells until `stop`.
    pub(crate) async fn run(self: Arc<Self>, stop: CancellationToken) {
        let storing = tokio::spawn(self.lanes.keep(Arc::clone(&self.sources.store)));
        let settings = self.read().settings.clone();
        self.lanes.restart(&settings).await;
        if let Err(error) = self.catch_up().await {
            tracing::warn!("cannot store the alerts of before: {error:#}");
        }
        let mut forgot = None;
        while !stop.is_cancelled() {
            if forgot.is_none_or(|at: Instant| at.elapsed() >= FORGETTING) {
                forgot = Some(Instant::now());
                self.forget().await;
            }
            // A step that was begun is finished: an alert that is in the journal and not in memory would start anew.
            if let Err(error) = self.tick().await {
                tracing::error!("cannot evaluate the rules: {error:#}");
            }
            tokio::select! {
                () = tokio::time::sleep(TICK) => self.read_again().await,
                () = stop.cancelled() => {}
            }
        }
        self.lanes.stop().await;
        storing.abort();
    }

    /// Evaluates every rule once.
    ///
    /// # Errors
    ///
    /// When the journal cannot be written; what did not get into it is evaluated again.
    pub(crate) async fn tick(&self) -> Result<()> {
        let now = (self.sources.clock)();
        let mut open = self.open.lock().await;
        let judged = self.judge(&open, now);
        for key in self.gone(&open, &judged) {
            if let Some(step) = open.retire(&key, now) {
                self.take(&mut open, step).await?;
            }
        }
        for judged in judged {
            let Some(step) = open.evaluate(&judged.verdict, &judged.timing) else { continue };
            let step = match step.notification {
                Some(NotificationReason::Firing | NotificationReason::SeverityRaised) => {
                    self.explained(&open, judged, step).await
                }
                _ => step,
            };
            self.take(&mut open, step).await?;
        }
        Ok(())
    }

    /// The newest alerts, the open ones first.
    ///
    /// # Errors
    ///
    /// When the journal cannot be read.
    pub(crate) async fn all(&self) -> Result<Answer> {
        let alerts = self.journal(|journal| journal.newest(&Tenant::default(), LISTED)).await?;
        Ok(answers::all(&alerts, self.read().mistakes.clone()))
    }

    /// One alert with its history; `None` when there is none of this id.
    ///
    /// # Errors
    ///
    /// When the journal cannot be read.
    pub(crate) async fn one(&self, id: AlertId) -> Result<Option<AlertDetail>> {
        let tenant = Tenant::default();
        let found = self.journal(move |journal| {
            let Some(alert) = journal.alert(&tenant, &id)? else { return Ok(None) };
            Ok(Some((alert, journal.history(&id)?, journal.deliveries(&id)?, journal.newest(&tenant, LISTED)?)))
        });
        let found = found.await?;
        Ok(found.map(|(alert, history, deliveries, newest)| answers::one(&alert, &history, &deliveries, &newest)))
    }

    /// What the rules say now.
    fn judge(&self, open: &OpenAlerts, now: Nanos) -> Vec<Judged> {
        let rules = self.read().settings.rules.clone();
        let (burns, bands) = (self.sources.objectives.burns(), self.sources.baselines.newest());
        let newest = self.sources.series.newest();
        let judge = |rule: &Rule| match &rule.kind {
            RuleKind::Burn { slos } => burn::judge(rule, slos, &burns, |key| open.get(key).is_some(), now),
            RuleKind::Baseline { services, signals, severity } => {
                band::judge(rule, &band::Among { services, signals, severity: *severity }, &bands, now)
            }
            RuleKind::Series { series, services, severity } => {
                steps::judge(rule, &steps::Among { series, services, severity: *severity }, &newest, now)
            }
        };
        let mut judged: Vec<Judged> = rules.iter().flat_map(judge).collect();
        for judged in &mut judged {
            judged.verdict.proof.link = self.link(open, judged, now);
        }
        judged
    }

    /// The open alerts whose rule or SLO is gone.
    fn gone(&self, open: &OpenAlerts, judged: &[Judged]) -> Vec<AlertKey> {
        let rules = self.read().settings.rules.clone();
        let is_gone = |key: &AlertKey| match rules.iter().find(|rule| rule.name == key.rule).map(|rule| &rule.kind) {
            None => true,
            Some(RuleKind::Burn { .. }) => {
                let is_settling = key.labels.get("slo").is_some_and(|slo| self.sources.objectives.is_uncounted(slo));
                !is_settling && !judged.iter().any(|judged| judged.verdict.key == *key)
            }
            Some(RuleKind::Baseline { services, signals, .. }) => !band::covers(services, signals, key),
            Some(RuleKind::Series { series, services, .. }) => {
                let is_watched = key.labels.get("series").is_some_and(|name| self.sources.series.may_watch(name));
                !is_watched || !steps::covers(series, services, key)
            }
        };
        open.iter().map(|alert| &alert.key).filter(|key| is_gone(key)).cloned().collect()
    }

    /// The step of a verdict, with its causes and traces.
    async fn explained(&self, open: &OpenAlerts, mut judged: Judged, bare: Step) -> Step {
        let explain = async {
            let engine = self.sources.engines.of(&Tenant::default()).await?;
            causes::explain(&engine, &judged.matter).await
        };
        match tokio::time::timeout(EXPLAINING, explain).await {
            Ok(Ok(found)) => {
                judged.verdict.proof.trace_ids = found.trace_ids;
                judged.verdict.proof.causes = found.causes;
                open.evaluate(&judged.verdict, &judged.timing).unwrap_or(bare)
            }
            Ok(Err(error)) => {
                tracing::warn!("an alert fires without its causes: {error:#}");
                bare
            }
            Err(_) => {
                tracing::warn!("an alert fires without its causes: they were not found in {EXPLAINING:?}");
                bare
            }
        }
    }

    /// Writes a step to the journal, then to memory, then to the table of events, and wakes who tells of it.
    async fn take(&self, open: &mut OpenAlerts, step: Step) -> Result<()> {
        let receivers: Vec<String> =
            self.read().settings.receivers_for(&step.alert).into_iter().map(str::to_owned).collect();
        let recorded = step.clone();
        self.journal(move |journal| journal.record(&recorded, &receivers)).await?;
        let event = step.transition.as_ref().map(|transition| stored::event(&step.alert, transition));
        open.apply(step);
        self.lanes.wake();
        if let Some(rows) = event.transpose()? {
            // The journal has it; the table is filled up at the next start.
            let stored = self.sources.store.record(&Tenant::default(), Judgement::AlertEvents, rows).await;
            if let Err(error) = stored {
                tracing::warn!(%error, "cannot store a change of an alert");
            }
        }
        Ok(())
    }

    /// Stores the changes that a kill kept from the table of events.
    async fn catch_up(&self) -> Result<()> {
        let tenant = Tenant::default();
        let histories = self.journal(move |journal| {
            let alerts = journal.newest(&tenant, LISTED)?;
            alerts.into_iter().map(|alert| Ok((journal.history(&alert.id)?, alert))).collect::<Result<Vec<_>, _>>()
        });
        let engine = self.sources.engines.of(&Tenant::default()).await?;
        for rows in stored::missing(&engine, &histories.await?).await? {
            self.sources.store.record(&Tenant::default(), Judgement::AlertEvents, rows).await?;
        }
        Ok(())
    }

    async fn forget(&self) {
        let before = (self.sources.clock)().plus(-REMEMBERED_NS);
        if let Err(error) = self.journal(move |journal| journal.forget(before)).await {
            tracing::warn!("cannot forget old alerts: {error:#}");
        }
    }

    /// Takes what changed in the folder; where there are mistakes now, the former rules stay.
    async fn read_again(&self) {
        let Some(folder) = self.folder.as_deref() else { return };
        let known = self.read().clone();
        let settings = match Rules::read(folder) {
            Ok(rules) if rules.differ(&known) => {
                rules.tell();
                let mut held = self.rules.write().unwrap_or_else(PoisonError::into_inner);
                *held = rules.or_former(known);
                held.settings.clone()
            }
            Ok(_) => return,
            Err(error) => return tracing::error!("cannot read the rules again, the former ones stay: {error:#}"),
        };
        self.lanes.restart(&settings).await;
    }

    /// Where a person sees the matter: the alert, with an absolute range.
    fn link(&self, open: &OpenAlerts, judged: &Judged, now: Nanos) -> String {
        let started = open.get(&judged.verdict.key).map_or(now, |alert| alert.started_at);
        let id = AlertId::new(&judged.verdict.key, started);
        let (from, to) = matter::range(&judged.verdict.proof.figures, started, now);
        let mut url = self.base.clone();
        url.set_path(&format!("/alerts/{id}"));
        url.query_pairs_mut().append_pair("from", &from.0.to_string()).append_pair("to", &to.0.to_string());
        url.to_string()
    }

    /// Uses the journal where blocking is allowed.
    async fn journal<T, F>(&self, use_it: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&mut Journal) -> Result<T, alerting_rules::JournalError> + Send + 'static,
    {
        let outgoing = Arc::clone(&self.outgoing);
        let used = tokio::task::spawn_blocking(move || {
            use_it(&mut outgoing.lock().unwrap_or_else(PoisonError::into_inner).journal)
        });
        Ok(used.await??)
    }

    fn read(&self) -> std::sync::RwLockReadGuard<'_, Rules> {
        self.rules.read().unwrap_or_else(PoisonError::into_inner)
    }
}
