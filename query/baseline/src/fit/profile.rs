//! The normal of every hour: medians and spreads by group, computed with Polars.
//!
//! Middle: the median of the hour's minutes. Spread: 1.4826 times the median distance from the middle, which for
//! normal noise is its standard deviation (Rousseeuw and Croux, JASA 88, 1993). The distance is taken from the
//! interpolated middle, so that a steep morning does not look like noise.
//!
//! Error ratios are pooled instead, all errors by all requests, because the median of rare errors is zero. Minutes
//! beyond four deviations are left out and the pool is made again, until nothing changes; what the minutes left vary
//! more than coins do is the spread. A median distance would not do there: that of small counts jumps.

use ingest_model::Nanos;
use polars::prelude::{Column, DataFrame, IntoLazy, PolarsResult, col, len};

use crate::model::{Kind, Slot, hour_of, mixed};
use crate::point::Point;
use crate::ratio;
use crate::settings::Settings;
use crate::signal::Scale;

/// Median absolute deviation to standard deviation, for normal noise: 1 / Phi^-1(3/4).
const MAD_TO_SIGMA: f64 = 1.4826;

/// Mean absolute deviation to standard deviation, for normal noise: sqrt(pi / 2).
const MEAN_TO_SIGMA: f64 = 1.2533;

/// No hour is calmer than this share of the mean deviation of all: a counter that stands still most of the time
/// has a median distance of zero, and would be alarmed by its first step.
const CALM: f64 = 0.25;

/// An hour with fewer minutes takes the figures of a coarser grouping.
const LEAST_SLOT_SAMPLES: u32 = 10;

/// Ratios further from the pool than this, in deviations, are no part of normal.
const OUTLIER: f64 = 4.0;

/// Rounds of pooling; the second one seldom changes anything.
const ROUNDS: usize = 5;

/// What Polars tells of one hour.
#[derive(Debug, Clone, Copy, Default)]
struct Group {
    median: f64,
    mean: f64,
    requests: f64,
    errors_sum: f64,
    requests_sum: f64,
    samples: u32,
}

/// The minutes of training as columns, in the scale of the signal.
#[derive(Debug)]
struct Columns<'a> {
    settings: &'a Settings,
    minutes: Vec<Nanos>,
    values: Vec<f64>,
    requests: Vec<f64>,
}

/// The slots of the grouping; what is empty is filled from the coarser ones.
pub(super) fn profile(points: &[Point], kind: Kind, settings: &Settings) -> PolarsResult<Vec<Slot>> {
    let scale = settings.signal.scale();
    let columns = Columns {
        settings,
        minutes: points.iter().map(|point| point.minute).collect(),
        values: points.iter().map(|point| scale.to_scale(point.value)).collect(),
        requests: points.iter().map(|point| point.requests.unwrap_or(0) as f64).collect(),
    };
    let mut slots: Vec<Slot> = Vec::new();
    for coarser in [Kind::Trailing, Kind::HourOfDay, Kind::HourOfWeek].into_iter().filter(|step| *step <= kind) {
        let coarse = slots;
        slots = if scale == Scale::Ratio {
            columns.pooled(coarser, &coarse)?
        } else {
            columns.medians(coarser, &coarse)?
        };
    }
    Ok(slots)
}

// === impl Columns ===

