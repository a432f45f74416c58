use proptest::prelude::*;

use super::*;

fn bad(bad: u64, total: u64) -> Counts {
    Counts::of_bad(bad, total).expect("fewer bad than all")
}

/// Both sides together 95 %, as tables give it.
fn table(failed: u64, total: u64) -> (String, String) {
    let found = Interval::of_bad(bad(failed, total), Confidence::P95.two_sided());
    (format!("{:.4}", found.lower), format!("{:.4}", found.upper))
}

#[test]
fn exact_bounds_are_those_of_the_tables() {
    let pair = |lower: &str, upper: &str| (lower.to_owned(), upper.to_owned());
    assert_eq!(table(0, 10), pair("0.0000", "0.3085"));
    assert_eq!(table(1, 10), pair("0.0025", "0.4450"));
    assert_eq!(table(7, 20), pair("0.1539", "0.5922"));
    assert_eq!(table(10, 10), pair("0.6915", "1.0000"));
    assert_eq!(table(0, 0), pair("0.0000", "1.0000"), "without events everything is possible");
}

#[test]
fn when_all_is_bad_the_bound_has_a_closed_form() {
    for total in [1, 3, 50, 1_000] {
        let found = Interval::of_bad(bad(total, total), Confidence::P95).lower;
        assert!((found - 0.05_f64.powf(1.0 / total as f64)).abs() < 1e-9, "{total}: {found}");
    }
}

#[test]
fn wilsons_bounds_are_those_of_the_tables() {
    // 10 of 100, both sides 95 %: Newcombe, Statistics in Medicine 17 (1998), gives methods and such examples.
    let found = Interval::wilson(bad(10, 100), Confidence::P95.two_sided());
    assert_eq!((format!("{:.4}", found.lower), format!("{:.4}", found.upper)), ("0.0552".into(), "0.1744".into()));
}

#[test]
fn bounds_go_on_smoothly_where_the_way_of_computing_changes() {
    for (below, above) in [((3, 1_000_000), (3, 1_000_001)), ((10_000, 1_000_001), (10_001, 1_000_001))] {
        let lower = |(failed, total)| Interval::of_bad(bad(failed, total), Confidence::P95).lower;
        assert!((lower(below) / lower(above) - 1.0).abs() < 2e-3, "{below:?} {above:?}");
    }
    let nearly_all = Interval::of_bad(bad(u64::MAX - 5, u64::MAX), Confidence::P95);
    assert!(nearly_all.lower > 0.999_999 && nearly_all.upper <= 1.0);
}

#[test]
fn deviations_are_those_of_the_tables() {
    let deviations = |share| format!("{:.3}", Confidence::new(share).expect("a share").deviations());
    assert_eq!(
        (deviations(0.95), deviations(0.975), deviations(0.5)),
        ("1.645".into(), "1.960".into(), "0.000".into())
    );
    assert!(Confidence::new(1.0).is_none() && Confidence::new(0.4).is_none() && Confidence::new(f64::NAN).is_none());
}

proptest! {
    #[test]
    fn bounds_hold_what_was_found_and_tighten_with_more_of_the_same(total in 1..2_000_u64, share in 0.0..=1.0_f64) {
        let failed = ((total as f64) * share) as u64;
        let found = Interval::of_bad(bad(failed, total), Confidence::P95);
        let ratio = failed as f64 / total as f64;
        prop_assert!(found.lower <= ratio && ratio <= found.upper && found.lower >= 0.0 && found.upper <= 1.0);
        let tenfold = Interval::of_bad(bad(failed * 10, total * 10), Confidence::P95);
        prop_assert!(tenfold.lower >= found.lower - 1e-9 && tenfold.upper <= found.upper + 1e-9);
    }

    /// What the bound means: were the share the lower bound, so many failures would come up with the error's chance.
    #[test]
    fn the_lower_bound_is_where_what_was_found_becomes_too_rare(total in 1..60_u64, failed in 1..60_u64) {
        let failed = failed.min(total);
        let share = Interval::of_bad(bad(failed, total), Confidence::P95).lower;
        let mut chance = (1.0 - share).powi(total as i32);
        let mut at_least = 0.0;
        for events in 0..=total {
            at_least += if events >= failed { chance } else { 0.0 };
            chance *= (total - events) as f64 / (events + 1) as f64 * share / (1.0 - share);
        }
        prop_assert!((at_least - 0.05).abs() < 1e-6, "{at_least}");
    }
}
