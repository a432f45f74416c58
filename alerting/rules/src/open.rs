//! All open alerts, in memory.

use std::collections::BTreeMap;

use ingest_model::Nanos;

use crate::alert::Alert;
use crate::key::AlertKey;
use crate::step::{Step, retire, step};
use crate::timing::Timing;
use crate::verdict::Verdict;

/// The open episode of every key that has one.
///
/// Evaluating changes nothing here: a step counts once the journal has it. So the order is
/// [`evaluate`](Self::evaluate), [`Journal::record`](crate::Journal::record), [`apply`](Self::apply).
#[derive(Debug, Clone, Default)]
pub struct OpenAlerts {
    alerts: BTreeMap<AlertKey, Alert>,
}

// === impl OpenAlerts ===

impl OpenAlerts {
    /// The alerts that [`Journal::load`](crate::Journal::load) gave back; closed ones are left out.
    #[must_use]
    pub fn new(alerts: impl IntoIterator<Item = Alert>) -> Self {
        let open = alerts.into_iter().filter(|alert| alert.state.is_open());
        Self { alerts: open.map(|alert| (alert.key.clone(), alert)).collect() }
    }

    /// What follows from a verdict; `None` when nothing does.
    #[must_use]
    pub fn evaluate(&self, verdict: &Verdict, timing: &Timing) -> Option<Step> {
        step(self.alerts.get(&verdict.key), verdict, timing)
    }

    /// The end of an alert whose rule is gone; `None` when it is not open.
    #[must_use]
    pub fn retire(&self, key: &AlertKey, at: Nanos) -> Option<Step> {
        self.alerts.get(key).map(|alert| retire(alert, at))
    }

    /// Takes over a recorded step.
    pub fn apply(&mut self, step: Step) {
        if step.alert.state.is_open() {
            self.alerts.insert(step.alert.key.clone(), step.alert);
        } else {
            self.alerts.remove(&step.alert.key);
        }
    }

    /// The open alerts by key.
    pub fn iter(&self) -> impl Iterator<Item = &Alert> {
        self.alerts.values()
    }

    /// The open alert of a key.
    #[must_use]
    pub fn get(&self, key: &AlertKey) -> Option<&Alert> {
        self.alerts.get(key)
    }
}
