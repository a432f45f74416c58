use proptest::prelude::*;

use super::*;
use crate::target::Target;

fn bad(bad: u64, total: u64) -> Counts {
    Counts::of_bad(bad, total).expect("fewer bad than all")
}

fn bearable(errors: f64) -> Bearable {
    Bearable { errors, slower: 0.06, confidence: Confidence::P95 }
}

fn side(counts: Counts, latencies: impl IntoIterator<Item = u64>) -> Side {
    Side { counts, latencies: latencies.into_iter().collect() }
}

fn gate(candidate: Counts, baseline: Counts) -> Pass {
    Gate::judge(&side(candidate, []), &side(baseline, []), &bearable(0.01)).pass
}

#[test]
fn a_version_with_many_more_errors_fails_and_one_like_the_baseline_passes() {
    assert_eq!(gate(bad(50, 1_000), bad(10, 10_000)), Pass::Fail);
    assert_eq!(gate(bad(1, 1_000), bad(10, 10_000)), Pass::Pass);
    assert_eq!(gate(bad(0, 1_000), bad(900, 1_000)), Pass::Pass, "better is no harm");
}

#[test]
fn too_few_events_are_unknown_and_neither_pass_nor_fail() {
    assert_eq!(gate(bad(0, 20), bad(10, 10_000)), Pass::Unknown);
    assert_eq!(gate(bad(1, 20), bad(10, 10_000)), Pass::Unknown);
    assert_eq!(gate(Counts::default(), bad(10, 10_000)), Pass::Unknown);
    assert_eq!(gate(bad(5, 5), bad(10, 10_000)), Pass::Fail, "a dead version needs no more than a few");
}

#[test]
fn much_traffic_does_not_fail_a_harm_that_nobody_feels() {
    let (candidate, baseline) = (bad(11_000, 10_000_000), bad(10_000, 10_000_000));
    let found = Gate::judge(&side(candidate, []), &side(baseline, []), &bearable(0.001));
    assert_eq!(found.pass, Pass::Pass);
    assert!(found.reasons[0].chance.is_some_and(|chance| chance < 1e-6), "the difference is real, and small");
}

/// Newcombe (1998), table II: 56/70 against 48/80 gives 0.0524 to 0.3339 by method 10, both sides 95 %.
#[test]
fn the_interval_of_two_proportions_is_newcombes() {
    let near = |counts: Counts| {
        (counts.bad() as f64 / counts.total() as f64, Interval::wilson(counts, Confidence::P95.two_sided()))
    };
    let Interval { lower, upper } = difference(near(bad(56, 70)), near(bad(48, 80)));
    assert_eq!((format!("{lower:.4}"), format!("{upper:.4}")), ("0.0524".into(), "0.3339".into()));
}

#[test]
fn slower_requests_fail_by_their_ranks_and_an_outlier_does_not() {
    let even = |shift: u64| (0..1_000_u64).map(move |number| number % 100 + shift);
    let judge = |candidate: Side| Gate::judge(&candidate, &side(bad(0, 1_000), even(0)), &bearable(0.01));
    assert_eq!(judge(side(bad(0, 1_000), even(30))).pass, Pass::Fail);
    assert_eq!(judge(side(bad(0, 1_000), even(0))).pass, Pass::Pass);
    assert_eq!(judge(side(bad(0, 1_000), even(0).chain([u64::MAX]))).pass, Pass::Pass);
    assert_eq!(judge(side(bad(0, 1_000), [100, 120])).pass, Pass::Unknown, "two requests");
    assert_eq!(judge(side(bad(0, 1_000), [])).pass, Pass::Unknown, "none at all");
}

#[test]
fn ranks_are_those_of_a_small_example() {
    let numbers = |from: u64| (from..from + 10).collect::<Latencies>();
    // 5..15 against 0..10: of 100 pairs 85 are slower, 5 equal, 10 faster, ties of two at five values.
    let found = latency::slower(&numbers(5), &numbers(0), &bearable(0.0));
    let harm = found.harm.expect("both have requests");
    assert!((harm - (0.875 - 0.5)).abs() < 1e-12, "{harm}");
    let spread = ((21.0 - 5.0 * 6.0 / (20.0 * 19.0)) / 1_200.0_f64).sqrt();
    let expected = normal(-0.375 / spread);
    assert!(found.chance.is_some_and(|chance| (chance - expected).abs() < 1e-12));
}

#[test]
fn reasons_are_sentences() {
    let target = Target::from_ratio(rust_decimal::Decimal::new(99, 2)).expect("a target");
    let found = Gate::judge(&side(bad(50, 1_000), []), &side(bad(10, 10_000), []), &Bearable::of(target));
    let text = found.reasons[0].to_string();
    assert!(text.starts_with("fail: the share of bad events differs by +4.90 points ("), "{text}");
    assert!(text.ends_with("), +1.00 are borne"), "{text}");
    let none = Gate::judge(&Side::default(), &Side::default(), &Bearable::of(target));
    assert_eq!(none.pass, Pass::Unknown);
    assert!(none.reasons[0].to_string().contains("too few events"), "{}", none.reasons[0]);
}

proptest! {
    #[test]
    fn more_errors_never_turn_a_fail_into_a_pass(total in 1..500_u64, one in 0..500_u64, more in 0..500_u64, old in 0..300_u64) {
        let (few, many) = (one.min(total), (one + more).min(total));
        prop_assert!(gate(bad(few, total), bad(old, 300)) <= gate(bad(many, total), bad(old, 300)));
    }

    #[test]
    fn intervals_hold_what_was_found_and_sides_exchanged_say_the_opposite(
        new in prop::collection::vec(0..50_u64, 8..60), old in prop::collection::vec(0..50_u64, 8..60)
    ) {
        let (new, old): (Latencies, Latencies) = (new.into_iter().collect(), old.into_iter().collect());
        let there = latency::slower(&new, &old, &bearable(0.0));
        let back = latency::slower(&old, &new, &bearable(0.0));
        let harm = there.harm.expect("both have requests");
        prop_assert!(there.interval.lower <= harm + 1e-9 && harm <= there.interval.upper + 1e-9);
        prop_assert!(back.harm.is_some_and(|back| (back + harm).abs() < 1e-9));
        prop_assert!((back.interval.upper + there.interval.lower).abs() < 1e-6);
    }
}
