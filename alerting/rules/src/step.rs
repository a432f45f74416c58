//! The state machine of one alert.
//!
//! | state | condition holds | clear | no data |
//! |---|---|---|---|
//! | inactive | pending; firing at once when `pending_for` is 0 | inactive | inactive |
//! | pending | firing once it held for `pending_for` | inactive | inactive |
//! | firing | firing; told again after `repeat_interval` (1) | resolved after `keep_firing_for` | firing |
//! | resolved | another episode, with an id of its own | | |
//!
//! (1) and at once when the severity rises.
//!
//! The rows are Prometheus' (`for`, `keep_firing_for`), but for missing data while firing: there
//! an alert resolves when its series vanish, here it does not. A pending alert is dropped in both.

use std::time::Duration;

use ingest_model::Nanos;
use serde::{Deserialize, Serialize};

use crate::alert::{Alert, Severity, State};
use crate::id::AlertId;
use crate::notification::NotificationReason;
use crate::timing::Timing;
use crate::verdict::{Condition, Verdict};

/// What follows from a verdict.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// The alert as it is now.
    pub alert: Alert,
    /// What is to be written into its history, when something changed.
    pub transition: Option<Transition>,
    /// Why somebody is to be told, when somebody is.
    pub notification: Option<NotificationReason>,
}

/// A change in an alert's history.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Transition {
    /// When.
    pub at: Nanos,
    /// The state before.
    pub from: State,
    /// The state after; the same as before when only the severity rose.
    pub to: State,
    /// Why.
    pub reason: TransitionReason,
    /// The severity after.
    pub severity: Severity,
}

/// Why an alert changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TransitionReason {
    /// The condition began to hold, and has to hold for longer.
    Started,
    /// The condition held for `pending_for`.
    Held,
    /// The condition ceased before `pending_for` was over.
    Ceased,
    /// Data went missing before `pending_for` was over.
    DataMissing,
    /// The severity rose.
    SeverityRaised,
    /// The condition was clear for `keep_firing_for`.
    Cleared,
    /// The rule is gone.
    Retired,
}

/// What follows for the alert of `verdict.key`, of which `open` is the open episode, if any.
///
/// `None` means that there is nothing to remember: all is well, or the verdict is not newer than
/// what is known, as after a restart that evaluates the same minute again.
#[must_use]
pub fn step(open: Option<&Alert>, verdict: &Verdict, timing: &Timing) -> Option<Step> {
    let Some(alert) = open.filter(|alert| alert.state.is_open()) else {
        return (verdict.condition == Condition::Holds).then(|| start(verdict, timing));
    };
    if verdict.at <= alert.evaluated_at {
        return None;
    }
    let known = Alert { evaluated_at: verdict.at, ..alert.clone() };
    Some(match (alert.state, verdict.condition) {
        (State::Pending, Condition::Holds) => hold(renewed(known, verdict), timing),
        (State::Pending, Condition::Clear) => end(renewed(known, verdict), TransitionReason::Ceased),
        (State::Pending, Condition::NoData) => end(known, TransitionReason::DataMissing),
        (_, Condition::Holds) => keep(renewed(known, verdict), alert.severity, timing),
        (_, Condition::Clear) => clear(renewed(known, verdict), timing),
        (_, Condition::NoData) => Step::quiet(known),
    })
}

/// The end of an open alert whose rule is gone; somebody is told if it fired.
#[must_use]
pub(crate) fn retire(open: &Alert, at: Nanos) -> Step {
    let evaluated_at = at.max(open.evaluated_at);
    end(Alert { evaluated_at, ..open.clone() }, TransitionReason::Retired)
}

/// Another episode.
fn start(verdict: &Verdict, timing: &Timing) -> Step {
    let alert = Alert {
        id: AlertId::new(&verdict.key, verdict.at),
        key: verdict.key.clone(),
        state: State::Inactive,
        severity: verdict.severity,
        proof: verdict.proof.bounded(),
        started_at: verdict.at,
        fired_at: None,
        resolved_at: None,
        clear_since: None,
        notified_at: None,
        evaluated_at: verdict.at,
    };
    if timing.pending_for.is_zero() {
        return fire(alert);
    }
    Step::change(alert, State::Pending, TransitionReason::Started)
}

/// A pending alert whose condition still holds.
fn hold(alert: Alert, timing: &Timing) -> Step {
    if lasted(alert.started_at, alert.evaluated_at, timing.pending_for) { fire(alert) } else { Step::quiet(alert) }
}

fn fire(mut alert: Alert) -> Step {
    alert.fired_at = Some(alert.evaluated_at);
    Step::change(alert, State::Firing, TransitionReason::Held).telling(NotificationReason::Firing)
}

/// A firing alert whose condition still holds.
fn keep(mut alert: Alert, severity_before: Severity, timing: &Timing) -> Step {
    alert.clear_since = None;
    if alert.severity > severity_before {
        return Step::change(alert, State::Firing, TransitionReason::SeverityRaised)
            .telling(NotificationReason::SeverityRaised);
    }
    let told = alert.notified_at.unwrap_or(alert.started_at);
    let repeats = timing.repeat_interval.is_some_and(|interval| lasted(told, alert.evaluated_at, interval));
    let step = Step::quiet(alert);
    if repeats { step.telling(NotificationReason::Repeat) } else { step }
}

/// A firing alert whose condition does not hold.
fn clear(mut alert: Alert, timing: &Timing) -> Step {
    let since = *alert.clear_since.get_or_insert(alert.evaluated_at);
    if lasted(since, alert.evaluated_at, timing.keep_firing_for) {
        end(alert, TransitionReason::Cleared)
    } else {
        Step::quiet(alert)
    }
}

/// The end of the episode: resolved if it fired, as if nothing had been if it did not.
fn end(mut alert: Alert, reason: TransitionReason) -> Step {
    if alert.state != State::Firing {
        return Step::change(alert, State::Inactive, reason);
    }
    alert.resolved_at = Some(alert.evaluated_at);
    Step::change(alert, State::Resolved, reason).telling(NotificationReason::Resolved)
}

fn renewed(mut alert: Alert, verdict: &Verdict) -> Alert {
    alert.proof = alert.proof.renewed(&verdict.proof);
    if verdict.condition == Condition::Holds {
        alert.severity = alert.severity.max(verdict.severity);
    }
    alert
}

fn lasted(from: Nanos, to: Nanos, at_least: Duration) -> bool {
    i128::from(to.since(from)) >= i128::try_from(at_least.as_nanos()).unwrap_or(i128::MAX)
}

// === impl Step ===

impl Step {
    fn quiet(alert: Alert) -> Self {
        Self { alert, transition: None, notification: None }
    }

    fn change(mut alert: Alert, to: State, reason: TransitionReason) -> Self {
        let from = std::mem::replace(&mut alert.state, to);
        let transition = Transition { at: alert.evaluated_at, from, to, reason, severity: alert.severity };
        Self { alert, transition: Some(transition), notification: None }
    }

    fn telling(mut self, reason: NotificationReason) -> Self {
        self.alert.notified_at = Some(self.alert.evaluated_at);
        self.notification = Some(reason);
        self
    }
}

// === impl TransitionReason ===

impl TransitionReason {
    /// Its name in the API and the journal.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Started => "started",
            Self::Held => "held",
            Self::Ceased => "ceased",
            Self::DataMissing => "data_missing",
            Self::SeverityRaised => "severity_raised",
            Self::Cleared => "cleared",
            Self::Retired => "retired",
        }
    }
}

#[cfg(test)]
mod tests;
