use proptest::prelude::*;
use rust_decimal::Decimal;

use super::*;

const MONTH: Minutes = Minutes::known(43_200);

fn target(percent: &str) -> Target {
    Target::from_percent(percent.parse().expect("a decimal")).expect("a target")
}

fn burn(bad: u64, total: u64) -> Ratio {
    burn_rate(Counts::of_bad(bad, total).expect("fewer bad than all"), target("99.9")).expect("there are events")
}

fn minutes(text: &str) -> Minutes {
    text.parse().expect("a duration")
}

#[test]
fn burn_rates_and_exhaustion_are_those_of_table_5_4() {
    let rows = [(1, 1_u32, "30d"), (2, 2, "15d"), (10, 10, "3d")];
    for (bad, rate, lasts) in rows {
        assert_eq!(burn(bad, 1_000), Ratio::reduced(i128::from(rate), 1));
        assert_eq!(exhausted_in(MONTH, Ratio::ONE, burn(bad, 1_000)), Exhaustion::In(minutes(lasts).duration()));
    }
    assert_eq!(burn(7, 7), Ratio::reduced(1_000, 1));
    assert_eq!(exhausted_in(MONTH, Ratio::ONE, burn(7, 7)), Exhaustion::In(Duration::from_secs(43 * 60 + 12)));
}

#[test]
fn without_events_there_is_no_burn_rate() {
    assert_eq!(burn_rate(Counts::default(), target("99.9")), None);
    assert_eq!(burn(0, 5), Ratio::ZERO);
}

#[test]
fn a_burn_rate_equal_to_the_factor_is_not_above_it() {
    assert_eq!(burn(144, 10_000), Ratio::from(Decimal::new(144, 1)));
    assert!(burn(144_000_000_000_001, 10_000_000_000_000_000) > Ratio::from(Decimal::new(144, 1)));
    assert_eq!(time_to_fire(minutes("1h"), Ratio::from(Decimal::new(144, 1)), burn(144, 10_000)), None);
}

#[test]
fn no_burn_rate_is_above_that_of_a_total_outage() {
    assert_eq!(max_burn_rate(target("99.9")), burn(9, 9));
    assert_eq!(max_burn_rate(target("90")), Ratio::reduced(10, 1));
    assert!(!can_fire(Ratio::from(Decimal::new(144, 1)), target("90")));
    assert!(!can_fire(Ratio::reduced(10, 1), target("90")), "a burn rate of 10 never exceeds 10");
    assert!(can_fire(Ratio::reduced(6, 1), target("90")));
}

#[test]
fn detection_times_are_those_of_the_chapter() {
    let outage = burn(1, 1);
    let one = Ratio::ONE;
    assert_eq!(time_to_fire(minutes("10m"), one, outage), Some(Duration::from_millis(600)));
    assert_eq!(time_to_fire(minutes("36h"), one, outage), Some(Duration::from_millis(129_600)));
    let reset = reset_time(minutes("1h"), Ratio::reduced(36, 1), outage).expect("an outage fires");
    assert_eq!(reset, Duration::from_millis(57 * 60_000 + 50_400), "about 58 minutes");
}

#[test]
fn fifteen_percent_errors_reach_the_long_window_after_five_minutes() {
    let (errors, factor) = (burn(15, 100), Ratio::from(Decimal::new(144, 1)));
    assert_eq!(time_to_fire(minutes("5m"), factor, errors), Some(Duration::from_millis(28_800)));
    assert_eq!(time_to_fire(minutes("1h"), factor, errors), Some(Duration::from_millis(345_600)));
    assert_eq!(reset_time(minutes("5m"), factor, errors), Some(Duration::from_millis(271_200)));
}

#[test]
fn a_burn_rate_of_35_never_alerts_at_36_and_empties_the_budget_within_a_day() {
    let errors = burn(35, 1_000);
    assert_eq!(time_to_fire(minutes("1h"), Ratio::reduced(36, 1), errors), None);
    assert_eq!(exhausted_in(MONTH, Ratio::ONE, errors), Exhaustion::In(Duration::from_millis(74_057_143)));
}

#[test]
fn exhaustion_counts_from_what_is_left() {
    assert_eq!(exhausted_in(MONTH, Ratio::percent(50), burn(2, 1_000)), Exhaustion::In(minutes("180h").duration()));
    assert_eq!(exhausted_in(MONTH, Ratio::ZERO, burn(2, 1_000)), Exhaustion::Already);
    assert_eq!(exhausted_in(MONTH, Ratio::percent(140).one_minus(), Ratio::ZERO), Exhaustion::Already);
    assert_eq!(exhausted_in(MONTH, Ratio::ONE, Ratio::ZERO), Exhaustion::Never);
}

proptest! {
    #[test]
    fn burn_is_monotone_in_bad_events(total in 1..=u64::MAX, a: u64, b: u64, parts in 0..1_000_000_000_i64) {
        let target = Target::from_ratio(Decimal::new(parts, 9)).expect("below 1");
        let burn = |bad: u64| burn_rate(Counts::of_bad(bad % total, total).expect("fewer bad than all"), target);
        prop_assert_eq!((a % total).cmp(&(b % total)), burn(a).cmp(&burn(b)));
        prop_assert!(burn(a).is_some_and(|burn| burn < max_burn_rate(target)));
    }

    #[test]
    fn no_figures_make_times_fail(bad: u64, total in 1..=u64::MAX, minutes in 1..=Minutes::MAX.get()) {
        let errors = burn(bad % total, total);
        let window = Minutes::known(minutes);
        if let Some(to_fire) = time_to_fire(window, Ratio::ONE, errors) {
            prop_assert!(to_fire <= window.duration());
        }
        prop_assert_eq!(exhausted_in(window, Ratio::ONE, errors) == Exhaustion::Never, bad % total == 0);
    }
}
