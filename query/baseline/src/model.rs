//! What was learned of a series, and the band it expects.

use ingest_model::Nanos;
use serde::{Deserialize, Serialize};

use crate::point::{HOUR_NS, MINUTE_NS};
use crate::ratio;
use crate::settings::Settings;
use crate::signal::Scale;

/// By what the minutes of the past were grouped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Not at all: the last hours.
    Trailing,
    /// By hour of the day; needs three days of history.
    HourOfDay,
    /// By hour of the week; needs three weeks of history.
    HourOfWeek,
}

/// The normal of one hour of the day or week.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Slot {
    /// The expected value, on the scale of the signal: the square root of a count plus 3/8, the logarithm of a
    /// duration, otherwise as it is.
    pub middle: f64,
    /// One robust standard deviation on that scale; for error ratios how much more they vary than coins do, 1 and up.
    pub spread: f64,
    /// Median of requests per minute; 0 when unknown.
    pub requests: f64,
    /// Minutes this slot was learned from. Below ten, the figures are those of a coarser grouping.
    pub samples: u32,
}

/// What is normal for a series.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Model {
    /// Which rules made the model; [`Model::VERSION`] for those of this code.
    pub version: u32,
    /// How minutes were grouped.
    pub kind: Kind,
    /// How the series is judged.
    pub settings: Settings,
    /// Start of the first minute of training.
    pub trained_from: Nanos,
    /// End of the last minute of training.
    pub trained_to: Nanos,
    /// Minutes of training.
    pub samples: u32,
    /// One, 24 or 168 hours. The first hour of the week begins on Thursday at 00:00, as 1970 did.
    pub slots: Vec<Slot>,
    /// What the groupings that the history allows expected of the newest period, the finest first; empty where there was no choice.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub trials: Vec<KindTrial>,
}

/// How well a grouping expected the newest period, which it had not seen.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct KindTrial {
    /// The grouping.
    pub kind: Kind,
    /// Mean distance of the minutes from what was expected: on the scale of the signal, for error ratios the square of the deviance.
    pub missed: f64,
}

/// The expected range of a minute, in the unit of the series.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Band {
    /// The expected value.
    pub expected: f64,
    /// The smallest value that is normal.
    pub lower: f64,
    /// The largest value that is normal.
    pub upper: f64,
}

// === impl Kind ===

impl Kind {
    /// The name in JSON and SQL.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Trailing => "trailing",
            Self::HourOfDay => "hour_of_day",
            Self::HourOfWeek => "hour_of_week",
        }
    }

    /// Hours after which the grouping begins anew.
    #[must_use]
    pub const fn hours(self) -> usize {
        match self {
            Self::Trailing => 1,
            Self::HourOfDay => 24,
            Self::HourOfWeek => 168,
        }
    }

    /// How long a model serves before it should be fitted again, in nanoseconds: an hour, or a day with a season.
    #[must_use]
    pub const fn lifetime_ns(self) -> i64 {
        match self {
            Self::Trailing => HOUR_NS,
            Self::HourOfDay | Self::HourOfWeek => 24 * HOUR_NS,
        }
    }
}

// === impl Model ===

impl Model {
    /// The version of the rules in this code. It changes when the same points would make another band.
    pub const VERSION: u32 = 2;

    /// The expected range of the minute that starts at `at`, with as many requests as are usual then.
    #[must_use]
    pub fn band(&self, at: Nanos) -> Band {
        self.band_of(at, None)
    }

    /// The expected range of the minute that starts at `at` and had so many requests: the fewer, the wider.
    #[must_use]
    pub fn band_of(&self, at: Nanos, requests: Option<u64>) -> Band {
        let slot = self.slot(at);
        let requests = requests.map_or(slot.requests, |requests| requests as f64).max(1.0);
        let settings = &self.settings;
        let scale = settings.signal.scale();
        let (lower, upper) = match scale {
            Scale::Ratio => {
                let width = settings.width * slot.spread;
                (ratio::lower(slot.middle, requests, width), ratio::upper(slot.middle, requests, width))
            }
            Scale::Linear | Scale::Root | Scale::Log => {
                let half = settings.width * slot.spread * self.few(slot.requests, requests);
                (scale.to_value(slot.middle - half), scale.to_value(slot.middle + half))
            }
        };
        self.at_least(scale.to_value(slot.middle), lower, upper)
    }

    /// How many times wider a quantile varies because of few requests: its variance goes with 1/n
    /// (David and Nagaraja, "Order Statistics", 10.2).
    fn few(&self, usual: f64, requests: f64) -> f64 {
        if self.settings.signal.scale() == Scale::Log { (usual / requests).max(1.0).sqrt() } else { 1.0 }
    }

    /// The band, widened to the deviations that matter and cut to values that exist.
    fn at_least(&self, expected: f64, lower: f64, upper: f64) -> Band {
        let settings = &self.settings;
        let least = settings.min_absolute.max(settings.min_relative * expected.abs());
        let (mut lower, mut upper) = (lower.min(expected - least), upper.max(expected + least));
        if settings.signal.is_positive() {
            lower = lower.max(0.0);
        }
        if settings.signal.scale() == Scale::Ratio {
            upper = upper.min(1.0);
        }
        Band { expected, lower, upper }
    }

    /// The figures of a moment: between the middles of two hours, a mixture of both, so that the band has no steps.
    pub(crate) fn slot(&self, at: Nanos) -> Slot {
        mixed(&self.slots, at, self.settings.utc_offset_minutes)
    }
}

/// The hour of the grouping in which a minute lies, and how far it has gone, 0 to 1.
pub(crate) fn hour_of(at: Nanos, utc_offset_minutes: i32, hours: usize) -> (usize, f64) {
    let local = at.plus(i64::from(utc_offset_minutes) * MINUTE_NS).0;
    let hour = local.div_euclid(HOUR_NS).rem_euclid(hours as i64) as usize;
    (hour, local.rem_euclid(HOUR_NS) as f64 / HOUR_NS as f64)
}

/// The slots around a moment, weighted by how near their middles are. `slots` is not empty.
pub(crate) fn mixed(slots: &[Slot], at: Nanos, utc_offset_minutes: i32) -> Slot {
    let count = slots.len();
    let (hour, gone) = hour_of(at, utc_offset_minutes, count);
    let (before, after, weight) = if gone < 0.5 {
        ((hour + count - 1) % count, hour, gone + 0.5)
    } else {
        (hour, (hour + 1) % count, gone - 0.5)
    };
    let (left, right) = (&slots[before], &slots[after]);
    let mix = |left: f64, right: f64| left + (right - left) * weight;
    Slot {
        middle: mix(left.middle, right.middle),
        spread: mix(left.spread, right.spread),
        requests: mix(left.requests, right.requests),
        samples: slots[hour].samples,
    }
}
