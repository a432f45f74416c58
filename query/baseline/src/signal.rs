//! The golden signals, and the scale on which each of them is compared.

use serde::{Deserialize, Serialize};

use crate::point::Point;

/// A golden signal (Google SRE Book, chapter 6) of one series.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GoldenSignal {
    /// Requests of the minute: a count.
    Requests,
    /// Failed requests divided by all requests, 0 to 1. Needs the requests of every minute.
    ErrorRatio,
    /// Median duration, in any unit.
    LatencyP50,
    /// 95th percentile of the duration, in any unit.
    LatencyP95,
    /// 99th percentile of the duration, in any unit.
    LatencyP99,
    /// Used share of a resource, 0 to 1 unless it is overbooked.
    Saturation,
    /// Any other series of numbers, which may be negative.
    Value,
}

/// Which side of the band counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// Only values above the band.
    Above,
    /// Only values below the band.
    Below,
    /// Both.
    Both,
}

/// The scale on which the noise of a signal has about the same size everywhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scale {
    /// As it is.
    Linear,
    /// Counts: the square root of a Poisson count varies by one half at any level (Anscombe 1948).
    Root,
    /// Durations: their noise is a factor, and their quantiles are skewed to the right.
    Log,
    /// Ratios of counts: compared by binomial deviance, not by distance.
    Ratio,
}

/// Added to a count below the root (Anscombe, "The transformation of Poisson, binomial and negative-binomial
/// data", Biometrika 35, 1948).
const ANSCOMBE: f64 = 0.375;

/// Durations below this are taken as this; zero has no logarithm.
const SMALLEST: f64 = 1e-9;

/// The largest bound of a band, so that it stays a number in JSON.
const LARGEST: f64 = 1e300;

// === impl GoldenSignal ===

impl GoldenSignal {
    /// Every signal.
    pub const ALL: [Self; 7] = [
        Self::Requests,
        Self::ErrorRatio,
        Self::LatencyP50,
        Self::LatencyP95,
        Self::LatencyP99,
        Self::Saturation,
        Self::Value,
    ];

    pub(crate) const fn scale(self) -> Scale {
        match self {
            Self::Requests => Scale::Root,
            Self::ErrorRatio => Scale::Ratio,
            Self::LatencyP50 | Self::LatencyP95 | Self::LatencyP99 => Scale::Log,
            Self::Saturation | Self::Value => Scale::Linear,
        }
    }

    /// Whether values below zero have no meaning.
    pub(crate) const fn is_positive(self) -> bool {
        !matches!(self, Self::Value)
    }

    /// Whether anything can be said of this point: the number is one, and there were requests to measure.
    pub(crate) fn can_use(self, point: &Point) -> bool {
        let in_range = point.value.is_finite() && (point.value >= 0.0 || !self.is_positive());
        in_range
            && match self.scale() {
                Scale::Ratio => point.value <= 1.0 && point.requests.is_some_and(|requests| requests > 0),
                Scale::Log => point.requests != Some(0),
                Scale::Linear | Scale::Root => true,
            }
    }
}

// === impl Direction ===

impl Direction {
    pub(crate) const fn above(self) -> bool {
        matches!(self, Self::Above | Self::Both)
    }

    pub(crate) const fn below(self) -> bool {
        matches!(self, Self::Below | Self::Both)
    }
}

// === impl Scale ===

impl Scale {
    /// From the value to the scale.
    pub(crate) fn to_scale(self, value: f64) -> f64 {
        match self {
            Self::Linear | Self::Ratio => value,
            Self::Root => (value + ANSCOMBE).sqrt(),
            Self::Log => value.max(SMALLEST).ln(),
        }
    }

    /// From the scale back to the value, held to finite numbers.
    pub(crate) fn to_value(self, scaled: f64) -> f64 {
        let value = match self {
            Self::Linear | Self::Ratio => scaled,
            Self::Root => (scaled.max(0.0).powi(2) - ANSCOMBE).max(0.0),
            Self::Log => scaled.exp(),
        };
        value.clamp(-LARGEST, LARGEST)
    }

    /// The smallest spread that is believed: counts vary at least as Poisson's do.
    pub(crate) const fn least_spread(self) -> f64 {
        match self {
            Self::Root => 0.5,
            Self::Ratio => 1.0,
            Self::Linear | Self::Log => 0.0,
        }
    }
}
