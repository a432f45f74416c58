//! Which grouping suits a series: each that its history allows says what it expects of the newest period, which it has not seen.
//!
//! A weekend that is like any other day needs no hour of the week, and a level that wanders has no hours at all. What counts is how far
//! the minutes of that period lie from what was expected, on the scale of the signal. The trailing hours are taken anew every hour, as
//! they are live.

use polars::prelude::PolarsResult;
use query_detect::window::Window;

use super::{LEAST_SAMPLES, profile};
use crate::model::{Kind, KindTrial, mixed};
use crate::point::{HOUR_NS, Point};
use crate::ratio;
use crate::settings::Settings;
use crate::signal::Scale;

/// By how much of what a finer grouping misses a coarser one must be nearer: an hour of its own tells more of an incident than the hours
/// before it, which may be a part of it.
const CLEARLY: f64 = 0.9;

/// Tries every grouping up to `finest`, the finest first, on points in order of time. Without a choice, or with too few minutes before
/// the newest period, nothing is tried.
pub(super) fn trials(points: &[Point], finest: Kind, settings: &Settings) -> PolarsResult<Vec<KindTrial>> {
    let Some(last) = points.last().filter(|_| finest != Kind::Trailing) else { return Ok(Vec::new()) };
    let held_from = last.end().plus(-(finest.hours() as i64) * HOUR_NS);
    let (before, held) = points.split_at(points.partition_point(|point| point.minute < held_from));
    if before.len() < LEAST_SAMPLES {
        return Ok(Vec::new());
    }
    let kinds = [Kind::HourOfWeek, Kind::HourOfDay, Kind::Trailing].into_iter().filter(|kind| *kind <= finest);
    kinds.map(|kind| Ok(KindTrial { kind, missed: missed(before, held, kind, settings)? })).collect()
}

/// The finest grouping that no coarser one beats clearly.
pub(super) fn best(trials: &[KindTrial], finest: Kind) -> Kind {
    let better = |best: KindTrial, trial: &KindTrial| if trial.missed < CLEARLY * best.missed { *trial } else { best };
    let first = trials.first().copied();
    first.map_or(finest, |first| trials.iter().fold(first, better).kind)
}

/// The mean distance of the minutes held back from what a grouping expected.
fn missed(before: &[Point], held: &[Point], kind: Kind, settings: &Settings) -> PolarsResult<f64> {
    let sum: f64 = if kind == Kind::Trailing {
        let mut trailing = Trailing::new(settings);
        before.iter().for_each(|point| trailing.push(point));
        held.iter().map(|point| trailing.missed(point)).sum()
    } else {
        let slots = profile::profile(before, kind, settings)?;
        let middle = |point: &Point| mixed(&slots, point.minute, settings.utc_offset_minutes).middle;
        held.iter().map(|point| distance(point, middle(point), settings.signal.scale())).sum()
    };
    Ok(sum / held.len().max(1) as f64)
}

/// How far a minute lies from what was expected. Nobody comes nearer by expecting anything but the median; of ratios, where the median
/// is zero, anything but the share of errors, because the square of the deviance is their likelihood (Gneiting and Raftery, "Strictly
/// Proper Scoring Rules, Prediction, and Estimation", JASA 102, 2007).
fn distance(point: &Point, middle: f64, scale: Scale) -> f64 {
    match scale {
        Scale::Ratio => ratio::deviance(point.value, middle, requests(point)).powi(2),
        Scale::Linear | Scale::Root | Scale::Log => (scale.to_scale(point.value) - middle).abs(),
    }
}

fn requests(point: &Point) -> f64 {
    point.requests.unwrap_or(0) as f64
}

/// The last hours, and what they let expect since the hour began.
#[derive(Debug)]
struct Trailing {
    scale: Scale,
    values: Window,
    /// Of ratios: the failed requests, and all of them.
    failed: Window,
    requests: Window,
    middle: f64,
    hour: Option<i64>,
}

// === impl Trailing ===

impl Trailing {
    fn new(settings: &Settings) -> Self {
        let room = 60 * settings.trailing_hours as usize;
        let window = || Window::new(room);
        let scale = settings.signal.scale();
        Self { scale, values: window(), failed: window(), requests: window(), middle: 0.0, hour: None }
    }

    fn push(&mut self, point: &Point) {
        if self.scale == Scale::Ratio {
            self.failed.push(point.value * requests(point));
            self.requests.push(requests(point));
        } else {
            self.values.push(self.scale.to_scale(point.value));
        }
    }

    /// How far a minute lies from what was expected of it, which is then one of the last.
    fn missed(&mut self, point: &Point) -> f64 {
        let hour = point.minute.0.div_euclid(HOUR_NS);
        if self.hour != Some(hour) {
            (self.hour, self.middle) = (Some(hour), self.expected());
        }
        self.push(point);
        distance(point, self.middle, self.scale)
    }

    fn expected(&self) -> f64 {
        match self.scale {
            Scale::Ratio => self.failed.values().sum::<f64>() / self.requests.values().sum::<f64>().max(1.0),
            Scale::Linear | Scale::Root | Scale::Log => self.values.median(),
        }
    }
}
