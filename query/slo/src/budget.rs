//! The error budget of a period: how many events may be bad, and how much of that is spent.

use crate::burn::{Exhaustion, burn_rate, exhausted_in};
use crate::counts::Counts;
use crate::method::Method;
use crate::minutes::Minutes;
use crate::ratio::Ratio;
use crate::target::Target;

/// The error budget of the period that ends now.
///
/// It is weighted by events: what may be bad is a share of the events the period really had, so a
/// failure in a quiet night weighs as much as one at the peak. A period that has just begun to be
/// observed has the budget of the events seen so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budget {
    target: Target,
    period: Minutes,
    counts: Counts,
    /// What the budget is a share of: the events of the period, or its slices in parts.
    base: u64,
    /// What one event or slice is counted as.
    unit: u64,
    consumed: Ratio,
}

/// What a window took of the budget of its period, measured in two ways.
///
/// They differ when the window had more or less traffic than the rest of the period. Burn alerts
/// speak of the rate; what is left of the budget follows the events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spend {
    /// Bad events of the window over the bad events allowed in the period: what it really took.
    pub by_events: Ratio,
    /// Burn rate times window over period (SRE workbook, chapter 5, "4: Alert on Burn Rate"): what
    /// it would have taken if the whole period had the traffic of the window.
    pub by_rate: Ratio,
}

// === impl Budget ===

impl Budget {
    /// The budget of a period in which `counts` happened; `None` without events, because a share
    /// of nothing is unknown, not whole.
    #[must_use]
    pub fn new(target: Target, period: Minutes, counts: Counts) -> Option<Self> {
        Self::of(target, period, counts, Method::Occurrences, None)
    }

    /// The budget of a period whose minutes `method` added up to `counts`. With a `base` the budget
    /// is a share of that ([`Method::base`]), so that what was not measured spends nothing and
    /// gives nothing back; without, of what was counted.
    #[must_use]
    pub fn of(target: Target, period: Minutes, counts: Counts, method: Method, base: Option<u64>) -> Option<Self> {
        let base = base.map_or_else(|| counts.total(), |base| base.max(counts.total()));
        let allowed = i128::from(base) * i128::from(target.bad_parts());
        let bad = i128::from(counts.bad()) * i128::from(Target::PARTS);
        let consumed = (counts.total() > 0).then(|| Ratio::reduced(bad, allowed));
        consumed.map(|consumed| Self { target, period, counts, base, unit: method.unit(), consumed })
    }

    /// The events of the period; of slices of time, the slices, as [`Method::tally`] adds them up.
    #[must_use]
    pub const fn counts(&self) -> Counts {
        self.counts
    }

    /// How many events, or slices, of the period may be bad; not rounded.
    #[must_use]
    pub fn allowed(&self) -> Ratio {
        let parts = i128::from(self.base) * i128::from(self.target.bad_parts());
        Ratio::reduced(parts, i128::from(Target::PARTS) * i128::from(self.unit))
    }

    /// The share of what was measured that was good: the indicator's value over the period.
    #[must_use]
    pub const fn sli(&self) -> Ratio {
        Ratio::reduced(self.counts.good() as i128, self.counts.total() as i128)
    }

    /// The period's length.
    #[must_use]
    pub const fn period(&self) -> Minutes {
        self.period
    }

    /// The share of the budget that is spent; above 1 when more was bad than may be. Where events
    /// count, it equals the burn rate of the whole period.
    #[must_use]
    pub const fn consumed(&self) -> Ratio {
        self.consumed
    }

    /// The share of the budget that is left; negative when more was bad than may be.
    #[must_use]
    pub const fn remaining(&self) -> Ratio {
        self.consumed.one_minus()
    }

    /// Whether nothing is left: one more bad event breaks the promise, or it is broken.
    #[must_use]
    pub const fn is_exhausted(&self) -> bool {
        !self.remaining().is_positive()
    }

    /// When nothing will be left, if the burn rate stays as given.
    #[must_use]
    pub fn exhausted_in(&self, burn_rate: Ratio) -> Exhaustion {
        exhausted_in(self.period, self.remaining(), burn_rate)
    }

    /// What `counts`, the events of a `window` inside the period, took of the budget; `None`
    /// without events.
    #[must_use]
    pub fn spend(&self, counts: Counts, window: Minutes) -> Option<Spend> {
        let by_rate = rate_spend(burn_rate(counts, self.target)?, window, self.period);
        let bad = i128::from(counts.bad()) * i128::from(Target::PARTS);
        let allowed = i128::from(self.base) * i128::from(self.target.bad_parts());
        Some(Spend { by_events: Ratio::reduced(bad, allowed), by_rate })
    }
}

/// The share of the budget of `period` that a burn rate takes in `window`:
/// `burn_rate * window / period` (SRE workbook, chapter 5, "4: Alert on Burn Rate").
#[must_use]
pub const fn rate_spend(burn_rate: Ratio, window: Minutes, period: Minutes) -> Ratio {
    burn_rate.scaled(window, period)
}

#[cfg(test)]
mod tests;
