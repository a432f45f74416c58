//! The judgement of one objective at one moment.

use ingest_model::Nanos;

use crate::budget::Budget;
use crate::burn::burn_rate;
use crate::pairs::ScaledPair;
use crate::ratio::Ratio;
use crate::slices::{Minute, Slices};
use crate::state::State;
use crate::target::Target;

/// The burn rates of a pair's two windows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PairBurn {
    /// The pair and its factor.
    pub pair: ScaledPair,
    /// The burn rate of the long window; `None` without events.
    pub long: Option<Ratio>,
    /// The burn rate of the short window; `None` without events.
    pub short: Option<Ratio>,
}

/// What the slices say at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evaluation {
    /// Where all windows end: the beginning of the current minute.
    pub until: Nanos,
    /// The error budget of the period; `None` without events.
    pub budget: Option<Budget>,
    /// The pairs, in the order they were given.
    pub pairs: Vec<PairBurn>,
}

/// Judges an objective by its slices at `now`; see [`Slices::bounds`] for where windows end.
#[must_use]
pub fn evaluate(slices: &Slices, target: Target, pairs: &[ScaledPair], now: Nanos) -> Evaluation {
    let burn = |window| burn_rate(slices.sum(window, now), target);
    let burns =
        pairs.iter().map(|pair| PairBurn { pair: *pair, long: burn(pair.pair.long), short: burn(pair.pair.short) });
    Evaluation {
        until: Minute::of(now).start(),
        budget: Budget::new(target, slices.period(), slices.sum(slices.period(), now)),
        pairs: burns.collect(),
    }
}

// === impl PairBurn ===

impl PairBurn {
    /// Whether the long window burns faster than the factor; `None` without events.
    #[must_use]
    pub fn long_above(&self) -> Option<bool> {
        self.long.map(|burn| burn > self.pair.factor)
    }

    /// Whether the short window burns faster than the factor; `None` without events.
    #[must_use]
    pub fn short_above(&self) -> Option<bool> {
        self.short.map(|burn| burn > self.pair.factor)
    }

    /// Whether both windows burn faster than the factor. One that does not decides; otherwise it
    /// is unknown, `None`, as long as one window has no events.
    #[must_use]
    pub fn breaches(&self) -> Option<bool> {
        match (self.long_above(), self.short_above()) {
            (Some(true), Some(true)) => Some(true),
            (Some(false), _) | (_, Some(false)) => Some(false),
            (None, _) | (_, None) => None,
        }
    }
}

// === impl Evaluation ===

impl Evaluation {
    /// The one word for all of it; see [`State::of`].
    #[must_use]
    pub fn state(&self) -> Option<State> {
        State::of(self.budget.as_ref(), &self.pairs)
    }
}

#[cfg(test)]
mod tests;
