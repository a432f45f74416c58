//! Volume under the surface of precision and recall (VUS-PR): Paparrizos et al., "Volume Under the Surface: A New
//! Accuracy Evaluation Measure for Time-Series Anomaly Detection", PVLDB 15(11), 2022, with the details of
//! `RangeAUC_volume_opt` in TSB-AD (Liu and Paparrizos, NeurIPS 2024): 250 thresholds at evenly spaced ranks, buffers from 0 to
//! the period of the series.
//!
//! A buffer of `l` rows continues the label on both sides over `l / 2` rows by `sqrt(1 - distance / l)`. Hits are the labels of
//! detections; recall is hits by the mean of the labels with and without the buffer that detections used, times the share
//! of marked ranges with a detection. The surface is averaged over the buffers.

use std::ops::RangeInclusive;

/// Thresholds of a curve.
const THRESHOLDS: usize = 250;

/// The buffer of series without a period.
const WITHOUT_PERIOD: usize = 125;

/// Lags that are looked at for a period.
const LAGS: usize = 400;

/// Lags too short to be a period.
const SHORTEST: usize = 3;

/// Rows by the threshold from which on they are detections.
#[derive(Debug)]
struct Ranked {
    /// For each row, the first threshold that it meets.
    from: Vec<usize>,
    /// Detections at each threshold.
    detections: Vec<f64>,
}

/// Mean area under the curves of precision and recall, over buffers of 0 to `buffer` rows. 0 to 1; `None` when nothing or
/// everything is labelled, or lengths differ.
#[must_use]
pub fn vus_pr(scores: &[f64], labels: &[bool], buffer: usize) -> Option<f64> {
    let marked = ranges(labels);
    let all = labels.iter().filter(|label| **label).count();
    if marked.is_empty() || all == labels.len() || scores.len() != labels.len() {
        return None;
    }
    let ranked = Ranked::new(scores);
    let areas = (0..=buffer).map(|buffer| area(&ranked, labels, &marked, buffer));
    Some(areas.sum::<f64>() / (buffer + 1) as f64)
}

/// The period of a series by its autocorrelation, as TSB-AD finds it: the highest local maximum among lags 4 to 400, or 125 when
/// there is none or it is out of range.
#[must_use]
pub fn period(values: &[f64]) -> usize {
    let values = &values[..values.len().min(20_000)];
    let mean = values.iter().sum::<f64>() / values.len().max(1) as f64;
    let at = |lag: usize| -> f64 {
        values.iter().zip(values.iter().skip(lag)).map(|(left, right)| (left - mean) * (right - mean)).sum()
    };
    let last = LAGS.min(values.len().saturating_sub(1));
    let correlation: Vec<f64> = (SHORTEST..=last).map(at).collect();
    let peaks = correlation.windows(3).enumerate().filter(|(_, three)| three[1] > three[0] && three[1] > three[2]);
    let best = peaks.max_by(|(_, left), (_, right)| left[1].total_cmp(&right[1])).map(|(index, _)| index + 1);
    match best {
        Some(peak) if (SHORTEST..=300).contains(&peak) => peak + SHORTEST,
        _ => WITHOUT_PERIOD,
    }
}

// === impl Ranked ===

impl Ranked {
    fn new(scores: &[f64]) -> Self {
        let mut sorted = scores.to_vec();
        sorted.sort_by(|left, right| right.total_cmp(left));
        let last = scores.len() - 1;
        let rank = |step: usize| (last as f64 * step as f64 / (THRESHOLDS - 1) as f64) as usize;
        let thresholds: Vec<f64> = (0..THRESHOLDS).map(|step| sorted[rank(step).min(last)]).collect();
        let from = scores.iter().map(|score| thresholds.partition_point(|threshold| threshold > score)).collect();
        let count = |threshold: &f64| sorted.partition_point(|score| score >= threshold) as f64;
        Self { from, detections: thresholds.iter().map(count).collect() }
    }
}

/// Area under one curve.
fn area(ranked: &Ranked, labels: &[bool], marked: &[RangeInclusive<usize>], buffer: usize) -> f64 {
    let soft = softened(labels, marked, buffer);
    let wide = widened(labels.len(), marked, buffer);
    let all = labels.iter().filter(|label| **label).count() as f64;
    let (mut hits, mut used) = (vec![0.0; THRESHOLDS + 1], vec![0.0; THRESHOLDS + 1]);
    for ((label, soft), from) in labels.iter().zip(&soft).zip(&ranked.from) {
        hits[*from] += soft;
        used[*from] += if *label { 0.0 } else { *soft };
    }
    let mut found = vec![0.0; THRESHOLDS + 1];
    for range in &wide {
        let first = ranked.from[range.clone()].iter().min().copied().unwrap_or(THRESHOLDS);
        found[first] += 1.0;
    }
    let (mut hit, mut buffered, mut ranges) = (0.0, 0.0, 0.0);
    let (mut recall_before, mut area) = (0.0, 0.0);
    for step in 0..THRESHOLDS {
        hit += hits[step];
        buffered += used[step];
        ranges += found[step];
        let positives = f64::midpoint(all, all + buffered);
        let recall = (hit / positives).min(1.0) * ranges / wide.len() as f64;
        area += (recall - recall_before) * hit / ranked.detections[step];
        recall_before = recall;
    }
    area
}

/// The marked ranges.
fn ranges(labels: &[bool]) -> Vec<RangeInclusive<usize>> {
    let mut ranges: Vec<RangeInclusive<usize>> = Vec::new();
    for row in (0..labels.len()).filter(|row| labels[*row]) {
        match ranges.last_mut() {
            Some(range) if *range.end() + 1 == row => *range = *range.start()..=row,
            _ => ranges.push(row..=row),
        }
    }
    ranges
}

/// The labels with the buffer on both sides.
fn softened(labels: &[bool], marked: &[RangeInclusive<usize>], buffer: usize) -> Vec<f64> {
    let mut soft: Vec<f64> = labels.iter().map(|label| f64::from(u8::from(*label))).collect();
    let part = |distance: usize| (1.0 - distance as f64 / buffer as f64).sqrt();
    for range in marked {
        for distance in 1..=buffer / 2 {
            if let Some(row) = soft.get_mut(range.end() + distance) {
                *row += part(distance);
            }
            if let Some(row) = range.start().checked_sub(distance) {
                soft[row] += part(distance);
            }
        }
    }
    soft.iter_mut().for_each(|row| *row = row.min(1.0));
    soft
}

/// The marked ranges with their buffers; those that touch are one.
fn widened(rows: usize, marked: &[RangeInclusive<usize>], buffer: usize) -> Vec<RangeInclusive<usize>> {
    let half = buffer / 2;
    let mut wide: Vec<RangeInclusive<usize>> = Vec::new();
    for range in marked {
        let (from, to) = (range.start().saturating_sub(half), (range.end() + half).min(rows - 1));
        match wide.last_mut() {
            Some(last) if *last.end() >= from => *last = *last.start()..=to,
            _ => wide.push(from..=to),
        }
    }
    wide
}

#[cfg(test)]
mod tests;
