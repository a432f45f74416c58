//! A shift of level: the mean of the last values against the means that were usual before.
//!
//! The exponentially weighted mean of Roberts' control chart (Technometrics 1, 1959), whose limits are not derived from independent
//! noise, which metrics do not have, but taken from the median and spread of the chart itself. Of the variance the same is said with
//! `variance`: the chart is that of the logarithm of squared steps, so that a series that becomes calm or wild is noticed at the same level.

use serde::{Deserialize, Serialize};

use super::Opinion;
use crate::noise::Noise;

/// Chart of a mean.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Shift {
    pace: f64,
    variance: bool,
    chart: Option<f64>,
    before: Option<f64>,
    usual: Noise,
}

// === impl Shift ===

impl Shift {
    /// A mean over about `points` values, compared with those of the last `memory`.
    #[must_use]
    pub fn of_level(points: usize, memory: u32) -> Self {
        let pace = 2.0 / (points.max(1) as f64 + 1.0);
        Self { pace, variance: false, chart: None, before: None, usual: Noise::new(memory) }
    }

    /// The same of the size of steps.
    #[must_use]
    pub fn of_variance(points: usize, memory: u32) -> Self {
        Self { variance: true, ..Self::of_level(points, memory) }
    }

    /// Compares the mean with this finite value in it. Without `learn` the mean moves on but does not become usual.
    pub fn observe(&mut self, value: f64, learn: bool) -> Option<Opinion> {
        let step = value - self.before.replace(value).unwrap_or(value);
        let charted = if self.variance { (step.abs() + 1e-6 * (1.0 + value.abs())).ln() } else { value };
        let mean = self.chart.map_or(charted, |chart| chart + self.pace * (charted - chart));
        self.chart = Some(mean);
        self.usual.observe(mean, learn)
    }
}
