//! What an alert shows for itself.

use std::time::Duration;

use ingest_model::TraceId;
use serde::{Deserialize, Serialize};

/// Trace ids an alert carries at most; more would not be opened.
pub const MAX_TRACE_IDS: usize = 5;

/// Causes an alert carries at most.
pub const MAX_CAUSES: usize = 10;

/// Characters of a name or value that are kept; telemetry may hold texts of any length.
const MAX_TEXT: usize = 1_024;

/// Why an alert is right: figures, budget, examples and what differs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Proof {
    /// The SLO or signal, by the name people know.
    pub subject: String,
    /// The service it is about; OpenTelemetry's `service.name`.
    pub service: String,
    /// The figures that were compared.
    pub figures: Figures,
    /// What is left of the error budget as a share of it; negative once it is overspent. `None`
    /// where there is no budget or it is unknown.
    pub budget_remaining: Option<f64>,
    /// After how long the budget is used up at the present rate; `None` where it never is, or
    /// nobody knows.
    #[serde(rename = "exhausted_in_ms", with = "crate::wire::optional_millis")]
    pub exhausted_in: Option<Duration>,
    /// Exemplar traces, the best first; [`MAX_TRACE_IDS`] at most are kept.
    pub trace_ids: Vec<TraceId>,
    /// What differs between good and bad events, the likeliest first; [`MAX_CAUSES`] at most are kept.
    pub causes: Vec<Cause>,
    /// An absolute `http` or `https` address that shows the matter, with an absolute time range.
    pub link: String,
}

/// What was compared with what.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Figures {
    /// An error budget burns too fast.
    Burn(Burn),
    /// A signal left the band in which it is expected.
    Band(Band),
}

/// Burn rates of a pair of windows; a rate of 1 spends the budget exactly by the end of the period
/// (SRE Workbook, chapter 5, "Alerting on burn rate").
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Burn {
    /// The rate over the long window.
    #[serde(with = "crate::wire::figure")]
    pub long: f64,
    /// The long window.
    #[serde(rename = "long_window_ms", with = "crate::wire::millis")]
    pub long_window: Duration,
    /// The rate over the short window.
    #[serde(with = "crate::wire::figure")]
    pub short: f64,
    /// The short window.
    #[serde(rename = "short_window_ms", with = "crate::wire::millis")]
    pub short_window: Duration,
    /// The rate that both have to exceed.
    #[serde(with = "crate::wire::figure")]
    pub factor: f64,
}

/// A value and the band in which it was expected.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Band {
    /// The value seen.
    #[serde(with = "crate::wire::figure")]
    pub value: f64,
    /// The value expected.
    #[serde(with = "crate::wire::figure")]
    pub expected: f64,
    /// The lower end of the band.
    #[serde(with = "crate::wire::figure")]
    pub lower: f64,
    /// The upper end of the band.
    #[serde(with = "crate::wire::figure")]
    pub upper: f64,
    /// The unit of all four, such as `ms`; empty for counts.
    pub unit: String,
}

/// An attribute value that is more common among bad events than among others.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Cause {
    /// The attribute's key.
    pub key: String,
    /// Its value.
    pub value: String,
    /// How many times as common it is among bad events.
    #[serde(with = "crate::wire::figure")]
    pub lift: f64,
}

// === impl Proof ===

impl Proof {
    /// The proof of an open alert after another evaluation: the newer figures; traces, causes and
    /// link stay where the newer proof has none, because they explain the start.
    #[must_use]
    pub(crate) fn renewed(&self, newer: &Self) -> Self {
        let mut proof = newer.bounded();
        if proof.trace_ids.is_empty() {
            proof.trace_ids.clone_from(&self.trace_ids);
        }
        if proof.causes.is_empty() {
            proof.causes.clone_from(&self.causes);
        }
        if proof.link.is_empty() {
            proof.link.clone_from(&self.link);
        }
        proof
    }

    /// The same within the bounds of what an alert carries.
    #[must_use]
    pub(crate) fn bounded(&self) -> Self {
        let mut proof = self.clone();
        proof.trace_ids.truncate(MAX_TRACE_IDS);
        proof.causes.truncate(MAX_CAUSES);
        let causes = proof.causes.iter_mut().flat_map(|cause| [&mut cause.key, &mut cause.value]);
        causes.chain([&mut proof.subject, &mut proof.service]).for_each(cut);
        proof
    }
}

fn cut(text: &mut String) {
    if let Some((end, _)) = text.char_indices().nth(MAX_TEXT) {
        text.truncate(end);
    }
}
