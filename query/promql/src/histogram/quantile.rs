//! Quantiles, fractions and variance of native histograms, as Prometheus estimates them.

use super::{Bucket, Histogram};
use crate::kahan::Kahan;

/// Whether observations that are no numbers make an estimate doubtful.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Spread {
    /// It is as good as the buckets are.
    Known,
    /// They shift it.
    Skewed,
    /// It is one of them.
    NotANumber,
}

// === impl Histogram ===

impl Histogram {
    /// The `q`-quantile: observations are spread evenly in a bucket around zero or with told bounds, and evenly by
    /// their logarithm in the others.
    pub(crate) fn quantile(&self, q: f64) -> (f64, Spread) {
        if q < 0.0 {
            return (f64::NEG_INFINITY, Spread::Known);
        }
        if q > 1.0 {
            return (f64::INFINITY, Spread::Known);
        }
        if self.count == 0.0 || q.is_nan() {
            return (f64::NAN, Spread::Known);
        }
        // From the nearer end, unless observations that are in no bucket are counted at the upper one.
        let nan_seen = self.sum.is_nan();
        let forward = nan_seen || q < 0.5;
        let rank = if forward { q * self.count } else { (1.0 - q) * self.count };
        let reached = if forward { reach(self.buckets(), rank) } else { reach(self.buckets().rev(), rank) };
        let Some((bucket, reached)) = reached else { return (f64::NAN, Spread::NotANumber) };
        let (bucket, count) = (self.narrowed(bucket), reached.min(self.count));
        if self.has_custom_bounds() {
            if bucket.lower == f64::NEG_INFINITY {
                return (bucket.upper, Spread::Known);
            }
            if bucket.upper == f64::INFINITY {
                return (bucket.lower, Spread::Known);
            }
        }
        if count < rank && nan_seen {
            return (f64::NAN, Spread::NotANumber);
        }
        let within = if forward { rank - (count - bucket.count) } else { count - rank };
        let value = self.interpolated(&bucket, within / bucket.count);
        (value, if nan_seen { Spread::Skewed } else { Spread::Known })
    }

    /// The share of observations from `lower` to `upper`.
    pub(crate) fn fraction(&self, lower: f64, upper: f64) -> f64 {
        if self.count == 0.0 || lower.is_nan() || upper.is_nan() {
            return f64::NAN;
        }
        if lower >= upper {
            return 0.0;
        }
        (self.rank_of(upper) - self.rank_of(lower)) / self.count
    }

    /// The variance, with all observations of a bucket in its middle.
    pub(crate) fn variance(&self) -> f64 {
        let mean = self.sum / self.count;
        let mut sum = Kahan::default();
        for bucket in self.buckets().filter(|bucket| bucket.count != 0.0) {
            let middle = if self.has_custom_bounds() {
                (bucket.lower + bucket.upper) / 2.0
            } else if bucket.lower <= 0.0 && bucket.upper >= 0.0 {
                0.0
            } else {
                (bucket.lower * bucket.upper).sqrt().copysign(bucket.upper)
            };
            sum.add(bucket.count * (middle - mean) * (middle - mean));
        }
        sum.total() / self.count
    }

    /// Observations below `value`.
    fn rank_of(&self, value: f64) -> f64 {
        let mut rank = 0.0;
        for bucket in self.buckets() {
            let bucket = self.narrowed(bucket);
            if bucket.lower >= value {
                return rank;
            }
            if bucket.upper > value {
                return f64::min(rank + bucket.count * self.share_below(&bucket, value), self.count);
            }
            rank += bucket.count;
        }
        f64::min(rank, self.count)
    }

    /// A bucket around zero ends there when nothing was observed on the other side; the first of told bounds begins
    /// there when it ends above.
    fn narrowed(&self, mut bucket: Bucket) -> Bucket {
        if self.has_custom_bounds() {
            if bucket.lower == f64::NEG_INFINITY && bucket.upper > 0.0 {
                bucket.lower = 0.0;
            }
        } else if bucket.lower < 0.0 && bucket.upper > 0.0 {
            match (self.negative.is_empty(), self.positive.is_empty()) {
                (true, false) => bucket.lower = 0.0,
                (false, true) => bucket.upper = 0.0,
                _ => {}
            }
        }
        bucket
    }

    fn is_linear(&self, bucket: &Bucket) -> bool {
        self.has_custom_bounds() || (bucket.lower <= 0.0 && bucket.upper >= 0.0)
    }

    fn interpolated(&self, bucket: &Bucket, share: f64) -> f64 {
        if self.is_linear(bucket) {
            return bucket.lower + (bucket.upper - bucket.lower) * share;
        }
        let (lower, upper) = (bucket.lower.abs().log2(), bucket.upper.abs().log2());
        if bucket.lower > 0.0 {
            return (lower + (upper - lower) * share).exp2();
        }
        -(upper + (lower - upper) * (1.0 - share)).exp2()
    }

    fn share_below(&self, bucket: &Bucket, value: f64) -> f64 {
        if self.is_linear(bucket) {
            if bucket.lower.is_infinite() {
                return 1.0;
            }
            if bucket.upper.is_infinite() {
                return 0.0;
            }
            return (value - bucket.lower) / (bucket.upper - bucket.lower);
        }
        let (lower, upper, value) = (bucket.lower.abs().log2(), bucket.upper.abs().log2(), value.abs().log2());
        if bucket.lower > 0.0 { (value - lower) / (upper - lower) } else { 1.0 - (value - upper) / (lower - upper) }
    }
}

/// The first bucket that reaches `rank`, or the last one; with what was counted up to its end.
fn reach(buckets: impl Iterator<Item = Bucket>, rank: f64) -> Option<(Bucket, f64)> {
    let (mut last, mut count) = (None, 0.0);
    for bucket in buckets.filter(|bucket| bucket.count != 0.0) {
        count += bucket.count;
        last = Some((bucket, count));
        if count >= rank {
            break;
        }
    }
    last
}
