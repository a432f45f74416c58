//! A whole series, judged as it would have been live.

use std::ops::Range;

use ingest_model::Nanos;
use serde::{Deserialize, Serialize};

use crate::fit::{FitError, fit};
use crate::judge::{Recent, judge};
use crate::model::{Band, Model};
use crate::point::Point;
use crate::settings::Settings;

/// A point of the series, and what was expected of it before it was known.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Row {
    /// Start of the minute.
    pub minute: Nanos,
    /// What was measured.
    pub value: f64,
    /// What was expected; `None` while there were too few points for a model.
    pub band: Option<Band>,
    /// Distance from the expected value in half widths of the band, see [`crate::Judgement::score`]; 0 without one.
    pub score: f64,
    /// Whether enough of the last minutes were outside.
    pub breached: bool,
}

/// Judges every point with a model that saw earlier points only. `points` are in order of time; their distance is
/// free, a minute or a day.
///
/// A model is fitted anew when its lifetime is over ([`crate::Kind::lifetime_ns`]), without the minutes of `excluded`.
///
/// # Errors
///
/// Those of [`fit`], except that too few points make rows without a band.
pub fn backtest(points: &[Point], excluded: &[Range<Nanos>], settings: &Settings) -> Result<Vec<Row>, FitError> {
    settings.check().map_err(FitError::Settings)?;
    let mut model: Option<(Nanos, Model)> = None;
    let mut recent = Recent::default();
    let mut rows = Vec::with_capacity(points.len());
    for (index, point) in points.iter().enumerate() {
        if model.as_ref().is_none_or(|(until, _)| point.minute >= *until) {
            model = fitted(&points[..index], excluded, point.minute, settings)?;
        }
        rows.push(row(model.as_ref().map(|(_, model)| model), point, &mut recent));
    }
    Ok(rows)
}

/// A model, and until when it serves.
fn fitted(
    before: &[Point],
    excluded: &[Range<Nanos>],
    now: Nanos,
    settings: &Settings,
) -> Result<Option<(Nanos, Model)>, FitError> {
    match fit(before, excluded, now, settings) {
        Ok(model) => Ok(Some((now.plus(model.kind.lifetime_ns()), model))),
        Err(FitError::TooFew { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

/// One point, judged if there is a model.
fn row(model: Option<&Model>, point: &Point, recent: &mut Recent) -> Row {
    let blank = Row { minute: point.minute, value: point.value, band: None, score: 0.0, breached: false };
    let Some(model) = model else { return blank };
    let judgement = judge(model, point, recent);
    recent.note(&judgement);
    Row { band: Some(judgement.band), score: judgement.score, breached: judgement.breached, ..blank }
}
