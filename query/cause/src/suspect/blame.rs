//! Which changes are a service's own, and which come from below.

use std::collections::BTreeMap;

use super::change::{Change, Scope};
use super::visit::{Operation, Sign, Visit, Visits};
use super::way;

/// Weaker changes are no findings.
const NEGLIGIBLE: f64 = 0.02;

/// Weaker changes explain nothing.
const EXPLAINS: f64 = 0.15;

/// A change below explains one that is at most this many times as strong.
const TIMES: f64 = 2.0;

/// What is left of a change that is explained everywhere.
const LEFT: f64 = 0.2;

/// A change, and what is held against its service.
#[derive(Debug, Clone)]
pub(super) struct Blamed {
    /// The service it is held against.
    pub(super) service: u32,
    pub(super) change: Change,
    /// Visits of the fault window that changed, by their places.
    pub(super) visits: Vec<usize>,
    /// Share of them without a reason below, 0 to 1.
    pub(super) unexplained: f64,
    /// Its strength, less what is explained.
    pub(super) score: f64,
}

/// Weighs changes by what happened below them, in any order.
pub(super) fn blame(during: &Visits, changes: Vec<Change>) -> Vec<Blamed> {
    let of_operation = by_operation(during);
    let mut found: Vec<Blamed> = changes
        .into_iter()
        .filter(|change| change.strength() >= NEGLIGIBLE)
        .map(|change| Blamed {
            service: change.scope.service(),
            change,
            visits: changed(during, &of_operation, &change),
            unexplained: 1.0,
            score: 0.0,
        })
        .collect();
    let below = strongest_below(during, &found);
    for one in &mut found {
        let strength = one.change.strength();
        let free = one.visits.iter().filter(|visit| below[**visit] * TIMES < strength).count();
        one.unexplained = free as f64 / one.visits.len().max(1) as f64;
        one.score = strength * (LEFT + (1.0 - LEFT) * one.unexplained);
    }
    let (ways, mut found): (Vec<Blamed>, Vec<Blamed>) =
        found.into_iter().partition(|one| matches!(one.change.sign, Sign::Far { .. }));
    found.extend(way::blame(during, ways));
    found
}

fn by_operation(window: &Visits) -> BTreeMap<Operation, Vec<usize>> {
    let mut places: BTreeMap<Operation, Vec<usize>> = BTreeMap::new();
    for (place, visit) in window.visits.iter().enumerate() {
        places.entry(visit.operation).or_default().push(place);
    }
    places
}

/// The visits that a change is in.
fn changed(window: &Visits, of_operation: &BTreeMap<Operation, Vec<usize>>, change: &Change) -> Vec<usize> {
    let all = |service: u32| {
        let name = |name: u32| Operation { service, name };
        of_operation.range(name(0)..=name(u32::MAX)).flat_map(|(_, places)| places)
    };
    let places: Vec<usize> = match change.scope {
        Scope::Operation(operation) => of_operation.get(&operation).cloned().unwrap_or_default(),
        Scope::Service(service) => all(service).copied().collect(),
    };
    places.into_iter().filter(|place| window.visits.get(*place).is_some_and(|visit| change.is_in(visit))).collect()
}

/// For every visit, the strongest change in a visit of another service below it.
fn strongest_below(window: &Visits, found: &[Blamed]) -> Vec<f64> {
    let mut own = vec![0.0_f64; window.visits.len()];
    for one in found.iter().filter(|one| one.change.strength() >= EXPLAINS) {
        for place in &one.visits {
            own[*place] = own[*place].max(one.change.strength());
        }
    }
    let mut below = vec![0.0_f64; window.visits.len()];
    for (place, strength) in own.into_iter().enumerate().filter(|(_, strength)| *strength > 0.0) {
        let service = window.visits[place].operation.service;
        for above in callers(window, &window.visits[place]) {
            if window.visits[above].operation.service != service {
                below[above] = below[above].max(strength);
            }
        }
    }
    below
}

/// The visits that led to a visit, nearest first.
pub(super) fn callers<'v>(window: &'v Visits, visit: &'v Visit) -> impl Iterator<Item = usize> + use<'v> {
    std::iter::successors(visit.parent, |above| window.visits.get(*above).and_then(|above| above.parent))
}
