//! Histograms as values of others than PromQL: made of counts, added up, told apart by time, read.

use std::sync::Arc;

use super::{CUSTOM_BOUNDS, Histogram};

// === impl Histogram ===

impl Histogram {
    /// One of counts between told bounds, which rise: a count more than bounds.
    #[must_use]
    pub fn of_bounds(bounds: &[f64], counts: &[f64], sum: f64) -> Self {
        let filled = (0..).zip(counts).filter(|(_, count)| **count != 0.0);
        Self {
            count: counts.iter().sum(),
            sum,
            positive: filled.map(|(index, count)| (index, *count)).collect(),
            custom_bounds: Arc::from(bounds),
            ..Self::empty(CUSTOM_BOUNDS)
        }
    }

    /// Both together, in the buckets both have; `None` when only one has told bounds.
    #[must_use]
    pub fn added(&self, other: &Self) -> Option<Self> {
        self.plus(other).ok().map(|(sum, _)| sum)
    }

    /// What came to it since `before`; `None` when it began again since, so that all of it came.
    #[must_use]
    pub fn since(&self, before: &Self) -> Option<Self> {
        if self.was_reset_since(before) {
            return None;
        }
        self.minus(before).ok().map(|(difference, _)| difference.compact())
    }

    /// The value that a share of the observations, 0 to 1, does not pass, as `histogram_quantile` estimates it; `None`
    /// without observations and for a share that is none.
    #[must_use]
    pub fn at_share(&self, share: f64) -> Option<f64> {
        if !(0.0..=1.0).contains(&share) {
            return None;
        }
        // A sum that nobody told says nothing of the observations.
        let sum = if self.sum.is_nan() { 0.0 } else { self.sum };
        let (value, _) = Self { sum, ..self.clone() }.quantile(share);
        Some(value).filter(|value| !value.is_nan())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn told_bounds_are_read_as_histogram_quantile_does() {
        let one = Histogram::of_bounds(&[0.5, 1.0], &[5.0, 5.0, 0.0], 7.0);
        assert_eq!((one.count, one.at_share(0.75), one.at_share(0.25)), (10.0, Some(0.75), Some(0.25)));
        assert_eq!((one.at_share(1.5), Histogram::of_bounds(&[], &[0.0], 0.0).at_share(0.5)), (None, None));
        let other = Histogram::of_bounds(&[1.0, 2.0], &[10.0, 10.0, 0.0], 20.0);
        let both = one.added(&other).unwrap();
        assert_eq!((both.count, both.sum, both.custom_bounds.to_vec()), (30.0, 27.0, vec![1.0]));
        assert_eq!(one.added(&Histogram::empty(3)), None);
    }

    #[test]
    fn what_came_since_is_the_difference_unless_it_began_again() {
        let before = Histogram { count: 3.0, positive: vec![(1, 1.0), (4, 2.0)], ..Histogram::empty(3) };
        let now = Histogram { count: 8.0, positive: vec![(1, 1.0), (4, 4.0), (9, 3.0)], ..Histogram::empty(3) };
        let came = now.since(&before).unwrap();
        assert_eq!((came.count, came.positive.as_slice()), (5.0, [(4, 2.0), (9, 3.0)].as_slice()));
        assert_eq!(before.since(&now), None);
    }
}
