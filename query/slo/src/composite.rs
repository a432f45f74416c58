//! Composites: several indicators, each with a target and a weight, that spend one error budget.
//!
//! Source: OpenSLO v1, `objectives[].compositeWeight` and its notes on composites. What a member
//! burns, times its weight, burns the composite:
//!
//! * of events, the burn rates are added;
//! * of good and bad slices, a slice is as bad as its worst member;
//! * of slices with shares, the missing parts are added, so that 95 % and 95 % make 90 %.

use std::collections::BTreeMap;
use std::ops::Range;

use ingest_model::Nanos;
use rust_decimal::Decimal;

use crate::burn::{burn_rate, max_burn_rate};
use crate::evaluate::PairBurn;
use crate::method::{Method, slices};
use crate::minutes::Minutes;
use crate::pairs::{Pair, Pairs};
use crate::ratio::Ratio;
use crate::slices::{Minute, Slices};
use crate::target::Target;
use crate::window::Window;

/// How much of a member's burning burns the composite: above 0 (OpenSLO `compositeWeight`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Weight(Decimal);

/// One objective of a composite.
#[derive(Debug, Clone, Copy)]
pub struct Member<'a> {
    /// How much it burns the composite.
    pub weight: Weight,
    /// Its own target.
    pub target: Target,
    /// What was counted for it.
    pub slices: &'a Slices,
}

/// Objectives that spend one budget.
#[derive(Debug, Clone)]
pub struct Composite<'a> {
    /// What the budget is made of; the same for all.
    pub method: Method,
    /// The period; the same for all.
    pub window: &'a Window,
    /// The objectives.
    pub members: Vec<Member<'a>>,
}

// === impl Weight ===

impl Weight {
    /// What holds where none is written.
    pub const ONE: Self = Self(Decimal::ONE);

    /// Takes a number above 0 and at most a million, with at most 6 digits after the point; `None`
    /// otherwise.
    #[must_use]
    pub fn new(weight: Decimal) -> Option<Self> {
        let weight = weight.normalize();
        let fits = weight > Decimal::ZERO && weight <= Decimal::from(1_000_000) && weight.scale() <= 6;
        fits.then_some(Self(weight))
    }

    /// The number.
    #[must_use]
    pub const fn number(self) -> Decimal {
        self.0
    }
}

impl Default for Weight {
    fn default() -> Self {
        Self::ONE
    }
}

// === impl Member ===

impl Member<'_> {
    /// What an event or slice that is bad through and through burns of the composite.
    fn charge(&self) -> Ratio {
        Ratio::from(self.weight.0).times(max_burn_rate(self.target))
    }
}

// === impl Composite ===

