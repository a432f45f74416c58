//! Figures from tables and textbooks.

use proptest::prelude::*;

use super::*;

fn counts(failing: u64, failing_total: u64, baseline: u64, baseline_total: u64) -> Counts {
    Counts { failing, failing_total, baseline, baseline_total }
}

#[test]
fn the_lady_who_tasted_tea() {
    // Fisher, "The Design of Experiments", chapter 2: all four right is 1/70, three or more 17/70.
    assert!((counts(4, 4, 0, 4).p_value() - 1.0 / 70.0).abs() < 1e-12);
    assert!((counts(3, 4, 1, 4).p_value() - 17.0 / 70.0).abs() < 1e-12);
}

#[test]
fn erfc_agrees_with_tables() {
    // DLMF table of erfc; 1.96 deviations leave 5 % on both sides.
    for (x, expected) in [(0.0, 1.0), (0.5, 0.479_500_122_2), (1.0, 0.157_299_207_1), (3.0, 2.209_049_700e-5)] {
        assert!((erfc(x) / expected - 1.0).abs() < 1e-8, "erfc({x}) = {}", erfc(x));
    }
    assert!((erfc(1.959_963_985 / 2.0_f64.sqrt()) - 0.05).abs() < 1e-9);
    assert!((erfc(2.0 - 1e-12) / erfc(2.0) - 1.0).abs() < 1e-9, "both forms meet");
}

#[test]
fn a_g_test_by_hand() {
    // 30 of 100 against 10 of 100: G = 2 (30 ln 1.5 + 10 ln 0.5 + 70 ln 0.875 + 90 ln 1.125) = 12.9709
    let table = counts(30, 100, 10, 100);
    assert!((table.g() - 12.970_9).abs() < 1e-3, "{}", table.g());
    assert!((table.p_value() / (3.162e-4 / 2.0) - 1.0).abs() < 0.01, "{}", table.p_value());
}

#[test]
fn what_is_no_more_frequent_than_usual_has_chance_one() {
    assert_eq!(counts(10, 100, 100, 1_000).p_value(), 1.0);
    assert_eq!(counts(0, 100, 100, 1_000).p_value(), 1.0);
}

#[test]
fn adjusted_values_of_the_worked_example() {
    // p * m / rank, and never more than that of a larger p.
    let adjusted = q_values(&[0.01, 0.04, 0.03, 0.005]);
    let expected = [0.02, 0.04, 0.04, 0.02];
    assert!(adjusted.iter().zip(expected).all(|(left, right)| (left - right).abs() < 1e-12), "{adjusted:?}");
}

proptest! {
    #[test]
    fn chances_are_chances_and_fall_with_evidence(
        failing in 0_u64..500, more in 1_u64..500, baseline in 0_u64..5_000, rest in 1_u64..5_000,
    ) {
        let (total, baseline_total) = (failing + more, baseline + rest);
        let chance = counts(failing, total, baseline, baseline_total).p_value();
        prop_assert!((0.0..=1.0).contains(&chance));
        // The two tests differ a little where one takes over from the other.
        prop_assert!(counts(failing + 1, total, baseline, baseline_total).p_value() <= chance * 1.5 + 0.05);
    }

    #[test]
    fn fisher_and_g_agree_where_counts_are_large(failing in 200_u64..300, baseline in 150_u64..250) {
        let table = counts(failing, 1_000, baseline, 1_000);
        let (exact, near) = (table.fisher(), table.p_value());
        prop_assume!(near < 1.0);
        prop_assert!((exact.ln() - near.ln()).abs() < 0.2 + 0.05 * near.ln().abs(), "{exact} against {near}");
    }

    #[test]
    fn adjusted_values_keep_the_order(p_values in prop::collection::vec(0.0_f64..=1.0, 1..50)) {
        let adjusted = q_values(&p_values);
        for (left, q_left) in p_values.iter().zip(&adjusted) {
            prop_assert!(q_left >= left && *q_left <= 1.0);
            for (right, q_right) in p_values.iter().zip(&adjusted) {
                prop_assert!(left > right || q_left <= q_right);
            }
        }
    }
}
