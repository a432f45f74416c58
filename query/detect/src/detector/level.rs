//! Rolling median and median absolute deviation: the naive floor, and the measure of noise of other detectors.
//!
//! Hampel's identifier (Hampel, JASA 69, 1974): `|x - median| / (1.4826 MAD)`. Where more than half of the window stands
//! still the spread is a quarter of the distance between its outer percentiles, so that a counter that seldom moves may move.

use serde::{Deserialize, Serialize};

use super::Opinion;
use crate::window::Window;

/// Distance between the 2nd and 98th percentile of normal noise, in standard deviations.
const OUTER_TO_SIGMA: f64 = 4.107;

/// The median of the last values.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Level {
    window: Window,
}

// === impl Level ===

impl Level {
    /// Looks at the last `points` values.
    #[must_use]
    pub fn new(points: usize) -> Self {
        Self { window: Window::new(points) }
    }

    /// How the value compares to those before, without learning it; `None` before the third.
    #[must_use]
    pub fn look(&self, value: f64) -> Option<Opinion> {
        if self.window.len() < 3 {
            return None;
        }
        let outer = (self.window.quantile(0.98) - self.window.quantile(0.02)) / OUTER_TO_SIGMA;
        let spread = self.window.spread();
        Some(Opinion::of(value, self.window.median(), spread.max(outer / 4.0), 0.0))
    }

    /// Learns a finite value.
    pub fn learn(&mut self, value: f64) {
        self.window.push(value);
    }

    /// Compares, then learns.
    pub fn observe(&mut self, value: f64) -> Option<Opinion> {
        let opinion = self.look(value);
        self.learn(value);
        opinion
    }
}
