//! Corrections: minutes that an SLO is not to be judged by as they were counted.
//!
//! A correction says why, who said so and when; nothing that was counted is changed. Taken away
//! again, it leaves no trace in the figures, and [`Corrections::audit`] tells at any time what each
//! one does to them.

use std::fmt;
use std::ops::Range;
use std::str::FromStr;

use ingest_model::Nanos;

use crate::counts::Counts;
use crate::minutes::Minutes;
use crate::slices::{Minute, Slices};
use crate::window::Calendar;

/// A time that is judged otherwise than it was counted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Correction {
    /// The name, by which it is told and taken away.
    pub name: String,
    /// When it holds.
    pub when: When,
    /// What becomes of the minutes.
    pub effect: Effect,
    /// Why, for people.
    pub reason: String,
    /// Who said so.
    pub by: String,
    /// When they said so.
    pub at: Nanos,
}

/// When a correction holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum When {
    /// Once.
    Once(Range<Minute>),
    /// For a time at the beginning of every period of a calendar, from the calendar's start on.
    Every {
        /// When it begins: 1w from a Sunday at 02:00 in Berlin is every Sunday at two.
        calendar: Calendar,
        /// How long it holds each time.
        lasts: Minutes,
        /// When it has held for the last time.
        until: Option<Minute>,
    },
}

/// What becomes of corrected minutes. Where two corrections meet, what is excluded stays excluded:
/// nobody gets credit for a time that does not count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Effect {
    /// Their events count as good.
    Good,
    /// They are no part of the period: neither events nor, of slices of time, any budget.
    Excluded,
}

/// All corrections of an SLO.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Corrections(Vec<Correction>);

/// What a correction does to some minutes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Applied<'a> {
    /// The correction.
    pub correction: &'a Correction,
    /// The minutes it covers.
    pub minutes: u32,
    /// What was counted in them.
    pub counts: Counts,
}

/// The corrected minutes of some stretch of time, by effect: in order, and not overlapping.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Corrected {
    excluded: Vec<Range<Minute>>,
    good: Vec<Range<Minute>>,
}

/// A text is no effect of a correction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("write good or excluded")]
pub struct ParseEffectError;

// === impl Effect ===

impl Effect {
    const ALL: [Self; 2] = [Self::Good, Self::Excluded];

    /// The word: `good` or `excluded`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Excluded => "excluded",
        }
    }
}

impl fmt::Display for Effect {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.as_str())
    }
}

impl FromStr for Effect {
    type Err = ParseEffectError;

    fn from_str(text: &str) -> Result<Self, ParseEffectError> {
        Self::ALL.into_iter().find(|effect| effect.as_str() == text).ok_or(ParseEffectError)
    }
}

// === impl When ===

impl When {
    /// The times it holds within `range`, in order.
    #[must_use]
    pub fn within(&self, range: &Range<Minute>) -> Vec<Range<Minute>> {
        let cut = |times: Range<Minute>| times.start.max(range.start)..times.end.min(range.end);
        match self {
            Self::Once(times) => Some(cut(times.clone())).filter(|times| !times.is_empty()).into_iter().collect(),
            Self::Every { calendar, lasts, until } => {
                let held = |period: Range<Minute>| {
                    let end = period.start.plus(*lasts).min(period.end);
                    cut(period.start..until.map_or(end, |until| end.min(until)))
                };
                let begun = range.start.max(calendar.start())..range.end;
                calendar.periods(begun).map(held).filter(|times| !times.is_empty()).collect()
            }
        }
    }
}

// === impl Corrections ===

impl From<Vec<Correction>> for Corrections {
    fn from(corrections: Vec<Correction>) -> Self {
        Self(corrections)
    }
}

impl Corrections {
    /// The corrections, in the order they were given.
    #[must_use]
    pub fn as_slice(&self) -> &[Correction] {
        &self.0
    }

    /// What each correction covers within `range`; those that cover nothing are left out.
    #[must_use]
    pub fn audit(&self, slices: &Slices, range: &Range<Minute>) -> Vec<Applied<'_>> {
        let applied = |correction: &'_ Correction| {
            let times = correction.when.within(range);
            let minutes = times.iter().map(|times| times.start.until(times.end)).sum();
            let counts = times.into_iter().flat_map(|times| slices.range(times)).map(|(_, counts)| counts).sum();
            (minutes, counts)
        };
        let each = self.0.iter().map(|correction| (correction, applied(correction)));
        let each = each.filter(|(_, (minutes, _))| *minutes > 0);
        each.map(|(correction, (minutes, counts))| Applied { correction, minutes, counts }).collect()
    }

    pub(crate) fn within(&self, range: &Range<Minute>) -> Corrected {
        let of = |effect| {
            let with = self.0.iter().filter(move |correction| correction.effect == effect);
            merged(with.flat_map(|correction| correction.when.within(range)).collect())
        };
        Corrected { excluded: of(Effect::Excluded), good: of(Effect::Good) }
    }
}

// === impl Corrected ===

impl Corrected {
    /// The minutes as they are to be judged.
    pub(crate) fn apply(
        &self,
        minutes: impl Iterator<Item = (Minute, Counts)>,
    ) -> impl Iterator<Item = (Minute, Counts)> {
        let kept = minutes.filter(|(minute, _)| !contains(&self.excluded, *minute));
        kept.map(|(minute, counts)| match contains(&self.good, minute) {
            true => (minute, Counts::held(counts.total(), counts.total())),
            false => (minute, counts),
        })
    }

    /// How many minutes are excluded.
    pub(crate) fn excluded(&self) -> u32 {
        self.excluded.iter().map(|times| times.start.until(times.end)).sum()
    }
}

/// Times in order, those that touch put together.
fn merged(mut times: Vec<Range<Minute>>) -> Vec<Range<Minute>> {
    times.sort_by_key(|times| times.start);
    let mut merged: Vec<Range<Minute>> = Vec::new();
    for next in times {
        match merged.last_mut() {
            Some(last) if next.start <= last.end => last.end = last.end.max(next.end),
            Some(_) | None => merged.push(next),
        }
    }
    merged
}

fn contains(times: &[Range<Minute>], minute: Minute) -> bool {
    let after = times.partition_point(|times| times.start <= minute);
    after > 0 && times.get(after - 1).is_some_and(|times| minute < times.end)
}

#[cfg(test)]
mod tests;
