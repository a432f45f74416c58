//! Whether requests became slower: a test of ranks, which no outlier can decide.
//!
//! Source: Mann and Whitney, "On a test of whether one of two random variables is stochastically
//! larger than the other" (1947), with the correction for ties.

use std::collections::BTreeMap;

use super::{Bearable, Question, Reason};
use crate::interval::{Interval, normal};

/// How many requests took how long: a value may stand for a bucket of a histogram, as only the
/// order counts. Any unit, the same on both sides.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Latencies {
    counts: BTreeMap<u64, u64>,
}

// === impl Latencies ===

impl Latencies {
    /// Adds `count` requests that took `value`.
    pub fn add(&mut self, value: u64, count: u64) {
        if count > 0 {
            let held = self.counts.entry(value).or_default();
            *held = held.saturating_add(count);
        }
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.counts.is_empty()
    }

    fn total(&self) -> f64 {
        self.counts.values().map(|count| *count as f64).sum()
    }
}

impl FromIterator<u64> for Latencies {
    fn from_iter<I: IntoIterator<Item = u64>>(values: I) -> Self {
        let mut latencies = Self::default();
        values.into_iter().for_each(|value| latencies.add(value, 1));
        latencies
    }
}

/// Requests below which ranks say nothing: a test of ranks goes by a normal distribution from here on,
/// and the first requests of a process are slow.
const LEAST: f64 = 8.0;

/// How much more often than even the candidate is slower, and its interval: the error is that of
/// Hanley and McNeil, "The meaning and use of the area under a ROC curve" (Radiology 143, 1982), at
/// the bound itself, as Newcombe advises (Statistics in Medicine 25, 2006, method 5).
pub(super) fn slower(candidate: &Latencies, baseline: &Latencies, bearable: &Bearable) -> Reason {
    let (new, old) = (candidate.total(), baseline.total());
    if new < LEAST || old < LEAST {
        let everything = Interval { lower: -0.5, upper: 0.5 };
        return Reason::new(Question::Latency, None, everything, bearable.slower, None);
    }
    let Ranks { slower, ties } = Ranks::of(candidate, baseline);
    let z = bearable.confidence.deviations();
    let bound = |side: f64| (bound(slower, new, old, side * z) - 0.5).clamp(-0.5, 0.5);
    let interval = Interval { lower: bound(-1.0), upper: bound(1.0) };
    let all = new + old;
    let spread = ((all + 1.0 - ties / (all * (all - 1.0))) / (12.0 * new * old)).max(0.0).sqrt();
    let chance = if spread > 0.0 { normal((0.5 - slower) / spread) } else { 0.5 };
    Reason::new(Question::Latency, Some(slower - 0.5), interval, bearable.slower, Some(chance))
}

/// What the order of two sides says.
struct Ranks {
    /// The chance that one of the candidate is slower than one of the baseline, ties by half.
    slower: f64,
    /// The sum of t³ - t over tied values.
    ties: f64,
}

impl Ranks {
    fn of(candidate: &Latencies, baseline: &Latencies) -> Self {
        let mut both: BTreeMap<u64, (f64, f64)> = BTreeMap::new();
        for (value, count) in &candidate.counts {
            both.entry(*value).or_default().0 = *count as f64;
        }
        for (value, count) in &baseline.counts {
            both.entry(*value).or_default().1 = *count as f64;
        }
        let (mut below, mut wins, mut ties) = (0.0, 0.0, 0.0);
        for (new, old) in both.into_values() {
            wins += new * (below + old / 2.0);
            below += old;
            ties += (new + old).powi(3) - (new + old);
        }
        Self { slower: wins / (candidate.total() * below), ties }
    }
}

/// The chance that lies `z` of its own standard errors from the one found, by halving.
fn bound(found: f64, new: f64, old: f64, z: f64) -> f64 {
    let error = |chance: f64| {
        let pairs = f64::midpoint(new, old) - 1.0;
        let spread = 1.0 + pairs.max(0.0) * ((1.0 - chance) / (2.0 - chance) + chance / (1.0 + chance));
        (chance * (1.0 - chance) * spread / (new * old)).sqrt()
    };
    let (mut near, mut far) = (found, if z < 0.0 { 0.0 } else { 1.0 });
    for _ in 0..60 {
        let middle = f64::midpoint(near, far);
        if (middle - found).abs() < z.abs() * error(middle) { near = middle } else { far = middle }
    }
    near
}
