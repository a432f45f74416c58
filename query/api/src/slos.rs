//! `GET /api/v1/slos` and `/api/v1/slos/{name}`: are the promises kept, and how fast do budgets burn.

use ingest_model::Nanos;
use serde::{Deserialize, Serialize};

/// Every SLO, those that do worst first.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Slos {
    /// The SLOs.
    pub slos: Vec<Slo>,
    /// What is wrong with the documents, one line each: file, line, column, message, remedy.
    pub mistakes: Vec<String>,
}

/// A service level objective of OpenSLO.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Slo {
    /// `metadata.name`.
    pub name: String,
    /// `metadata.displayName`, or the name where there is none.
    pub display_name: String,
    /// `spec.description`; empty where there is none.
    pub description: String,
    /// The service.
    pub service: String,
    /// The period of the error budget, such as `30d`.
    pub period: String,
    /// The period in minutes.
    pub period_minutes: u32,
    /// Where its document stands, as file and line.
    pub position: String,
    /// Its objectives, in the order of the document.
    pub objectives: Vec<Objective>,
}

/// One target of an SLO, and how it does.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Objective {
    /// `displayName`; empty where there is none.
    pub display_name: String,
    /// The target, such as `99.9 %`.
    pub target: String,
    /// What an event's value is compared with, such as `<= 250`; `None` for a ratio.
    pub threshold: Option<String>,
    /// `OK`, `Recovering`, `Rising`, `Burning` or `Exhausted`; `None` while there is too little to tell.
    pub state: Option<String>,
    /// Where all windows end: the start of the current minute.
    pub until: Nanos,
    /// Since when it is counted without a gap; `None` before the first count.
    pub counted_from: Option<Nanos>,
    /// Why the last count failed; `None` when it did not.
    pub failure: Option<String>,
    /// The error budget; `None` without events.
    pub budget: Option<Budget>,
    /// The pairs of windows that can alert.
    pub pairs: Vec<PairBurn>,
    /// The pairs that cannot, and why.
    pub refused_pairs: Vec<String>,
}

/// The error budget of the period, weighted by events.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Budget {
    /// Events counted.
    pub total: u64,
    /// Bad ones.
    pub bad: u64,
    /// How many of them may be bad.
    pub allowed: f64,
    /// The share of the budget that is spent; above 1 when more is.
    pub consumed: f64,
    /// What is left of it: 1 less what is spent.
    pub remaining: f64,
    /// Seconds until it is spent at the burn rate of the first pair's long window; `None` when it is
    /// spent already, or never will be.
    pub exhausted_in_s: Option<u64>,
}

/// The burn rates of a pair of windows.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct PairBurn {
    /// `page` or `ticket`.
    pub severity: String,
    /// The long window, such as `1h`.
    pub long: String,
    /// The short window, such as `5m`.
    pub short: String,
    /// The burn rate above which it breaches.
    pub factor: f64,
    /// The burn rate of the long window; `None` without events.
    pub long_burn: Option<f64>,
    /// The burn rate of the short window; `None` without events.
    pub short_burn: Option<f64>,
    /// Whether both are above the factor; `None` where that cannot be told.
    pub breaches: Option<bool>,
}

/// An SLO with its minutes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct SloDetail {
    /// The SLO.
    pub slo: Slo,
    /// Start of the range of minutes, inclusive.
    pub from: Nanos,
    /// End of the range of minutes, exclusive.
    pub to: Nanos,
    /// One list of minutes an objective, in the order of the objectives.
    pub minutes: Vec<Vec<SloMinute>>,
}

/// What one minute counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SloMinute {
    /// Start of the minute.
    pub minute_unix_nano: Nanos,
    /// Events.
    pub total: u64,
    /// Bad ones.
    pub bad: u64,
}
