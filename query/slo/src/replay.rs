//! What an objective would have said, moment by moment, of what was counted.

use std::ops::Range;

use crate::minutes::Minutes;
use crate::pairs::{ScaledPair, Severity};
use crate::ratio::Ratio;
use crate::slices::{Minute, Slices};
use crate::standing::{Promise, Standing, Weighed};
use crate::state::State;

/// How an objective stood at a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// When: all windows end here.
    pub at: Minute,
    /// The one word for it; `None` while there is too little to tell.
    pub state: Option<State>,
    /// What was left of the error budget; `None` without events.
    pub remaining: Option<Ratio>,
}

/// A stretch in which the condition of a page or a ticket held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Episode {
    /// Whether it would have been a page or a ticket.
    pub severity: Severity,
    /// The moment at which the condition was first met.
    pub from: Minute,
    /// The moment at which it no longer was; `None` if it held to the end.
    pub to: Option<Minute>,
    /// The pair that met it first.
    pub pair: ScaledPair,
    /// The highest burn rate of that pair's long window while it held.
    pub peak: Ratio,
}

/// An objective, replayed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Replay {
    /// How it stood, in order.
    pub moments: Vec<Moment>,
    /// When it would have alerted, by their beginning, pages first.
    pub episodes: Vec<Episode>,
}

// === impl Promise ===

impl Promise {
    /// Judges what was counted as it would have been judged at every `step` of a range. What came late is judged as if it
    /// had come in time.
    #[must_use]
    pub fn replay(&self, slices: &Slices, range: Range<Minute>, step: Minutes) -> Replay {
        let mut replay = Replay::default();
        let mut at = range.start;
        while at <= range.end {
            let standing = self.stand(slices, at.start());
            for severity in [Severity::Page, Severity::Ticket] {
                replay.follow(severity, &standing, at);
            }
            let remaining = standing.budget.as_ref().map(crate::Budget::remaining);
            replay.moments.push(Moment { at, state: standing.state(), remaining });
            at = at.plus(step);
        }
        replay.episodes.sort_by_key(|episode| (episode.from, episode.severity != Severity::Page));
        replay
    }
}

// === impl Replay ===

impl Replay {
    /// Begins, goes on with or ends the episode of a severity. While nothing can be told it goes on.
    fn follow(&mut self, severity: Severity, standing: &Standing, at: Minute) {
        let pairs = || standing.pairs.iter().filter(|pair| pair.burn.pair.pair.severity == severity);
        let breaching = pairs().find(|pair| pair.breaches() == Some(true));
        let open = self.episodes.iter_mut().rev().find(|open| open.severity == severity && open.to.is_none());
        match (open, breaching) {
            (Some(open), _) if holds(pairs()) => {
                let same = pairs().find(|pair| pair.burn.pair == open.pair).and_then(|pair| pair.burn.long);
                open.peak = same.map_or(open.peak, |burn| burn.max(open.peak));
            }
            (Some(open), _) => open.to = Some(at),
            (None, Some(pair)) => {
                let peak = pair.burn.long.unwrap_or(Ratio::ZERO);
                self.episodes.push(Episode { severity, from: at, to: None, pair: pair.burn.pair, peak });
            }
            (None, None) => {}
        }
    }
}

/// Whether a pair breaches, or none can be told not to.
fn holds<'a>(mut pairs: impl Iterator<Item = &'a Weighed>) -> bool {
    pairs.any(|pair| pair.breaches() != Some(false))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Counts, Target, Window};

    /// Two days of a hundred events a minute; for half an hour of them half are bad.
    fn slices() -> Slices {
        let days = 2 * 24 * 60;
        let mut slices = Slices::new(Minutes::known(10 * 24 * 60));
        for minute in 0..days {
            let bad = if (1_000..1_030).contains(&minute) { 50 } else { 0 };
            let counts = Counts::of_bad(bad, 100).expect("fewer bad than all");
            slices.put(Minute::EPOCH.shifted(minute), 0, counts, Minute::EPOCH.shifted(days).start());
        }
        slices
    }

    fn promise() -> Promise {
        let window: Window = "1d".parse().expect("a window");
        Promise::new("99 %".parse::<Target>().expect("a target"), window)
    }

    #[test]
    fn a_replay_says_when_it_would_have_paged_and_what_was_left() {
        let promise = promise();
        let range = Minute::EPOCH.shifted(900)..Minute::EPOCH.shifted(1_500);
        let replay = promise.replay(&slices(), range, Minutes::known(1));
        let page = replay.episodes.iter().find(|episode| episode.severity == Severity::Page).expect("it paged");
        let (from, to) = (Minute::EPOCH.until(page.from), page.to.map(|to| Minute::EPOCH.until(to)));
        // The workbook's pairs are for 30 days; over one day the fastest that can fire is slower.
        assert!((1_001..1_031).contains(&from), "{from}");
        assert!(to.is_some_and(|to| to > 1_030 && to < 1_300), "{to:?}");
        assert!(page.peak > page.pair.factor);
        let left = |minute: i64| {
            let at = Minute::EPOCH.shifted(minute);
            replay.moments.iter().find(|moment| moment.at == at).and_then(|moment| moment.remaining)
        };
        assert_eq!(left(1_000), Some(Ratio::reduced(1, 1)));
        // 1,500 bad of 103,000 events in the period so far, of which a hundredth may be bad.
        assert_eq!(left(1_030), Some(Ratio::reduced(1_500, 1_030).one_minus()));
        assert_eq!(replay.moments.len(), 601);
    }

    #[test]
    fn a_replay_agrees_with_the_judgement_of_each_moment() {
        let (promise, slices) = (promise(), slices());
        let range = Minute::EPOCH.shifted(990)..Minute::EPOCH.shifted(1_200);
        let replay = promise.replay(&slices, range, Minutes::known(7));
        for moment in &replay.moments {
            let standing = promise.stand(&slices, moment.at.start());
            assert_eq!(moment.state, standing.state());
            let pages = standing.pairs.iter().filter(|pair| pair.burn.pair.pair.severity == Severity::Page);
            let pages = pages.filter(|pair| pair.breaches() == Some(true)).count() > 0;
            let held = |episode: &&Episode| {
                episode.severity == Severity::Page
                    && episode.from <= moment.at
                    && episode.to.is_none_or(|to| moment.at < to)
            };
            assert_eq!(replay.episodes.iter().any(|episode| held(&episode)), pages, "{moment:?}");
        }
    }
}
