//! Differences of shares, pooled over strata.
//!
//! Each stratum is a table of two populations that may be compared; strata may not be thrown together, because what parts
//! them differs between the populations too. So differences are taken within, and added up.

/// Counts of two populations, added up over strata.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Pooled {
    /// Seen less expected in the first population.
    excess: f64,
    /// The variance of that, if chance alone parts the populations.
    variance: f64,
    /// Difference of shares times weight.
    difference: f64,
    weight: f64,
    /// With the sign and all, of the first population.
    pub(crate) first: (u64, u64),
    /// With the sign and all, of the second.
    pub(crate) second: (u64, u64),
}

// === impl Pooled ===

impl Pooled {
    /// Adds a stratum. One that either population lacks tells nothing and is left out.
    pub(crate) fn add(&mut self, first: (u64, u64), second: (u64, u64)) {
        if first.1 == 0 || second.1 == 0 {
            return;
        }
        let [a, n, b, m] = [first.0, first.1, second.0, second.1].map(|count| count as f64);
        let (all, with) = (n + m, a + b);
        self.excess += a - n * with / all;
        self.variance += n * m * with * (all - with) / (all * all * (all - 1.0));
        self.difference += (a * m - b * n) / all;
        self.weight += n * m / all;
        self.first = (self.first.0 + first.0, self.first.1 + first.1);
        self.second = (self.second.0 + second.0, self.second.1 + second.1);
    }

    /// First share less second share, each stratum weighed by `n m / (n + m)` (Mantel and Haenszel 1959; the estimate of
    /// the risk difference after Greenland and Robins, Biometrics 41, 1985); 0 of nothing.
    pub(crate) fn effect(&self) -> f64 {
        if self.weight > 0.0 { self.difference / self.weight } else { 0.0 }
    }

    /// How far that is from 0 in standard errors, always positive: the root of Mantel and Haenszel's chi-square with half a
    /// count of correction (JNCI 22, 1959); 0 where nothing could differ.
    pub(crate) fn deviations(&self) -> f64 {
        if self.variance > 0.0 { (self.excess.abs() - 0.5).max(0.0) / self.variance.sqrt() } else { 0.0 }
    }
}

#[cfg(test)]
mod tests;
