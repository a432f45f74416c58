//! Signs whose share of visits changed.

use std::collections::{BTreeMap, BTreeSet};

use super::visit::{Operation, Sign, Visit, Visits};
use crate::significance::{Pooled, q_values, two_sided};

/// Baseline visits that a comparison needs at least.
pub(super) const LEAST: u64 = 3;

/// Where the effect is half believed: `d / (d + 3)` of it counts after `d` standard errors, as three of them are the
/// customary limit of control charts (Shewhart 1931).
const HALF_BELIEVED: f64 = 3.0;

/// Whose visits are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Scope {
    /// Those of one operation.
    Operation(Operation),
    /// Those of all operations of a service, each compared with its own.
    Service(u32),
}

/// A sign, and how its share changed.
#[derive(Debug, Clone, Copy)]
pub(super) struct Change {
    pub(super) scope: Scope,
    pub(super) sign: Sign,
    pub(super) pooled: Pooled,
    /// Adjusted for all signs compared.
    pub(super) q_value: f64,
}

/// A caller, and what it called.
type Context = (Option<Operation>, Operation);

/// How many visits there are, and how many show which sign.
#[derive(Default)]
struct Counts {
    visits: BTreeMap<Context, u64>,
    /// Visits that only their callers know of: they can show nothing but silence.
    silent: BTreeMap<Context, u64>,
    signs: BTreeMap<(Context, Sign), u64>,
}

/// Compares the visits of the fault window with those of the baseline.
pub(super) fn changes(before: &Visits, during: &Visits) -> Vec<Change> {
    let mut sound: BTreeMap<Operation, u64> = BTreeMap::new();
    for visit in before.visits.iter().filter(|visit| before.is_sound(visit)) {
        *sound.entry(visit.operation).or_default() += 1;
    }
    let is_sound = |operation: &Operation| sound.get(operation).is_some_and(|visits| *visits >= LEAST);
    let baseline = Counts::of(before, |visit| !is_sound(&visit.operation) || before.is_sound(visit));
    let fault = Counts::of(during, |_| true);
    let both: BTreeSet<&(Context, Sign)> = baseline.signs.keys().chain(fault.signs.keys()).collect();
    let mut pooled: BTreeMap<(Scope, Sign), Pooled> = BTreeMap::new();
    for (context, sign) in both {
        let (with, usual) = (fault.share(*context, *sign), baseline.share(*context, *sign));
        // Where no baseline visit is sound, only what is bad and came more often can be told from the trouble there was.
        let more = with.0 * usual.1 > usual.0 * with.1;
        if is_sound(&context.1) || (sign.is_trouble() && more) {
            for scope in [Scope::Operation(context.1), Scope::Service(context.1.service)] {
                pooled.entry((scope, *sign)).or_default().add(with, usual);
            }
        }
    }
    judged(pooled)
}

/// The changes that can be judged, with their chances.
fn judged(pooled: BTreeMap<(Scope, Sign), Pooled>) -> Vec<Change> {
    let enough = |pooled: &Pooled| pooled.second.1 >= LEAST && pooled.first.1 > 0;
    let pooled: Vec<((Scope, Sign), Pooled)> = pooled.into_iter().filter(|(_, pooled)| enough(pooled)).collect();
    let p_values: Vec<f64> = pooled.iter().map(|(_, pooled)| two_sided(pooled.deviations())).collect();
    let change = |(((scope, sign), pooled), q_value)| Change { scope, sign, pooled, q_value };
    pooled.into_iter().zip(q_values(&p_values)).map(change).collect()
}

// === impl Counts ===

impl Counts {
    fn of(window: &Visits, counts: impl Fn(&Visit) -> bool) -> Self {
        let mut counted = Self::default();
        for visit in window.visits.iter().filter(|visit| counts(visit)) {
            let context = (visit.caller, visit.operation);
            *counted.visits.entry(context).or_default() += 1;
            *counted.silent.entry(context).or_default() += u64::from(visit.shows(&Sign::Silent));
            for sign in &visit.signs {
                *counted.signs.entry((context, *sign)).or_default() += 1;
            }
        }
        counted
    }

    /// Visits that show a sign, and all that could.
    fn share(&self, context: Context, sign: Sign) -> (u64, u64) {
        let of = |counts: &BTreeMap<Context, u64>| counts.get(&context).copied().unwrap_or_default();
        let dumb = if sign == Sign::Silent { 0 } else { of(&self.silent) };
        (self.signs.get(&(context, sign)).copied().unwrap_or_default(), of(&self.visits) - dumb)
    }
}

// === impl Scope ===

impl Scope {
    /// The service that is compared.
    pub(super) const fn service(self) -> u32 {
        match self {
            Self::Operation(operation) => operation.service,
            Self::Service(service) => service,
        }
    }

    /// Whether it covers an operation.
    fn covers(self, operation: Operation) -> bool {
        match self {
            Self::Operation(own) => own == operation,
            Self::Service(service) => service == operation.service,
        }
    }
}

// === impl Change ===

impl Change {
    /// How telling it is by itself, 0 to 1: its size, as far as it is believed.
    pub(super) fn strength(&self) -> f64 {
        let deviations = self.pooled.deviations();
        self.pooled.effect().abs() * deviations / (deviations + HALF_BELIEVED)
    }

    /// Whether a visit is one of those that changed: it shows what came, or lacks what went.
    pub(super) fn is_in(&self, visit: &Visit) -> bool {
        let came = self.pooled.effect() > 0.0;
        self.scope.covers(visit.operation) && visit.shows(&self.sign) == came && (came || !visit.shows(&Sign::Silent))
    }
}
