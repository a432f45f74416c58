//! Median and spread of a series as they drift, in a few numbers.
//!
//! The spread is 1.4826 times the median distance from the median ([`MAD_TO_SIGMA`]), at least a quarter of what the mean distance
//! says (`sqrt(pi / 2)` times it for normal noise): a series that stands still most of the time may move.

use serde::{Deserialize, Serialize};

use crate::detector::Opinion;
use crate::quantile::Quantile;
use crate::window::MAD_TO_SIGMA;

/// Mean absolute deviation to standard deviation, for normal noise: sqrt(pi / 2).
const MEAN_TO_SIGMA: f64 = 1.2533;

/// The share of the spread by the mean that is believed in any case.
const CALM: f64 = 0.25;

/// Fewer values tell no spread.
const LEAST: u32 = 3;

/// What is usual, and how far values lie from it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Noise {
    middle: Quantile,
    distance: Quantile,
}

// === impl Noise ===

impl Noise {
    /// Remembers about `memory` values.
    #[must_use]
    pub fn new(memory: u32) -> Self {
        Self { middle: Quantile::new(0.5, memory), distance: Quantile::new(0.5, memory) }
    }

    /// The usual value.
    #[must_use]
    pub const fn middle(&self) -> f64 {
        self.middle.value()
    }

    /// One robust standard deviation.
    #[must_use]
    pub fn spread(&self) -> f64 {
        (MAD_TO_SIGMA * self.distance.value()).max(CALM * MEAN_TO_SIGMA * self.middle.scale())
    }

    /// How a value compares; `None` before the third.
    #[must_use]
    pub fn look(&self, value: f64) -> Option<Opinion> {
        (self.middle.seen() >= LEAST).then(|| Opinion::of(value, self.middle(), self.spread(), 0.0))
    }

    /// Learns a finite value.
    pub fn learn(&mut self, value: f64) {
        self.distance.add((value - self.middle()).abs());
        self.middle.add(value);
    }

    /// Compares, then learns if asked to.
    pub fn observe(&mut self, value: f64, learn: bool) -> Option<Opinion> {
        let opinion = self.look(value);
        if learn {
            self.learn(value);
        }
        opinion
    }
}
