//! A quantile that follows its series, in two numbers.
//!
//! Stochastic approximation: Robbins and Monro, Ann. Math. Stat. 22, 1951; for quantiles Tierney, SIAM J. Sci. Stat. Comput.
//! 4, 1983. A value below moves the estimate down by `step * scale * (1 - share)`, one above moves it up by
//! `step * scale * share`; the scale is the mean distance of values, so that nothing has to be known of their unit.

use serde::{Deserialize, Serialize};

/// An estimate of the value below which a share of all values lies.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Quantile {
    share: f64,
    slowest: f64,
    seen: u32,
    value: f64,
    scale: f64,
}

// === impl Quantile ===

impl Quantile {
    /// `share` in 0 to 1; `memory` is about how many values it remembers.
    #[must_use]
    pub fn new(share: f64, memory: u32) -> Self {
        Self { share, slowest: 1.0 / f64::from(memory.max(1)), seen: 0, value: 0.0, scale: 0.0 }
    }

    /// Starts from what is known.
    #[must_use]
    pub fn started(share: f64, memory: u32, value: f64, scale: f64) -> Self {
        Self { seen: memory, value, scale, ..Self::new(share, memory) }
    }

    /// The estimate; 0 before the first value.
    #[must_use]
    pub const fn value(&self) -> f64 {
        self.value
    }

    /// Mean distance of values from the estimate.
    #[must_use]
    pub const fn scale(&self) -> f64 {
        self.scale
    }

    /// Values seen, as far as it counts.
    #[must_use]
    pub const fn seen(&self) -> u32 {
        self.seen
    }

    /// Takes one more value.
    pub fn add(&mut self, value: f64) {
        self.seen = self.seen.saturating_add(1);
        if self.seen == 1 {
            self.value = value;
            return;
        }
        let pace = (1.0 / f64::from(self.seen)).max(self.slowest);
        let distance = value - self.value;
        self.scale += pace * (distance.abs() - self.scale);
        let reach = (5.0 * pace * self.scale).min(distance.abs());
        self.value += reach * if distance > 0.0 { self.share } else { self.share - 1.0 };
    }
}
