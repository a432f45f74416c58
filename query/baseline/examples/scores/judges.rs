//! What is compared: our detector, parts of it, and naive floors. Each sees a series row by row.

use ingest_model::Nanos;
use query_baseline::series::{Live, Sample, SeriesSettings};
use query_detect::angle::{AngleKind, DAY_SLOTS};
use query_detect::calendar::{Calendar, Zone};
use query_detect::detector::Opinion;
use query_detect::detector::gaussian::Gaussian;
use query_detect::detector::level::Level;
use query_detect::watch::{Learning, Watch, WatchSettings};

use crate::corpus::Series;

/// Nanoseconds of a second.
const SECOND_NS: i64 = 1_000_000_000;

/// Scores of a series, row by row.
#[derive(Debug)]
pub(crate) struct Scores {
    /// What is compared with a threshold; 0 where there is no alarm.
    pub(crate) alarms: Vec<f64>,
    /// How abnormal the time around the row is.
    pub(crate) abnormality: Vec<f64>,
}

/// What makes scores of a series.
pub(crate) type Judge = fn(&Series) -> Scores;

/// Every detector, ours first.
pub(crate) const JUDGES: [(&str, Judge); 10] = [
    ("**ours**: live series from nothing", live),
    ("ensemble, learns alarmed stretches too", |series| watched(series, &AngleKind::DEFAULT)),
    ("ensemble with the matrix profile", |series| watched(series, &with(AngleKind::Shape))),
    ("value alone", |series| watched(series, &[AngleKind::Value])),
    ("value and season of the day", |series| watched(series, &[AngleKind::Value, AngleKind::Day])),
    ("value and local line", |series| watched(series, &[AngleKind::Value, AngleKind::Line])),
    ("value and matrix profile", |series| watched(series, &[AngleKind::Value, AngleKind::Shape])),
    ("value and spectral residual", |series| watched(series, &[AngleKind::Value, AngleKind::Spectral])),
    ("floor: windowed Gaussian, 6400 rows", gaussian),
    ("floor: rolling median and MAD, 500 rows", level),
];

fn with(angle: AngleKind) -> Vec<AngleKind> {
    AngleKind::DEFAULT.into_iter().chain([angle]).collect()
}

fn samples(series: &Series) -> impl Iterator<Item = Sample> {
    series.times.iter().zip(&series.values).map(|(time, value)| Sample { at: Nanos(time * SECOND_NS), value: *value })
}

fn live(series: &Series) -> Scores {
    let mut live = Live::fresh(SeriesSettings::default(), Nanos(0));
    let judged = samples(series).map(|sample| live.observe(sample, false));
    let (alarms, abnormality) =
        judged.map(|judged| (if judged.alarm { judged.score } else { 0.0 }, judged.abnormality)).unzip();
    Scores { alarms, abnormality }
}

fn watched(series: &Series, angles: &[AngleKind]) -> Scores {
    let settings = WatchSettings { angles: angles.to_vec(), ..WatchSettings::default() };
    let (mut watch, mut calendar) = (Watch::new(settings, DAY_SLOTS), Calendar::new(Zone::utc()));
    let judged = samples(series).map(|sample| watch.observe(calendar.place(sample.at), sample.value, Learning::Usual));
    let (alarms, abnormality) =
        judged.map(|notice| (if notice.alarm { notice.score } else { 0.0 }, notice.abnormality)).unzip();
    Scores { alarms, abnormality }
}

fn gaussian(series: &Series) -> Scores {
    let mut gaussian = Gaussian::new(6_400);
    floor(series.values.iter().map(|value| gaussian.observe(*value)))
}

fn level(series: &Series) -> Scores {
    let mut level = Level::new(500);
    floor(series.values.iter().map(|value| level.observe(*value)))
}

/// A floor has one score for both.
fn floor(opinions: impl Iterator<Item = Option<Opinion>>) -> Scores {
    let alarms: Vec<f64> = opinions.map(|opinion| opinion.map_or(0.0, |opinion| opinion.surprise)).collect();
    Scores { abnormality: alarms.clone(), alarms }
}
