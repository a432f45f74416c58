//! When a bounded resource runs out: a disk, memory, a pool of connections, a queue.
//!
//! The life of a forecast:
//!
//! 1. The `course` of the past: samples before `now`, turned so that the limit lies above, as at most 256 medians.
//! 2. Its `regime`: what came before the last fall or shift of level does not count. A resource that falls back again and again
//!    (logs that are rotated, caches that are emptied) is looked at by its peaks.
//! 3. Its `season` of the day, where one day tells something of another, and how far single samples stick out.
//! 4. The `trend`: median of the slopes between all pairs of points (Theil 1950; Sen, JASA 63, 1968) over the longest of several
//!    windows that the shorter ones do not contradict, or a curve, where growth itself grows.
//! 5. How far off it may be: growth that wanders makes errors of a known form, and a backtest of the same method at moments of the past
//!    says how large they are (`wander`, `past`).
//! 6. The `path` from now on, and the first moments at which its upper end, its middle and its lower end reach the limit.
//!
//! Invariants: the same samples make the same forecast, in any order; nothing after `now` is looked at; there is no clock and no
//! chance. It costs sorting the samples once, and a bounded amount besides. All of it moves with the values: with another unit or another
//! zero the times are the same.
//!
//! What it refuses to do: forecast from fewer than 24 samples of one regime, or where growth cannot be told from wandering
//! ([`Outlook::NoGrowth`]); look farther ahead than sixteen times as long as it looks back.

use std::time::Duration;

use ingest_model::Nanos;
use serde::{Deserialize, Serialize};

mod course;
mod past;
mod path;
mod regime;
mod season;
mod slope;
mod student;
mod trend;
mod wander;

use course::{Point, Side};
use path::Path;
use regime::Regime;

/// Nanoseconds of an hour.
const HOUR_NS: f64 = 3.6e12;

/// Fewer samples of one regime tell no growth.
const LEAST: usize = 24;

/// How many times as long as it looks back a forecast looks ahead.
const AHEAD: f64 = 16.0;

/// A value of a series.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Sample {
    /// When it was measured.
    pub at: Nanos,
    /// The value; what is not finite is a gap.
    pub value: f64,
}

/// Where a resource ends, in the unit of its series.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Limit {
    /// Growing values reach it: bytes used, connections taken, entries waiting.
    Upper(f64),
    /// Shrinking values reach it: bytes free.
    Lower(f64),
}

/// How a forecast is made.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ExhaustionSettings {
    /// How often the limit should be reached between the earliest and the latest time: 0.5 to 0.99. Default 0.8.
    pub confidence: f64,
    /// How far back samples count. Default 14 days: two of each day of the week.
    pub history: Duration,
    /// How far ahead a limit is of interest. Default 30 days.
    pub horizon: Duration,
}

/// When a limit is reached. `None` is: not within the horizon.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Forecast {
    /// If things go on as badly as they may do.
    pub earliest: Option<Nanos>,
    /// If they go on as they did.
    pub expected: Option<Nanos>,
    /// If they go on as well as they may do.
    pub latest: Option<Nanos>,
}

/// Change of the level in an hour, in the unit of the series; negative where it falls.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Rate {
    /// The lowest that is compatible with the past.
    pub lower: f64,
    /// As in the past.
    pub expected: f64,
    /// The highest that is compatible with the past.
    pub upper: f64,
}

/// When the limit is reached, or why that is not said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outlook {
    /// It is approached.
    Forecast(Forecast),
    /// The newest sample is at the limit or beyond it.
    Already,
    /// Growth towards the limit cannot be told from none.
    NoGrowth,
    /// There are too few samples since the last fall or shift of level.
    TooFew,
}

/// What a forecast rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Basis {
    /// The first sample that counts.
    pub since: Nanos,
    /// How many samples count.
    pub samples: usize,
    /// How often the series fell back and is therefore looked at by its peaks; 0: it is looked at as it is.
    pub teeth: usize,
    /// Whether a season of the day was taken out and put back.
    pub season: bool,
    /// Whether growth was taken to go on growing, or abating.
    pub curved: bool,
    /// Until when it was looked ahead.
    pub until: Nanos,
}

/// What became of a forecast.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Exhaustion {
    /// The level now, without season and noise; of a series with teeth, that of its peaks. `None` without samples.
    pub level: Option<f64>,
    /// How fast it changes; `None` where there are too few samples.
    pub rate: Option<Rate>,
    /// When the limit is reached.
    pub outlook: Outlook,
    /// What it rests on; `None` without samples.
    pub basis: Option<Basis>,
}

// === impl ExhaustionSettings ===

impl Default for ExhaustionSettings {
    fn default() -> Self {
        let days = |days: u64| Duration::from_secs(days * 86_400);
        Self { confidence: 0.8, history: days(14), horizon: days(30) }
    }
}

// === impl Exhaustion ===

impl Exhaustion {
    /// Forecasts from the samples up to `now`, in any order.
    #[must_use]
    pub fn of(samples: &[Sample], limit: Limit, now: Nanos, settings: &ExhaustionSettings) -> Self {
        let side = Side::of(limit);
        let points = course::points(samples, side, now, settings.history.as_secs_f64() / 3_600.0);
        let Some(last) = points.last() else {
            return Self { level: None, rate: None, outlook: Outlook::TooFew, basis: None };
        };
        let regime = Regime::of(&points);
        let ahead = ahead(&regime, settings);
        let path = Path::of(&regime, side.limit(), now, settings.confidence.clamp(0.5, 0.99));
        let basis = basis(&regime, path.as_ref(), now, ahead);
        let level = side.value(path.as_ref().map_or(last.value, Path::level));
        let outlook = match &path {
            _ if last.value >= side.limit() => Outlook::Already,
            None => Outlook::TooFew,
            Some(path) if !path.grows() => Outlook::NoGrowth,
            Some(path) => Outlook::Forecast(path.forecast(now, ahead)),
        };
        let rate = path.map(|path| side.rate(path.rate()));
        Self { level: Some(level), rate, outlook, basis: Some(basis) }
    }
}

/// How many hours ahead it is looked.
fn ahead(regime: &Regime<'_>, settings: &ExhaustionSettings) -> f64 {
    (settings.horizon.as_secs_f64() / 3_600.0).min(AHEAD * regime.length())
}

fn basis(regime: &Regime<'_>, path: Option<&Path>, now: Nanos, ahead: f64) -> Basis {
    Basis {
        since: moment(now, regime.points.first().map_or(0.0, |point: &Point| point.at)),
        samples: regime.points.len(),
        teeth: regime.teeth,
        season: path.is_some_and(Path::has_season),
        curved: path.is_some_and(Path::is_curved),
        until: moment(now, ahead),
    }
}

/// So many hours from now.
fn moment(now: Nanos, hours: f64) -> Nanos {
    now.plus((hours * HOUR_NS).round() as i64)
}

#[cfg(test)]
mod tests;
