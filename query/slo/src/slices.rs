//! One-minute slices of good and total events, and their sums over windows.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::ops::Range;

use ingest_model::Nanos;

use crate::counts::Counts;
use crate::minutes::Minutes;

/// A minute of UTC, by its number since 1970-01-01 00:00.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Minute(i64);

/// The slices of one objective over its period.
///
/// A slice is what one minute counted. Late rows make a minute be counted again: the slice with
/// the highest revision is the one that holds.
#[derive(Debug, Clone)]
pub struct Slices {
    period: Minutes,
    by_minute: BTreeMap<Minute, Slice>,
    changes: u64,
}

/// What a minute counted, and which count of it this is.
#[derive(Debug, Clone, Copy)]
struct Slice {
    revision: u64,
    counts: Counts,
}

/// What became of a slice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Placed {
    /// It is the first of its minute, or replaced an older revision or its own.
    Taken,
    /// A later revision of its minute is there already.
    Superseded,
    /// Its minute is before the period, or further ahead than clocks may differ.
    Outside,
}

// === impl Minute ===

impl Minute {
    const NANOS: i64 = 60_000_000_000;

    /// The minute that `time` falls into.
    #[must_use]
    pub const fn of(time: Nanos) -> Self {
        Self(time.0.div_euclid(Self::NANOS))
    }

    /// When the minute begins, held at the ends of what nanoseconds can say.
    #[must_use]
    pub const fn start(self) -> Nanos {
        Nanos(self.0.saturating_mul(Self::NANOS))
    }

    /// The minute so many minutes later.
    #[must_use]
    pub const fn plus(self, minutes: Minutes) -> Self {
        Self(self.0.saturating_add(minutes.get() as i64))
    }

    /// The minute so many minutes earlier.
    #[must_use]
    pub const fn minus(self, minutes: Minutes) -> Self {
        Self(self.0.saturating_sub(minutes.get() as i64))
    }

    /// The minute so many minutes later, or earlier if negative.
    #[must_use]
    pub const fn shifted(self, minutes: i64) -> Self {
        Self(self.0.saturating_add(minutes))
    }

    /// The number of minutes from this one to `end`; negative where it is earlier.
    #[must_use]
    pub const fn signed_until(self, end: Self) -> i64 {
        end.0.saturating_sub(self.0)
    }

    /// The number of minutes from this one to `end`; none where it is not later.
    #[must_use]
    pub fn until(self, end: Self) -> u32 {
        u32::try_from(self.signed_until(end).max(0)).unwrap_or(u32::MAX)
    }

    /// The first minute at or before this one that lies whole steps of `length` from `origin`.
    #[must_use]
    pub const fn aligned(self, origin: Self, length: Minutes) -> Self {
        let past = origin.signed_until(self).rem_euclid(length.get() as i64);
        Self(self.0.saturating_sub(past))
    }

    /// 1970-01-01 00:00 UTC.
    pub const EPOCH: Self = Self(0);
}

// === impl Slices ===

impl Slices {
    /// How far ahead of `now` a slice is taken, because senders' clocks differ; what is further
    /// ahead is left out so that a clock gone wild cannot fill the memory.
    pub const AHEAD: Minutes = Minutes::known(60);

    /// No slices yet of an objective over `period`.
    #[must_use]
    pub const fn new(period: Minutes) -> Self {
        Self { period, by_minute: BTreeMap::new(), changes: 0 }
    }

    /// The period.
    #[must_use]
    pub const fn period(&self) -> Minutes {
        self.period
    }

    /// Takes what `minute` counted. Of several slices of a minute the highest revision holds; of
    /// equal revisions the one that was put last.
    pub fn put(&mut self, minute: Minute, revision: u64, counts: Counts, now: Nanos) -> Placed {
        self.expire(now);
        if minute < self.oldest(now) || minute > Minute::of(now).plus(Self::AHEAD) {
            return Placed::Outside;
        }
        let former = match self.by_minute.entry(minute) {
            Entry::Occupied(held) if held.get().revision > revision => return Placed::Superseded,
            Entry::Occupied(mut held) => held.insert(Slice { revision, counts }).counts,
            Entry::Vacant(free) => {
                free.insert(Slice { revision, counts });
                Counts::default()
            }
        };
        if former != counts && minute < Minute::of(now) {
            self.changes += 1;
        }
        self.expire(now);
        Placed::Taken
    }

    /// The first minute that is kept: of the period that ends now, or, while nothing is measured,
    /// where measuring ended, because that is what the budget goes by then.
    fn oldest(&self, now: Nanos) -> Minute {
        let now = Minute::of(now);
        let last = self.by_minute.last_key_value().map_or(now, |(last, _)| last.shifted(1).min(now));
        last.minus(self.period)
    }

    /// Lets go of the minutes before the period that ends at `now`, or where measuring ended if
    /// that is earlier. Every [`Slices::put`] does so too.
    pub fn expire(&mut self, now: Nanos) {
        let oldest = self.oldest(now);
        while self.by_minute.first_key_value().is_some_and(|(minute, _)| *minute < oldest) {
            self.by_minute.pop_first();
        }
    }

    /// How often a minute that was over got another count. While it stays the same, and `now` in the same minute, what is judged by these
    /// slices stays as well.
    #[must_use]
    pub const fn changes(&self) -> u64 {
        self.changes
    }

    /// How many minutes are held: at most those of the period, [`Slices::AHEAD`] and the current
    /// one.
    #[must_use]
    pub fn len(&self) -> usize {
        self.by_minute.len()
    }

    /// Whether no minute is held.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.by_minute.is_empty()
    }

    /// The minutes of the window that ends at `now`: full minutes only, so it ends where the
    /// current minute begins (which is not over and would be judged by half of its events), and
    /// begins `window` before that.
    #[must_use]
    pub const fn bounds(window: Minutes, now: Nanos) -> Range<Minute> {
        let end = Minute::of(now);
        end.minus(window)..end
    }

    /// What a minute counted; nothing where it is not held.
    #[must_use]
    pub fn of(&self, minute: Minute) -> Counts {
        self.by_minute.get(&minute).map(|slice| slice.counts).unwrap_or_default()
    }

    /// The slices of some minutes, in order.
    pub fn range(&self, minutes: Range<Minute>) -> impl Iterator<Item = (Minute, Counts)> {
        let minutes = minutes.start..minutes.end.max(minutes.start);
        self.by_minute.range(minutes).map(|(minute, slice)| (*minute, slice.counts))
    }

    /// What was counted in the window that ends at `now`; see [`Slices::bounds`]. Minutes without
    /// a slice count nothing.
    #[must_use]
    pub fn sum(&self, window: Minutes, now: Nanos) -> Counts {
        self.by_minute.range(Self::bounds(window, now)).map(|(_, slice)| slice.counts).sum()
    }
}

#[cfg(test)]
mod tests;
