//! What of the past still counts: the samples since the last fall or shift of level, or the peaks of a series that falls back
//! again and again.
//!
//! A step is what goes eight robust standard deviations beyond the usual change between two bins, is at least a twentieth of the range,
//! and stays. One or two falls end a regime; three and more are teeth, and so are two from the same height, as long as the newest tooth is like
//! the others. One or two steps upwards end a regime, too; more of them are how the series grows.

use crate::window::MAD_TO_SIGMA;

use super::course::{self, Bin, Point};
use super::slope::{median, theil_sen};

/// Robust standard deviations of the change between two bins.
const FAR: f64 = 8.0;

/// The least share of the range that a step has.
const LARGE: f64 = 0.05;

/// The share of the mean change that is believed where most changes are none, in standard deviations of normal noise.
const CALM: f64 = 0.25 * 1.2533;

/// So many falls are teeth; one fewer if they begin at the same height, within a quarter of their depth.
const TEETH: usize = 3;

/// A step that is taken back within so many bins, save for a third of it, was none.
const TAKEN_BACK: usize = 8;

/// How many times the longest tooth so far the newest may last.
const LONGER: f64 = 1.25;

/// How often a past that was cut is looked at once more, more finely.
const CUTS: usize = 4;

/// The past that counts.
#[derive(Debug)]
pub(super) struct Regime<'a> {
    /// Its samples.
    pub(super) points: &'a [Point],
    /// Its bins; of teeth, the peaks before each.
    pub(super) bins: Vec<Bin>,
    /// How many falls it has, if it is looked at by its peaks.
    pub(super) teeth: usize,
}

/// A change that stays: from the bin `before` to the bin `after`.
#[derive(Debug, Clone, Copy)]
struct Step {
    before: usize,
    after: usize,
    rise: f64,
}

// === impl Regime ===

impl<'a> Regime<'a> {
    pub(super) fn of(points: &'a [Point]) -> Self {
        let mut points = points;
        let mut bins = course::bins(points);
        for _ in 0..CUTS {
            let steps = steps(&bins);
            let falls: Vec<Step> = steps.iter().copied().filter(|step| step.rise < 0.0).collect();
            if are_teeth(&bins, &falls) && goes_on(&bins, &falls) {
                return Self { points, bins: peaks(&bins, &falls), teeth: falls.len() };
            }
            let Some(cut) = cut(&steps, &falls) else { break };
            let from = f64::midpoint(bins[cut.after - 1].at, bins[cut.after].at);
            points = &points[points.partition_point(|point| point.at < from)..];
            bins = course::bins(points);
        }
        Self { points, bins, teeth: 0 }
    }

    /// Hours from the first bin to the last.
    pub(super) fn length(&self) -> f64 {
        self.bins.first().zip(self.bins.last()).map_or(0.0, |(first, last)| last.at - first.at)
    }
}

/// Whether falls are teeth.
fn are_teeth(bins: &[Bin], falls: &[Step]) -> bool {
    let same = |pair: &[Step]| (bins[pair[0].before].value - bins[pair[1].before].value).abs() < -pair[1].rise / 4.0;
    falls.len() >= TEETH || (falls.len() + 1 == TEETH && falls.windows(2).all(same))
}

/// The step after which the regime begins.
fn cut(steps: &[Step], falls: &[Step]) -> Option<Step> {
    let last = falls.last().copied();
    let since = last.map_or(0, |fall| fall.after);
    let rises: Vec<Step> = steps.iter().copied().filter(|step| step.rise > 0.0 && step.before >= since).collect();
    rises.last().copied().filter(|_| rises.len() < TEETH).or(last)
}

/// Changes that are far beyond the usual ones and stay.
fn steps(bins: &[Bin]) -> Vec<Step> {
    let changes = changes(bins);
    let (low, high) =
        bins.iter().fold((f64::MAX, f64::MIN), |(low, high), bin| (low.min(bin.value), high.max(bin.value)));
    let large = LARGE * (high - low);
    let mut steps: Vec<Step> = Vec::new();
    for before in 0..changes.len() {
        let rise = bins[before + 1].value - bins[before].value;
        if !is_far(&changes, before) {
            continue;
        }
        match steps.last_mut() {
            // A bin in the middle of a fall makes two changes of it.
            Some(step) if step.after == before && step.rise * rise > 0.0 => {
                step.after = before + 1;
                step.rise += rise;
            }
            _ => steps.push(Step { before, after: before + 1, rise }),
        }
    }
    steps.retain(|step| step.rise.abs() >= large && large > 0.0 && stays(bins, *step));
    without_taken_back(&steps)
}

