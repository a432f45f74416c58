//! The candidates: small models that see one value after the other and say how surprising each of them was.

pub mod gaussian;
pub mod level;
pub mod poly;
pub mod profile;
pub mod season;
pub mod shift;
pub mod spectral;

use serde::{Deserialize, Serialize};

/// What was thought of a value before it was learned.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Opinion {
    /// What was expected, in the unit of the series.
    pub expected: f64,
    /// One standard deviation around it; 0 when the series never moved.
    pub spread: f64,
    /// How far from normal the value was, 0 and up. The scale is the detector's own; [`crate::tail::Tail`] makes a chance of it.
    pub surprise: f64,
    /// Whether the value lay above what was expected.
    pub above: bool,
}

// === impl Opinion ===

impl Opinion {
    /// The opinion of a detector that expects a value and knows its noise: the surprise is the distance in standard
    /// deviations. `least` is the smallest spread that is believed.
    #[must_use]
    pub fn of(value: f64, expected: f64, spread: f64, least: f64) -> Self {
        let distance = value - expected;
        let believed = spread.max(least).max(1e-9 * (1.0 + expected.abs()));
        let surprise = (distance.abs() / believed).min(LARGEST);
        Self { expected, spread, surprise, above: distance > 0.0 }
    }
}

/// Surprises end here, so that they stay numbers.
const LARGEST: f64 = 1e9;
