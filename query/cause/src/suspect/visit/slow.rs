//! Visits that took far more time of their own than is usual.

use std::collections::BTreeMap;

use super::{Operation, Sign, Visits};
use crate::robust::{quantile, sorted};

/// Fewer sound visits have no quartiles.
const LEAST: usize = 3;

/// Interquartile ranges beyond the third quartile: "far out" (Tukey, "Exploratory Data Analysis", 1977, 2D).
const FAR_OUT: f64 = 3.0;

/// From how many nanoseconds of its own on a visit of an operation is slow: far out, and by a median more, so that what
/// always takes the same time may take twice as long.
pub(super) fn limits(baseline: &Visits) -> BTreeMap<Operation, f64> {
    let mut times: BTreeMap<Operation, Vec<f64>> = BTreeMap::new();
    for visit in baseline.visits.iter().filter(|visit| baseline.is_sound(visit)) {
        times.entry(visit.operation).or_default().push(visit.own_ns as f64);
    }
    let limit = |times: Vec<f64>| {
        let times = sorted(&times);
        let (first, third) = (quantile(&times, 0.25), quantile(&times, 0.75));
        third + FAR_OUT * (third - first) + quantile(&times, 0.5)
    };
    times
        .into_iter()
        .filter(|(_, times)| times.len() >= LEAST)
        .map(|(operation, times)| (operation, limit(times)))
        .collect()
}

/// Marks slow visits.
pub(super) fn mark(visits: &mut Visits, limits: &BTreeMap<Operation, f64>) {
    for visit in &mut visits.visits {
        if limits.get(&visit.operation).is_some_and(|limit| visit.own_ns as f64 > *limit) {
            visit.signs.push(Sign::Slow);
        }
    }
}
