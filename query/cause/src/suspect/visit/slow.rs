//! Visits that took far more time of their own than is usual, and ways to them that did.

use std::collections::BTreeMap;

use super::{Operation, Sign, Visits};
use crate::robust::{quantile, sorted};

/// Fewer sound visits have no quartiles.
const LEAST: usize = 3;

/// Interquartile ranges beyond the third quartile: "far out" (Tukey, "Exploratory Data Analysis", 1977, 2D).
const FAR_OUT: f64 = 3.0;

/// From how many nanoseconds on something is far longer than usual, by operation.
#[derive(Debug, Default)]
pub(super) struct Limits {
    own: BTreeMap<Operation, f64>,
    way: BTreeMap<Operation, f64>,
}

/// What is usual for each operation.
pub(super) fn limits(baseline: &Visits) -> Limits {
    let (mut own, mut way): (BTreeMap<_, Vec<f64>>, BTreeMap<_, Vec<f64>>) = Default::default();
    for visit in baseline.visits.iter().filter(|visit| baseline.is_sound(visit)) {
        own.entry(visit.operation).or_default().push(visit.own_ns as f64);
        if let Some(took) = visit.way_ns {
            way.entry(visit.operation).or_default().push(took as f64);
        }
    }
    let limits = |times: BTreeMap<Operation, Vec<f64>>| {
        let enough = times.into_iter().filter(|(_, times)| times.len() >= LEAST);
        enough.map(|(operation, times)| (operation, limit(&times))).collect()
    };
    Limits { own: limits(own), way: limits(way) }
}

/// Far out, and by a median more, so that what always takes the same time may take twice as long.
fn limit(times: &[f64]) -> f64 {
    let times = sorted(times);
    let (first, third) = (quantile(&times, 0.25), quantile(&times, 0.75));
    third + FAR_OUT * (third - first) + quantile(&times, 0.5)
}

/// Marks what is beyond its limit.
pub(super) fn mark(visits: &mut Visits, limits: &Limits) {
    for visit in &mut visits.visits {
        if limits.own.get(&visit.operation).is_some_and(|limit| visit.own_ns as f64 > *limit) {
            visit.signs.push(Sign::Slow);
        }
        let is_far = |took: i64| limits.way.get(&visit.operation).is_some_and(|limit| took as f64 > *limit);
        if let (Some(caller), true) = (visit.caller, visit.way_ns.is_some_and(is_far)) {
            visit.signs.push(Sign::Far { from: caller.service });
        }
    }
}
