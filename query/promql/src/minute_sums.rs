//! Sums of single minutes as counters.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use crate::histogram::Histogram;
use crate::labels::Labels;
use crate::sample::{Sample, Series, Value};

const MINUTE: i64 = 60_000;

/// How long a counter stays after its last minute with something, in milliseconds.
pub const STAYS: i64 = 5 * MINUTE;

/// Sums of minutes that become counters. What a minute counted is in the counter from the minute's end on; the counter
/// is there from the minute's start on, so that its first minute is an increase too, and until [`STAYS`] after the last.
/// So what a counter is at a moment, but for a constant, follows from the [`STAYS`] and one minute before, however far
/// back was read.
#[derive(Debug, Default)]
pub struct MinuteSums {
    series: HashMap<Labels, BTreeMap<i64, Value>>,
    cost: usize,
}

// === impl MinuteSums ===

impl MinuteSums {
    /// What was added so far, and what it grows to at most, in [`Value::cost`].
    #[must_use]
    pub const fn cost(&self) -> usize {
        self.cost
    }

    /// Adds what the minute that starts at `minute` (milliseconds since 1970) counted. Two sums of a minute add up.
    pub fn add(&mut self, labels: Labels, minute: i64, value: Value) {
        self.cost = self.cost.saturating_add(2 * value.cost());
        let minutes = self.series.entry(labels).or_default();
        match minutes.get_mut(&minute) {
            Some(sum) => *sum = plus(sum, &value),
            None => drop(minutes.insert(minute, value)),
        }
    }

    /// The counters up to `until`, sorted by their labels.
    #[must_use]
    pub fn into_series(self, until: i64) -> Vec<Series> {
        let counted = |(labels, minutes)| Series { labels, samples: counter(minutes, until) };
        let mut all: Vec<Series> = self.series.into_iter().map(counted).collect();
        all.sort_by(|one, other| one.labels.cmp(&other.labels));
        all
    }
}

fn counter(minutes: BTreeMap<i64, Value>, until: i64) -> Vec<Sample> {
    let mut samples: Vec<Sample> = Vec::with_capacity(minutes.len());
    let mut last: Option<Sample> = None;
    for (minute, value) in minutes {
        let before = last.take().unwrap_or_else(|| Sample { at: i64::MIN, value: nothing(&value) });
        stay(&mut samples, &before, minute);
        if samples.last().is_none_or(|sample| sample.at < minute) {
            samples.push(Sample { at: minute, value: before.value.clone() });
        }
        let counted = Sample { at: minute.saturating_add(MINUTE), value: plus(&before.value, &value) };
        samples.push(counted.clone());
        last = Some(counted);
    }
    if let Some(last) = last {
        stay(&mut samples, &last, until);
    }
    samples
}

/// A sample a minute after `last`, for as long as it stays, up to `until`.
fn stay(samples: &mut Vec<Sample>, last: &Sample, until: i64) {
    if last.at == i64::MIN {
        return;
    }
    let end = until.min(last.at.saturating_add(STAYS));
    let times = std::iter::successors(Some(last.at.saturating_add(MINUTE)), |at| Some(at.saturating_add(MINUTE)));
    samples.extend(times.take_while(|at| *at <= end).map(|at| Sample { at, value: last.value.clone() }));
}

fn nothing(value: &Value) -> Value {
    match value.histogram() {
        None => Value::Float(0.0),
        Some(histogram) => {
            let zero_threshold = histogram.zero_threshold;
            let custom_bounds = Arc::clone(&histogram.custom_bounds);
            Value::from(Histogram { zero_threshold, custom_bounds, ..Histogram::empty(histogram.schema) })
        }
    }
}

/// Both together; the newer one where they cannot be added.
fn plus(sum: &Value, value: &Value) -> Value {
    match (sum, value) {
        (Value::Float(sum), Value::Float(value)) => Value::Float(sum + value),
        (Value::Histogram(sum), Value::Histogram(value)) => {
            sum.plus(value).map_or_else(|_| Value::Histogram(Arc::clone(value)), |(sum, _)| Value::from(sum))
        }
        (_, value) => value.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(minutes: &[(i64, f64)], until: i64) -> Vec<(i64, f64)> {
        let mut sums = MinuteSums::default();
        for (minute, value) in minutes {
            sums.add(Labels::none(), minute * MINUTE, Value::Float(*value));
        }
        let series = sums.into_series(until * MINUTE);
        let told = |sample: &Sample| (sample.at / MINUTE, sample.value.float().unwrap_or(f64::NAN));
        series.first().map_or_else(Vec::new, |series| series.samples.iter().map(told).collect())
    }

    #[test]
    fn a_minute_counts_from_its_end_on() {
        assert_eq!(told(&[(10, 7.0), (11, 2.0)], 12), [(10, 0.0), (11, 7.0), (12, 9.0)]);
        assert_eq!(told(&[(10, 7.0), (10, 2.0)], 11), [(10, 0.0), (11, 9.0)]);
    }

    #[test]
    fn a_counter_stays_five_minutes_and_comes_back_with_all_it_had() {
        let expected = [(10, 0.0), (11, 7.0), (12, 7.0), (13, 7.0), (14, 9.0), (15, 9.0)];
        assert_eq!(told(&[(10, 7.0), (13, 2.0)], 15), expected);
        let came_back = told(&[(10, 7.0), (30, 2.0)], 31);
        let expected: Vec<_> = (11..=16).map(|minute| (minute, 7.0)).collect();
        assert_eq!(came_back[1..7], expected);
        assert_eq!(came_back[7..], [(30, 7.0), (31, 9.0)]);
    }

    #[test]
    fn histograms_grow_too() {
        let histogram = |count: f64| Histogram { count, positive: vec![(3, count)], ..Histogram::empty(5) };
        let mut sums = MinuteSums::default();
        sums.add(Labels::none(), 0, Value::from(histogram(2.0)));
        sums.add(Labels::none(), MINUTE, Value::from(histogram(3.0)));
        let series = sums.into_series(2 * MINUTE);
        let counts: Vec<_> =
            series[0].samples.iter().filter_map(|sample| Some(sample.value.histogram()?.count)).collect();
        assert_eq!(counts, [0.0, 2.0, 5.0]);
    }
}
