//! Learns what is normal from the minutes that are over.
//!
//! A grouping may be used with a history of three of its periods, as Datadog's anomaly monitors ask (docs, "Anomaly
//! Monitor"), at most six weeks back; which of those it is, a trial on the newest period decides. Whatever an hour cannot
//! tell because too few minutes fell into it, a coarser grouping tells.

use std::ops::Range;

use ingest_model::Nanos;

use crate::model::{Kind, Model};
use crate::point::{HOUR_NS, MINUTE_NS, Point};
use crate::settings::{Settings, SettingsError};

mod profile;
mod trial;

/// Fewer minutes than these say nothing about what is normal.
const LEAST_SAMPLES: usize = 30;

/// A trailing window holds at least this many points, however far apart they are.
const LEAST_TRAILING: usize = 60;

/// What lies further back is forgotten: six weeks.
const MEMORY_NS: i64 = 6 * 7 * 24 * HOUR_NS;

/// No model could be made.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum FitError {
    /// Settings without meaning.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    Settings(Vec<SettingsError>),
    /// The series is too young, or too much of it was excluded.
    #[error("{found} usable minutes before {now} are too few; wait until there are {needed}")]
    TooFew {
        /// Minutes that could be used.
        found: usize,
        /// Minutes that are needed.
        needed: usize,
        /// The moment of the fit.
        now: Nanos,
    },
    /// Polars refused; a fault of ours.
    #[error("the profile could not be computed: {0}")]
    Profile(String),
}

/// Fits a model to the minutes of `points` that are over at `now`, in any order, without those that begin in an
/// `excluded` stretch: the minutes of alarms, so that an incident does not become normal.
///
/// Seasonal groupings stand on medians, so that a stretch nobody excluded does not bend them as long as it is less
/// than half of the minutes of its hour.
///
/// # Errors
///
/// [`FitError::Settings`] when the settings have no meaning, [`FitError::TooFew`] with fewer than 30 usable minutes,
/// [`FitError::Profile`] when Polars fails.
pub fn fit(points: &[Point], excluded: &[Range<Nanos>], now: Nanos, settings: &Settings) -> Result<Model, FitError> {
    settings.check().map_err(FitError::Settings)?;
    let mut points = usable(points, excluded, now, settings);
    let too_few = FitError::TooFew { found: points.len(), needed: LEAST_SAMPLES, now };
    let finest = finest(&points);
    let trials = trial::trials(&points, finest, settings).map_err(|error| FitError::Profile(error.to_string()))?;
    let kind = trial::best(&trials, finest);
    if kind == Kind::Trailing {
        points.drain(..points.len() - trailing(&points, settings));
    }
    let (Some(first), Some(last), true) = (points.first(), points.last(), points.len() >= LEAST_SAMPLES) else {
        return Err(too_few);
    };
    Ok(Model {
        version: Model::VERSION,
        kind,
        settings: settings.clone(),
        trained_from: first.minute,
        trained_to: last.end(),
        samples: u32::try_from(points.len()).unwrap_or(u32::MAX),
        slots: profile::profile(&points, kind, settings).map_err(|error| FitError::Profile(error.to_string()))?,
        trials,
    })
}

/// The points to learn from, by time.
fn usable(points: &[Point], excluded: &[Range<Nanos>], now: Nanos, settings: &Settings) -> Vec<Point> {
    let memory = now.plus(-MEMORY_NS)..now;
    let is_excluded = |minute: Nanos| excluded.iter().any(|stretch| stretch.contains(&minute));
    let mut usable: Vec<Point> = points
        .iter()
        .filter(|point| memory.contains(&point.minute) && point.end() <= now)
        .filter(|point| settings.signal.can_use(point) && !is_excluded(point.minute))
        .copied()
        .collect();
    usable.sort_by_key(|point| point.minute);
    usable
}

/// The finest grouping of which the history holds three periods. A minute less is forgiven, because the last one
/// is never over.
fn finest(points: &[Point]) -> Kind {
    let (Some(first), Some(last)) = (points.first(), points.last()) else { return Kind::Trailing };
    let span_ns = last.end().since(first.minute) + MINUTE_NS;
    let holds = |kind: &Kind| span_ns >= 3 * kind.hours() as i64 * HOUR_NS;
    [Kind::HourOfWeek, Kind::HourOfDay].into_iter().find(holds).unwrap_or(Kind::Trailing)
}

/// How many of the last points the trailing window takes.
fn trailing(points: &[Point], settings: &Settings) -> usize {
    let Some(last) = points.last() else { return 0 };
    let from = last.end().plus(-i64::from(settings.trailing_hours) * HOUR_NS);
    let within = points.len() - points.partition_point(|point| point.minute < from);
    within.max(LEAST_TRAILING).min(points.len())
}
