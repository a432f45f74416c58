//! What the queries of a measure gave, put together.

use std::collections::BTreeMap;

use ingest_model::Nanos;

use super::{EventMinute, Measure, SHARE_PARTS};

/// A group and a minute.
pub(super) type Place = (Vec<Option<String>>, Nanos);

/// What one query gave for a group and a minute.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Sums {
    /// How many values.
    pub(super) values: u64,
    /// Their sum, without what is below zero.
    pub(super) sum: f64,
    /// Their sum, each held between 0 and 1.
    pub(super) shares: f64,
    /// How many compare as they should.
    pub(super) fitting: u64,
}

// === impl Sums ===

impl Sums {
    /// Adds a value; one that is no number is none.
    pub(super) fn add(&mut self, value: f64, fits: bool) {
        if value.is_nan() {
            return;
        }
        self.values += 1;
        self.sum += value.max(0.0);
        self.shares += value.clamp(0.0, 1.0);
        self.fitting += u64::from(fits);
    }

    fn events(&self) -> u64 {
        whole(self.sum)
    }
}

/// The queries of a measure: that of all events, or the only one; and that of a part of them.
pub(super) const fn queries(measure: &Measure) -> (&String, Option<&String>) {
    match measure {
        Measure::Good { good: part, total } | Measure::Bad { bad: part, total } => (total, Some(part)),
        Measure::Share(share) => (&share.ratio, None),
        Measure::Compares { value, .. } => (value, None),
    }
}

/// The minutes that have events.
pub(super) fn minutes(
    measure: &Measure,
    total: BTreeMap<Place, Sums>,
    part: &BTreeMap<Place, Sums>,
) -> Vec<EventMinute> {
    let minute = |(place, sums): (Place, Sums)| {
        let part = part.get(&place).copied().unwrap_or_default();
        let (good, total) = counted(measure, sums, part);
        let (group, minute) = place;
        (total > 0).then(|| EventMinute { group, minute, total, good: good.min(total) })
    };
    total.into_iter().filter_map(minute).collect()
}

/// Good events, and all.
fn counted(measure: &Measure, all: Sums, part: Sums) -> (u64, u64) {
    match measure {
        Measure::Good { .. } => (part.events(), all.events()),
        Measure::Bad { .. } => (all.events().saturating_sub(part.events()), all.events()),
        Measure::Share(share) => {
            let total = all.values.saturating_mul(SHARE_PARTS);
            let parts = whole(all.shares * SHARE_PARTS as f64);
            (if share.of_bad { total.saturating_sub(parts) } else { parts }, total)
        }
        Measure::Compares { .. } => (all.fitting, all.values),
    }
}

/// The nearest whole number; the ends of what counts say stay.
fn whole(number: f64) -> u64 {
    number.round() as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::indicator::Share;

    fn sums(values: &[f64]) -> Sums {
        let mut sums = Sums::default();
        for value in values {
            sums.add(*value, *value <= 0.5);
        }
        sums
    }

    fn at(minute: i64, values: &[f64]) -> BTreeMap<Place, Sums> {
        BTreeMap::from([((vec![Some("a".to_owned())], Nanos(minute)), sums(values))])
    }

    fn good_and_total(measure: &Measure, all: &[f64], part: &[f64]) -> Option<(u64, u64)> {
        minutes(measure, at(0, all), &at(0, part)).first().map(|minute| (minute.good, minute.total))
    }

    #[test]
    fn good_and_bad_are_parts_of_all_events() {
        let (good, total, bad) = ("g".to_owned(), "t".to_owned(), "b".to_owned());
        let good = Measure::Good { good, total: total.clone() };
        assert_eq!(good_and_total(&good, &[10.2, 5.0], &[9.0]), Some((9, 15)));
        assert_eq!(good_and_total(&good, &[5.0], &[9.0]), Some((5, 5)), "never more than all");
        let bad = Measure::Bad { bad, total };
        assert_eq!(good_and_total(&bad, &[10.0], &[3.0]), Some((7, 10)));
        assert_eq!(good_and_total(&bad, &[], &[3.0]), None, "without events there is no minute");
        assert_eq!(good_and_total(&bad, &[f64::NAN, -4.0, 2.0], &[]), Some((2, 2)));
    }

    #[test]
    fn ratios_weigh_the_same_whatever_they_are_of() {
        let share = |of_bad| Measure::Share(Share { ratio: "r".to_owned(), of_bad });
        assert_eq!(good_and_total(&share(false), &[0.9, 1.7], &[]), Some((1_900_000, 2_000_000)));
        assert_eq!(good_and_total(&share(true), &[0.25], &[]), Some((750_000, 1_000_000)));
    }

    #[test]
    fn each_value_that_is_compared_is_an_event() {
        let compares = Measure::Compares { value: "v".to_owned(), op: "<=", with: "0.5".to_owned() };
        assert_eq!(good_and_total(&compares, &[0.1, 0.5, 0.6], &[]), Some((2, 3)));
    }

    #[test]
    fn a_part_without_its_whole_counts_nothing() {
        let good = Measure::Good { good: "g".to_owned(), total: "t".to_owned() };
        assert_eq!(minutes(&good, at(0, &[4.0]), &at(60, &[4.0])).len(), 1);
        assert_eq!(minutes(&good, at(0, &[4.0]), &at(60, &[4.0]))[0].good, 0);
    }
}
