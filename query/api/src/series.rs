//! `GET /api/v1/series`: the watched series.

use ingest_model::Nanos;
use serde::{Deserialize, Serialize};

/// Which series are asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SeriesQuestion {
    /// Those of a service.
    pub service: Option<String>,
    /// Those that are alarmed, or that are not.
    pub alarmed: Option<bool>,
}

/// The watched series.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct WatchedSeriesList {
    /// At most 1,000: the alarmed ones first, the newest alarm before the others; then by service and signal.
    pub series: Vec<SeriesStatus>,
    /// How many there are that were asked for.
    pub total: u64,
    /// Series that are too many to be watched.
    pub left_out: u64,
    /// What is wrong with the file or with a query.
    pub mistakes: Vec<String>,
}

/// Where a series stands.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct SeriesStatus {
    /// Whose it is; empty where no label tells.
    pub service: String,
    /// Its name and its other labels, as the column `signal` of `baselines` has it.
    pub signal: String,
    /// From one step to the next.
    pub step_seconds: u64,
    /// The newest step that was judged; `None` before there is one.
    pub newest: Option<SeriesStep>,
    /// When the alarm began that has not ended.
    pub alarmed_since: Option<Nanos>,
    /// What it is judged by.
    pub model: SeriesModelStatus,
}

/// What became of a step.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct SeriesStep {
    /// Its beginning.
    pub time_unix_nano: Nanos,
    /// The value, in the unit of the series.
    pub value: f64,
    /// The expected value.
    pub expected: f64,
    /// The smallest value that is normal.
    pub lower: f64,
    /// The largest value that is normal.
    pub upper: f64,
    /// How far it went, in distances of the farthest ever.
    pub score: f64,
    /// Why it was judged so, in a sentence.
    pub why: String,
}

/// What was learned of a series.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct SeriesModelStatus {
    /// Which candidate was chosen: `ensemble`, `local`, `daily`, `weekly`, `steps`, …
    pub name: String,
    /// Which rules made it.
    pub version: u32,
    /// When it was made.
    pub fitted_at: Nanos,
    /// First sample of training.
    pub trained_from: Nanos,
    /// All samples of training lie before.
    pub trained_to: Nanos,
    /// Samples of training.
    pub samples: u32,
    /// The score from which on there is an alarm.
    pub margin: f64,
    /// The false alarms a week that the margin was chosen for.
    pub alarms_per_week: f64,
    /// Share of the last quarter of the training that lay inside of the band.
    pub covered: f64,
    /// Change of the level in a day.
    pub trend_per_day: f64,
    /// How the candidates did in the backtest, the best first.
    pub trials: Vec<SeriesTrial>,
}

/// How a candidate did.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct SeriesTrial {
    /// Which one.
    pub name: String,
    /// Mean distance from what was expected, divided by the mean step.
    pub loss: f64,
    /// Alarms a week in the stretch held out.
    pub alarms_per_week: f64,
    /// Share of the faults put into it that were alarmed.
    pub found: f64,
}