/// Whether a change is far beyond the usual ones, or is half of one that a bin in its middle made two of.
fn is_far(changes: &[f64], index: usize) -> bool {
    let change = changes[index];
    let half = |other: Option<&f64>| other.is_some_and(|other| other.abs() > FAR / 2.0 && other * change > 0.0);
    let beside = || half(index.checked_sub(1).and_then(|before| changes.get(before))) || half(changes.get(index + 1));
    change.abs() > FAR || (change.abs() > FAR / 2.0 && beside())
}

/// Changes between bins less the usual growth, in robust standard deviations; what lies farther apart may differ more.
fn changes(bins: &[Bin]) -> Vec<f64> {
    let pairs: Vec<(f64, f64)> =
        bins.windows(2).map(|pair| (pair[1].at - pair[0].at, pair[1].value - pair[0].value)).collect();
    let usual = median(&mut pairs.iter().map(|(time, _)| *time).collect::<Vec<_>>()).unwrap_or_default();
    let rate = theil_sen(bins).unwrap_or_default();
    let apart =
        |(time, rise): &(f64, f64)| (rise - rate * time) / (time / usual.max(f64::MIN_POSITIVE)).max(1.0).sqrt();
    let mut changes: Vec<f64> = pairs.iter().map(apart).collect();
    let mut far: Vec<f64> = changes.iter().map(|change| change.abs()).collect();
    let mean = far.iter().sum::<f64>() / far.len().max(1) as f64;
    let spread = (MAD_TO_SIGMA * median(&mut far).unwrap_or_default()).max(CALM * mean).max(f64::MIN_POSITIVE);
    changes.iter_mut().for_each(|change| *change /= spread);
    changes
}

/// Whether the bins beside a step lie on its sides; one that just happened may still be taken back.
fn stays(bins: &[Bin], step: Step) -> bool {
    let middle = f64::midpoint(bins[step.before].value, bins[step.after].value);
    let above = |bin: &Bin| bin.value > middle;
    let falls = step.rise < 0.0;
    let left = step.before.checked_sub(1).and_then(|index| bins.get(index)).is_none_or(|bin| above(bin) == falls);
    left && bins.get(step.after + 1).is_some_and(|bin| above(bin) != falls)
}

/// Steps without those that the next one takes back soon.
fn without_taken_back(steps: &[Step]) -> Vec<Step> {
    let mut kept: Vec<Step> = Vec::new();
    for step in steps {
        let back = |last: &Step| {
            let left = last.rise + step.rise;
            last.rise > 0.0 && left.abs() < last.rise / 3.0 && step.before - last.after < TAKEN_BACK
        };
        if kept.last().is_some_and(back) {
            kept.pop();
        } else {
            kept.push(*step);
        }
    }
    kept
}

/// Hours of the longest tooth between two falls.
fn longest(bins: &[Bin], falls: &[Step]) -> f64 {
    falls.windows(2).map(|pair| bins[pair[1].before].at - bins[pair[0].after].at).fold(0.0, f64::max)
}

/// Whether the newest tooth is neither much longer nor much higher than those before.
fn goes_on(bins: &[Bin], falls: &[Step]) -> bool {
    let (Some(last), Some(now)) = (falls.last(), bins.last()) else { return false };
    let depth = median(&mut falls.iter().map(|fall| -fall.rise).collect::<Vec<_>>()).unwrap_or_default();
    let highest = bins[..last.after].iter().map(|bin| bin.value).fold(f64::MIN, f64::max);
    let lasts = now.at - bins[last.after].at;
    lasts <= LONGER * longest(bins, falls) && now.value <= highest + depth / 4.0
}

/// The highest value within the longest tooth before each bin, from the first fall on.
fn peaks(bins: &[Bin], falls: &[Step]) -> Vec<Bin> {
    let length = longest(bins, falls);
    let first = falls.first().map_or(0, |fall| fall.before);
    let peak = |index: usize| {
        let from = bins.partition_point(|bin| bin.at < bins[index].at - length);
        let top = bins[from..=index].iter().map(|bin| bin.top).fold(f64::MIN, f64::max);
        Bin { at: bins[index].at, value: top, top }
    };
    (first..bins.len()).map(peak).collect()
}
