//! Whether a minute is normal, and the figures that say why.

use std::collections::VecDeque;
use std::fmt;

use ingest_model::Nanos;
use serde::{Deserialize, Serialize};

use crate::model::{Band, Kind, Model};
use crate::point::{MINUTE_NS, Point};
use crate::signal::{GoldenSignal, Scale};

/// Scores end here, so that they stay numbers in JSON when a band has no width.
const LARGEST_SCORE: f64 = 1_000.0;

/// So many errors at least make a minute abnormal; one can always happen.
const LEAST_ERRORS: f64 = 2.0;

/// The minutes of late that were outside their band: what [`judge`] remembers from one minute to the next.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Recent {
    outside: VecDeque<Nanos>,
}

/// What a minute was found to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// Within its band, or on the side that does not count.
    Normal,
    /// Above its band.
    Above,
    /// Below its band.
    Below,
    /// Outside by a single error, which can always happen.
    SingleError,
    /// Not judged: no number, out of range, or no requests to measure.
    Unusable,
}

/// The figures behind a judgement.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Why {
    /// What the minute was found to be.
    pub reason: Reason,
    /// What was measured.
    pub signal: GoldenSignal,
    /// Requests of the minute, if known.
    pub requests: Option<u64>,
    /// Requests that are usual in such a minute; 0 when unknown.
    pub usual_requests: f64,
    /// How the model groups minutes.
    pub kind: Kind,
    /// Which rules made the model.
    pub version: u32,
    /// Start of the first minute of training.
    pub trained_from: Nanos,
    /// End of the last minute of training.
    pub trained_to: Nanos,
    /// Minutes that the expectation for this hour was learned from.
    pub samples: u32,
    /// Minutes outside among the last m, this one included.
    pub outside_minutes: u32,
    /// k: how many make a breach.
    pub needed_minutes: u32,
    /// m: the minutes looked at.
    pub of_minutes: u32,
}

/// What became of a minute. Its text form is one sentence that says why.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Judgement {
    /// Start of the minute.
    pub minute: Nanos,
    /// What was measured.
    pub value: f64,
    /// What was expected of a minute with so many requests.
    pub band: Band,
    /// Distance from the expected value in half widths of the band: 0 as expected, 1 at its edge, at most 1000.
    /// Distance to a side that does not count is 0.
    pub score: f64,
    /// Whether this minute alone left its band.
    pub outside: bool,
    /// Whether enough of the last minutes did.
    pub breached: bool,
    /// The figures behind it.
    pub why: Why,
}

/// Judges a minute against its band, and breach by the minutes before; `recent` is not changed.
///
/// ```
/// # use query_baseline::{Model, Point, Recent, judge};
/// fn minute(model: &Model, point: &Point, recent: &mut Recent) -> bool {
///     let judgement = judge(model, point, recent);
///     recent.note(&judgement);
///     judgement.breached
/// }
/// ```
#[must_use]
pub fn judge(model: &Model, point: &Point, recent: &Recent) -> Judgement {
    let band = model.band_of(point.minute, point.requests);
    let (reason, score) = compare(model, point, &band);
    let outside = matches!(reason, Reason::Above | Reason::Below);
    let settings = &model.settings;
    let outside_minutes = recent.within(point.minute, settings.of_minutes) + u32::from(outside);
    let slot = model.slot(point.minute);
    let why = Why {
        reason,
        signal: settings.signal,
        requests: point.requests,
        usual_requests: slot.requests,
        kind: model.kind,
        version: model.version,
        trained_from: model.trained_from,
        trained_to: model.trained_to,
        samples: if model.kind == Kind::Trailing { model.samples } else { slot.samples },
        outside_minutes,
        needed_minutes: settings.outside_minutes,
        of_minutes: settings.of_minutes,
    };
    let breached = outside_minutes >= settings.outside_minutes;
    Judgement { minute: point.minute, value: point.value, band, score, outside, breached, why }
}

/// What the minute is, and its score.
fn compare(model: &Model, point: &Point, band: &Band) -> (Reason, f64) {
    let settings = &model.settings;
    if !settings.signal.can_use(point) {
        return (Reason::Unusable, 0.0);
    }
    let above = point.value > band.expected;
    if !(if above { settings.direction.above() } else { settings.direction.below() }) {
        return (Reason::Normal, 0.0);
    }
    let edge = if above { band.upper } else { band.lower };
    let (distance, room) = ((point.value - band.expected).abs(), (edge - band.expected).abs());
    let score = if distance == 0.0 { 0.0 } else { (distance / room).min(LARGEST_SCORE) };
    if if above { point.value <= edge } else { point.value >= edge } {
        return (Reason::Normal, score.min(1.0));
    }
    let errors = point.value * point.requests.unwrap_or(0) as f64;
    if above && settings.signal.scale() == Scale::Ratio && errors.round() < LEAST_ERRORS {
        return (Reason::SingleError, score.min(1.0));
    }
    (if above { Reason::Above } else { Reason::Below }, score)
}

// === impl Recent ===

impl Recent {
    /// Remembers a judged minute; call it once for every one, in order of time.
    pub fn note(&mut self, judgement: &Judgement) {
        if judgement.outside {
            self.outside.push_back(judgement.minute);
        }
        let from = first(judgement.minute, judgement.why.of_minutes);
        self.outside.retain(|minute| *minute >= from);
    }

    /// Minutes outside among those of the window that ends with `minute`, without it.
    fn within(&self, minute: Nanos, of_minutes: u32) -> u32 {
        let window = first(minute, of_minutes)..minute;
        self.outside.iter().map(|outside| u32::from(window.contains(outside))).sum()
    }
}

/// The first minute of the window of `of_minutes` that ends with `minute`.
fn first(minute: Nanos, of_minutes: u32) -> Nanos {
    minute.plus(-i64::from(of_minutes.saturating_sub(1)) * MINUTE_NS)
}

// === impl Reason ===

impl fmt::Display for Reason {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Normal => "within the band",
            Self::Above => "above the band",
            Self::Below => "below the band",
            Self::SingleError => "beyond the band by a single error, which does not count",
            Self::Unusable => "not judged, because there is no usable value",
        })
    }
}

// === impl Judgement ===

impl fmt::Display for Judgement {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (band, why) = (&self.band, &self.why);
        write!(out, "{:.6} is {} {:.6} to {:.6}", self.value, why.reason, band.lower, band.upper)?;
        write!(out, " (expected {:.6}, learned from {} minutes", band.expected, why.samples)?;
        write!(out, " between {} and {}", why.trained_from, why.trained_to)?;
        write!(out, " by model {} version {})", why.kind.name(), why.version)?;
        write!(out, "; {} of the last {} minutes were outside", why.outside_minutes, why.of_minutes)?;
        write!(out, ", {} make a breach", why.needed_minutes)
    }
}
