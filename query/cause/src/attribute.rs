//! Which attribute values failing events have in common.
//!
//! Every value is a small table: failing events with and without it, baseline events with and without it. Values
//! are taken when chance hardly explains them (one-sided test, false discoveries controlled over all values) and
//! when enough of the failing events have them; they are ranked by effect size, which unlike a p value does not
//! grow with the number of events.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::significance::{Counts, q_values};

/// A key with fewer values than this is never taken for an id.
const FEW_VALUES: usize = 20;

/// Half an event: added to both counts, so that a value the baseline never had has a lift (Haldane 1956).
const SMOOTHING: f64 = 0.5;

/// How many events of each population have a value of an attribute.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttributeCount {
    /// The attribute's name, such as `service.version`.
    pub key: String,
    /// Its value as text.
    pub value: String,
    /// Failing or slow events that have it.
    pub failing: u64,
    /// Baseline events that have it.
    pub baseline: u64,
}

/// How many events there are at all, with any attributes. The populations share no event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Populations {
    /// Failing or slow events, at least 1.
    pub failing: u64,
    /// Baseline events, at least 1.
    pub baseline: u64,
}

/// What counts as a cause.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AttributeSettings {
    /// Share of chance findings allowed among the causes, 0 to 1. Default 0.05.
    pub false_discoveries: f64,
    /// Share of the failing events a cause must cover, 0 to 1. Default 0.05: what explains less is no lead.
    pub min_support: f64,
    /// A key with more distinct values per event than this is an id, 0 to 1. Default 0.5: most values occur once.
    pub max_values_per_event: f64,
    /// A key with more distinct values than this is left out too. Default 10 000: bounds the work.
    pub max_values: usize,
}

/// A value that failing events have in common.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AttributeCause {
    /// The attribute's name.
    pub key: String,
    /// Its value as text.
    pub value: String,
    /// Failing events that have it.
    pub failing: u64,
    /// All failing events.
    pub failing_total: u64,
    /// Baseline events that have it.
    pub baseline: u64,
    /// All baseline events.
    pub baseline_total: u64,
    /// Share of the failing events that have it, 0 to 1.
    pub support: f64,
    /// Its share among failing events divided by its share in the baseline, half an event added to each count.
    pub lift: f64,
    /// Cohen's h: 2 asin sqrt(share failing) - 2 asin sqrt(share baseline), 0 to pi; 0.2 is small, 0.8 large
    /// ("Statistical Power Analysis", 1988, chapter 6). Causes are ranked by it.
    pub effect: f64,
    /// Chance of such a count if failing had nothing to do with the value.
    pub p_value: f64,
    /// The same, adjusted for all values looked at.
    pub q_value: f64,
}

/// A key that was not compared.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeftOut {
    /// The attribute's name.
    pub key: String,
    /// Its distinct values.
    pub values: usize,
    /// Events of both populations that have it.
    pub events: u64,
}

/// What failing events have in common, and what was looked at.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct AttributeCauses {
    /// The causes, best first.
    pub causes: Vec<AttributeCause>,
    /// Values that were compared.
    pub compared: usize,
    /// Keys whose values are like ids, by name.
    pub left_out: Vec<LeftOut>,
}

/// A value that may be a cause.
#[derive(Debug)]
pub(crate) struct Candidate {
    pub(crate) count: AttributeCount,
    /// How many were tried to find it; its chance is multiplied by them.
    pub(crate) trials: usize,
}

/// The counts contradict themselves.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CountError {
    /// There is nothing to compare with.
    #[error("{failing} failing and {baseline} baseline events; each population needs at least one")]
    Empty {
        /// Failing events.
        failing: u64,
        /// Baseline events.
        baseline: u64,
    },
    /// More events have a value than there are.
    #[error("more events have {key}={value} than there are in its population")]
    MoreThanAll {
        /// The attribute's name.
        key: String,
        /// Its value.
        value: String,
    },
    /// A value is counted more than once.
    #[error("{key}={value} is counted twice; add the counts")]
    Twice {
        /// The attribute's name.
        key: String,
        /// Its value.
        value: String,
    },
}

// === impl AttributeSettings ===

impl Default for AttributeSettings {
    fn default() -> Self {
        Self { false_discoveries: 0.05, min_support: 0.05, max_values_per_event: 0.5, max_values: 10_000 }
    }
}

/// Ranks the values that failing events have more often than baseline events, best first: by effect, then by chance,
/// then by support, then by name.
///
/// # Errors
///
/// [`CountError`] when a population is empty, a value is counted twice or more often than there are events.
pub fn attributes(
    counts: &[AttributeCount],
    totals: Populations,
    settings: &AttributeSettings,
) -> Result<AttributeCauses, CountError> {
    check(counts, totals)?;
    let left_out = ids(counts, settings);
    let names: BTreeSet<&str> = left_out.iter().map(|key| key.key.as_str()).collect();
    let compared = counts.iter().filter(|count| !names.contains(count.key.as_str()));
    let compared: Vec<Candidate> = compared.map(|count| Candidate { count: count.clone(), trials: 1 }).collect();
    compare(&compared, totals, left_out, settings)
}

