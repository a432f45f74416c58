//! Where an objective stands: all that was promised, judged by what was counted.

use std::ops::Range;

use ingest_model::Nanos;

use crate::budget::{Budget, Spend};
use crate::burn::burn_rate;
use crate::correction::Corrections;
use crate::counts::Counts;
use crate::evaluate::PairBurn;
use crate::evidence::{Evidence, Floor};
use crate::method::Method;
use crate::minutes::Minutes;
use crate::pairs::{Pair, Pairs, RefusedPair, ScaledPair};
use crate::slices::{Minute, Slices};
use crate::state::State;
use crate::target::Target;
use crate::window::Window;

/// Everything that decides how the slices of an objective are judged.
#[derive(Debug, Clone, PartialEq)]
pub struct Promise {
    /// The share that is to be good.
    pub target: Target,
    /// The period of the error budget.
    pub window: Window,
    /// What the budget is made of.
    pub method: Method,
    /// The windows of its alerts.
    pub pairs: Vec<Pair>,
    /// What an alert must rest on.
    pub floor: Floor,
    /// Times that are judged otherwise than they were counted.
    pub corrections: Corrections,
}

/// A pair of windows, judged.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Weighed {
    /// The burn rates of both windows.
    pub burn: PairBurn,
    /// What the long window rests on.
    pub evidence: Evidence,
    /// What the long window took of the budget, by its rate and in truth, side by side; `None`
    /// without events.
    pub spend: Option<Spend>,
}

/// Where an objective stands at a moment.
#[derive(Debug, Clone, PartialEq)]
pub struct Standing {
    /// The minutes of the period that were judged.
    pub judged: Range<Minute>,
    /// Whether nothing was measured for [`Promise::QUIET`] before now: then the budget is that of
    /// where measuring ended. It neither recovers nor is spent until something is measured.
    pub frozen: bool,
    /// The error budget; `None` if nothing was measured in the period.
    pub budget: Option<Budget>,
    /// The pairs that can alert, in the order they were given.
    pub pairs: Vec<Weighed>,
    /// The pairs that cannot, and why.
    pub refused: Vec<RefusedPair>,
}

/// Corrected minutes, in order.
pub(crate) struct Measured<'a> {
    promise: &'a Promise,
    minutes: Vec<(Minute, Counts)>,
}

// === impl Promise ===

impl Promise {
    /// How long nothing must be measured until a budget is frozen: the long window of the fastest
    /// page, which says nothing by then either.
    pub const QUIET: Minutes = Minutes::known(60);

    /// A target over a window, in events, with the workbook's pairs and no corrections.
    #[must_use]
    pub fn new(target: Target, window: Window) -> Self {
        let pairs = Pair::WORKBOOK.to_vec();
        let (method, floor, corrections) = (Method::Occurrences, Floor::NONE, Corrections::default());
        Self { target, window, method, pairs, floor, corrections }
    }

    /// The pairs scaled to the period that `now` lies in.
    #[must_use]
    pub fn pairs(&self, now: Nanos) -> Pairs {
        Pairs::scale(&self.pairs, self.window.period(now), self.target)
    }

    /// Judges what was counted, as of `now`.
    #[must_use]
    pub fn stand(&self, slices: &Slices, now: Nanos) -> Standing {
        let measured = self.measured(slices, now);
        let last = measured.minutes.iter().rev().find(|(_, counts)| counts.total() > 0).map(|(minute, _)| *minute);
        let quiet = |last: &Minute| last.shifted(1).until(Minute::of(now)) >= Self::QUIET.get();
        let until = last.filter(quiet).map(|last| last.shifted(1));
        let (judged, budget) = self.budget(&measured, until.map_or(now, Minute::start), now);
        let pairs = self.pairs(now);
        let weighed = pairs.usable.iter().map(|pair| measured.weigh(*pair, budget.as_ref(), now)).collect();
        Standing { judged, frozen: until.is_some(), budget, pairs: weighed, refused: pairs.refused }
    }

    /// What one window that ends at `now` counted: events or slices, as the method has it.
    #[must_use]
    pub fn tally(&self, slices: &Slices, window: Minutes, now: Nanos) -> Counts {
        self.measured(slices, now).tally(window, now)
    }

