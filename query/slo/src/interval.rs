//! How much a few events tell: intervals for a share of events.

use crate::counts::Counts;

/// How sure an interval is: a share from 0.5 up to, and without, 1.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
pub struct Confidence(f64);

/// The shares that what was counted goes with, from `lower` to `upper`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Interval {
    /// The lowest share.
    pub lower: f64,
    /// The highest share.
    pub upper: f64,
}

/// Events up to which shares are computed exactly; above, where one of the two kinds is rare, the
/// limit of rare events is taken (Poisson's), and otherwise Wilson's interval.
const EXACT: u64 = 1_000_000;

/// What is rare among more than [`EXACT`] events.
const RARE: u64 = 10_000;

// === impl Confidence ===

impl Confidence {
    /// 95 %.
    pub const P95: Self = Self(0.95);

    /// Takes a share; `None` outside of [0.5, 1).
    #[must_use]
    pub fn new(share: f64) -> Option<Self> {
        (0.5..1.0).contains(&share).then_some(Self(share))
    }

    /// The share.
    #[must_use]
    pub const fn share(self) -> f64 {
        self.0
    }

    /// The same error on one side only.
    #[must_use]
    pub fn two_sided(self) -> Self {
        Self(1.0 - (1.0 - self.0) / 2.0)
    }

    /// How many standard deviations hold it on one side.
    #[must_use]
    pub fn deviations(self) -> f64 {
        normal_quantile(self.0)
    }
}

// === impl Interval ===

impl Interval {
    /// The bounds of the share of bad events, each of them held with `confidence`: Clopper and
    /// Pearson, "The use of confidence or fiducial limits" (Biometrika 26, 1934). They are never
    /// surer than they say, also of a handful of events. Without events, everything is possible.
    #[must_use]
    pub fn of_bad(counts: Counts, confidence: Confidence) -> Self {
        let lower = lower(counts.bad(), counts.total(), confidence);
        let upper = 1.0 - self::lower(counts.good(), counts.total(), confidence);
        Self { lower, upper }
    }

    /// Wilson's bounds, each held with `confidence` in the long run ("Probable inference", Journal
    /// of the American Statistical Association 22, 1927).
    #[must_use]
    pub fn wilson(counts: Counts, confidence: Confidence) -> Self {
        if counts.total() == 0 {
            return Self { lower: 0.0, upper: 1.0 };
        }
        let (bad, total, z) = (counts.bad() as f64, counts.total() as f64, confidence.deviations());
        let share = bad / total;
        let centre = share + z * z / (2.0 * total);
        let spread = z * (share * (1.0 - share) / total + z * z / (4.0 * total * total)).sqrt();
        let whole = 1.0 + z * z / total;
        Self { lower: ((centre - spread) / whole).max(0.0), upper: ((centre + spread) / whole).min(1.0) }
    }
}

/// The lowest share with which `found` or more of `total` are not too rare.
fn lower(found: u64, total: u64, confidence: Confidence) -> f64 {
    if found == 0 {
        return 0.0;
    }
    if total <= EXACT {
        return exact_lower(found as f64, total as f64, confidence);
    }
    let limit = EXACT as f64;
    if found <= RARE {
        return exact_lower(found as f64, limit, confidence) * limit / total as f64;
    }
    if total - found <= RARE {
        let missing = (total - found) as f64;
        return 1.0 - (1.0 - exact_lower(limit - missing, limit, confidence)) * limit / total as f64;
    }
    Interval::wilson(Counts::held(total - found, total), confidence).lower
}

/// Halves the range in which `P(X >= found)` reaches the error, which is a beta distribution's.
fn exact_lower(found: f64, total: f64, confidence: Confidence) -> f64 {
    let error = 1.0 - confidence.0;
    let (mut low, mut high) = (0.0, found / total);
    for _ in 0..60 {
        let middle = f64::midpoint(low, high);
        if beta(middle, found, total - found + 1.0) < error { low = middle } else { high = middle }
    }
    low
}

/// The regularized incomplete beta function, by its continued fraction (NIST Digital Library of
/// Mathematical Functions, 8.17.22), evaluated by Lentz's method.
fn beta(x: f64, a: f64, b: f64) -> f64 {
    if x <= 0.0 {
        return 0.0;
    }
    if x >= 1.0 {
        return 1.0;
    }
    // The fraction converges fast below the mean only; above, the other tail is below its mean.
    if x > (a + 1.0) / (a + b + 2.0) {
        return 1.0 - beta(1.0 - x, b, a);
    }
    let front = a * x.ln() + b * (-x).ln_1p() + ln_gamma(a + b) - ln_gamma(a) - ln_gamma(b) - a.ln();
    front.exp() * fraction(x, a, b)
}

fn fraction(x: f64, a: f64, b: f64) -> f64 {
    const TINY: f64 = 1e-300;
    let away = |value: f64| if value.abs() < TINY { TINY } else { value };
    let (mut c, mut d) = (1.0, 1.0 / away(1.0 - (a + b) * x / (a + 1.0)));
    let mut result = d;
    // Some multiple of the root of a + b is enough.
    for step in 1..10_000 {
        let m = f64::from(step);
        let even = m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m));
        let odd = -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0));
        let mut last = 1.0;
        for term in [even, odd] {
            d = 1.0 / away(1.0 + term * d);
            c = away(1.0 + term / c);
            last = c * d;
            result *= last;
        }
        if (last - 1.0_f64).abs() < 1e-15 {
            break;
        }
    }
    result
}

/// The logarithm of the gamma function, for 1 and above: Stirling's series (DLMF 5.11.1), far enough out.
fn ln_gamma(x: f64) -> f64 {
    let (mut x, mut shift) = (x, 0.0);
    while x < 12.0 {
        shift += x.ln();
        x += 1.0;
    }
    let square = x * x;
    let series = (1.0 / 12.0 - (1.0 / 360.0 - (1.0 / 1260.0 - 1.0 / (1680.0 * square)) / square) / square) / x;
    (x - 0.5) * x.ln() - x + 0.5 * std::f64::consts::TAU.ln() + series - shift
}

/// The share of a normal distribution below `z` deviations: Abramowitz and Stegun, 26.2.17, off by
/// less than 7.5e-8.
pub(crate) fn normal(z: f64) -> f64 {
    let t = 1.0 / (1.0 + 0.231_641_9 * z.abs());
    let series = [1.330_274_429, -1.821_255_978, 1.781_477_937, -0.356_563_782, 0.319_381_530];
    let tail =
        series.iter().fold(0.0, |sum, factor| (sum + factor) * t) * (-z * z / 2.0).exp() / std::f64::consts::TAU.sqrt();
    if z > 0.0 { 1.0 - tail } else { tail }
}

/// The deviations below which a share of 0.5 or more lies; [`normal`] the other way round.
fn normal_quantile(share: f64) -> f64 {
    let (mut low, mut high) = (0.0, 40.0);
    for _ in 0..60 {
        let middle = f64::midpoint(low, high);
        if normal(middle) < share { low = middle } else { high = middle }
    }
    low
}

#[cfg(test)]
mod tests;
