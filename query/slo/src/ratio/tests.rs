use proptest::prelude::*;

use super::*;

#[test]
fn a_ratio_is_kept_in_lowest_terms() {
    assert_eq!(Ratio::percent(250), Ratio::reduced(5, 2));
    assert_eq!(Ratio::reduced(0, 7), Ratio::ZERO);
    assert_eq!(Ratio::from(Decimal::new(-1_440, 2)), Ratio::reduced(-72, 5));
}

#[test]
fn neighbours_that_no_float_tells_apart_compare_exactly() {
    let large = i128::from(u64::MAX) * 1_000_000_000;
    let (below, above) = (Ratio::reduced(large - 1, large), Ratio::reduced(large, large + 1));
    assert!(below < above && above < Ratio::ONE);
    assert_eq!(below.to_f64().to_bits(), above.to_f64().to_bits());
}

#[test]
fn what_is_missing_to_the_whole_may_be_negative() {
    let missing = Ratio::percent(140).one_minus();
    assert_eq!(missing, Ratio::reduced(-2, 5));
    assert!(!missing.is_positive() && missing < Ratio::ZERO);
    assert_eq!(format!("{missing} {missing:.2}"), "-0.4 -0.40");
}

#[test]
fn scaling_counts_is_exact_and_scaling_without_end_does_not_overflow() {
    let (most, least) = (Minutes::MAX, Minutes::known(1));
    let failures = i128::from(u64::MAX) * 1_000_000_000;
    let exact = Ratio::reduced(failures, failures - 1).scaled(most, Minutes::known(7));
    assert_eq!(exact, Ratio::reduced(failures * i128::from(most.get()), (failures - 1) * 7));
    let start = Ratio::from(Decimal::new(3, 28));
    let up = (0..50).fold(start, |ratio, _| ratio.scaled(most, least));
    let down = (0..50).fold(start, |ratio, _| ratio.scaled(least, most));
    assert!(up > Ratio::ONE && down >= Ratio::ZERO && down < start);
    let even = (0..50).fold(start, |ratio, _| ratio.scaled(most, least).scaled(least, most));
    assert_eq!(even, start);
}

proptest! {
    #[test]
    fn order_is_that_of_cross_multiplication(a: i32, b in 1..i32::MAX, c: i32, d in 1..i32::MAX) {
        let [a, b, c, d] = [a, b, c, d].map(i128::from);
        prop_assert_eq!(Ratio::reduced(a, b).cmp(&Ratio::reduced(c, d)), (a * d).cmp(&(c * b)));
    }

    #[test]
    fn sums_and_products_are_those_of_fractions(a in -5_000..5_000_i128, b in 1..5_000_i128, c in -5_000..5_000_i128, d in 1..5_000_i128) {
        let (x, y) = (Ratio::reduced(a, b), Ratio::reduced(c, d));
        prop_assert_eq!(x.plus(y), Ratio::reduced(a * d + b * c, b * d));
        prop_assert_eq!(x.times(y), Ratio::reduced(a * c, b * d));
        prop_assert_eq!(x.plus(y), y.plus(x));
    }

    #[test]
    fn sums_and_products_that_do_not_fit_are_near(a in 1..i128::from(u64::MAX), b in (1_i128 << 90)..(1 << 94), c in 1..i128::from(u64::MAX), d in (1_i128 << 90)..(1 << 94)) {
        let (x, y) = (Ratio::reduced(a << 30, b), Ratio::reduced(c << 30, d));
        prop_assert!((x.plus(y).to_f64() - (x.to_f64() + y.to_f64())).abs() < 1e-15 * (1.0 + x.to_f64() + y.to_f64()));
        prop_assert!((x.times(y).to_f64() - x.to_f64() * y.to_f64()).abs() < 1e-8 * (1.0 + x.to_f64() + y.to_f64()));
    }
}
