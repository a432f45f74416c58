//! How growth wanders: the two kinds of disturbance that decide how far a forecast may be off.
//!
//! A disturbance that stays (growth that is faster today and slower tomorrow) is a walk whose variance grows with time, one that goes is
//! noise of a group of four bins. Both follow from two figures: the variance of changes between groups, `walk * step + 2 noise`, and the
//! mean square of second differences between the mean levels of sixteen blocks, `walk * block + 6 noise / groups of a block` (averages of a
//! random chain: Working, Econometrica 28, 1960; successive differences, which a slow change of growth leaves alone: von Neumann, Ann. Math.
//! Stat. 12, 1941). The same is done with every second block; growth that keeps its pace for a while shows there, and the larger walk counts.
//!
//! However steady the past was, growth is not believed to go on more steadily than within [`STEADY`].

use crate::window::MAD_TO_SIGMA;

use super::course::Bin;
use super::slope::median;

/// Blocks of a course.
pub(super) const BLOCKS: usize = 16;

/// Bins whose mean is looked at: noise that lasts for a few bins is noise.
const GROUP: usize = 4;

/// Blocks between those whose levels are compared.
const LAGS: [usize; 2] = [1, 2];

/// Mean distance to standard deviation of normal noise: sqrt(pi / 2).
pub(super) const MEAN_TO_SIGMA: f64 = 1.2533;

/// The share of the second differences that is believed to stay in any case.
const STAYS: f64 = 0.1;

/// What the growth of a time as long as its window varies by in any case, as a share of it. Set so that coverage holds on series
/// whose growth differs from day to day (`examples/exhaustion`).
const STEADY: f64 = 0.2;

/// What a slope over a random walk varies by, in `walk / window`: 6/5 by least squares.
const OF_WALK: f64 = 1.2;

/// What a slope over noise varies by, in `noise / (groups * window^2)`: 12 by least squares.
const OF_NOISE: f64 = 12.0;

/// Variances.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Wander {
    /// Of what stays, in an hour.
    walk: f64,
    /// Of what goes, of a group.
    noise: f64,
    /// Hours of the course.
    length: f64,
    /// How many groups it has.
    count: usize,
}

/// What a growth was told from.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Window {
    /// Hours.
    pub(super) length: f64,
    /// Bins.
    pub(super) points: usize,
}

// === impl Wander ===

impl Wander {
    /// `None` of fewer than three blocks in a row.
    pub(super) fn of(bins: &[Bin]) -> Option<Self> {
        let levels = blocks(bins);
        let length = bins.last()?.at - bins.first()?.at;
        let groups: Vec<f64> = bins
            .chunks(GROUP)
            .map(|group| group.iter().map(|bin| bin.value).sum::<f64>() / group.len() as f64)
            .collect();
        let changed = changed(&groups);
        let steady = Self { walk: 0.0, noise: changed / 2.0, length, count: groups.len() };
        let walks = LAGS.into_iter().filter_map(|lag| steady.walk(&levels, lag));
        let walk = walks.max_by(f64::total_cmp)?;
        let step = length / groups.len() as f64;
        Some(Self { walk, noise: ((changed - walk * step) / 2.0).max(0.0), ..steady })
    }

    /// The variance of a growth `rate` that was told from a window.
    pub(super) fn of_rate(&self, rate: f64, window: Window) -> f64 {
        let points = (window.points as f64 / GROUP as f64).max(1.0);
        OF_WALK * self.at(rate, window) / window.length
            + OF_NOISE * self.noise / (points * window.length * window.length)
    }

    /// The variance of the level after `hours` of a growth `rate`.
    pub(super) fn of_level(&self, hours: f64, rate: f64, window: Window) -> f64 {
        let now = self.noise * GROUP as f64 / self.memory() as f64;
        hours * hours * self.of_rate(rate, window) + self.at(rate, window) * hours.abs() + now
    }

    /// How many bins tell the level best: about as many as it takes the walk to go as far as noise does (the steady gain of Kalman's
    /// filter of a local level: Harvey, "Forecasting, Structural Time Series Models and the Kalman Filter", 4.1.2).
    pub(super) fn memory(&self) -> usize {
        let step = self.length / self.count.max(1) as f64;
        let ratio = self.noise / (self.walk * step).max(f64::MIN_POSITIVE);
        (2.0 * ratio.sqrt()).clamp(1.0, 8.0) as usize * GROUP
    }

    /// The walk of a growth, which is believed to be no steadier than [`STEADY`].
    fn at(&self, rate: f64, window: Window) -> f64 {
        self.walk.max((STEADY * rate).powi(2) * window.length)
    }

    /// The walk that second differences between levels say: their variance is `walk * block * (2 lag - 1) + 6 noise / groups of a block`.
    fn walk(&self, levels: &[Option<(f64, f64)>], lag: usize) -> Option<f64> {
        let level = |number: usize| levels.get(number).copied().flatten().map(|(_, level)| level);
        let second = |from: usize| Some(level(from)? - 2.0 * level(from + lag)? + level(from + 2 * lag)?);
        let seconds: Vec<f64> = (0..levels.len()).filter_map(second).collect();
        let mean = seconds.iter().map(|second| second.abs()).sum::<f64>() / seconds.len() as f64;
        let (variance, time) = ((MEAN_TO_SIGMA * mean).powi(2), self.length / BLOCKS as f64 * (2 * lag - 1) as f64);
        let of_noise = 6.0 * self.noise * BLOCKS as f64 / self.count as f64;
        (!seconds.is_empty()).then(|| (variance - of_noise).max(STAYS * variance) / time)
    }
}

/// Mean time and level of each block; `None` where it has no bin.
pub(super) fn blocks(bins: &[Bin]) -> Vec<Option<(f64, f64)>> {
    let (Some(first), Some(last)) = (bins.first(), bins.last()) else { return Vec::new() };
    let length = (last.at - first.at) / BLOCKS as f64;
    let block = |number: usize| {
        let edge = |number: usize| bins.partition_point(|bin| bin.at < first.at + number as f64 * length);
        let until = if number + 1 == BLOCKS { bins.len() } else { edge(number + 1) };
        let here = &bins[edge(number).min(until)..until];
        let mean = |figure: fn(&Bin) -> f64| here.iter().map(figure).sum::<f64>() / here.len().max(1) as f64;
        (!here.is_empty()).then(|| (mean(|bin| bin.at), mean(|bin| bin.value)))
    };
    (0..BLOCKS).map(block).collect()
}

/// The variance of changes between levels, without the growth.
fn changed(levels: &[f64]) -> f64 {
    let mut changes: Vec<f64> = levels.windows(2).map(|pair| pair[1] - pair[0]).collect();
    let middle = median(&mut changes).unwrap_or_default();
    changes.iter_mut().for_each(|change| *change = (*change - middle).abs());
    (MAD_TO_SIGMA * median(&mut changes).unwrap_or_default()).powi(2)
}
