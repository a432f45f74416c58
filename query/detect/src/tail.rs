//! From a surprise to the chance of one as large: the tail of the surprises seen before.
//!
//! Peaks over a threshold: Siffer et al., "Anomaly Detection in Streams with Extreme Value Theory" (SPOT), KDD 2017. What exceeds the
//! threshold by a given quantile follows a generalised Pareto distribution (Pickands, Ann. Stat. 3, 1975):
//! `P(surprise > z) = rate * (1 + xi (z - threshold) / sigma)^(-1/xi)`. Shape and scale come from
//! probability-weighted moments (Hosking and Wallis, Technometrics 29, 1987), which are closed forms and steadier than likelihood for the
//! few excesses that are kept: with `a0` the mean excess and `a1` the mean of `(1 - p_i) x_i` in rising order,
//! `p_i = (i - 0.35) / n`, they are `xi = 2 - a0 / (a0 - 2 a1)` and `sigma = 2 a0 a1 / (a0 - 2 a1)`.

use serde::{Deserialize, Serialize};

use crate::quantile::Quantile;
use crate::window::Window;

/// The share of surprises that are excesses.
const EXCESS: f64 = 0.05;

/// Excesses that are kept.
const KEPT: usize = 100;

/// Fewer excesses tell no shape; they are taken as exponential.
const LEAST: usize = 20;

/// Shapes beyond these come from chance: a tail without an end, whose mean exists.
const SHAPES: (f64, f64) = (0.0, 0.5);

/// The largest evidence, in powers of ten.
pub const MOST: f64 = 15.0;

/// What is known of large surprises of a series.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Tail {
    threshold: Quantile,
    middle: Quantile,
    excesses: Window,
    seen: u32,
    rate: f64,
    shape: f64,
    scale: f64,
}

// === impl Tail ===

impl Tail {
    /// Remembers about `memory` surprises.
    #[must_use]
    pub fn new(memory: u32) -> Self {
        Self {
            threshold: Quantile::new(1.0 - EXCESS, memory),
            middle: Quantile::new(0.5, memory),
            excesses: Window::new(KEPT),
            seen: 0,
            rate: EXCESS,
            shape: 0.0,
            scale: 0.0,
        }
    }

    /// The chance of a surprise at least as large, 1e-15 to 1. Between the median and the threshold it is interpolated
    /// on the scale of its logarithm.
    #[must_use]
    pub fn chance(&self, surprise: f64) -> f64 {
        let (middle, threshold) = (self.middle.value(), self.threshold.value().max(self.middle.value()));
        let least = 10.0_f64.powf(-MOST);
        if surprise <= middle {
            return 1.0;
        }
        if surprise <= threshold {
            let part = (surprise - middle) / (threshold - middle);
            return 0.5 * (self.rate / 0.5).powf(part);
        }
        let excess = (surprise - threshold) / self.scale.max(1e-12 * (1.0 + surprise.abs()));
        let beyond =
            if self.shape > 1e-6 { (1.0 + self.shape * excess).powf(-1.0 / self.shape) } else { (-excess).exp() };
        (self.rate * beyond).max(least)
    }

    /// Powers of ten by which the chance falls short of 1, 0 to 15.
    #[must_use]
    pub fn evidence(&self, surprise: f64) -> f64 {
        -self.chance(surprise).log10()
    }

    /// The surprise whose chance is `chance`, where that lies beyond the threshold.
    #[must_use]
    pub fn surprise(&self, chance: f64) -> f64 {
        let ratio = (chance / self.rate).clamp(1e-300, 1.0);
        let excess = if self.shape > 1e-6 { (ratio.powf(-self.shape) - 1.0) / self.shape } else { -ratio.ln() };
        self.threshold.value() + self.scale * excess
    }

    /// Surprises seen.
    #[must_use]
    pub const fn seen(&self) -> u32 {
        self.seen
    }

    /// Shape and scale of the excesses.
    #[must_use]
    pub const fn pareto(&self) -> (f64, f64) {
        (self.shape, self.scale)
    }

    /// Learns one more surprise.
    pub fn add(&mut self, surprise: f64) {
        let threshold = self.threshold.value();
        self.seen = self.seen.saturating_add(1);
        self.threshold.add(surprise);
        self.middle.add(surprise);
        let exceeds = surprise > threshold && self.seen > 1;
        let pace = (1.0 / f64::from(self.seen)).max(0.0005);
        self.rate += pace * (f64::from(u8::from(exceeds)) - self.rate);
        self.rate = self.rate.clamp(1e-4, 0.5);
        if exceeds {
            self.excesses.push(surprise - threshold);
            (self.shape, self.scale) = pareto(&self.excesses);
        }
    }
}

/// Shape and scale of excesses by probability-weighted moments.
fn pareto(excesses: &Window) -> (f64, f64) {
    let count = excesses.len() as f64;
    let mean = excesses.values().sum::<f64>() / count;
    if excesses.len() < LEAST {
        return (0.0, mean);
    }
    let weighted = |(rank, value): (usize, f64)| (1.0 - (rank as f64 + 0.65) / count) * value;
    let lower = excesses.rising().enumerate().map(weighted).sum::<f64>() / count;
    let apart = mean - 2.0 * lower;
    if apart <= 1e-12 * mean {
        return (0.0, mean);
    }
    let shape = (2.0 - mean / apart).clamp(SHAPES.0, SHAPES.1);
    // With the shape held to its range the scale follows from the mean, sigma / (1 - xi).
    (shape, mean * (1.0 - shape))
}

#[cfg(test)]
mod tests;
