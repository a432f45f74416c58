//! Windowed Gaussian: the floor that NAB prints (`windowedGaussian_detector.py`): mean and standard deviation of the last values.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use super::Opinion;

/// Mean and standard deviation of a window.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Gaussian {
    room: usize,
    values: VecDeque<f64>,
    sum: f64,
    squares: f64,
}

// === impl Gaussian ===

impl Gaussian {
    /// Looks at the last `points` values.
    #[must_use]
    pub fn new(points: usize) -> Self {
        Self { room: points.max(2), values: VecDeque::new(), sum: 0.0, squares: 0.0 }
    }

    /// Compares a finite value with the window, then takes it in; `None` for the first.
    pub fn observe(&mut self, value: f64) -> Option<Opinion> {
        let count = self.values.len() as f64;
        let mean = self.sum / count.max(1.0);
        let variance = (self.squares / count.max(1.0) - mean * mean).max(0.0);
        let opinion = (count > 1.0).then(|| Opinion::of(value, mean, variance.sqrt(), 0.0));
        if self.values.len() == self.room {
            let left = self.values.pop_front().unwrap_or(0.0);
            self.sum -= left;
            self.squares -= left * left;
        }
        self.values.push_back(value);
        self.sum += value;
        self.squares += value * value;
        opinion
    }
}