impl Composite<'_> {
    /// The burn rate when everything is bad: none can be higher.
    #[must_use]
    pub fn max_burn_rate(&self) -> Ratio {
        let charges = self.members.iter().map(Member::charge);
        match self.method {
            Method::Timeslices { .. } => charges.max().unwrap_or(Ratio::ZERO),
            Method::Occurrences | Method::RatioTimeslices { .. } => charges.fold(Ratio::ZERO, Ratio::plus),
        }
    }

    /// The share of the composite's budget that is spent; `None` if nothing was measured.
    #[must_use]
    pub fn consumed(&self, now: Nanos) -> Option<Ratio> {
        let whole = self.window.whole(now);
        self.burn(self.window.bounds(now), now, self.method.base(whole, 0))
    }

    /// The burn rate of the window that ends at `now`; `None` if nothing was measured in it.
    #[must_use]
    pub fn burn_rate(&self, window: Minutes, now: Nanos) -> Option<Ratio> {
        self.burn(Slices::bounds(window, now), now, None)
    }

    /// The burn rates of pairs that can alert on the composite.
    #[must_use]
    pub fn pairs(&self, pairs: &[Pair], now: Nanos) -> (Vec<PairBurn>, Pairs) {
        let scaled = Pairs::scale_to(pairs, self.window.period(now), self.max_burn_rate());
        let burn = |window| self.burn_rate(window, now);
        let burns = scaled.usable.iter();
        let burns =
            burns.map(|pair| PairBurn { pair: *pair, long: burn(pair.pair.long), short: burn(pair.pair.short) });
        (burns.collect(), scaled)
    }

    /// What `range` burns: of `base`, or of what was measured in it.
    fn burn(&self, range: Range<Minute>, now: Nanos, base: Option<u64>) -> Option<Ratio> {
        let origin = self.window.origin(now);
        let range = self.method.bounds(range, origin);
        match self.method {
            Method::Occurrences => self.by_events(&range),
            Method::Timeslices { .. } => self.by_worst(&range, origin, base),
            Method::RatioTimeslices { .. } => self.by_missing(&range, origin, base),
        }
    }

    fn by_events(&self, range: &Range<Minute>) -> Option<Ratio> {
        let burn = |member: &Member<'_>| {
            let counts = member.slices.range(range.clone()).map(|(_, counts)| counts).sum();
            burn_rate(counts, member.target).map(|burn| burn.times(Ratio::from(member.weight.0)))
        };
        self.members.iter().filter_map(burn).reduce(Ratio::plus)
    }

    /// Every slice costs as much as the most expensive of its bad members.
    fn by_worst(&self, range: &Range<Minute>, origin: Minute, base: Option<u64>) -> Option<Ratio> {
        let mut worst: BTreeMap<Minute, Ratio> = BTreeMap::new();
        for member in &self.members {
            for (begin, is_bad) in self.judged(member, range, origin).map(|(begin, bad)| (begin, bad > 0)) {
                let cost = if is_bad { member.charge() } else { Ratio::ZERO };
                let held = worst.entry(begin).or_insert(cost);
                *held = cost.max(*held);
            }
        }
        let measured = worst.len() as u64;
        let mut found: BTreeMap<Ratio, i128> = BTreeMap::new();
        for cost in worst.into_values().filter(|cost| cost.is_positive()) {
            *found.entry(cost).or_default() += 1;
        }
        let of = i128::from(base.unwrap_or(measured).max(measured));
        let shares = found.into_iter().map(|(cost, count)| cost.times(Ratio::reduced(count, of.max(1))));
        (measured > 0).then(|| shares.fold(Ratio::ZERO, Ratio::plus))
    }

    /// The missing parts of all members are added up.
    fn by_missing(&self, range: &Range<Minute>, origin: Minute, base: Option<u64>) -> Option<Ratio> {
        let mut measured: std::collections::BTreeSet<Minute> = std::collections::BTreeSet::new();
        let mut missing = Vec::new();
        for member in &self.members {
            let mut parts = 0_i128;
            for (begin, bad) in self.judged(member, range, origin) {
                measured.insert(begin);
                parts += i128::from(bad);
            }
            missing.push((member.charge(), parts));
        }
        let counted = measured.len() as u64 * Method::PARTS;
        let of = i128::from(base.unwrap_or(counted).max(counted));
        let shares = missing.into_iter().map(|(cost, parts)| cost.times(Ratio::reduced(parts, of.max(1))));
        (counted > 0).then(|| shares.fold(Ratio::ZERO, Ratio::plus))
    }

    /// The measured slices of a member: where each begins, and its bad parts.
    fn judged(
        &self,
        member: &Member<'_>,
        range: &Range<Minute>,
        origin: Minute,
    ) -> impl Iterator<Item = (Minute, u64)> + use<'_> {
        let (method, slice) = (self.method, self.method.slice().unwrap_or(Minutes::known(1)));
        let minutes: Vec<_> = member.slices.range(range.clone()).collect();
        let judged =
            slices(minutes.into_iter(), origin, slice).map(move |(begin, counts)| (begin, method.judge(counts)));
        judged.filter(|(_, counts)| counts.total() > 0).map(|(begin, counts)| (begin, counts.bad()))
    }
}

#[cfg(test)]
mod tests;
