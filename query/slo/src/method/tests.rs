use proptest::prelude::*;

use super::*;

fn minutes(text: &str) -> Minutes {
    text.parse().expect("a duration")
}

fn target(text: &str) -> SliceTarget {
    SliceTarget::from_ratio(text.parse().expect("a decimal")).expect("a slice target")
}

fn at(minute: i64) -> Minute {
    Minute::EPOCH.shifted(minute)
}

fn bad(bad: u64, total: u64) -> Counts {
    Counts::of_bad(bad, total).expect("fewer bad than all")
}

#[test]
fn a_slice_is_good_when_its_share_reaches_the_target() {
    let method = Method::Timeslices { slice: minutes("5m"), target: target("0.95") };
    let tally = |failed| method.tally([(at(0), bad(failed, 60)), (at(4), bad(0, 40))].into_iter(), Minute::EPOCH);
    assert_eq!(tally(5), bad(0, 1), "95 of 100 reach it");
    assert_eq!(tally(6), bad(1, 1));
}

#[test]
fn a_quiet_slice_weighs_as_much_as_a_busy_one_and_an_empty_one_nothing() {
    let slices = [(at(0), bad(1, 1)), (at(1), bad(0, 1_000_000)), (at(2), bad(0, 0))];
    let method = Method::Timeslices { slice: minutes("1m"), target: target("1") };
    assert_eq!(method.tally(slices.into_iter(), Minute::EPOCH), bad(1, 2));
    let ratio = Method::RatioTimeslices { slice: minutes("1m") };
    assert_eq!(ratio.tally(slices.into_iter(), Minute::EPOCH), bad(Method::PARTS, 2 * Method::PARTS));
}

#[test]
fn slices_begin_where_the_period_does() {
    let counted = [(at(3), bad(0, 1)), (at(7), bad(0, 1)), (at(8), bad(0, 1))];
    let found: Vec<_> = slices(counted.into_iter(), at(3), minutes("5m")).collect();
    assert_eq!(found, [(at(3), bad(0, 2)), (at(8), bad(0, 1))]);
}

#[test]
fn a_window_has_the_slices_that_end_in_it() {
    let method = Method::RatioTimeslices { slice: minutes("5m") };
    assert_eq!(method.bounds(at(8)..at(18), Minute::EPOCH), at(5)..at(15));
    assert!(method.bounds(at(6)..at(9), Minute::EPOCH).is_empty(), "shorter than a slice: nothing is known");
    assert_eq!(Method::Occurrences.bounds(at(8)..at(18), Minute::EPOCH), at(8)..at(18));
}

#[test]
fn slice_targets_reach_from_above_nothing_to_everything() {
    assert_eq!(target("1").ratio(), Ratio::ONE);
    for text in ["0", "-0.5", "1.1", "0.0000000001"] {
        assert_eq!(SliceTarget::from_ratio(text.parse().expect("a decimal")), None, "{text}");
    }
}

/// OpenSLO's example of little traffic: a week at 99.95 % in slices of a minute allows 5.04 of them to be bad.
#[test]
fn a_week_of_minutes_allows_five_bad_ones() {
    let method = Method::Timeslices { slice: minutes("1m"), target: target("0.95") };
    assert_eq!(method.base(at(0)..at(10_080), 0), Some(10_080));
    assert_eq!(method.base(at(0)..at(10_080), 80), Some(10_000), "what is excluded has no budget");
    assert_eq!(Method::Occurrences.base(at(0)..at(10_080), 0), None);
}

proptest! {
    #[test]
    fn shares_of_slices_are_exact_to_a_millionth_of_a_slice(counts in prop::collection::vec((0..1_000_u64, 1..1_000_u64), 1..200)) {
        let counted: Vec<_> = counts.iter().enumerate().map(|(minute, (failed, ok))| (at(minute as i64), bad(*failed, failed + ok))).collect();
        let sum: f64 = counted.iter().map(|(_, counts)| counts.bad() as f64 / counts.total() as f64).sum();
        let tally = Method::RatioTimeslices { slice: minutes("1m") }.tally(counted.into_iter(), Minute::EPOCH);
        prop_assert!((tally.bad() as f64 / Method::PARTS as f64 - sum).abs() < 1e-6);
    }

    #[test]
    fn slices_of_a_minute_and_of_more_hold_the_same_events(counts in prop::collection::vec((0..50_u64, 0..50_u64), 1..100), slice in 1..40_u32, origin in -50..50_i64) {
        let counted: Vec<_> = counts.iter().enumerate().map(|(minute, (failed, ok))| (at(minute as i64), bad(*failed, failed + ok))).collect();
        let all: Counts = counted.iter().map(|(_, counts)| *counts).sum();
        let sliced: Vec<_> = slices(counted.into_iter(), at(origin), Minutes::known(slice)).collect();
        prop_assert!(sliced.windows(2).all(|two| two[0].0 < two[1].0));
        prop_assert_eq!(sliced.into_iter().map(|(_, counts)| counts).sum::<Counts>(), all);
    }
}

#[test]
fn a_method_is_read_as_it_is_written() {
    for text in ["Occurrences", "Timeslices 5m 0.95", "Timeslices 1m 1", "RatioTimeslices 1h"] {
        let method: Method = text.parse().expect(text);
        assert_eq!(method.to_string(), text);
    }
    for wrong in ["", "occurrences", "Timeslices 5m", "Timeslices 5m 1.5", "RatioTimeslices", "RatioTimeslices 5m 0.9"]
    {
        assert_eq!(wrong.parse::<Method>(), Err(ParseMethodError), "{wrong}");
    }
}
