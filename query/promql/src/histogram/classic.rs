//! Quantiles and fractions of classic histograms: counts up to a bound (`le`), each including the ones before.

/// A share by which counts may differ and still be the same: floating point noise.
const NOISE: f64 = 1e-12;

/// The count of observations up to a bound.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Cumulative {
    pub(crate) upper: f64,
    pub(crate) count: f64,
}

/// Sorts, merges equal bounds and makes counts rise. `None` without a bucket up to infinity. The flag tells that counts
/// fell by more than noise.
fn repaired(mut buckets: Vec<Cumulative>) -> Option<(Vec<Cumulative>, bool)> {
    buckets.sort_by(|one, other| one.upper.total_cmp(&other.upper));
    if buckets.last().is_none_or(|last| last.upper != f64::INFINITY) {
        return None;
    }
    let mut merged: Vec<Cumulative> = Vec::with_capacity(buckets.len());
    for bucket in buckets {
        match merged.last_mut().filter(|last| last.upper == bucket.upper) {
            Some(last) => last.count += bucket.count,
            None => merged.push(bucket),
        }
    }
    let (mut before, mut fell) = (merged[0].count, false);
    for bucket in &mut merged[1..] {
        let same = nearly(before, bucket.count);
        fell |= bucket.count < before && !same;
        if same || bucket.count < before {
            bucket.count = before;
        }
        before = bucket.count;
    }
    Some((merged, fell))
}

fn nearly(one: f64, other: f64) -> bool {
    if one == other || (one.is_nan() && other.is_nan()) {
        return true;
    }
    let (sum, difference) = (one.abs() + other.abs(), (one - other).abs());
    if one == 0.0 || other == 0.0 || sum < f64::MIN_POSITIVE {
        return difference < NOISE * f64::MIN_POSITIVE;
    }
    difference / sum.min(f64::MAX) < NOISE
}

/// The `q`-quantile, observations spread evenly within a bucket; and whether counts fell.
pub(crate) fn quantile(q: f64, buckets: Vec<Cumulative>) -> (f64, bool) {
    if q.is_nan() {
        return (f64::NAN, false);
    }
    if q < 0.0 {
        return (f64::NEG_INFINITY, false);
    }
    if q > 1.0 {
        return (f64::INFINITY, false);
    }
    let Some((buckets, fell)) = repaired(buckets) else { return (f64::NAN, false) };
    let last = buckets.len() - 1;
    if last == 0 || buckets[last].count == 0.0 || buckets[last].count.is_nan() {
        return (f64::NAN, fell);
    }
    let rank = q * buckets[last].count;
    let at = buckets[..last].iter().position(|bucket| bucket.count >= rank).unwrap_or(last);
    if at == last {
        return (buckets[last - 1].upper, fell);
    }
    if at == 0 && buckets[0].upper <= 0.0 {
        return (buckets[0].upper, fell);
    }
    let before = if at == 0 { Cumulative { upper: 0.0, count: 0.0 } } else { buckets[at - 1] };
    let share = (rank - before.count) / (buckets[at].count - before.count);
    (before.upper + (buckets[at].upper - before.upper) * share, fell)
}

/// The share of observations from `lower` to `upper`; and whether counts fell.
pub(crate) fn fraction(lower: f64, upper: f64, buckets: Vec<Cumulative>) -> (f64, bool) {
    let Some((buckets, fell)) = repaired(buckets) else { return (f64::NAN, false) };
    let total = buckets[buckets.len() - 1].count;
    if buckets.len() < 2 || total == 0.0 || lower.is_nan() || upper.is_nan() {
        return (f64::NAN, fell);
    }
    if lower >= upper {
        return (0.0, fell);
    }
    ((rank_of(upper, &buckets) - rank_of(lower, &buckets)) / total, fell)
}

fn rank_of(value: f64, buckets: &[Cumulative]) -> f64 {
    let first_lower = if buckets[0].upper > 0.0 { 0.0 } else { f64::NEG_INFINITY };
    let mut before = Cumulative { upper: first_lower, count: 0.0 };
    for bucket in buckets {
        if before.upper >= value {
            return before.count;
        }
        if bucket.upper > value {
            if bucket.upper.is_infinite() {
                return before.count;
            }
            if before.upper.is_infinite() {
                return bucket.count;
            }
            let share = (value - before.upper) / (bucket.upper - before.upper);
            return before.count + (bucket.count - before.count) * share;
        }
        before = *bucket;
    }
    before.count
}
