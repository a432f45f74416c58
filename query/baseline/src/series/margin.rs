//! The margin of alarms, so that a clean series alarms as seldom as was stated.
//!
//! A watch gives every point a score, its distance in distances of the farthest ever. Of the scores of the past only the peaks count,
//! the highest within a pause, because neighbours are no separate alarms. The margin is the score that peaks exceed at the stated rate:
//! read from the peaks where there are enough of them, continued by a generalised Pareto tail beyond ([`query_detect::tail`]).
//! An upper bound of the rate is used: to `k` alarms seen are added `sqrt(k + 1)`, one standard deviation of a Poisson count.

use query_detect::tail::Tail;

/// Peaks below this are no tail.
const LEAST: f64 = 0.5;

/// A margin that no clean series needs more than.
const LARGEST: f64 = 10.0;

/// The margin, at least `least`, for `alarms` in the length of `scores`; scores of points that were not learned are left out.
pub(super) fn margin(scores: &[f64], pause: usize, alarms: f64, least: f64) -> f64 {
    let peaks = peaks(scores, pause);
    let mut high: Vec<f64> = peaks.iter().copied().filter(|peak| *peak >= LEAST).collect();
    high.sort_by(|left, right| right.total_cmp(left));
    let bound = |seen: usize| seen as f64 + (seen as f64 + 1.0).sqrt();
    let read = (0..high.len()).take_while(|seen| bound(*seen) <= alarms).last();
    let found = match read {
        Some(seen) => high.get(seen).copied().unwrap_or(least),
        None => beyond(&peaks, alarms),
    };
    // Whoever equals what was seen alarms; a hair above does not repeat it.
    (found * 1.001).clamp(least, LARGEST.max(least))
}

/// The score that a tail through all peaks expects to be exceeded so often in as many peaks.
fn beyond(peaks: &[f64], alarms: f64) -> f64 {
    let mut tail = Tail::new(u32::MAX);
    peaks.iter().for_each(|peak| tail.add(*peak));
    let chance = alarms / peaks.len().max(1) as f64;
    let highest = peaks.iter().copied().fold(0.0, f64::max);
    tail.surprise(chance.min(1.0)).max(highest)
}

/// The highest score of every stretch of `pause` points.
fn peaks(scores: &[f64], pause: usize) -> Vec<f64> {
    scores.chunks(pause.max(1)).map(|part| part.iter().copied().fold(0.0, f64::max)).collect()
}
