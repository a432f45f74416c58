//! Samples: what a series has at a time.

use std::sync::Arc;

use crate::histogram::Histogram;
use crate::labels::Labels;

/// The bits of the number that says that a series ended.
pub const STALE_BITS: u64 = 0x7ff0_0000_0000_0002;

/// The number that says that a series ended.
#[must_use]
pub const fn stale() -> f64 {
    f64::from_bits(STALE_BITS)
}

/// A number or a native histogram.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// A number.
    Float(f64),
    /// A native histogram.
    Histogram(Arc<Histogram>),
}

/// A value at a time.
#[derive(Debug, Clone, PartialEq)]
pub struct Sample {
    /// Milliseconds since 1970.
    pub at: i64,
    /// What was measured.
    pub value: Value,
}

/// Labels and their samples.
#[derive(Debug, Clone, PartialEq)]
pub struct Series {
    /// Which series it is; no other of the same answer has the same.
    pub labels: Labels,
    /// In the order of time, one a time.
    pub samples: Vec<Sample>,
}

// === impl Value ===

impl Value {
    /// The number, if it is one.
    #[must_use]
    pub const fn float(&self) -> Option<f64> {
        match self {
            Self::Float(value) => Some(*value),
            Self::Histogram(_) => None,
        }
    }

    /// The histogram, if it is one.
    #[must_use]
    pub fn histogram(&self) -> Option<&Histogram> {
        match self {
            Self::Float(_) => None,
            Self::Histogram(histogram) => Some(histogram),
        }
    }

    /// What it takes to keep it, in numbers: a histogram is as large as three, and one more for every four buckets.
    #[must_use]
    pub fn cost(&self) -> usize {
        match self {
            Self::Float(_) => 1,
            Self::Histogram(histogram) => 3 + (histogram.positive.len() + histogram.negative.len()) / 4,
        }
    }

    /// Whether it says that the series ended.
    #[must_use]
    pub fn is_stale(&self) -> bool {
        match self {
            Self::Float(value) => value.to_bits() == STALE_BITS,
            Self::Histogram(histogram) => histogram.sum.to_bits() == STALE_BITS,
        }
    }
}

impl From<f64> for Value {
    fn from(value: f64) -> Self {
        Self::Float(value)
    }
}

impl From<Histogram> for Value {
    fn from(histogram: Histogram) -> Self {
        Self::Histogram(Arc::new(histogram))
    }
}
