//! The backtest of a trend: what was forecast at moments of the past, and what came.
//!
//! From half of the course on, at the end of each of its sixteen blocks, the level two and four blocks later is forecast from the bins
//! before (rolling origin: Tashman, Int. J. of Forecasting 16, 2000). Each error is divided by what [`Wander`] says of it, so that errors
//! after little and after much time say the same (normalised scores: Lei, G'Sell, Rinaldo, Tibshirani and Wasserman, JASA 113, 2018,
//! 5.2). Their mean, weighed against the expected 1, makes the interval of the forecast wider or narrower.

use super::course::Bin;
use super::slope::median;
use super::trend::{Shape, Trend};
use super::wander::{BLOCKS, MEAN_TO_SIGMA, Wander};

/// Blocks ahead.
const LEADS: [usize; 2] = [2, 4];

/// How many errors as large as they should be are believed in advance.
const PRIOR: f64 = 3.0;

/// How many errors that do not overlap a whole backtest amounts to.
const SEEN: f64 = 4.0;

/// Errors of a whole backtest.
const WHOLE: f64 = 12.0;

/// How much smaller the error of a curve must be for it to be expected.
const BETTER: f64 = 0.9;

/// A trend, and how it did in the past.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Way {
    pub(super) trend: Trend,
    pub(super) shape: Shape,
    /// How many times as large as expected its errors were.
    pub(super) factor: f64,
}

/// An error and what was expected of it.
type Miss = (f64, f64);

/// A line, and a curve where there is one now; the one that did better first.
pub(super) fn ways(bins: &[Bin], wander: &Wander) -> Vec<Way> {
    let mut tried = Vec::new();
    for shape in [Shape::Line, Shape::Curve] {
        let Some(trend) = Trend::of(bins, wander, shape) else { continue };
        let misses = misses(bins, wander, shape);
        let size = misses.iter().map(|(error, _)| error.abs()).sum::<f64>();
        tried.push((Way { trend, shape, factor: factor(&misses) }, size));
    }
    if tried.len() == 2 && tried[1].1 < BETTER * tried[0].1 {
        tried.reverse();
    }
    tried.into_iter().map(|(way, _)| way).collect()
}

/// By how much errors were larger than expected.
fn factor(misses: &[Miss]) -> f64 {
    let ratio = |(error, expected): &Miss| error.abs() / expected.max(f64::MIN_POSITIVE);
    let mean = misses.iter().map(ratio).sum::<f64>() / misses.len().max(1) as f64;
    let seen = SEEN * misses.len() as f64 / WHOLE;
    let square = (MEAN_TO_SIGMA * mean).min(1e3).powi(2);
    ((PRIOR + seen * square) / (PRIOR + seen)).sqrt()
}

/// Errors of forecasts of the past. Where a moment shows no curve, a line is taken.
fn misses(bins: &[Bin], wander: &Wander, shape: Shape) -> Vec<Miss> {
    let (Some(first), Some(last)) = (bins.first(), bins.last()) else { return Vec::new() };
    let block = (last.at - first.at) / BLOCKS as f64;
    let mut misses = Vec::new();
    for origin in BLOCKS / 2..BLOCKS {
        let at = first.at + origin as f64 * block;
        let before = &bins[..bins.partition_point(|bin| bin.at < at)];
        let Some(trend) = Trend::of(before, wander, shape).or_else(|| Trend::of(before, wander, Shape::Line)) else {
            continue;
        };
        for lead in LEADS.into_iter().filter(|lead| origin + lead <= BLOCKS) {
            let when = at + lead as f64 * block;
            let Some(level) = level(bins, when, block / 4.0) else { continue };
            let ahead = when - trend.at;
            misses.push((level - trend.after(ahead), trend.of_level(ahead, wander).sqrt()));
        }
    }
    misses
}

/// The median of the bins around a moment.
fn level(bins: &[Bin], at: f64, reach: f64) -> Option<f64> {
    let from = bins.partition_point(|bin| bin.at < at - reach);
    let until = bins.partition_point(|bin| bin.at <= at + reach);
    median(&mut bins[from..until].iter().map(|bin| bin.value).collect::<Vec<_>>())
}
