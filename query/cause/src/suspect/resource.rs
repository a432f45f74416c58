//! Resources that a service used more than ever.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Finding, FindingKind};
use crate::robust::{IQR_TO_SIGMA, quantile, sorted};

/// Deviations from which on a reading is notable.
const NOTABLE: f64 = 4.0;

/// Where a rise is half believed.
const HALF_BELIEVED: f64 = 3.0;

/// One deviation is at least this share of the median.
const LEAST_SHARE: f64 = 0.05;

/// One deviation of a share is at least one percentage point.
const LEAST_POINT: f64 = 0.01;

/// Fewer readings have no median worth the name.
const LEAST: usize = 2;

/// Readings of a resource of one instance of a service. Values that are no finite number are ignored.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ResourceSeries {
    /// Name of the service.
    pub service: String,
    /// Which instance of it, in any words; may be empty.
    pub instance: String,
    /// Name of the metric. Metrics of one name are compared with one another, so they have one unit.
    pub name: String,
    /// Whether it is a share of what there is, 0 to 1; else an amount, of which more is more.
    pub is_share: bool,
    /// Readings of the baseline, which may itself hold troubled stretches: median and quartiles are taken.
    pub baseline: Vec<f64>,
    /// Readings of the fault window, in any order.
    pub fault: Vec<f64>,
}

/// What resources say, a finding for every series that rose.
///
/// A share counts by how much of the whole more is used. An amount has no whole; so it counts as far as it is beyond
/// what the busiest service of the same metric usually uses, `1 - busiest / reading`. The reading is the second
/// highest of the window (the only one, where there is one): what lasts shows in two readings, a start or a collection of
/// garbage in one.
pub(super) fn findings(series: &[ResourceSeries]) -> Vec<(&str, Finding)> {
    let mut busiest: BTreeMap<&str, f64> = BTreeMap::new();
    for one in series.iter().filter(|one| !one.is_share) {
        let most = busiest.entry(&one.name).or_default();
        *most = most.max(quantile(&sorted(&one.baseline), 0.5));
    }
    let finding = |one| Some((one, finding(one, &busiest)?));
    series.iter().filter_map(finding).map(|(one, finding)| (one.service.as_str(), finding)).collect()
}

fn finding(series: &ResourceSeries, busiest: &BTreeMap<&str, f64>) -> Option<Finding> {
    let (baseline, fault) = (sorted(&series.baseline), sorted(&series.fault));
    if baseline.len() < LEAST {
        return None;
    }
    let reading = *fault.get(fault.len().saturating_sub(2))?;
    let median = quantile(&baseline, 0.5);
    let range = quantile(&baseline, 0.75) - quantile(&baseline, 0.25);
    let least = if series.is_share { LEAST_POINT } else { f64::MIN_POSITIVE };
    let deviation = (range / IQR_TO_SIGMA).max(LEAST_SHARE * median.abs()).max(least);
    let deviations = (reading - median) / deviation;
    let most = busiest.get(series.name.as_str()).copied().unwrap_or_default();
    let effect = if series.is_share { (reading - median).min(1.0) } else { 1.0 - most / reading };
    if !(effect > 0.0 && deviations > 0.0) {
        return None;
    }
    Some(Finding {
        kind: FindingKind::Resource,
        operation: None,
        fault: reading,
        fault_total: 1.0,
        baseline: median,
        baseline_total: 1.0,
        effect,
        deviations,
        q_value: if deviations >= NOTABLE { 0.0 } else { 1.0 },
        unexplained: 1.0,
        score: effect * deviations / (deviations + HALF_BELIEVED),
        words: words(series, reading, median),
    })
}

fn words(series: &ResourceSeries, reading: f64, median: f64) -> String {
    let of = if series.instance.is_empty() { String::new() } else { format!(" of {}", series.instance) };
    if series.is_share {
        return format!("{}{of} at {:.1} %, usually {:.1} %", series.name, 100.0 * reading, 100.0 * median);
    }
    format!("{}{of} at {reading:.4}, usually {median:.4}", series.name)
}

#[cfg(test)]
mod tests;
