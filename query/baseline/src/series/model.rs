//! What is stored of a series.

use ingest_model::Nanos;
use query_detect::angle::AngleKind;
use query_detect::watch::{Watch, WatchSettings};
use serde::{Deserialize, Serialize};

use super::settings::SeriesSettings;

/// With which angles a series is watched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Candidate {
    /// Value, season of day and week, shifts of level, jumps: where the others do not do better.
    Ensemble,
    /// The value, jumps, and the line through the last values: no season.
    Local,
    /// The value and the season of the day alone.
    Daily,
    /// The value and the season of the week alone.
    Weekly,
    /// The ensemble and the size of steps.
    Steps,
    /// The value and the spectral residual.
    Spectral,
    /// The ensemble and the matrix profile.
    Shape,
}

/// How a candidate did in the backtest.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Trial {
    /// Which one.
    pub candidate: Candidate,
    /// Mean distance of the values held out from what was expected, divided by their mean step: below 1 it expects better than
    /// who says "as before" (Hyndman and Koehler, "Another look at measures of forecast accuracy", 2006).
    pub loss: f64,
    /// Alarms a week in the stretch held out, as it was.
    pub alarms_per_week: f64,
    /// Share of the faults put into that stretch that were alarmed.
    pub found: f64,
}

/// How well a model fits.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Quality {
    /// Share of the points of the last quarter that lay inside the band, 0 to 1.
    pub covered: f64,
    /// Change of the level in a day by the median of slopes between days (Theil and Sen), in the unit of the series.
    pub trend_per_day: f64,
    /// The trials that the candidate was chosen by, the best first; empty where it was given.
    pub trials: Vec<Trial>,
}

/// What was learned of a series.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SeriesModel {
    /// Which rules made the model; [`SeriesModel::VERSION`] for those of this code.
    pub version: u32,
    /// How the series is judged.
    pub settings: SeriesSettings,
    /// What it is watched with.
    pub candidate: Candidate,
    /// Usual distance between samples, in nanoseconds.
    pub step_ns: i64,
    /// First sample of training.
    pub trained_from: Nanos,
    /// Moment of the fit; all samples of training lie before.
    pub trained_to: Nanos,
    /// Samples of training.
    pub samples: u32,
    /// Median and spread of each part of the day, in half hours from midnight; empty while less than three days are known.
    pub day: Vec<(f64, f64)>,
    /// The same of each hour of the week from Monday; empty while less than three weeks are known.
    pub week: Vec<(f64, f64)>,
    /// How much farther than ever before alarms, so that the stated rate holds.
    pub margin: f64,
    /// How well it fits.
    pub quality: Quality,
}

// === impl Candidate ===

impl Candidate {
    /// Every candidate, the cheap ones first.
    pub const ALL: [Self; 7] =
        [Self::Ensemble, Self::Local, Self::Daily, Self::Weekly, Self::Steps, Self::Spectral, Self::Shape];

    /// The name in JSON and SQL.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ensemble => "ensemble",
            Self::Local => "local",
            Self::Daily => "daily",
            Self::Weekly => "weekly",
            Self::Steps => "steps",
            Self::Spectral => "spectral",
            Self::Shape => "shape",
        }
    }

    /// Its angles.
    #[must_use]
    pub fn angles(self) -> Vec<AngleKind> {
        use AngleKind as A;
        let with = |more: AngleKind| A::DEFAULT.into_iter().chain([more]).collect();
        match self {
            Self::Ensemble => A::DEFAULT.to_vec(),
            Self::Local => vec![A::Value, A::Jump, A::Line],
            Self::Daily => vec![A::Value, A::Day],
            Self::Weekly => vec![A::Value, A::Week],
            Self::Steps => with(A::Steps),
            Self::Spectral => vec![A::Value, A::Spectral],
            Self::Shape => with(A::Shape),
        }
    }
}

// === impl SeriesModel ===

impl SeriesModel {
    /// Version of the rules of this code.
    pub const VERSION: u32 = 1;

    /// The ensemble of this model, before any value.
    pub(crate) fn watch(&self) -> Watch {
        let settings =
            WatchSettings { angles: self.candidate.angles(), margin: self.margin, ..WatchSettings::default() };
        Watch::started(settings, &self.day, &self.week)
    }
}
