//! `GET /api/v1/alerts` and `/api/v1/alerts/{id}`: what fires, why, and who was told.

use std::collections::BTreeMap;

use ingest_model::{Nanos, TraceId};
use serde::{Deserialize, Serialize};

/// The newest alerts: those that are open first, then by start, the latest first.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Alerts {
    /// The alerts.
    pub alerts: Vec<Alert>,
    /// What is wrong with the rule files, one line each: file, line, column, message, remedy.
    pub mistakes: Vec<String>,
}

/// One episode of an alert.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Alert {
    /// Its id.
    pub id: String,
    /// The rule's name; Alertmanager's `alertname`.
    pub rule: String,
    /// What the rule's result is about, such as `service` and `slo`.
    pub labels: BTreeMap<String, String>,
    /// `pending`, `firing`, `resolved` or `inactive` (pending, but it did not last).
    pub state: String,
    /// `page` or `ticket`.
    pub severity: String,
    /// The SLO or signal, by the name people know.
    pub subject: String,
    /// The service.
    pub service: String,
    /// The figures of the newest evaluation at which it held, or of the one that resolved it.
    pub figures: Option<AlertFigures>,
    /// What is left of the error budget, as a share of it; negative once it is overspent.
    pub budget_remaining: Option<f64>,
    /// Seconds until the budget is used up at the present rate.
    pub exhausted_in_s: Option<u64>,
    /// Exemplar traces, the best first.
    pub trace_ids: Vec<TraceId>,
    /// What differs between bad and good events, the likeliest first.
    pub causes: Vec<AlertCause>,
    /// The first evaluation at which the condition held.
    pub started_at: Nanos,
    /// When it fired.
    pub fired_at: Option<Nanos>,
    /// When it resolved.
    pub resolved_at: Option<Nanos>,
    /// The newest evaluation.
    pub evaluated_at: Nanos,
    /// Start of the range that shows the matter, inclusive.
    pub from: Nanos,
    /// End of that range, exclusive.
    pub to: Nanos,
}

/// What was compared with what.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum AlertFigures {
    /// An error budget burns too fast: both burn rates have to exceed the factor.
    Burn {
        /// The burn rate of the long window.
        long: f64,
        /// The long window in seconds.
        long_window_s: u64,
        /// The burn rate of the short window.
        short: f64,
        /// The short window in seconds.
        short_window_s: u64,
        /// The burn rate that both have to exceed.
        factor: f64,
    },
    /// A golden signal left its band.
    Band {
        /// The value.
        value: f64,
        /// The value expected.
        expected: f64,
        /// The lower end of the band.
        lower: f64,
        /// The upper end of the band.
        upper: f64,
        /// The unit of all four, such as `ms`; empty for counts.
        unit: String,
    },
}

/// An attribute value that is more common among bad events.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct AlertCause {
    /// The attribute's key.
    pub key: String,
    /// Its value.
    pub value: String,
    /// How many times as common it is among bad events.
    pub lift: f64,
}

/// An alert with its history.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct AlertDetail {
    /// The alert.
    pub alert: Alert,
    /// Its changes, the oldest first.
    pub history: Vec<AlertTransition>,
    /// Who is told, the oldest first.
    pub deliveries: Vec<AlertDelivery>,
    /// Other episodes of the same alert, the latest first.
    pub episodes: Vec<Alert>,
}

/// A change of an alert.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AlertTransition {
    /// When.
    pub at: Nanos,
    /// The state before.
    pub from: String,
    /// The state after; the same when only the severity rose.
    pub to: String,
    /// Why, such as `held` or `cleared`.
    pub reason: String,
    /// The severity after.
    pub severity: String,
}

/// A notification to one receiver.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AlertDelivery {
    /// The receiver's name.
    pub receiver: String,
    /// Why it is sent: `firing`, `repeat`, `severity_raised` or `resolved`.
    pub reason: String,
    /// `waiting`, `delivered` or `failed`.
    pub state: String,
    /// Attempts so far.
    pub attempts: u32,
    /// When it is tried next.
    pub due_at: Option<Nanos>,
    /// When it was tried last.
    pub attempted_at: Option<Nanos>,
    /// What the last answer was.
    pub detail: String,
}

/// `GET /api/v1/catcher`: what the built-in webhook catcher of `slowburn demo` received, the latest first.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct CaughtMessages {
    /// Whether there is a catcher: only in the demo.
    pub running: bool,
    /// The messages.
    pub messages: Vec<CaughtMessage>,
}

/// A message to the catcher.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct CaughtMessage {
    /// When it came.
    pub received_at: Nanos,
    /// The notification's id, the same for every attempt.
    pub notification_id: String,
    /// `firing` or `resolved`.
    pub status: String,
    /// `page` or `ticket`.
    pub severity: String,
    /// The title.
    pub title: String,
    /// The facts, a line each.
    pub text: String,
    /// The absolute address it links to.
    pub link: String,
    /// Whether its signature is right.
    pub signed: bool,
}
