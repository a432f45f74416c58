//! `GET /api/v1/exhaustion`: when a resource runs out.

use ingest_model::Nanos;
use serde::{Deserialize, Serialize};

/// What is asked.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExhaustionQuestion {
    /// The service; empty where the series has none.
    #[serde(default)]
    pub service: String,
    /// `saturation`, or a watched series as `baselines` calls it.
    pub signal: String,
    /// Where the resource ends, a number in the unit of the series.
    pub limit: String,
    /// `upper`, or `lower` for what shrinks; upper where it is left out.
    pub side: Option<String>,
}

/// When a resource runs out, by the last fourteen days.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Exhaustion {
    /// The service.
    pub service: String,
    /// The series.
    pub signal: String,
    /// `forecast`, `already` at the limit, `no_growth` that can be told from none, `too_few` samples.
    pub outlook: String,
    /// The level now, without season and noise.
    pub level: Option<f64>,
    /// Its change in an hour, and the range that is compatible with the past.
    pub per_hour: Option<f64>,
    /// The lowest.
    pub per_hour_lower: Option<f64>,
    /// The highest.
    pub per_hour_upper: Option<f64>,
    /// When the limit is reached at the earliest; `None` is not before `until`.
    pub earliest: Option<Nanos>,
    /// When it is reached as things are.
    pub expected: Option<Nanos>,
    /// When it is reached at the latest.
    pub latest: Option<Nanos>,
    /// How often the limit is reached between the earliest and the latest time, 0 to 1.
    pub confidence: f64,
    /// Until when it was looked ahead.
    pub until: Option<Nanos>,
    /// The first sample that counts: the one after the last fall or shift of level.
    pub since: Option<Nanos>,
    /// Samples that count.
    pub samples: u64,
}
