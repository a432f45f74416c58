//! How many events there were and how many of them were good.

/// Good and total events of some stretch of time; never more good than total.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Counts {
    good: u64,
    total: u64,
}

/// More events were counted as good or bad than there were.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{part} of {total} events cannot be; count good and bad events among the total")]
pub struct CountsError {
    /// Events counted as good, or as bad.
    pub part: u64,
    /// Events counted at all.
    pub total: u64,
}

// === impl Counts ===

impl Counts {
    /// Takes what a good+total indicator counts.
    ///
    /// # Errors
    ///
    /// When `good` is above `total`.
    pub const fn of_good(good: u64, total: u64) -> Result<Self, CountsError> {
        if good > total { Err(CountsError { part: good, total }) } else { Ok(Self { good, total }) }
    }

    /// Takes what a bad+total indicator counts.
    ///
    /// # Errors
    ///
    /// When `bad` is above `total`.
    pub const fn of_bad(bad: u64, total: u64) -> Result<Self, CountsError> {
        if bad > total { Err(CountsError { part: bad, total }) } else { Ok(Self { good: total - bad, total }) }
    }

    /// Good events of a total; more good than total are held at the total.
    pub(crate) const fn held(good: u64, total: u64) -> Self {
        Self { good: if good > total { total } else { good }, total }
    }

    /// Good events.
    #[must_use]
    pub const fn good(self) -> u64 {
        self.good
    }

    /// All events.
    #[must_use]
    pub const fn total(self) -> u64 {
        self.total
    }

    /// Events that were not good.
    #[must_use]
    pub const fn bad(self) -> u64 {
        self.total - self.good
    }

    /// The counts of both stretches together, held at `u64::MAX`.
    #[must_use]
    pub const fn merge(self, other: Self) -> Self {
        let total = self.total.saturating_add(other.total);
        Self { good: self.good.saturating_add(other.good), total }
    }
}

impl std::iter::Sum for Counts {
    fn sum<I: Iterator<Item = Self>>(counts: I) -> Self {
        counts.fold(Self::default(), Self::merge)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn counts() -> impl Strategy<Value = Counts> {
        (any::<u64>(), any::<u64>()).prop_map(|(a, b)| Counts { good: a.min(b), total: a.max(b) })
    }

    #[test]
    fn more_good_than_total_is_refused() {
        let error = Counts::of_good(3, 2).map_err(|error| error.to_string());
        assert!(error.is_err_and(|text| text.starts_with("3 of 2 events")));
        assert_eq!(Counts::of_bad(3, 2), Err(CountsError { part: 3, total: 2 }));
        assert_eq!(Counts::of_bad(1, 10), Counts::of_good(9, 10));
    }

    proptest! {
        #[test]
        fn merging_is_associative_and_commutative(a in counts(), b in counts(), c in counts()) {
            prop_assert_eq!(a.merge(b), b.merge(a));
            prop_assert_eq!(a.merge(b).merge(c), a.merge(b.merge(c)));
            prop_assert_eq!(a.merge(Counts::default()), a);
        }

        #[test]
        fn merged_counts_never_have_more_good_than_total(a in counts(), b in counts()) {
            let both = a.merge(b);
            prop_assert_eq!(both.good() + both.bad(), both.total());
        }
    }
}
