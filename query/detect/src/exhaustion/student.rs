//! Quantiles of Student's distribution.

/// How many standard deviations, estimated with `freedom` degrees (3 and more), hold a share of 0.5 to 0.995 from below.
///
/// The normal quantile by Hastings' approximation (Abramowitz and Stegun, "Handbook of Mathematical Functions", 26.2.23, error below
/// 0.00045), and the expansion of Student's around it (26.7.5).
pub(super) fn quantile(share: f64, freedom: f64) -> f64 {
    let root = (-2.0 * (1.0 - share).ln()).sqrt();
    let above = 0.010_328f64.mul_add(root, 0.802_853).mul_add(root, 2.515_517);
    let below = 0.001_308f64.mul_add(root, 0.189_269).mul_add(root, 1.432_788).mul_add(root, 1.0);
    let normal = root - above / below;
    let (third, fifth) = (normal.powi(3), normal.powi(5));
    let first = (third + normal) / 4.0;
    let second = (5.0 * fifth + 16.0 * third + 3.0 * normal) / 96.0;
    let last = (3.0 * normal.powi(7) + 19.0 * fifth + 17.0 * third - 15.0 * normal) / 384.0;
    normal + first / freedom + second / freedom.powi(2) + last / freedom.powi(3)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_say_the_same() {
        for (share, freedom, table) in
            [(0.9, 1e9, 1.2816), (0.9, 6.0, 1.4398), (0.95, 6.0, 1.9432), (0.975, 10.0, 2.2281), (0.75, 4.0, 0.7407)]
        {
            assert!((quantile(share, freedom) - table).abs() < 0.01, "{share} {freedom}: {}", quantile(share, freedom));
        }
    }
}
