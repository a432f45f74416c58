//! `GET /api/v1/causes`: what differs, and who is to blame.

use ingest_model::{Nanos, SpanId, TraceId};
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
    /// The services by their series, most to blame first.
    pub services: Vec<ServiceCause>,
    /// The services by single spans, log records and readings of resources, most suspicious first.
    #[serde(default)]
    pub suspects: Vec<Suspect>,
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

/// A service, and what speaks for its being to blame.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Suspect {
    /// Its name.
    pub service: String,
    /// 0 to 1; below some 0.3 nobody is much of a suspect.
    pub score: f64,
    /// What speaks for it, most telling first.
    pub findings: Vec<Finding>,
    /// Traces of the matter that show one of the findings.
    pub traces: usize,
    /// All traces of the matter that were looked at.
    pub traces_total: usize,
    /// Services that called it in those traces, directly or not.
    pub callers: Vec<String>,
    /// Where it can be seen first; `None` if only resources speak.
    pub first_failing: Option<FirstFailing>,
    /// Traces that show it, earliest first.
    pub trace_ids: Vec<TraceId>,
    /// Earlier alerts about it, newest first.
    pub incidents: Vec<Incident>,
    /// What to do, as its SLOs' annotations say.
    pub runbook: Option<String>,
}

/// One change of a service.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    /// In words, with its figures.
    pub words: String,
    /// `records`, `calls`, `spans`, `failures`, `slowness`, `silence`, `ways` or `resource`.
    pub kind: String,
    /// The operation that changed; `None` for all of the service's.
    pub operation: Option<String>,
    /// What it adds to the suspicion, 0 to 1.
    pub score: f64,
    /// Visits of the matter that show it, of a resource the reading.
    pub fault: f64,
    /// All visits of the matter, of a resource 1.
    pub fault_total: f64,
    /// Visits of the baseline that show it, of a resource the median.
    pub baseline: f64,
    /// All visits of the baseline, of a resource 1.
    pub baseline_total: f64,
    /// Difference of shares, -1 to 1; of a resource by how much more of it is used.
    pub effect: f64,
    /// In standard errors; of a resource in robust deviations.
    pub deviations: f64,
    /// Chance of such a change, adjusted for all that was compared.
    pub q_value: f64,
    /// Share of the visits that show it and have no changed service below them, 0 to 1.
    pub unexplained: f64,
}

/// The span in which a fault can be seen first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FirstFailing {
    /// Its trace.
    pub trace_id: TraceId,
    /// Its id.
    pub span_id: SpanId,
    /// Its name.
    pub name: String,
    /// When it started.
    pub start_time_unix_nano: Nanos,
}

/// An earlier alert.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Incident {
    /// The alert's id: `/api/v1/alerts/{id}`.
    pub alert_id: String,
    /// When it fired.
    pub fired_at: Nanos,
    /// The rule.
    pub rule: String,
    /// What it was about.
    pub subject: String,
    /// Attribute values that it had in common with what is the matter now.
    pub shared: Vec<String>,
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
