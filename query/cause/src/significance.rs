//! How likely a difference of shares is to be chance.

mod pooled;

use std::f64::consts::{FRAC_2_SQRT_PI, PI, SQRT_2};

pub(crate) use pooled::Pooled;

/// Expected counts below this are too small for the chi-square distribution (Cochran, Biometrics 10, 1954).
const LEAST_EXPECTED: f64 = 5.0;

/// Terms of a sum smaller than this share of it no longer change it.
const NEGLIGIBLE: f64 = 1e-17;

/// From here on Stirling's series is exact to the last digits.
const STIRLING_FROM: u64 = 64;

/// From here on erfc is computed by its continued fraction, below by its series.
const FRACTION_FROM: f64 = 2.0;

/// How many events of two populations have a value.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Counts {
    pub(crate) failing: u64,
    pub(crate) failing_total: u64,
    pub(crate) baseline: u64,
    pub(crate) baseline_total: u64,
}

// === impl Counts ===

impl Counts {
    /// The chance to find the value among failing events at least as often as it was, if failing had nothing to do
    /// with it: half of the G-test's (Sokal and Rohlf, "Biometry", 17.4), which looks at both sides, and Fisher's
    /// exact test where an expected count is below five. 1 where the value is no more frequent than in the baseline.
    pub(crate) fn p_value(&self) -> f64 {
        if product(self.failing, self.baseline_total) <= product(self.baseline, self.failing_total) {
            return 1.0;
        }
        let expected = self.cells().map(|(_, expected)| expected);
        if expected.iter().any(|expected| *expected < LEAST_EXPECTED) {
            return self.fisher();
        }
        (erfc((self.g() / 2.0).max(0.0).sqrt()) / 2.0).min(1.0)
    }

    /// The statistic of the G-test: 2 sum O ln(O / E) over the four cells.
    fn g(&self) -> f64 {
        let term = |(seen, expected): (f64, f64)| if seen > 0.0 { seen * (seen / expected).ln() } else { 0.0 };
        2.0 * self.cells().map(term).iter().sum::<f64>()
    }

    /// Fisher's exact test, one-sided: the upper tail of the hypergeometric distribution, summed from the count
    /// seen. The terms fall from there on, because the count lies above what was expected.
    fn fisher(&self) -> f64 {
        let with = self.failing + self.baseline;
        let all = self.failing_total + self.baseline_total;
        let choose = |n: u64, k: u64| ln_factorial(n) - ln_factorial(k) - ln_factorial(n - k);
        let chance = choose(with, self.failing) + choose(all - with, self.failing_total - self.failing)
            - choose(all, self.failing_total);
        let (mut term, mut sum) = (1.0, 1.0);
        for count in self.failing..with.min(self.failing_total) {
            let without = self.baseline_total + count + 1 - with;
            term *= product(with - count, self.failing_total - count) / product(count + 1, without);
            sum += term;
            if term < NEGLIGIBLE * sum {
                break;
            }
        }
        (chance + sum.ln()).exp().min(1.0)
    }

    /// Seen and expected counts: failing and baseline with the value, failing and baseline without.
    fn cells(&self) -> [(f64, f64); 4] {
        let with = self.failing + self.baseline;
        let all = self.failing_total + self.baseline_total;
        let expected = |row: u64, column: u64| product(row, column) / all as f64;
        [
            (self.failing as f64, expected(with, self.failing_total)),
            (self.baseline as f64, expected(with, self.baseline_total)),
            ((self.failing_total - self.failing) as f64, expected(all - with, self.failing_total)),
            ((self.baseline_total - self.baseline) as f64, expected(all - with, self.baseline_total)),
        ]
    }
}

/// The product of two counts, which no integer could hold.
fn product(left: u64, right: u64) -> f64 {
    left as f64 * right as f64
}

/// Adjusted p values in the order given: the smallest share of false discoveries at which each one would be taken
/// (Benjamini and Hochberg, JRSS B 57, 1995).
pub(crate) fn q_values(p_values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..p_values.len()).collect();
    order.sort_by(|left, right| p_values[*right].total_cmp(&p_values[*left]));
    let mut adjusted = vec![1.0; p_values.len()];
    let mut least = 1.0_f64;
    for (from_last, index) in order.into_iter().enumerate() {
        let rank = p_values.len() - from_last;
        least = least.min(p_values[index] * (p_values.len() as f64 / rank as f64));
        adjusted[index] = least;
    }
    adjusted
}

/// Logarithm of n!; a sum for small n, Stirling's series (DLMF 5.11.1) for others.
fn ln_factorial(n: u64) -> f64 {
    if n < STIRLING_FROM {
        return (2..=n).map(|factor| (factor as f64).ln()).sum();
    }
    let n = n as f64;
    n * n.ln() - n + 0.5 * (2.0 * PI * n).ln() + 1.0 / (12.0 * n) - 1.0 / (360.0 * n.powi(3))
}

/// Complementary error function for x from 0 on: series DLMF 7.6.1, continued fraction DLMF 7.9.1.
fn erfc(x: f64) -> f64 {
    if x < FRACTION_FROM {
        let (mut term, mut sum) = (x, x);
        for n in 1..60 {
            term *= -x * x / f64::from(n);
            sum += term / f64::from(2 * n + 1);
        }
        return 1.0 - FRAC_2_SQRT_PI * sum;
    }
    let tail = (1..=80).rev().fold(x, |tail, n| x + f64::from(n) / 2.0 / tail);
    (-x * x).exp() / tail * FRAC_2_SQRT_PI / 2.0
}

/// The chance that a standard normal value lies at least so far from 0, on either side.
pub(crate) fn two_sided(deviations: f64) -> f64 {
    erfc(deviations.abs() / SQRT_2).min(1.0)
}

#[cfg(test)]
mod tests;