    /// The budget of the period as it was at `at`. A calendar's period is that of `now`: what was
    /// measured in the one before says nothing about it.
    fn budget(&self, measured: &Measured<'_>, at: Nanos, now: Nanos) -> (Range<Minute>, Option<Budget>) {
        let window = match &self.window {
            Window::Rolling(_) => self.window.bounds(at),
            Window::Calendar(_) => {
                let Range { start, end } = self.window.bounds(now);
                start..end.min(Minute::of(at)).max(start)
            }
        };
        let judged = self.method.bounds(window, self.window.origin(now));
        let counts = measured.sum(judged.clone(), self.window.origin(now));
        let whole = match &self.window {
            Window::Rolling(_) => judged.clone(),
            Window::Calendar(_) => self.window.whole(now),
        };
        let budget = Budget::of(self.target, self.window.period(now), counts, self.method, self.base(whole));
        (judged, budget)
    }

    /// What the budget of a period is a share of, without what is excluded of it.
    pub(crate) fn base(&self, whole: Range<Minute>) -> Option<u64> {
        let excluded = self.corrections.within(&whole).excluded();
        self.method.base(whole, excluded)
    }

    pub(crate) fn measured(&self, slices: &Slices, now: Nanos) -> Measured<'_> {
        // What was kept reaches back further than the period while it is frozen.
        let all = Minute::of(Nanos(i64::MIN))..Minute::of(now);
        let first = slices.range(all.clone()).next().map_or(all.start, |(minute, _)| minute);
        let corrected = self.corrections.within(&(first..all.end));
        Measured { promise: self, minutes: corrected.apply(slices.range(all)).collect() }
    }
}

// === impl Measured ===

impl Measured<'_> {
    /// The sum of some minutes, which begin and end with slices.
    pub(crate) fn sum(&self, range: Range<Minute>, origin: Minute) -> Counts {
        self.promise.method.tally(self.within(range), origin)
    }

    /// What the window that ends at `now` counted.
    pub(crate) fn tally(&self, window: Minutes, now: Nanos) -> Counts {
        let origin = self.promise.window.origin(now);
        self.sum(self.promise.method.bounds(Slices::bounds(window, now), origin), origin)
    }

    fn weigh(&self, pair: ScaledPair, budget: Option<&Budget>, now: Nanos) -> Weighed {
        let Promise { target, method, floor, .. } = self.promise;
        let (long, short) = (self.tally(pair.pair.long, now), self.tally(pair.pair.short, now));
        let events = self.within(Slices::bounds(pair.pair.long, now)).map(|(_, counts)| counts).sum();
        let evidence = floor.weigh(events, *target, pair.factor, *method);
        let burn = PairBurn { pair, long: burn_rate(long, *target), short: burn_rate(short, *target) };
        Weighed { burn, evidence, spend: budget.and_then(|budget| budget.spend(long, pair.pair.long)) }
    }

    fn within(&self, range: Range<Minute>) -> impl Iterator<Item = (Minute, Counts)> + '_ {
        let place = |minute: Minute| self.minutes.partition_point(|(held, _)| *held < minute);
        let (start, end) = (place(range.start), place(range.end));
        self.minutes.get(start..end.max(start)).unwrap_or_default().iter().copied()
    }
}

// === impl Weighed ===

impl Weighed {
    /// Whether both windows burn faster than the factor and rest on enough; `None` as long as one
    /// has no events.
    #[must_use]
    pub fn breaches(&self) -> Option<bool> {
        self.burn.breaches().map(|breaches| breaches && self.evidence == Evidence::Enough)
    }
}

// === impl Standing ===

impl Standing {
    /// The one word for all of it, as [`State::of`]; `None` while the budget is frozen, unless
    /// nothing is left of it. A pair that rests on too little is not *burning* but *rising*.
    #[must_use]
    pub fn state(&self) -> Option<State> {
        let burns: Vec<PairBurn> = self.pairs.iter().map(|pair| pair.burn).collect();
        let state = State::of(self.budget.as_ref(), &burns)?;
        let breaches = self.pairs.iter().any(|pair| pair.breaches() == Some(true));
        match state {
            State::Burning if !breaches => Some(State::Rising),
            State::Exhausted | State::Burning => Some(state),
            State::Ok | State::Recovering | State::Rising => (!self.frozen).then_some(state),
        }
    }
}

#[cfg(test)]
mod tests;