impl Columns<'_> {
    /// The slots of a signal with noise of its own size.
    fn medians(&self, kind: Kind, coarse: &[Slot]) -> PolarsResult<Vec<Slot>> {
        let hours = self.hours(kind);
        let groups = groups(kind, &hours, &self.values, &self.requests)?;
        let mut slots = filled(&groups, coarse, |group| Slot { middle: group.median, ..slot_of(group) });
        let distances = self.distances(&slots, |value, slot, _| (value - slot.middle).abs());
        let mean = distances.iter().sum::<f64>() / distances.len() as f64;
        let least = self.settings.signal.scale().least_spread().max(CALM * MEAN_TO_SIGMA * mean);
        self.spread(kind, &hours, &distances, least, &mut slots)?;
        Ok(slots)
    }

    /// The slots of an error ratio.
    fn pooled(&self, kind: Kind, coarse: &[Slot]) -> PolarsResult<Vec<Slot>> {
        let hours = self.hours(kind);
        let all = groups(kind, &hours, &self.values, &self.requests)?;
        let start = |group: &Group| Slot { middle: start_ratio(group), ..slot_of(group) };
        let mut slots = filled(&all, coarse, start);
        let distances = self.deviances(&slots).into_iter().map(f64::abs).collect::<Vec<_>>();
        self.spread(kind, &hours, &distances, Scale::Ratio.least_spread(), &mut slots)?;
        let mut kept = Vec::new();
        for _ in 0..ROUNDS {
            let limits = self.distances(&slots, |_, slot, _| OUTLIER * slot.spread);
            let keep: Vec<bool> = self.deviances(&slots).iter().zip(&limits).map(|(far, limit)| far <= limit).collect();
            if keep == kept {
                break;
            }
            self.clean(&keep).repool(kind, &mut slots)?;
            kept = keep;
        }
        Ok(slots)
    }

    /// Pools these minutes: the ratio of all errors to all requests, and how much more than coins the minutes vary
    /// around it (Pearson's estimate of dispersion; McCullagh and Nelder, "Generalized Linear Models", 4.5.2).
    fn repool(&self, kind: Kind, slots: &mut [Slot]) -> PolarsResult<()> {
        let hours = self.hours(kind);
        let pools = groups(kind, &hours, &self.values, &self.requests)?;
        for (slot, pool) in slots.iter_mut().zip(&pools).filter(|(_, pool)| is_enough(kind, pool)) {
            slot.middle = pool.errors_sum / pool.requests_sum.max(1.0);
        }
        let squares =
            self.distances(slots, |value, slot, requests| ratio::pearson_squared(value, slot.middle, requests));
        let squares = groups(kind, &hours, &squares, &self.requests)?;
        for (slot, square) in slots.iter_mut().zip(&squares).filter(|(_, square)| is_enough(kind, square)) {
            slot.spread = square.mean.sqrt().max(Scale::Ratio.least_spread());
        }
        Ok(())
    }

    /// The minutes to keep.
    fn clean(&self, keep: &[bool]) -> Self {
        Self {
            settings: self.settings,
            minutes: chosen(&self.minutes, keep),
            values: chosen(&self.values, keep),
            requests: chosen(&self.requests, keep),
        }
    }

    /// How far the error ratio of every minute lies from its slot.
    fn deviances(&self, slots: &[Slot]) -> Vec<f64> {
        self.distances(slots, |value, slot, requests| ratio::deviance(value, slot.middle, requests))
    }

    /// Sets the spread of every slot that has minutes of its own.
    fn spread(&self, kind: Kind, hours: &[u32], distances: &[f64], least: f64, slots: &mut [Slot]) -> PolarsResult<()> {
        for (slot, group) in slots.iter_mut().zip(groups(kind, hours, distances, &self.requests)?) {
            if is_enough(kind, &group) {
                slot.spread = (MAD_TO_SIGMA * group.median).max(least);
            }
        }
        Ok(())
    }

    /// A figure of every minute and the slot it lies in.
    fn distances(&self, slots: &[Slot], figure: impl Fn(f64, &Slot, f64) -> f64) -> Vec<f64> {
        let offset = self.settings.utc_offset_minutes;
        let rows = self.minutes.iter().zip(&self.values).zip(&self.requests);
        rows.map(|((at, value), requests)| figure(*value, &mixed(slots, *at, offset), *requests)).collect()
    }

    /// The hour of every minute.
    fn hours(&self, kind: Kind) -> Vec<u32> {
        let hour = |at: &Nanos| hour_of(*at, self.settings.utc_offset_minutes, kind.hours()).0 as u32;
        self.minutes.iter().map(hour).collect()
    }
}

/// A slot for every group; one with too few minutes is that of the coarser grouping.
fn filled(groups: &[Group], coarse: &[Slot], slot: impl Fn(&Group) -> Slot) -> Vec<Slot> {
    let fill = |(hour, group): (usize, &Group)| match coarse.get(hour % coarse.len().max(1)) {
        Some(coarse) if group.samples < LEAST_SLOT_SAMPLES => Slot { samples: group.samples, ..*coarse },
        _ => slot(group),
    };
    groups.iter().enumerate().map(fill).collect()
}

/// Whether a group speaks for itself; the coarsest one has to.
fn is_enough(kind: Kind, group: &Group) -> bool {
    group.samples >= LEAST_SLOT_SAMPLES || (kind == Kind::Trailing && group.samples > 0)
}

/// What every signal takes from its group.
const fn slot_of(group: &Group) -> Slot {
    Slot { middle: 0.0, spread: 0.0, requests: group.requests, samples: group.samples }
}

/// Where pooling begins: the median minute, which no incident bends; the whole pool where errors are so rare that
/// the median is zero.
fn start_ratio(group: &Group) -> f64 {
    if group.median > 0.0 { group.median } else { group.errors_sum / group.requests_sum.max(1.0) }
}

/// The rows to keep.
fn chosen<T: Copy>(rows: &[T], keep: &[bool]) -> Vec<T> {
    rows.iter().zip(keep).filter(|(_, keep)| **keep).map(|(row, _)| *row).collect()
}

/// Figures of every hour of the grouping; an hour without minutes has zeros.
fn groups(kind: Kind, hours: &[u32], values: &[f64], requests: &[f64]) -> PolarsResult<Vec<Group>> {
    let columns = vec![
        Column::new("hour".into(), hours),
        Column::new("value".into(), values),
        Column::new("requests".into(), requests),
    ];
    let frame = DataFrame::new(hours.len(), columns)?
        .lazy()
        .group_by([col("hour")])
        .agg([
            col("value").median(),
            col("value").mean().alias("mean"),
            col("requests").median(),
            (col("value") * col("requests")).sum().alias("errors_sum"),
            col("requests").sum().alias("requests_sum"),
            len().alias("samples"),
        ])
        .collect()?;
    let number = |name: &str| -> PolarsResult<Vec<f64>> {
        Ok(frame.column(name)?.f64()?.iter().map(Option::unwrap_or_default).collect())
    };
    let (median, mean, requests) = (number("value")?, number("mean")?, number("requests")?);
    let (errors_sum, requests_sum) = (number("errors_sum")?, number("requests_sum")?);
    let samples = frame.column("samples")?.u32()?;
    let mut groups = vec![Group::default(); kind.hours()];
    for (row, hour) in frame.column("hour")?.u32()?.iter().enumerate() {
        let Some(group) = hour.and_then(|hour| groups.get_mut(hour as usize)) else { continue };
        *group = Group {
            median: median[row],
            mean: mean[row],
            requests: requests[row],
            errors_sum: errors_sum[row],
            requests_sum: requests_sum[row],
            samples: samples.get(row).unwrap_or_default(),
        };
    }
    Ok(groups)
}
