//! What an objective counted in every hour of a year.
//!
//! A budget needs the minutes of its period. Of what lies before, sums by hour are kept: those of before the start are read from `slo_slices`
//! once, those since are added up as minutes are counted. Days are sums of hours. So a year is answered from memory, some 300 kB an objective.

use std::collections::BTreeMap;
use std::ops::Range;

use anyhow::Result;
use ingest_model::Nanos;
use query_engine::Engine;
use query_slo::{Counts, Minute, Minutes};
use serde_json::Value;

use super::ledger::Definition;
use crate::ask;

const HOUR_NS: i64 = 60 * 60 * 1_000_000_000;

/// Hours that are kept: a year and a day.
const KEPT_NS: i64 = 366 * 24 * HOUR_NS;

/// Sums by hour.
#[derive(Debug)]
pub(super) struct History {
    hours: BTreeMap<Nanos, Counts>,
    /// Hours from here on are added up as minutes are counted; `None` before the first was.
    live_from: Option<Nanos>,
    /// Whether the hours before were read.
    is_read: bool,
    /// When that was last tried.
    tried: Option<Nanos>,
}

// === impl History ===

impl History {
    pub(super) const fn new() -> Self {
        Self { hours: BTreeMap::new(), live_from: None, is_read: false, tried: None }
    }

    /// Minutes of the period, which is so long, are counted from now on.
    pub(super) fn begin(&mut self, period: Minutes, now: Nanos) {
        let oldest = Minute::of(now).minus(period).start();
        // The hour in which the period began is stored whole, and counted in part.
        self.live_from.get_or_insert_with(|| hour_of(oldest.plus(HOUR_NS - 1)));
    }

    /// Takes another count of a minute.
    pub(super) fn enter(&mut self, minute: Minute, former: Counts, counts: Counts, now: Nanos) {
        let hour = hour_of(minute.start());
        if self.live_from.is_none_or(|live_from| hour < live_from) {
            return;
        }
        let sum = self.hours.entry(hour).or_default();
        let (good, total) = (sum.good() + counts.good(), sum.total() + counts.total());
        let (good, total) = (good.saturating_sub(former.good()), total.saturating_sub(former.total()));
        *sum = Counts::of_good(good.min(total), total).unwrap_or_default();
        while self.hours.first_key_value().is_some_and(|(hour, _)| now.since(*hour) > KEPT_NS) {
            self.hours.pop_first();
        }
    }

    /// Which hours are to be read, if any are.
    pub(super) fn unread(&self, now: Nanos) -> Option<Range<Nanos>> {
        // What failed is left alone for an hour: it is a large question.
        let may_try = self.tried.is_none_or(|tried| now.since(tried) >= HOUR_NS);
        let live_from = self.live_from.filter(|_| !self.is_read && may_try)?;
        Some(hour_of(now.plus(-KEPT_NS))..live_from)
    }

    /// Reading did not work out.
    pub(super) const fn give_up(&mut self, now: Nanos) {
        self.tried = Some(now);
    }

    /// Takes the hours that were read.
    pub(super) fn take(&mut self, hours: Vec<(Nanos, Counts)>) {
        let live_from = self.live_from.unwrap_or(Nanos(i64::MAX));
        self.hours.extend(hours.into_iter().filter(|(hour, _)| *hour < live_from));
        self.is_read = true;
    }

    /// The sums of steps of whole hours in a range, without those that counted nothing; `false` while hours before the start are missing.
    pub(super) fn steps(&self, range: &Range<Nanos>, step_ns: i64) -> (Vec<(Nanos, Counts)>, bool) {
        let mut steps: BTreeMap<Nanos, Counts> = BTreeMap::new();
        let end = range.end.max(range.start);
        for (hour, counts) in self.hours.range(range.start..end).filter(|(_, counts)| counts.total() > 0) {
            let sum = steps.entry(Nanos(hour.0 - hour.0.rem_euclid(step_ns))).or_default();
            *sum = sum.merge(*counts);
        }
        (steps.into_iter().collect(), self.is_read)
    }
}

fn hour_of(time: Nanos) -> Nanos {
    Nanos(time.0 - time.0.rem_euclid(HOUR_NS))
}

/// What is stored of the hours of a range.
///
/// # Errors
///
/// When it cannot be read.
pub(super) async fn read(engine: &Engine, of: &Definition, range: &Range<Nanos>) -> Result<Vec<(Nanos, Counts)>> {
    // An answer has at most as many rows as hours of a year.
    let query = format!(
        "SELECT CAST(to_unixtime(date_trunc('hour', minute)) AS BIGINT), sum(good), sum(total) FROM slo_slices
         WHERE slo = '{}' AND objective = {} AND definition = '{}' AND minute >= '{}' AND minute < '{}' GROUP BY 1",
        of.slo.replace('\'', "''"),
        of.objective,
        of.id,
        range.start.rfc3339(),
        range.end.rfc3339()
    );
    let hour = |row: Vec<Value>| {
        let number = |column: usize| row.get(column)?.as_i64();
        let counts = Counts::of_good(number(1)?.unsigned_abs(), number(2)?.unsigned_abs()).ok()?;
        Some((Nanos(number(0)?.checked_mul(1_000_000_000)?), counts))
    };
    Ok(ask::rows(engine, query).await?.into_iter().filter_map(hour).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE_NS: i64 = 60 * 1_000_000_000;

    fn counts(good: u64, total: u64) -> Counts {
        Counts::of_good(good, total).unwrap()
    }

    #[test]
    fn hours_are_sums_of_minutes_as_they_were_counted_last() {
        let (mut history, now, period) =
            (History::new(), Nanos(1_000 * HOUR_NS + 30 * MINUTE_NS), Minutes::new(120).unwrap());
        let minute = |hour: i64, minute: i64| Minute::of(Nanos(hour * HOUR_NS + minute * MINUTE_NS));
        let none = Counts::default();
        // The period began at 998:30: that hour is stored whole.
        history.begin(period, now);
        history.enter(minute(998, 40), none, counts(9, 9), now);
        history.enter(minute(999, 1), none, counts(9, 10), now);
        history.enter(minute(999, 2), none, counts(5, 5), now);
        history.enter(minute(999, 1), counts(9, 10), counts(9, 12), now);
        assert_eq!(history.unread(now).unwrap().end, Nanos(999 * HOUR_NS));
        history.give_up(now);
        assert!(history.unread(now).is_none() && history.unread(now.plus(HOUR_NS)).is_some(), "again after an hour");
        let all = Nanos(0)..now;
        assert_eq!(history.steps(&all, HOUR_NS), (vec![(Nanos(999 * HOUR_NS), counts(14, 17))], false));
        history.take(vec![
            (Nanos(998 * HOUR_NS), counts(1, 2)),
            (Nanos(999 * HOUR_NS), counts(7, 7)),
            (Nanos(0), counts(3, 3)),
        ]);
        assert!(history.unread(now).is_none());
        let days = [(Nanos(0), counts(3, 3)), (Nanos(984 * HOUR_NS), counts(15, 19))];
        assert_eq!(history.steps(&all, 24 * HOUR_NS), (days.to_vec(), true));
    }
}
