//! How surprising a number of errors is.
//!
//! With `n` requests of which a share `v` failed, while `p` was expected, the likelihood-ratio statistic is
//! `G = 2 n KL(v, p)`, `KL(v, p) = v ln(v/p) + (1-v) ln((1-v)/(1-p))` (Wilks 1938). Its signed root compares to
//! standard deviations. For few requests too it promises something: by Chernoff's bound the chance of a share of
//! at least `v` is at most `exp(-n KL(v, p))`, so a root of 3 has at most e^-4.5, one in ninety.

/// Expected ratios below this are taken as this, and above its complement as that. A service that never failed
/// does not make its first error impossible; with a floor of 0.001 a single error has a root of at most 3.72.
const FLOOR: f64 = 0.001;

/// Halvings in search of a bound; more than a double has bits.
const HALVINGS: u32 = 54;

/// Signed root of the deviance of `ratio` out of `requests` from `expected`; positive above.
pub(crate) fn deviance(ratio: f64, expected: f64, requests: f64) -> f64 {
    let expected = expected.clamp(FLOOR, 1.0 - FLOOR);
    let root = (2.0 * requests * divergence(ratio, expected)).max(0.0).sqrt();
    if ratio < expected { -root } else { root }
}

/// Square of the Pearson residual: 1 on average when the errors are coins, however rare they are, which a deviance
/// of small counts is not.
pub(crate) fn pearson_squared(ratio: f64, expected: f64, requests: f64) -> f64 {
    let expected = expected.clamp(FLOOR, 1.0 - FLOOR);
    (ratio - expected).powi(2) * requests / (expected * (1.0 - expected))
}

/// The largest ratio that lies within `width` of `expected`; 1 when every ratio does.
pub(crate) fn upper(expected: f64, requests: f64, width: f64) -> f64 {
    bound(expected, 1.0, requests, width)
}

/// The smallest ratio that lies within `width` of `expected`; 0 when every ratio does.
pub(crate) fn lower(expected: f64, requests: f64, width: f64) -> f64 {
    bound(expected, 0.0, requests, width)
}

/// Searches from `expected` towards `end` for where the deviance reaches `width`.
fn bound(expected: f64, end: f64, requests: f64, width: f64) -> f64 {
    let (mut inside, mut outside) = (expected.clamp(FLOOR, 1.0 - FLOOR), end);
    if deviance(end, expected, requests).abs() <= width {
        return end;
    }
    for _ in 0..HALVINGS {
        let middle = f64::midpoint(inside, outside);
        if deviance(middle, expected, requests).abs() <= width {
            inside = middle;
        } else {
            outside = middle;
        }
    }
    inside
}

/// Kullback-Leibler divergence of two coins, in nats.
fn divergence(ratio: f64, expected: f64) -> f64 {
    let term = |share: f64, of: f64| if share > 0.0 { share * (share / of).ln() } else { 0.0 };
    term(ratio, expected) + term(1.0 - ratio, 1.0 - expected)
}

#[cfg(test)]
mod tests;
