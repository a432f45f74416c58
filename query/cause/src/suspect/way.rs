//! Ways between services that took far longer than usual: which end is to blame?
//!
//! A way has two ends, and what delays one service's packets delays all of its ways. So each end gets the mean strength of
//! its ways, as if it had one more that is as usual: an end with several slow ways comes before one with a single one, and
//! that before one of whose many ways a single one is slow.

use std::collections::{BTreeMap, BTreeSet};

use super::blame::Blamed;
use super::change::Scope;
use super::visit::{Sign, Visits};

/// Holds slow ways against both of their ends.
pub(super) fn blame(during: &Visits, found: Vec<Blamed>) -> Vec<Blamed> {
    let ways: Vec<(u32, Blamed)> = found.into_iter().filter_map(|one| Some((way(&one)?, one))).collect();
    let ends = ends(during, &ways);
    let mut blamed = Vec::new();
    for (caller, one) in ways {
        for service in [caller, one.service] {
            let End { ways, sum, most } = ends.get(&service).copied().unwrap_or_default();
            let mean = sum / (ways + 1) as f64;
            let score = mean * one.change.strength() / most.max(f64::MIN_POSITIVE);
            blamed.push(Blamed { service, score, unexplained: 1.0, ..one.clone() });
        }
    }
    blamed
}

/// Strengths of the ways of a service.
#[derive(Debug, Clone, Copy, Default)]
struct End {
    ways: usize,
    sum: f64,
    most: f64,
}

/// The caller of a way, if this is a change of one.
fn way(one: &Blamed) -> Option<u32> {
    match (one.change.scope, one.change.sign) {
        (Scope::Service(_), Sign::Far { from }) if one.change.pooled.effect() > 0.0 => Some(from),
        _ => None,
    }
}

fn ends(during: &Visits, ways: &[(u32, Blamed)]) -> BTreeMap<u32, End> {
    let seen: BTreeSet<(u32, u32)> = during.visits.iter().filter_map(|visit| visit.way()).collect();
    let mut ends: BTreeMap<u32, End> = BTreeMap::new();
    for service in seen.into_iter().flat_map(|(caller, callee)| [caller, callee]) {
        ends.entry(service).or_default().ways += 1;
    }
    for (caller, one) in ways {
        let strength = one.change.strength();
        for service in [*caller, one.service] {
            let end = ends.entry(service).or_default();
            end.sum += strength;
            end.most = end.most.max(strength);
        }
    }
    ends
}
