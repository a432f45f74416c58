//! The seasons of a series, with Polars: median and spread of every part of the day and hour of the week, less the trend.
//!
//! Trend: the median of the slopes between medians of days (Theil 1950; Sen, JASA 63, 1968), which a fifth of days gone wrong does not bend.
//! Middle: the median of what is left, moved to the end of training. Spread: mean distance from the middle, which is what
//! [`query_detect::quantile`] goes on with.

use ingest_model::Nanos;
use polars::prelude::{Column, DataFrame, IntoLazy, PolarsResult, col};
use query_detect::angle::{DAY_SLOTS, WEEK_SLOTS};
use query_detect::calendar::Calendar;

use super::Sample;

/// Nanoseconds of a day.
pub(super) const DAY_NS: i64 = 86_400_000_000_000;

/// Slopes between days nearer than this say little.
const LEAST_DAYS: f64 = 2.0;

/// Periods of history a season needs.
const PERIODS: i64 = 3;

/// What was found.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Seasons {
    pub(super) day: Vec<(f64, f64)>,
    pub(super) week: Vec<(f64, f64)>,
    pub(super) trend_per_day: f64,
}

/// The seasons of samples in order of time; none of a period that was seen less than three times.
pub(super) fn seasons(samples: &[Sample], calendar: &mut Calendar) -> PolarsResult<Seasons> {
    let (Some(first), Some(last)) = (samples.first(), samples.last()) else { return Ok(Seasons::default()) };
    let span = last.at.since(first.at);
    let age = |at: Nanos| last.at.since(at) as f64 / DAY_NS as f64;
    let values: Vec<f64> = samples.iter().map(|sample| sample.value).collect();
    let days: Vec<u32> = samples.iter().map(|sample| age(sample.at) as u32).collect();
    let trend = if span >= PERIODS * DAY_NS { slope(&middles(&days, &values)?) } else { 0.0 };
    let level: Vec<f64> = samples.iter().map(|sample| sample.value + trend * age(sample.at)).collect();
    let places: Vec<_> = samples.iter().map(|sample| calendar.place(sample.at)).collect();
    let season = |period: i64, slots: usize, parts: Vec<f64>| {
        if span < PERIODS * period * DAY_NS - DAY_NS / 24 {
            return Ok(Vec::new());
        }
        let slot = |part: f64| ((part * slots as f64) as usize).min(slots - 1) as u32;
        slotted(&parts.into_iter().map(slot).collect::<Vec<_>>(), &level, slots)
    };
    Ok(Seasons {
        day: season(1, DAY_SLOTS, places.iter().map(|place| place.day).collect())?,
        week: season(7, WEEK_SLOTS, places.iter().map(|place| place.week).collect())?,
        trend_per_day: trend,
    })
}

/// Median of every group, in order of the groups.
fn middles(groups: &[u32], values: &[f64]) -> PolarsResult<Vec<(u32, f64)>> {
    let frame =
        DataFrame::new(groups.len(), vec![Column::new("group".into(), groups), Column::new("value".into(), values)])?
            .lazy()
            .group_by([col("group")])
            .agg([col("value").median()])
            .collect()?;
    let values = frame.column("value")?.f64()?.iter().map(Option::unwrap_or_default);
    let mut middles: Vec<(u32, f64)> =
        frame.column("group")?.u32()?.iter().map(Option::unwrap_or_default).zip(values).collect();
    middles.sort_by_key(|(group, _)| *group);
    Ok(middles)
}

/// Median and mean distance of every slot; a slot without samples has the figures of the one before it.
fn slotted(slots: &[u32], values: &[f64], count: usize) -> PolarsResult<Vec<(f64, f64)>> {
    let mut middle = vec![f64::NAN; count];
    for (slot, value) in middles(slots, values)? {
        middle[slot as usize] = value;
    }
    let far: Vec<f64> = slots.iter().zip(values).map(|(slot, value)| (value - middle[*slot as usize]).abs()).collect();
    let mut spread = vec![0.0; count];
    for (slot, value) in middles(slots, &far)? {
        spread[slot as usize] = value;
    }
    let known = middle.iter().position(|value| value.is_finite()).unwrap_or(0);
    let mut before = (middle[known], spread[known]);
    let mut fitted = Vec::with_capacity(count);
    for (middle, spread) in middle.into_iter().zip(spread) {
        before = if middle.is_finite() { (middle, spread) } else { before };
        fitted.push(before);
    }
    Ok(fitted)
}

/// The median slope between days; days count back from the end, so that a rise has a falling age.
fn slope(days: &[(u32, f64)]) -> f64 {
    let pairs =
        days.iter().enumerate().flat_map(|(index, later)| days.iter().skip(index + 1).map(move |old| (later, old)));
    let apart = pairs.filter(|(later, old)| f64::from(old.0 - later.0) >= LEAST_DAYS);
    let mut slopes: Vec<f64> = apart.map(|(later, old)| (later.1 - old.1) / f64::from(old.0 - later.0)).collect();
    slopes.sort_by(f64::total_cmp);
    slopes.get(slopes.len() / 2).copied().unwrap_or(0.0)
}
