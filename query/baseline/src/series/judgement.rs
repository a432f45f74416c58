//! What became of a sample, with the figures that made it.

use std::fmt;

use ingest_model::Nanos;
use query_detect::angle::AngleKind;
use serde::{Deserialize, Serialize};

use super::model::Candidate;
use crate::model::Band;

/// What a sample was found to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SeriesReason {
    /// Nothing of it went farther than before.
    Normal,
    /// An angle went farther than the margin.
    Farther,
    /// It did, on the side that does not count, or by less than the least deviation.
    TooLittle,
    /// It did, within an alarmed or excluded stretch.
    Repeated,
    /// Not judged: no finite value.
    Unusable,
}

/// The figures behind a judgement.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SeriesWhy {
    /// What the sample was found to be.
    pub reason: SeriesReason,
    /// The angle that went farthest; `None` while all are learning.
    pub angle: Option<AngleKind>,
    /// How surprised that angle was, in its own measure: robust standard deviations for most.
    pub surprise: f64,
    /// The score from which on there is an alarm.
    pub margin: f64,
    /// The false alarms a week that the margin was chosen for.
    pub alarms_per_week: f64,
    /// What the series is watched with.
    pub candidate: Candidate,
    /// Which rules made the model.
    pub version: u32,
    /// First sample of training.
    pub trained_from: Nanos,
    /// Moment of the fit.
    pub trained_to: Nanos,
    /// Samples of training.
    pub samples: u32,
}

/// What became of a sample. Its text form is one sentence that says why.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SeriesJudgement {
    /// When it was measured.
    pub at: Nanos,
    /// The value.
    pub value: f64,
    /// What was expected.
    pub band: Band,
    /// How far the farthest angle went, in distances of the farthest ever: 1 equals the record.
    pub score: f64,
    /// The chance of such a score at a point of this series.
    pub chance: f64,
    /// How abnormal the last hours are: powers of ten of the angles' chances, averaged, and what is left of records.
    pub abnormality: f64,
    /// Whether the value lies outside of the band.
    pub outside: bool,
    /// Whether an alarm begins here.
    pub alarm: bool,
    /// The figures behind it.
    pub why: SeriesWhy,
}

// === impl SeriesReason ===

impl fmt::Display for SeriesReason {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Normal => "normal",
            Self::Farther => "an alarm",
            Self::TooLittle => {
                "no alarm, because it is too near to what was expected or on the side that does not count"
            }
            Self::Repeated => "part of a stretch that was alarmed or excluded",
            Self::Unusable => "not judged, because it is no finite number",
        })
    }
}

// === impl SeriesJudgement ===

impl fmt::Display for SeriesJudgement {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (band, why) = (&self.band, &self.why);
        write!(out, "{:.6} is {}: expected {:.6}", self.value, why.reason, band.expected)?;
        write!(out, " between {:.6} and {:.6}", band.lower, band.upper)?;
        if let Some(angle) = why.angle.filter(|_| self.score >= 1.0) {
            write!(out, "; it {}", angle.meaning())?;
        }
        write!(out, "; {:.2} times as far as ever, {:.2} alarms", self.score, why.margin)?;
        write!(out, " ({} a week of a clean series)", why.alarms_per_week)?;
        write!(out, "; learned from {} samples between {} and {}", why.samples, why.trained_from, why.trained_to)?;
        write!(out, " by model {} version {}", why.candidate.name(), why.version)
    }
}
