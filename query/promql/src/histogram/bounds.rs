//! Where buckets begin and end.

use super::Histogram;

/// A bucket with its bounds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bucket {
    /// Where it begins.
    pub lower: f64,
    /// Where it ends.
    pub upper: f64,
    /// Whether its beginning belongs to it.
    pub lower_inclusive: bool,
    /// Whether its end belongs to it.
    pub upper_inclusive: bool,
    /// Observations in it.
    pub count: f64,
}

/// The bound with this index: `2^(index * 2^-schema)`. The first one that is too large for a number is the largest
/// number; the next is infinite.
pub(super) fn exponential(index: i32, schema: i32) -> f64 {
    if schema <= 0 {
        let power = i64::from(index) << -schema;
        return power_of_two(power);
    }
    let within = index & ((1 << schema) - 1);
    let power = i64::from(index >> schema);
    let whole = power_of_two(power);
    if within == 0 { whole } else { whole * (f64::from(within) / f64::from(1 << schema)).exp2() }
}

fn power_of_two(power: i64) -> f64 {
    match power {
        1024 => f64::MAX,
        _ => (power as f64).exp2(),
    }
}

// === impl Histogram ===

impl Histogram {
    /// The upper bound of bucket `index` above zero.
    pub(super) fn upper_bound(&self, index: i32) -> f64 {
        if !self.has_custom_bounds() {
            return exponential(index, self.schema);
        }
        match usize::try_from(index) {
            Ok(index) => self.custom_bounds.get(index).copied().unwrap_or(f64::INFINITY),
            Err(_) => f64::NEG_INFINITY,
        }
    }

    fn positive_bucket(&self, index: i32, count: f64) -> Bucket {
        let (lower, upper) = (self.upper_bound(index.saturating_sub(1)), self.upper_bound(index));
        let lower_inclusive = self.has_custom_bounds() && index == 0;
        Bucket { lower, upper, lower_inclusive, upper_inclusive: true, count }
    }

    fn negative_bucket(&self, index: i32, count: f64) -> Bucket {
        let mirrored = self.positive_bucket(index, count);
        Bucket { lower: -mirrored.upper, upper: -mirrored.lower, lower_inclusive: true, upper_inclusive: false, count }
    }

    /// Its buckets in the order of their bounds, the zero bucket where it holds something.
    pub fn buckets(&self) -> impl DoubleEndedIterator<Item = Bucket> {
        let negative = self.negative.iter().rev().map(|(index, count)| self.negative_bucket(*index, *count));
        let zero = (self.zero_count != 0.0).then_some(Bucket {
            lower: -self.zero_threshold,
            upper: self.zero_threshold,
            lower_inclusive: true,
            upper_inclusive: true,
            count: self.zero_count,
        });
        let positive = self.positive.iter().map(|(index, count)| self.positive_bucket(*index, *count));
        negative.chain(zero).chain(positive)
    }
}
