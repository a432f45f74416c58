//! What was counted of an objective: of all its groups together, and of each by itself.

use std::collections::BTreeMap;
use std::ops::Range;

use ingest_model::Nanos;
use query_engine::EventMinute;
use query_slo::{Counts, Group, Groups, Minute, Minutes, Placed, Slices};

use super::history::History;

/// Groups of an objective that are told apart; events of more are counted in the whole only.
const GROUPS: usize = 10_000;

/// Counts by minute.
#[derive(Debug)]
pub(super) struct Counted {
    /// All groups together.
    pub(super) slices: Slices,
    /// Each group; none where the indicator has no groups.
    pub(super) groups: Groups,
    /// The hours of a year, of all groups together.
    pub(super) history: History,
    /// What was stored.
    stored: BTreeMap<(Minute, Group), Counts>,
}

// === impl Counted ===

impl Counted {
    pub(super) const fn new(period: Minutes) -> Self {
        Self {
            slices: Slices::new(period),
            groups: Groups::new(period, GROUPS),
            history: History::new(),
            stored: BTreeMap::new(),
        }
    }

    /// Whether groups have budgets of their own.
    pub(super) fn is_grouped(&self) -> bool {
        self.groups.iter().next().is_some()
    }

    /// Takes minutes as they were counted, each with all its groups.
    pub(super) fn enter(&mut self, minutes: Vec<EventMinute>, revision: u64, now: Nanos) {
        self.history.begin(self.slices.period(), now);
        let mut whole: BTreeMap<Minute, Counts> = BTreeMap::new();
        for EventMinute { group, minute, total, good } in minutes {
            let Ok(counts) = Counts::of_good(good, total) else { continue };
            let minute = Minute::of(minute);
            let sum = whole.entry(minute).or_default();
            *sum = sum.merge(counts);
            if !group.is_empty() {
                self.groups.put(&group, minute, revision, counts, now);
            }
        }
        for (minute, counts) in whole {
            let former = self.slices.of(minute);
            if self.slices.put(minute, revision, counts, now) == Placed::Taken {
                self.history.enter(minute, former, counts, now);
            }
        }
        self.groups.expire(now);
    }

    /// The minutes of a range that were not stored as they are now; from here on they are. What lies before `oldest` is
    /// not remembered any more.
    pub(super) fn settle(&mut self, range: &Range<Minute>, oldest: Minute) -> Vec<(Minute, Group, Counts)> {
        let changed: Vec<_> = self.minutes(range).filter(|found| self.is_new(found)).collect();
        for (minute, group, counts) in &changed {
            self.stored.insert((*minute, group.clone()), *counts);
        }
        self.stored = self.stored.split_off(&(oldest, Group::new()));
        changed
    }

    /// The minutes of every group, or of the whole where there are none.
    fn minutes(&self, range: &Range<Minute>) -> impl Iterator<Item = (Minute, Group, Counts)> + '_ {
        let whole = (!self.is_grouped()).then(|| (Group::new(), &self.slices));
        let groups = self.groups.iter().map(|(group, slices)| (group.clone(), slices));
        let range = range.clone();
        let of_group = move |(group, slices): (Group, &'_ Slices)| {
            let minutes: Vec<_> = slices.range(range.clone()).collect();
            minutes.into_iter().map(move |(minute, counts)| (minute, group.clone(), counts))
        };
        whole.into_iter().chain(groups).flat_map(of_group)
    }

    fn is_new(&self, (minute, group, counts): &(Minute, Group, Counts)) -> bool {
        self.stored.get(&(*minute, group.clone())) != Some(counts)
    }
}
