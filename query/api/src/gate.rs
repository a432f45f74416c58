//! `GET /api/v1/gate`: may a version, or an environment, go on beside its baseline?

use ingest_model::Nanos;
use serde::{Deserialize, Serialize};

/// What is compared with what. Of `version`, `environment` and `candidate` one is given.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GateQuestion {
    /// Requests to this service are compared; not beside `slo`.
    pub service: Option<String>,
    /// The events of this SLO's first objective that counts spans are compared, and its error budget is what is borne.
    pub slo: Option<String>,
    /// The candidate's `service.version`.
    pub version: Option<String>,
    /// The candidate's `deployment.environment.name`.
    pub environment: Option<String>,
    /// The baseline's version or environment; all others where it is left out.
    pub against: Option<String>,
    /// The candidate, as SQL over a row of `spans`.
    pub candidate: Option<String>,
    /// The baseline likewise; everything else where it is left out.
    pub baseline: Option<String>,
    /// Start of the window, inclusive; an hour before its end where it is left out.
    pub from: Option<Nanos>,
    /// End of the window, exclusive; now where it is left out.
    pub to: Option<Nanos>,
    /// Start of the baseline's window; that of the candidate where it is left out.
    pub baseline_from: Option<Nanos>,
    /// End of the baseline's window; that of the candidate where it is left out.
    pub baseline_to: Option<Nanos>,
    /// The share of events that may fail on top of the baseline's; 0.01, or the SLO's error budget.
    pub errors: Option<f64>,
    /// How much more often than even a request may be slower than one of the baseline, 0 to 0.5; 0.06.
    pub slower: Option<f64>,
}

/// What a gate says.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Gate {
    /// `pass`, `fail` or `unknown`: the worst of all reasons.
    pub verdict: String,
    /// One for each question.
    pub reasons: Vec<GateReason>,
    /// What the candidate did.
    pub candidate: GateSide,
    /// What the baseline did.
    pub baseline: GateSide,
}

/// The answer to one question of a gate.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct GateReason {
    /// `errors` (two proportions) or `latency` (ranks).
    pub question: String,
    /// `pass`, `fail` or `unknown`.
    pub verdict: String,
    /// How much higher the share of bad events is; how much more often than even a request is slower. `None` with too few
    /// events to tell.
    pub harm: Option<f64>,
    /// The least it may be, with 95 % confidence.
    pub lower: f64,
    /// The most it may be.
    pub upper: f64,
    /// What is borne.
    pub bearable: f64,
    /// The chance of finding as much or more were there no harm.
    pub chance: Option<f64>,
    /// In words.
    pub words: String,
}

/// What one side did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct GateSide {
    /// Events.
    pub total: u64,
    /// Bad ones.
    pub bad: u64,
}
