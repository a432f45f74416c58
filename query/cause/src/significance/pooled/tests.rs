use proptest::prelude::*;

use super::*;

/// One stratum is the chi-square of a 2x2 table with (N - 1) and Yates' correction.
#[test]
fn one_stratum_is_the_known_test() {
    let mut pooled = Pooled::default();
    pooled.add((11, 11), (0, 6));
    assert!((pooled.effect() - 1.0).abs() < 1e-12);
    // Expected 11 * 11 / 17, variance 11 * 6 * 11 * 6 / (17^2 * 16).
    let (excess, variance) = (11.0 - 121.0 / 17.0, 4356.0 / (289.0 * 16.0));
    assert!((pooled.deviations() - (excess - 0.5) / f64::sqrt(variance)).abs() < 1e-12);
}

/// Within either stratum the shares are equal; only the mix differs. Thrown together, 55 of 110 would stand against 20 of 110.
#[test]
fn a_shift_between_strata_is_no_change() {
    let mut pooled = Pooled::default();
    pooled.add((54, 60), (9, 10));
    pooled.add((5, 50), (10, 100));
    assert!(pooled.effect().abs() < 1e-12, "{pooled:?}");
    assert!(pooled.deviations() < 1e-12, "{pooled:?}");
}

/// Mantel and Haenszel's chi-square of the Berkeley admissions is a known vector (R, `mantelhaen.test(UCBAdmissions)`):
/// 1.4269 with continuity correction, and no p value below 0.2.
#[test]
fn berkeley_admissions() {
    let departments = [
        ((512, 825), (89, 108)),
        ((353, 560), (17, 25)),
        ((120, 325), (202, 593)),
        ((138, 417), (131, 375)),
        ((53, 191), (94, 393)),
        ((22, 373), (24, 341)),
    ];
    let mut pooled = Pooled::default();
    departments.into_iter().for_each(|(men, women)| pooled.add(men, women));
    assert!((pooled.deviations().powi(2) - 1.4269).abs() < 2e-3, "{}", pooled.deviations().powi(2));
}

proptest! {
    #[test]
    fn populations_may_change_places(tables in prop::collection::vec((0_u64..40, 0_u64..40, 0_u64..40, 0_u64..40), 0..6)) {
        let (mut one, mut other) = (Pooled::default(), Pooled::default());
        for (a, c, b, d) in tables {
            one.add((a, a + c), (b, b + d));
            other.add((b, b + d), (a, a + c));
        }
        prop_assert!((one.effect() + other.effect()).abs() < 1e-9);
        prop_assert!((one.deviations() - other.deviations()).abs() < 1e-9);
        prop_assert!((-1.0..=1.0).contains(&one.effect()));
    }
}
