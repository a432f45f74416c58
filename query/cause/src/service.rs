//! Which service changed in itself, and which ones only wait for it.
//!
//! Every series of a service is compared with its own past: how far the fault window lies from the median of the
//! baseline window, in robust deviations (median and interquartile range, after Pham et al., "BARO", FSE 2024,
//! which survive a fault that began before it was noticed). Series are of two sorts: *internal* ones (self time,
//! errors of its own, saturation) change where the fault is, *external* ones (latency, all errors) also change in
//! every caller. So whoever deviates internally comes before whoever only suffers.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::robust::{IQR_TO_SIGMA, quantile, sorted};

/// Deviations that count as evidence: noise that is not normal stays below.
const NOTABLE: f64 = 4.0;

/// Deviations beyond this are no worse: a series that never moved would outweigh everything.
const LARGEST: f64 = 1_000.0;

/// One deviation is at least this share of the median: what moves less does nobody notice.
const LEAST_SHARE: f64 = 0.05;

/// One deviation of a ratio is at least this: one percentage point.
const LEAST_RATIO: f64 = 0.01;

/// With fewer minutes a baseline has no quartiles worth the name.
const LEAST_BASELINE: usize = 8;

/// Where in the fault window the value is taken: the third quarter, so that a window of which only a third is
/// faulty shows it, and one stray minute does not.
const FAULT_QUANTILE: f64 = 0.75;

/// How much what a service suffers adds to what it does: enough to part equals.
const EXTERNAL_WEIGHT: f64 = 0.1;

/// What is measured of a service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ServiceSignal {
    /// Time in its spans that no child covers, in any unit. Internal.
    SelfTime,
    /// Share of its spans that failed although no child of theirs did, 0 to 1. Internal.
    OwnErrors,
    /// Used share of a resource, 0 to 1. Internal.
    Saturation,
    /// Duration of its server spans, in any unit. External.
    Latency,
    /// Share of its spans that failed, 0 to 1. External.
    Errors,
}

/// One signal of one service in both windows, a value per minute. Values that are no finite number are ignored.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ServiceSeries {
    /// Name of the service.
    pub service: String,
    /// What is measured. Several series of the same signal, such as quantiles, may be given.
    pub signal: ServiceSignal,
    /// Before the fault.
    pub baseline: Vec<f64>,
    /// During the fault.
    pub fault: Vec<f64>,
}

/// A signal that deviates.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Evidence {
    /// What was measured.
    pub signal: ServiceSignal,
    /// The third quartile of the fault window; the first one where saturation fell.
    pub value: f64,
    /// The median of the baseline window.
    pub expected: f64,
    /// Their distance in robust standard deviations of the baseline, at most 1000.
    pub score: f64,
}

/// What a service is to the fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// It changed in itself.
    Origin,
    /// Only what others see of it changed; it waits for someone.
    Suffers,
    /// Nothing notable changed.
    Normal,
}

/// A service, and how much speaks for its being the cause.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ServiceCause {
    /// Name of the service.
    pub service: String,
    /// What it is to the fault.
    pub role: Role,
    /// Higher is more to blame: above 2 for origins, from 1 to 2 for those that suffer, below 1 for others.
    pub score: f64,
    /// What deviates, most first.
    pub evidence: Vec<Evidence>,
}

/// All services that could be compared, most to blame first.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct ServiceCauses {
    /// The services, best candidate first.
    pub services: Vec<ServiceCause>,
    /// Services without a series that has both windows, by name: new, gone, or silent.
    pub not_compared: Vec<String>,
}

// === impl ServiceSignal ===

impl ServiceSignal {
    /// Whether it changes only where the fault is.
    #[must_use]
    pub const fn is_internal(self) -> bool {
        matches!(self, Self::SelfTime | Self::OwnErrors | Self::Saturation)
    }

    /// The smallest deviation that is believed.
    fn least_sigma(self, median: f64) -> f64 {
        let share = LEAST_SHARE * median.abs();
        match self {
            Self::SelfTime | Self::Latency => share,
            Self::OwnErrors | Self::Errors | Self::Saturation => share.max(LEAST_RATIO),
        }
    }
}

/// Ranks services by how far they left their baseline: those that changed in themselves first, then those that
/// suffer, then the others; equals by name.
#[must_use]
pub fn services(series: &[ServiceSeries]) -> ServiceCauses {
    let mut of_service: BTreeMap<&str, Vec<Evidence>> = BTreeMap::new();
    for one in series {
        of_service.entry(&one.service).or_default().extend(deviation(one));
    }
    let mut causes = ServiceCauses::default();
    for (service, deviations) in of_service {
        if deviations.is_empty() {
            causes.not_compared.push(service.to_owned());
        } else {
            causes.services.push(cause(service, deviations));
        }
    }
    causes
        .services
        .sort_by(|left, right| right.score.total_cmp(&left.score).then_with(|| left.service.cmp(&right.service)));
    causes
}

/// The role and score of a service.
fn cause(service: &str, deviations: Vec<Evidence>) -> ServiceCause {
    let most = |internal: bool| {
        let scores = deviations.iter().filter(|one| one.signal.is_internal() == internal).map(|one| one.score);
        scores.fold(0.0, f64::max)
    };
    let (internal, external) = (most(true), most(false));
    // Logarithms, because a calm series deviates by hundreds where a noisy one deviates by tens.
    let (role, score) = if internal >= NOTABLE {
        (Role::Origin, 2.0 + internal.ln_1p() + EXTERNAL_WEIGHT * external.ln_1p())
    } else if external >= NOTABLE {
        (Role::Suffers, 1.0 + below_one(external))
    } else {
        (Role::Normal, below_one(internal.max(external)))
    };
    let mut evidence: Vec<Evidence> = deviations.into_iter().filter(|one| one.score >= NOTABLE).collect();
    evidence.sort_by(|left, right| right.score.total_cmp(&left.score).then(left.signal.cmp(&right.signal)));
    ServiceCause { service: service.to_owned(), role, score, evidence }
}

/// Maps 0 to infinity onto 0 to 1.
fn below_one(score: f64) -> f64 {
    score / (1.0 + score)
}

/// How far a series left its baseline; `None` when a window has too few values.
fn deviation(series: &ServiceSeries) -> Option<Evidence> {
    let (baseline, fault) = (sorted(&series.baseline), sorted(&series.fault));
    if baseline.len() < LEAST_BASELINE || fault.is_empty() {
        return None;
    }
    let expected = quantile(&baseline, 0.5);
    let range = quantile(&baseline, 0.75) - quantile(&baseline, 0.25);
    let sigma = (range / IQR_TO_SIGMA).max(series.signal.least_sigma(expected));
    let (high, low) = (quantile(&fault, FAULT_QUANTILE), quantile(&fault, 1.0 - FAULT_QUANTILE));
    let fell = series.signal == ServiceSignal::Saturation && expected - low > high - expected;
    let value = if fell { low } else { high };
    let distance = if fell { expected - low } else { (high - expected).max(0.0) };
    let score = if distance == 0.0 { 0.0 } else { (distance / sigma).min(LARGEST) };
    Some(Evidence { signal: series.signal, value, expected, score })
}

#[cfg(test)]
mod tests;
