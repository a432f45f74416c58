//! How numbers are spread in both populations, and the range in which they differ most.

use super::{Both, Population, add};
use crate::attribute::{AttributeCount, AttributeSettings, Candidate, Populations, effect};

/// Bits of a double that are cut off: what is left is the sign, the exponent and three bits of the mantissa, so that a bucket is at
/// most an eighth wider than its lower end.
const CUT: u32 = 49;

/// Buckets of positive numbers, and as many of negative ones.
const ONE_SIDE: usize = 1 << (63 - CUT);

/// Counts by bucket, ascending: negative numbers, zero, positive ones. Buckets follow from the numbers alone, so histograms
/// add up.
#[derive(Debug, Clone)]
pub(super) struct Histogram {
    buckets: Vec<Both>,
}

// === impl Histogram ===

impl Default for Histogram {
    fn default() -> Self {
        Self { buckets: vec![[0; 2]; 2 * ONE_SIDE + 1] }
    }
}

impl Histogram {
    /// Counts numbers; what is no number is left out.
    pub(super) fn add(&mut self, values: &[f64], populations: &[Population]) {
        for (value, population) in values.iter().zip(populations) {
            if let (Some(place), false) = (place(*value), *population == Population::Neither) {
                self.buckets[place][*population as usize] += 1;
            }
        }
    }

    /// Counts a number so many times; what is no number is left out.
    pub(super) fn add_many(&mut self, value: f64, both: Both) {
        if let Some(place) = place(value) {
            self.buckets[place] = add(self.buckets[place], both);
        }
    }

    /// Adds the counts of another one.
    pub(super) fn merge(&mut self, other: &Self) {
        for (own, other) in self.buckets.iter_mut().zip(&other.buckets) {
            *own = add(*own, *other);
        }
    }

    /// The range above or below a bound with the largest effect, among those that enough failing events are in; `None`
    /// where all numbers are in one bucket, or no range has an effect.
    pub(super) fn best(&self, key: &str, totals: Populations, settings: &AttributeSettings) -> Option<Candidate> {
        let filled: Vec<usize> = (0..self.buckets.len()).filter(|place| self.buckets[*place] != [0; 2]).collect();
        let all = filled.iter().fold([0; 2], |sum, place| add(sum, self.buckets[*place]));
        let mut below = [0; 2];
        let mut best: Option<(f64, AttributeCount)> = None;
        for pair in filled.windows(2) {
            below = add(below, self.buckets[pair[0]]);
            let above = [all[0] - below[0], all[1] - below[1]];
            for (range, [baseline, failing]) in [("≥", above), ("<", below)] {
                let (key, value) = (key.to_owned(), format!("{range} {}", lower_end(pair[1])));
                let count = AttributeCount { key, value, failing, baseline };
                let enough = failing as f64 >= settings.min_support * totals.failing as f64;
                let effect = effect(&count, totals);
                if enough && effect > best.as_ref().map_or(0.0, |(most, _)| *most) {
                    best = Some((effect, count));
                }
            }
        }
        best.map(|(_, count)| Candidate { count, trials: 2 * filled.len().saturating_sub(1) })
    }
}

/// The bucket of a number.
fn place(value: f64) -> Option<usize> {
    if value.is_nan() {
        return None;
    }
    if value == 0.0 {
        return Some(ONE_SIDE);
    }
    let size = (value.abs().to_bits() >> CUT) as usize;
    Some(if value > 0.0 { ONE_SIDE + 1 + size } else { ONE_SIDE - 1 - size })
}

/// The number from which on numbers are in a bucket or above; of a bucket of negative ones, what they are all above.
fn lower_end(place: usize) -> f64 {
    let end = |size: usize| f64::from_bits((size as u64) << CUT);
    match place.checked_sub(ONE_SIDE + 1) {
        Some(size) => end(size),
        None if place == ONE_SIDE => 0.0,
        None => -end(ONE_SIDE - place),
    }
}

#[cfg(test)]
mod tests;
