//! A mergeable sketch of latencies.
//!
//! It is a base-2 exponential histogram of OpenTelemetry (metrics data model, "ExponentialHistogram")
//! with a fixed scale of 5: bucket `i` holds durations in `(base^i, base^(i + 1)]` nanoseconds, where
//! `base` is the 32nd root of 2. All sketches have the same buckets, so merging adds counts and loses
//! nothing. A duration of 0 ns counts as 1 ns.

use std::sync::LazyLock;

/// The scale of OpenTelemetry's exponential histograms: `base = 2^(2^-SCALE)`.
pub const SCALE: u32 = 5;

/// Buckets a power of two.
const PER_OCTAVE: usize = 1 << SCALE;

/// The greatest relative error of a quantile: `(base - 1) / (base + 1)`, as the estimate of a bucket
/// is as far from its lower bound as from its upper one (DDSketch, Masson et al. 2019, section 2.1).
pub const RELATIVE_ERROR: f64 = 0.010_830_1;

/// The buckets of durations from 1 ns to the greatest `u64`.
const BUCKETS: std::ops::RangeInclusive<i64> = -1..=2_047;

/// Where buckets begin within an octave, as fractions of 2^63 from 2^63 on.
static BOUNDS: LazyLock<[u64; PER_OCTAVE]> = LazyLock::new(|| {
    let bound = |part: usize| (2_f64.powf(part as f64 / PER_OCTAVE as f64) * 2_f64.powi(63)) as u64;
    std::array::from_fn(bound)
});

/// Parts of an octave that have one bound each at most, since the closest two are 2.2 % of an octave apart.
const CELLS: usize = 64;

/// How many bounds lie below the beginning of each part of an octave.
static BELOW: LazyLock<[usize; CELLS]> = LazyLock::new(|| {
    let first = |cell: usize| (1 << 63) + ((cell as u64) << (63 - CELLS.ilog2()));
    std::array::from_fn(|cell| BOUNDS.partition_point(|bound| *bound < first(cell)))
});

/// Durations, by bucket. Counts are sums of weights and so not always whole.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Sketch {
    /// The bucket of the first count.
    offset: i64,
    counts: Vec<f64>,
}

/// Counts that are no sketch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SketchError;

// === impl Sketch ===

impl Sketch {
    /// Adds a duration in nanoseconds that stands for `weight` requests.
    pub fn record(&mut self, duration_ns: u64, weight: f64) {
        let index = self.reach(bucket(duration_ns));
        self.counts[index] += weight;
    }

    /// Adds the counts of another sketch.
    ///
    /// # Errors
    ///
    /// [`SketchError`] when the counts reach beyond the buckets a sketch has.
    pub fn merge(&mut self, offset: i64, counts: &[f64]) -> Result<(), SketchError> {
        let Some(last) = Self::check(offset, counts.len())? else { return Ok(()) };
        self.reach(last);
        let first = self.reach(offset);
        self.counts[first..].iter_mut().zip(counts).for_each(|(own, other)| *own += other);
        Ok(())
    }

    /// The bucket of the last of so many counts, the first of which is of the bucket `offset`; `None` for no counts.
    ///
    /// # Errors
    ///
    /// [`SketchError`] when they reach beyond the buckets a sketch has.
    pub fn check(offset: i64, counts: usize) -> Result<Option<i64>, SketchError> {
        let Some(reach) = counts.checked_sub(1) else { return Ok(None) };
        let last = i64::try_from(reach).ok().and_then(|reach| offset.checked_add(reach)).ok_or(SketchError)?;
        if BUCKETS.contains(&offset) && BUCKETS.contains(&last) { Ok(Some(last)) } else { Err(SketchError) }
    }

    /// The bucket of a duration in nanoseconds.
    #[must_use]
    pub fn bucket(duration_ns: u64) -> i64 {
        bucket(duration_ns)
    }

    /// The bucket of the first count.
    #[must_use]
    pub const fn offset(&self) -> i64 {
        self.offset
    }

    /// The counts, bucket by bucket from [`Sketch::offset`] on.
    #[must_use]
    pub fn counts(&self) -> &[f64] {
        &self.counts
    }

    /// The duration in nanoseconds below or at which the share `q` of requests lies: the smallest
    /// whose rank is at least `q` times their number (nearest rank), within [`RELATIVE_ERROR`].
    /// `None` without requests or with a `q` outside 0 to 1.
    #[must_use]
    pub fn quantile(&self, q: f64) -> Option<f64> {
        Self::quantile_of(self.offset, &self.counts, q)
    }

    /// The quantile of counts, the first of which is of the bucket `offset`.
    #[must_use]
    pub fn quantile_of(offset: i64, counts: &[f64], q: f64) -> Option<f64> {
        let total: f64 = counts.iter().sum();
        if !(0.0..=1.0).contains(&q) || total <= 0.0 {
            return None;
        }
        let rank = q * total;
        let mut below = 0.0;
        let reached = |count: &f64| {
            below += *count;
            below >= rank && below > 0.0
        };
        let index = counts.iter().position(reached).unwrap_or(counts.len() - 1);
        Some(estimate(offset + i64::try_from(index).unwrap_or(0)))
    }

    /// The index of a bucket's count, which is made if there was none.
    fn reach(&mut self, bucket: i64) -> usize {
        if self.counts.is_empty() {
            self.offset = bucket;
        }
        if bucket < self.offset {
            let missing = usize::try_from(self.offset - bucket).unwrap_or(0);
            self.counts.splice(0..0, std::iter::repeat_n(0.0, missing));
            self.offset = bucket;
        }
        let index = usize::try_from(bucket - self.offset).unwrap_or(0);
        if index >= self.counts.len() {
            self.counts.resize(index + 1, 0.0);
        }
        index
    }
}

/// The bucket of a duration in nanoseconds.
fn bucket(duration_ns: u64) -> i64 {
    let value = duration_ns.max(1);
    let octave = value.ilog2();
    let scaled = value << (63 - octave);
    // Upper bounds belong to their bucket, so an exact power of two is the last of the one below.
    let cell = (scaled >> (63 - CELLS.ilog2())) as usize & (CELLS - 1);
    let before = BELOW[cell];
    let below = before + usize::from(BOUNDS.get(before).is_some_and(|bound| *bound < scaled));
    i64::from(octave) * PER_OCTAVE as i64 + below as i64 - 1
}

/// The duration in nanoseconds that stands for a bucket.
fn estimate(bucket: i64) -> f64 {
    let base = 2_f64.powf(1.0 / PER_OCTAVE as f64);
    let upper = 2_f64.powf((bucket + 1) as f64 / PER_OCTAVE as f64);
    2.0 * upper / (base + 1.0)
}

#[cfg(test)]
mod tests;
