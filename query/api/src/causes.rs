//! `GET /api/v1/causes`: what differs, and who is to blame.

use ingest_model::{Nanos, TraceId};
use serde::{Deserialize, Serialize};

/// Which windows are compared.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CausesQuestion {
    /// Start of the window of the matter, inclusive.
    pub from: Nanos,
    /// End of the window of the matter, exclusive.
    pub to: Nanos,
    /// Start of the baseline window, inclusive; an hour before its end where it is left out.
    pub baseline_from: Option<Nanos>,
    /// End of the baseline window, exclusive; the start of the matter where it is left out.
    pub baseline_to: Option<Nanos>,
    /// Only spans of this service are compared by attribute.
    pub service: Option<String>,
    /// Only events of this SLO are compared by attribute: its bad ones with its good ones.
    pub slo: Option<String>,
}

/// What was found, best first.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Causes {
    /// Start of the window of the matter, inclusive.
    pub from: Nanos,
    /// End of the window of the matter, exclusive.
    pub to: Nanos,
    /// Start of the baseline window, inclusive.
    pub baseline_from: Nanos,
    /// End of the baseline window, exclusive.
    pub baseline_to: Nanos,
    /// Failing or slow events of the matter that were compared.
    pub failing: u64,
    /// Events of the baseline window they were compared with.
    pub baseline: u64,
    /// The services, most to blame first.
    pub services: Vec<ServiceCause>,
    /// The attribute values that failing events have in common.
    pub attributes: Vec<AttributeCause>,
    /// Keys that were not compared because their values hardly repeat, like ids.
    pub left_out: Vec<String>,
}

/// A service, and how much speaks for its being the cause.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ServiceCause {
    /// Its name.
    pub service: String,
    /// `origin` (it changed in itself), `suffers` (it waits for another) or `normal`.
    pub role: String,
    /// Higher is more to blame.
    pub score: f64,
    /// What deviates, most first.
    pub evidence: Vec<Evidence>,
    /// Exemplar traces with a failing or slow span of the service.
    pub trace_ids: Vec<TraceId>,
}

/// A signal that deviates.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Evidence {
    /// `self_time`, `own_errors`, `saturation`, `latency` or `errors`.
    pub signal: String,
    /// Its value in the window of the matter: nanoseconds for times, a share for the others.
    pub value: f64,
    /// Its median in the baseline window.
    pub expected: f64,
    /// Their distance in robust standard deviations of the baseline.
    pub score: f64,
}

/// An attribute value that failing events have more often.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct AttributeCause {
    /// The attribute's key.
    pub key: String,
    /// Its value.
    pub value: String,
    /// Failing events that have it.
    pub failing: u64,
    /// Baseline events that have it.
    pub baseline: u64,
    /// Share of the failing events that have it, 0 to 1.
    pub support: f64,
    /// Its share among failing events divided by its share in the baseline.
    pub lift: f64,
    /// Cohen's h, 0 to pi; causes are ranked by it.
    pub effect: f64,
    /// Chance of such a difference if failing had nothing to do with the value, adjusted for all values looked at.
    pub q_value: f64,
    /// Exemplar traces of failing events that have it.
    pub trace_ids: Vec<TraceId>,
}
