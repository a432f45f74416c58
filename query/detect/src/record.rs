//! Records: how far a figure went, measured by the farthest of its past.
//!
//! Of values that may be exchanged for one another the newest is the largest of `n + 1` with a chance of `1 / (n + 1)`, whatever their
//! distribution (Nevzorov, "Records", 1987; the rank of conformal prediction: Vovk et al., "Algorithmic Learning in a Random World", 2005).
//! So a record needs no calibration, and its memory sets the rate of false alarms.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use crate::quantile::Quantile;

/// Before so many values nothing is a record.
const LEAST: u32 = 100;

/// Ratios end here.
const LARGEST: f64 = 1e4;

/// The largest of the last values, and the usual one. The candidates for the largest are kept in falling order, so that a value costs
/// a constant on average, and noise keeps about `ln n` of them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Record {
    memory: u32,
    falling: VecDeque<(u32, f64)>,
    usual: Quantile,
    now: u32,
}

// === impl Record ===

impl Record {
    /// The record of the last `memory` values.
    #[must_use]
    pub fn new(memory: u32) -> Self {
        Self { memory, falling: VecDeque::new(), usual: Quantile::new(0.5, memory), now: 0 }
    }

    /// How far a value lies from the usual one, in distances of the record from it: 1 equals the record, more is a new one. 0 on the other
    /// side, and before 100 values are known.
    #[must_use]
    pub fn ratio(&self, value: f64) -> f64 {
        let Some((_, highest)) = self.falling.front().filter(|_| self.usual.seen() >= LEAST) else { return 0.0 };
        let usual = self.usual.value();
        let reach = (highest - usual).max(1e-9 * (1.0 + highest.abs()));
        ((value - usual) / reach).clamp(0.0, LARGEST)
    }

    /// Learns a finite value.
    pub fn learn(&mut self, value: f64) {
        self.now = self.now.wrapping_add(1);
        let (now, memory) = (self.now, self.memory);
        while self.falling.front().is_some_and(|(at, _)| now.wrapping_sub(*at) >= memory) {
            self.falling.pop_front();
        }
        while self.falling.back().is_some_and(|(_, other)| *other <= value) {
            self.falling.pop_back();
        }
        self.falling.push_back((now, value));
        self.usual.add(value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        #[test]
        fn the_largest_of_the_last_is_kept(values in proptest::collection::vec(-50i32..50, 1..120)) {
            let mut record = Record::new(25);
            for (count, value) in values.iter().enumerate() {
                record.learn(f64::from(*value));
                let last = &values[(count + 1).saturating_sub(25)..=count];
                proptest::prop_assert_eq!(record.falling.front().map(|(_, value)| *value), last.iter().max().map(|value| f64::from(*value)));
            }
        }
    }

    #[test]
    fn one_is_the_record_and_two_twice_as_far() {
        let mut record = Record::new(1_000);
        for step in 0..500 {
            record.learn(f64::from(step % 11));
        }
        assert_eq!(record.ratio(10.0), 1.0);
        assert!((record.ratio(15.0) - 2.0).abs() < 0.1, "{}", record.ratio(15.0));
        assert_eq!(record.ratio(-20.0), 0.0);
    }
}
