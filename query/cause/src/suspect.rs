//! Who is to blame, from single spans, log records and readings of resources.
//!
//! 1. Spans and records of both windows become *visits*: what one service did for one call. Every visit shows *signs*: a
//!    record of some *wording*, a call of another service, a span, a failure, slowness.
//! 2. Visits are compared with baseline visits of the same operation **called by the same caller**, so a shift of traffic
//!    from one path to another is no change; the tables of all callers are pooled after Mantel and Haenszel. Baseline
//!    visits that were themselves in trouble are left out.
//! 3. A change is *explained* in visits below which another service changed at least half as much: errors travel
//!    upwards. What is left, and what resources say, is the score.
//!
//! The shares of a sign, not the seconds of a fault, are compared: a window that begins late has fewer visits and the
//! same shares.

mod blame;
mod change;
mod resource;
mod told;
mod visit;
mod way;
mod wording;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub use resource::ResourceSeries;

/// Findings that a suspect lists at most.
const LISTED: usize = 5;

/// A span of a window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SeenSpan<'a> {
    /// The trace it belongs to.
    pub trace: u128,
    /// Its id within the trace.
    pub id: u64,
    /// Its parent's id; the parent may be missing.
    pub parent: Option<u64>,
    /// Its service.
    pub service: &'a str,
    /// Its name.
    pub name: &'a str,
    /// Whether it calls others: OTel's kinds `CLIENT` and `PRODUCER`.
    pub calls: bool,
    /// Whom it calls, as it says itself (`server.address`, `peer.service`); empty where it does not. It parts calls of one
    /// name, so that a service that no longer answers is known by who called it.
    pub peer: &'a str,
    /// When it started, nanoseconds since the epoch.
    pub start_ns: i64,
    /// When it ended; before its start where a clock stepped back.
    pub end_ns: i64,
    /// Whether it failed.
    pub failed: bool,
}

/// A log record of a window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SeenRecord<'a> {
    /// The trace it names; 0 if it names none.
    pub trace: u128,
    /// The span it names.
    pub span: u64,
    /// Its service.
    pub service: &'a str,
    /// When it was written, nanoseconds since the epoch.
    pub time_ns: i64,
    /// OTel's severity number, 0 where there is none.
    pub severity: u8,
    /// Whether it tells of an exception.
    pub exception: bool,
    /// Its body, or the template of it.
    pub text: &'a str,
}

/// What was seen in a window. Spans and records that equal another one in every field count once.
#[derive(Debug, Clone, Default)]
pub struct Seen<'a> {
    /// The spans, in any order, of whole traces.
    pub spans: Vec<SeenSpan<'a>>,
    /// The log records, in any order.
    pub records: Vec<SeenRecord<'a>>,
}

/// What kind of change a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FindingKind {
    /// Log records of a wording appeared, vanished, or came more or less often a visit.
    Records,
    /// Calls of another service did.
    Calls,
    /// Spans of the service did.
    Spans,
    /// Spans failed.
    Failures,
    /// Time of its own was far beyond the usual.
    Slowness,
    /// Callers had no answer from it.
    Silence,
    /// The way to it and back, or from it to others, took far longer than usual.
    Ways,
    /// A resource was used more than ever.
    Resource,
}

// === impl FindingKind ===

impl FindingKind {
    /// The word for it: `records`, `calls`, `spans`, `failures`, `slowness`, `silence`, `ways` or `resource`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Records => "records",
            Self::Calls => "calls",
            Self::Spans => "spans",
            Self::Failures => "failures",
            Self::Slowness => "slowness",
            Self::Silence => "silence",
            Self::Ways => "ways",
            Self::Resource => "resource",
        }
    }
}