/// Ranks candidates; see [`attributes`].
///
/// # Errors
///
/// [`CountError`] when a population is empty or a candidate is counted more often than there are events.
pub(crate) fn compare(
    compared: &[Candidate],
    totals: Populations,
    left_out: Vec<LeftOut>,
    settings: &AttributeSettings,
) -> Result<AttributeCauses, CountError> {
    check_totals(totals)?;
    compared.iter().try_for_each(|candidate| check_one(&candidate.count, totals))?;
    let p_value = |one: &Candidate| (table(&one.count, totals).p_value() * one.trials as f64).min(1.0);
    let p_values: Vec<f64> = compared.iter().map(p_value).collect();
    let q_values = q_values(&p_values);
    let mut causes: Vec<AttributeCause> = compared
        .iter()
        .zip(p_values.into_iter().zip(q_values))
        .filter(|(_, (_, q_value))| *q_value <= settings.false_discoveries)
        .map(|(candidate, (p_value, q_value))| cause(&candidate.count, totals, p_value, q_value))
        .filter(|cause| cause.support >= settings.min_support && cause.effect > 0.0)
        .collect();
    causes.sort_by(better);
    Ok(AttributeCauses { causes, compared: compared.len(), left_out })
}

/// Which of two causes comes first.
fn better(left: &AttributeCause, right: &AttributeCause) -> Ordering {
    right
        .effect
        .total_cmp(&left.effect)
        .then(left.p_value.total_cmp(&right.p_value))
        .then(right.support.total_cmp(&left.support))
        .then_with(|| (&left.key, &left.value).cmp(&(&right.key, &right.value)))
}

/// The figures of one value.
fn cause(count: &AttributeCount, totals: Populations, p_value: f64, q_value: f64) -> AttributeCause {
    let support = count.failing as f64 / totals.failing as f64;
    let smooth = |events: u64, total: u64| (events as f64 + SMOOTHING) / (total as f64 + 2.0 * SMOOTHING);
    let effect = effect(count, totals);
    AttributeCause {
        key: count.key.clone(),
        value: count.value.clone(),
        failing: count.failing,
        failing_total: totals.failing,
        baseline: count.baseline,
        baseline_total: totals.baseline,
        support,
        lift: smooth(count.failing, totals.failing) / smooth(count.baseline, totals.baseline),
        effect,
        p_value,
        q_value,
    }
}

/// Cohen's h of a value.
pub(crate) fn effect(count: &AttributeCount, totals: Populations) -> f64 {
    let angle = |events: u64, total: u64| 2.0 * (events as f64 / total as f64).sqrt().asin();
    angle(count.failing, totals.failing) - angle(count.baseline, totals.baseline)
}

/// Refuses counts that cannot be.
fn check(counts: &[AttributeCount], totals: Populations) -> Result<(), CountError> {
    check_totals(totals)?;
    let mut seen = BTreeSet::new();
    for count in counts {
        check_one(count, totals)?;
        if !seen.insert((&count.key, &count.value)) {
            return Err(CountError::Twice { key: count.key.clone(), value: count.value.clone() });
        }
    }
    Ok(())
}

/// Refuses to compare with nothing.
const fn check_totals(totals: Populations) -> Result<(), CountError> {
    if totals.failing == 0 || totals.baseline == 0 {
        return Err(CountError::Empty { failing: totals.failing, baseline: totals.baseline });
    }
    Ok(())
}

/// Refuses a count above that of its population.
fn check_one(count: &AttributeCount, totals: Populations) -> Result<(), CountError> {
    if count.failing > totals.failing || count.baseline > totals.baseline {
        return Err(CountError::MoreThanAll { key: count.key.clone(), value: count.value.clone() });
    }
    Ok(())
}

/// The keys whose values hardly repeat.
pub(crate) fn ids(counts: &[AttributeCount], settings: &AttributeSettings) -> Vec<LeftOut> {
    let mut keys: BTreeMap<&str, (usize, u64)> = BTreeMap::new();
    for count in counts {
        let (values, events) = keys.entry(&count.key).or_default();
        *values += 1;
        *events = events.saturating_add(count.failing).saturating_add(count.baseline);
    }
    let is_id = |values: usize, events: u64| {
        values > settings.max_values
            || (values >= FEW_VALUES && values as f64 > settings.max_values_per_event * events as f64)
    };
    keys.into_iter()
        .filter(|(_, (values, events))| is_id(*values, *events))
        .map(|(key, (values, events))| LeftOut { key: key.to_owned(), values, events })
        .collect()
}

/// The four counts of one value.
const fn table(count: &AttributeCount, totals: Populations) -> Counts {
    Counts {
        failing: count.failing,
        failing_total: totals.failing,
        baseline: count.baseline,
        baseline_total: totals.baseline,
    }
}

#[cfg(test)]
mod tests;
