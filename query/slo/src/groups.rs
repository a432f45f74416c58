//! One definition, one budget per group: per service, route or tenant.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use ingest_model::Nanos;

use crate::counts::Counts;
use crate::minutes::Minutes;
use crate::slices::{Minute, Placed, Slices};

/// What a group is told by: the values of the grouping expressions, in their order; `None` where a
/// row has none.
pub type Group = Vec<Option<String>>;

/// The slices of an objective by group.
#[derive(Debug, Clone)]
pub struct Groups {
    period: Minutes,
    limit: usize,
    groups: BTreeMap<Group, Slices>,
    left_out: u64,
}

// === impl Groups ===

impl Groups {
    /// No groups yet, of an objective over `period`; at most `limit` of them, because a value that
    /// never comes twice, such as a request's id, would fill the memory.
    #[must_use]
    pub const fn new(period: Minutes, limit: usize) -> Self {
        Self { period, limit, groups: BTreeMap::new(), left_out: 0 }
    }

    /// Takes what `minute` counted for a group; see [`Slices::put`]. `None` when the group is one
    /// too many: then its events are left out and counted ([`Groups::left_out`]).
    pub fn put(&mut self, group: &Group, minute: Minute, revision: u64, counts: Counts, now: Nanos) -> Option<Placed> {
        let full = self.groups.len() >= self.limit;
        let slices = match self.groups.entry(group.clone()) {
            Entry::Occupied(held) => held.into_mut(),
            Entry::Vacant(_) if full => {
                self.left_out = self.left_out.saturating_add(counts.total());
                return None;
            }
            Entry::Vacant(free) => free.insert(Slices::new(self.period)),
        };
        Some(slices.put(minute, revision, counts, now))
    }

    /// The groups with their slices, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&Group, &Slices)> {
        self.groups.iter()
    }

    /// The slices of a group.
    #[must_use]
    pub fn get(&self, group: &Group) -> Option<&Slices> {
        self.groups.get(group)
    }

    /// How many events were left out because their group was one too many. An SLO that leaves out
    /// events must say so.
    #[must_use]
    pub const fn left_out(&self) -> u64 {
        self.left_out
    }

    /// Lets go of minutes before the period, and of groups that have none left.
    pub fn expire(&mut self, now: Nanos) {
        self.groups.retain(|_, slices| {
            let over = slices.range(Slices::bounds(self.period, now)).next().is_none();
            slices.expire(now);
            !over
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn group(route: &str) -> Group {
        vec![Some(route.to_owned()), None]
    }

    fn put(groups: &mut Groups, route: &str, minute: i64, bad: u64) -> Option<Placed> {
        let counts = Counts::of_bad(bad, 10).expect("fewer bad than all");
        let at = Minute::EPOCH.shifted(minute);
        groups.put(&group(route), at, 0, counts, at.start())
    }

    #[test]
    fn each_group_has_a_budget_of_its_own() {
        let mut groups = Groups::new(Minutes::known(60), 10);
        assert_eq!(put(&mut groups, "/cart", 0, 10), Some(Placed::Taken));
        put(&mut groups, "/pay", 0, 0);
        let bad = |route| {
            groups
                .get(&group(route))
                .map(|slices| slices.sum(Minutes::known(5), Minute::EPOCH.shifted(1).start()).bad())
        };
        assert_eq!((bad("/cart"), bad("/pay"), bad("/none")), (Some(10), Some(0), None));
        assert_eq!(groups.iter().count(), 2);
    }

    #[test]
    fn groups_beyond_the_limit_are_left_out_and_told() {
        let mut groups = Groups::new(Minutes::known(60), 1);
        put(&mut groups, "a", 0, 0);
        assert_eq!(put(&mut groups, "b", 0, 0), None);
        assert_eq!(put(&mut groups, "a", 1, 0), Some(Placed::Taken), "who is in stays in");
        assert_eq!(groups.left_out(), 10);
        groups.expire(Minute::EPOCH.shifted(100).start());
        assert_eq!(put(&mut groups, "b", 100, 0), Some(Placed::Taken), "there is room again");
    }
}
