//! Sums and differences of histograms, by Prometheus' rules for schemas, zero buckets and bounds that differ.

use std::sync::Arc;

use super::bounds::exponential;
use super::{Histogram, Incompatible, ResetHint};

// === impl Histogram ===

impl Histogram {
    /// Every count and the sum times `factor`.
    pub(crate) fn scaled(&self, factor: f64) -> Self {
        let mut scaled = self.mapped(|value| value * factor);
        if factor < 0.0 {
            scaled.hint = ResetHint::Gauge;
        }
        scaled
    }

    /// Every count and the sum by `divisor`.
    pub(crate) fn divided(&self, divisor: f64) -> Self {
        let mut divided = self.mapped(|value| value / divisor);
        if divisor == 0.0 {
            divided.positive.clear();
            divided.negative.clear();
        }
        if divisor < 0.0 {
            divided.hint = ResetHint::Gauge;
        }
        divided
    }

    fn mapped(&self, change: impl Fn(f64) -> f64) -> Self {
        let buckets = |side: &[(i32, f64)]| side.iter().map(|(index, count)| (*index, change(*count))).collect();
        Self {
            zero_count: change(self.zero_count),
            count: change(self.count),
            sum: change(self.sum),
            positive: buckets(&self.positive),
            negative: buckets(&self.negative),
            custom_bounds: Arc::clone(&self.custom_bounds),
            ..*self
        }
    }

    /// Both together; and whether bounds had to be made alike.
    pub(crate) fn plus(&self, other: &Self) -> Result<(Self, bool), Incompatible> {
        let (mut sum, reconciled) = self.merged(other, |own, others| own + others)?;
        sum.hint = common_hint(self.hint, other.hint);
        Ok((sum, reconciled))
    }

    /// This without the other; and whether bounds had to be made alike.
    pub(crate) fn minus(&self, other: &Self) -> Result<(Self, bool), Incompatible> {
        let (mut difference, reconciled) = self.merged(other, |own, others| own - others)?;
        difference.hint = ResetHint::Gauge;
        Ok((difference, reconciled))
    }

    fn merged(&self, other: &Self, change: impl Fn(f64, f64) -> f64) -> Result<(Self, bool), Incompatible> {
        if self.has_custom_bounds() != other.has_custom_bounds() {
            return Err(Incompatible);
        }
        let (own, others, reconciled) = alike(self, other);
        let merged = Self {
            zero_count: change(own.zero_count, others.zero_count),
            count: change(own.count, others.count),
            sum: change(own.sum, others.sum),
            positive: merged_side(&own.positive, &others.positive, &change),
            negative: merged_side(&own.negative, &others.negative, &change),
            ..own
        };
        Ok((merged, reconciled))
    }

    /// With the buckets of a coarser schema.
    pub(super) fn coarser(&self, schema: i32) -> Self {
        let shift = self.schema - schema;
        let side =
            |side: &[(i32, f64)]| gathered(side.iter().map(|(index, count)| (((index - 1) >> shift) + 1, *count)));
        Self { schema, positive: side(&self.positive), negative: side(&self.negative), ..self.clone() }
    }

    /// With a zero bucket that reaches at least to `threshold`, and to the end of what it cuts.
    fn with_zero_threshold(&self, threshold: f64) -> Self {
        let bound = |index: i32| exponential(index, self.schema);
        let mut reach = threshold;
        loop {
            let cut = self.positive.iter().chain(&self.negative).filter(|(_, count)| *count != 0.0);
            let further =
                cut.map(|(index, _)| *index).filter(|index| bound(index - 1) < reach && bound(*index) > reach);
            match further.map(bound).reduce(f64::max) {
                Some(further) => reach = further,
                None => break,
            }
        }
        let mut widened = self.clone();
        for side in [&mut widened.positive, &mut widened.negative] {
            let inside: f64 = side.iter().filter(|(index, _)| bound(*index) <= reach).map(|(_, count)| count).sum();
            widened.zero_count += inside;
            side.retain(|(index, _)| bound(*index) > reach);
        }
        widened.zero_threshold = reach;
        widened
    }

    /// With only these bounds; buckets go to the first bound that is not below theirs.
    fn with_bounds(&self, bounds: &Arc<[f64]>) -> Self {
        let place = |index: i32| {
            let upper = self.upper_bound(index);
            bounds.partition_point(|bound| *bound < upper) as i32
        };
        let positive = gathered(self.positive.iter().map(|(index, count)| (place(*index), *count)));
        Self { positive, custom_bounds: Arc::clone(bounds), ..self.clone() }
    }
}

/// Both with the same schema, zero threshold and bounds; and whether bounds that are told were not alike.
pub(super) fn alike(one: &Histogram, other: &Histogram) -> (Histogram, Histogram, bool) {
    if one.has_custom_bounds() {
        if one.custom_bounds == other.custom_bounds {
            return (one.clone(), other.clone(), false);
        }
        let common: Arc<[f64]> =
            one.custom_bounds.iter().copied().filter(|bound| other.custom_bounds.contains(bound)).collect();
        return (one.with_bounds(&common), other.with_bounds(&common), true);
    }
    let (mut one, mut other) = (one.clone(), other.clone());
    while one.zero_threshold != other.zero_threshold {
        if one.zero_threshold < other.zero_threshold {
            one = one.with_zero_threshold(other.zero_threshold);
        } else {
            other = other.with_zero_threshold(one.zero_threshold);
        }
    }
    let schema = one.schema.min(other.schema);
    let coarse = |histogram: Histogram| if histogram.schema == schema { histogram } else { histogram.coarser(schema) };
    (coarse(one), coarse(other), false)
}

const fn common_hint(one: ResetHint, other: ResetHint) -> ResetHint {
    match (one, other) {
        (ResetHint::Gauge, _) | (_, ResetHint::Gauge) => ResetHint::Gauge,
        (ResetHint::Reset, ResetHint::Reset) => ResetHint::Reset,
        (ResetHint::NotReset, ResetHint::NotReset) => ResetHint::NotReset,
        _ => ResetHint::Unknown,
    }
}

fn gathered(buckets: impl Iterator<Item = (i32, f64)>) -> Vec<(i32, f64)> {
    let mut gathered: Vec<(i32, f64)> = Vec::new();
    for (index, count) in buckets {
        match gathered.last_mut().filter(|(last, _)| *last == index) {
            Some((_, sum)) => *sum += count,
            None => gathered.push((index, count)),
        }
    }
    gathered
}

fn merged_side(own: &[(i32, f64)], others: &[(i32, f64)], change: impl Fn(f64, f64) -> f64) -> Vec<(i32, f64)> {
    let mut merged = Vec::with_capacity(own.len().max(others.len()));
    let (mut own, mut others) = (own.iter().peekable(), others.iter().peekable());
    loop {
        let (left, right) = (own.peek().map(|(index, _)| *index), others.peek().map(|(index, _)| *index));
        let index = match (left, right) {
            (None, None) => return merged,
            (Some(left), None) => left,
            (None, Some(right)) => right,
            (Some(left), Some(right)) => left.min(right),
        };
        let one = own.next_if(|(own, _)| *own == index).map_or(0.0, |(_, count)| *count);
        let other = others.next_if(|(others, _)| *others == index).map_or(0.0, |(_, count)| *count);
        merged.push((index, change(one, other)));
    }
}
