//! Local polynomial fit: what the last values promise for the next one, and how well such promises were kept.
//!
//! The straight line through the last `points` values by least squares, continued by one step (Savitzky and Golay, Anal. Chem. 36,
//! 1964; as a detector with residual variance: POLY in TSB-UAD, Li et al. 2007). On a regular grid its weights are constants:
//! with ages `a = 1..n` of the values, the newest first, the forecast is `sum w_a x_a`, `w_a = (4n + 2 - 6a) / (n (n - 1))`.
//! Residuals are compared with their own median and spread ([`crate::noise`]).

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use super::Opinion;
use crate::noise::Noise;

/// A line through the last values.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Poly {
    points: usize,
    straight: bool,
    last: VecDeque<f64>,
    residuals: Noise,
}

// === impl Poly ===

impl Poly {
    /// A line (`straight`) or a mean of the last `points` values, at least 3; residuals are remembered for `memory`.
    #[must_use]
    pub fn new(points: usize, straight: bool, memory: u32) -> Self {
        Self { points: points.max(3), straight, last: VecDeque::new(), residuals: Noise::new(memory) }
    }

    /// What is expected next; `None` until the window is full.
    #[must_use]
    pub fn forecast(&self) -> Option<f64> {
        if self.last.len() < self.points {
            return None;
        }
        let n = self.points as f64;
        let weight = |age: f64| if self.straight { (4.0 * n + 2.0 - 6.0 * age) / (n * (n - 1.0)) } else { 1.0 / n };
        Some(self.last.iter().rev().enumerate().map(|(age, value)| weight(age as f64 + 1.0) * value).sum())
    }

    /// Compares a finite value with the forecast, and goes on from it. Without `learn` its residual does not become usual.
    pub fn observe(&mut self, value: f64, learn: bool) -> Option<Opinion> {
        let opinion = self.forecast().and_then(|expected| {
            let residual = self.residuals.observe(value - expected, learn)?;
            Some(Opinion { expected: expected + residual.expected, ..residual })
        });
        if self.last.len() == self.points {
            self.last.pop_front();
        }
        self.last.push_back(value);
        opinion
    }
}