/// One change of one service, with its figures.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    /// What kind of change it is.
    pub kind: FindingKind,
    /// The operation that changed; `None` for all of the service's, and for resources.
    pub operation: Option<String>,
    /// Visits of the fault window that show the sign; of a resource, the reading.
    pub fault: f64,
    /// All visits of the fault window; of a resource 1.
    pub fault_total: f64,
    /// Baseline visits that show the sign; of a resource, the median reading.
    pub baseline: f64,
    /// All baseline visits compared with; of a resource 1.
    pub baseline_total: f64,
    /// Difference of shares, pooled over callers, -1 to 1; of a resource, by how much of it more is used.
    pub effect: f64,
    /// In standard errors; of a resource, in robust deviations.
    pub deviations: f64,
    /// Chance of such a change, adjusted for all signs of all services (Benjamini and Hochberg); of a resource 0 if notable, else 1.
    pub q_value: f64,
    /// Share of the visits that show it and have no changed service below them, 0 to 1.
    pub unexplained: f64,
    /// What it adds to the suspicion, 0 to 1.
    pub score: f64,
    /// The same in words.
    pub words: String,
}

/// Where a fault can be seen first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FirstFailing {
    /// The trace.
    pub trace: u128,
    /// The span: the first of the visit that failed or wrote the record, else its outermost.
    pub span: u64,
    /// Its name.
    pub name: String,
    /// When it started, nanoseconds since the epoch.
    pub start_ns: i64,
}

/// What a fault reaches.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Impact {
    /// Traces of the fault window in which the service shows one of the findings.
    pub traces: usize,
    /// All traces of the fault window.
    pub traces_total: usize,
    /// Services that called it in those traces, directly or not, by name.
    pub callers: Vec<String>,
}

/// A service, and why it may be to blame.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Suspect {
    /// Name of the service.
    pub service: String,
    /// The highest score of its findings, 0 to 1.
    pub score: f64,
    /// Its findings, most telling first, at most five.
    pub findings: Vec<Finding>,
    /// What the fault reaches.
    pub impact: Impact,
    /// Where it can be seen first; `None` if only resources speak.
    pub first_failing: Option<FirstFailing>,
    /// Traces that show it, earliest first, at most five.
    pub trace_ids: Vec<u128>,
}

/// Every service that was seen, most suspicious first, equals by name.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Suspects {
    /// The services.
    pub services: Vec<Suspect>,
    /// Signs that were compared.
    pub compared: usize,
}

/// Ranks every service that appears in the fault window, the baseline or the resources. The same input gives the same
/// order, however it is sorted.
#[must_use]
pub fn suspects(baseline: &Seen<'_>, fault: &Seen<'_>, resources: &[ResourceSeries]) -> Suspects {
    let (names, before, during) = visit::visits(baseline, fault);
    let changes = change::changes(&before, &during);
    let compared = changes.len();
    let blamed = blame::blame(&during, changes);
    let mut services: BTreeMap<&str, Suspect> =
        names.services().map(|service| (service, Suspect::unsuspicious(service))).collect();
    for (service, found) in told::told(&names, &during, blamed) {
        services.insert(service, found);
    }
    for series in resources {
        services.entry(&series.service).or_insert_with(|| Suspect::unsuspicious(&series.service));
    }
    for (service, found) in resource::findings(resources) {
        services.entry(service).or_insert_with(|| Suspect::unsuspicious(service)).findings.push(found);
    }
    let mut services: Vec<Suspect> = services.into_values().map(Suspect::weighed).collect();
    services.sort_by(|left, right| right.score.total_cmp(&left.score).then_with(|| left.service.cmp(&right.service)));
    Suspects { services, compared }
}

// === impl Suspect ===

impl Suspect {
    /// A service that nothing speaks against yet.
    fn unsuspicious(service: &str) -> Self {
        Self {
            service: service.to_owned(),
            score: 0.0,
            findings: Vec::new(),
            impact: Impact::default(),
            first_failing: None,
            trace_ids: Vec::new(),
        }
    }

    /// The same with its findings in order and its score.
    fn weighed(mut self) -> Self {
        self.findings.sort_by(|left, right| {
            right.score.total_cmp(&left.score).then(left.kind.cmp(&right.kind)).then(left.words.cmp(&right.words))
        });
        self.findings.truncate(LISTED);
        self.score = self.findings.first().map_or(0.0, |finding| finding.score);
        self
    }
}

#[cfg(test)]
mod tests;
