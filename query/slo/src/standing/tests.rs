use proptest::prelude::*;

use super::*;
use crate::correction::{Correction, Effect, When};
use crate::method::SliceTarget;
use crate::ratio::Ratio;

fn target(text: &str) -> Target {
    Target::from_percent(text.parse().expect("a decimal")).expect("a target")
}

fn minutes(text: &str) -> Minutes {
    text.parse().expect("a duration")
}

fn at(minute: i64) -> Nanos {
    Minute::EPOCH.shifted(minute).start()
}

fn rolling(percent: &str, window: &str) -> Promise {
    Promise::new(target(percent), Window::Rolling(minutes(window)))
}

/// Minutes `from..to` with what `counts(minute)` says: failed and all.
fn counted(from: i64, to: i64, counts: impl Fn(i64) -> (u64, u64)) -> Slices {
    let mut slices = Slices::new(Minutes::MAX);
    for minute in from..to {
        let (failed, total) = counts(minute);
        slices.put(Minute::EPOCH.shifted(minute), 0, Counts::of_bad(failed, total).expect("fewer bad"), at(to));
    }
    slices
}

fn slice_promise(method: Method) -> Promise {
    Promise { method, ..rolling("95", "2w") }
}

const DAY: i64 = 1_440;

/// OpenSLO's example `budgeting-method`: 24,000 requests a day, 99 % good, then an attack that
/// leaves 1 % good. How many minutes of attack the budget of 5 % over two weeks bears.
fn bears(method: Method) -> i64 {
    let promise = slice_promise(method);
    let exhausted = |attack: i64| {
        let slices = counted(0, 14 * DAY, |minute| if minute >= 14 * DAY - attack { (99, 100) } else { (1, 100) });
        promise.stand(&slices, at(14 * DAY)).budget.is_some_and(|budget| budget.is_exhausted())
    };
    let (mut low, mut high) = (0, 14 * DAY);
    while low + 1 < high {
        let middle = i64::midpoint(low, high);
        if exhausted(middle) { high = middle } else { low = middle }
    }
    high
}

#[test]
fn the_three_methods_bear_an_attack_as_long_as_openslos_example_says() {
    let slice_target = SliceTarget::from_ratio("0.95".parse().expect("a decimal")).expect("a slice target");
    let slice = minutes("1m");
    assert_eq!(bears(Method::Timeslices { slice, target: slice_target }), 16 * 60 + 48, "5 % of 20,160 minutes");
    // (1,008 - 0.01 * 20,160) / (0.99 - 0.01), rounded up; with even traffic events say the same.
    assert_eq!(bears(Method::RatioTimeslices { slice }), 823);
    assert_eq!(bears(Method::Occurrences), 823);
}

#[test]
fn a_budget_of_slices_allows_what_the_period_allows_however_little_was_measured() {
    let slice_target = SliceTarget::from_ratio("0.95".parse().expect("a decimal")).expect("a slice target");
    let method = Method::Timeslices { slice: minutes("1m"), target: slice_target };
    let promise = Promise { method, ..rolling("99.95", "1w") };
    let slices = counted(10_000, 10_080, |minute| (u64::from(minute >= 10_078), 1));
    let budget = promise.stand(&slices, at(10_080)).budget.expect("something was measured");
    assert_eq!(budget.allowed(), Ratio::percent(504), "5.04 minutes");
    assert_eq!(budget.consumed(), Ratio::reduced(200, 504));
    assert_eq!(budget.sli(), Ratio::reduced(78, 80));
}

#[test]
fn a_calendar_budget_begins_anew_with_its_period() {
    let calendar = crate::window::Calendar::new("1970-01-01 00:00:00", "UTC", "1d".parse().expect("a length"));
    let promise = Promise { window: Window::Calendar(calendar.expect("a calendar")), ..rolling("99", "1d") };
    let slices = counted(0, DAY + 600, |minute| (if minute < DAY { 5 } else { 0 }, 100));
    let consumed = |now: i64| promise.stand(&slices, at(now)).budget.map(|budget| budget.consumed());
    assert_eq!(consumed(DAY - 1), Some(Ratio::reduced(5, 1)));
    assert_eq!(consumed(DAY), None, "nothing of the new day is over");
    assert_eq!(consumed(DAY + 1), Some(Ratio::ZERO));
}

#[test]
fn what_was_measured_before_there_was_an_slo_counts_like_the_rest() {
    let promise = rolling("99", "1d");
    let mut slices = Slices::new(minutes("1d"));
    for minute in (DAY - 700..DAY).rev() {
        slices.put(Minute::EPOCH.shifted(minute), 7, Counts::of_bad(1, 100).expect("counts"), at(DAY));
    }
    let budget = promise.stand(&slices, at(DAY)).budget.expect("something was measured");
    assert_eq!((budget.counts().total(), budget.consumed()), (70_000, Ratio::ONE));
}

#[test]
fn late_events_open_a_slice_again() {
    let promise = slice_promise(Method::RatioTimeslices { slice: minutes("5m") });
    let mut slices = counted(0, 100, |_| (0, 10));
    assert_eq!(promise.stand(&slices, at(100)).budget.map(|budget| budget.consumed()), Some(Ratio::ZERO));
    slices.put(Minute::EPOCH.shifted(42), 1, Counts::of_bad(25, 60).expect("counts"), at(100));
    let consumed = promise.stand(&slices, at(100)).budget.map(|budget| budget.consumed());
    assert_eq!(
        consumed,
        Some(Ratio::reduced(25, 100 * 4032).times(Ratio::reduced(20, 1))),
        "25 of 100 in one of 4,032"
    );
}

#[test]
fn a_budget_is_frozen_while_nothing_is_measured_and_never_recovers_by_silence() {
    let promise = rolling("99", "1d");
    let slices = counted(0, DAY, |minute| (if minute < 600 { 2 } else { 0 }, 100));
    let stands = |now: i64| promise.stand(&slices, at(now));
    let before = stands(DAY);
    assert!(!before.frozen);
    for hours in [1, 5, 20, 500] {
        let after = stands(DAY + hours * 60);
        assert!(after.frozen, "{hours}");
        assert_eq!(after.budget, before.budget, "{hours}");
        assert_eq!(after.state(), None, "what cannot be seen is not fine");
        assert_eq!(after.judged, before.judged);
    }
    assert!(!stands(DAY + 59).frozen);
}

#[test]
fn excluded_time_is_neither_measured_nor_allowed() {
    let slice_target = SliceTarget::from_ratio("1".parse().expect("a decimal")).expect("a slice target");
    let method = Method::Timeslices { slice: minutes("1m"), target: slice_target };
    let outage = Minute::EPOCH.shifted(100)..Minute::EPOCH.shifted(200);
    let correction = |effect| {
        let when = When::Once(outage.clone());
        let (name, reason, by) = ("move".to_owned(), "planned".to_owned(), "ops".to_owned());
        Corrections::from(vec![Correction { name, when, effect, reason, by, at: Nanos(0) }])
    };
    let slices = counted(0, DAY, |minute| (u64::from((100..210).contains(&minute)), 1));
    let budget = |corrections| {
        let promise = Promise { method, corrections, ..rolling("90", "1d") };
        promise.stand(&slices, at(DAY)).budget.map(|budget| (budget.counts().bad(), budget.allowed()))
    };
    assert_eq!(budget(Corrections::default()), Some((110, Ratio::reduced(144, 1))));
    assert_eq!(budget(correction(Effect::Excluded)), Some((10, Ratio::reduced(134, 1))));
    assert_eq!(budget(correction(Effect::Good)), Some((10, Ratio::reduced(144, 1))));
}

#[test]
fn at_little_traffic_one_failure_rises_and_does_not_page() {
    let slices =
        counted(0, 30 * DAY, |minute| if minute % 6 == 0 { (u64::from(minute == 30 * DAY - 6), 1) } else { (0, 0) });
    let mut promise = rolling("99.9", "30d");
    assert_eq!(promise.stand(&slices, at(30 * DAY)).pairs[1].breaches(), Some(true), "the workbook's rule as it is");
    promise.floor = Floor::LOW_TRAFFIC;
    let stands = promise.stand(&slices, at(30 * DAY));
    assert!(stands.pairs.iter().all(|pair| pair.breaches() != Some(true)), "{stands:?}");
    let dead =
        counted(0, 30 * DAY, |minute| if minute % 6 == 0 { (u64::from(minute >= 30 * DAY - 18), 1) } else { (0, 0) });
    assert_eq!(promise.stand(&dead, at(30 * DAY)).state(), Some(State::Burning), "three of three failed");
}

#[test]
fn a_busy_hour_takes_more_than_its_rate_tells() {
    // Half of all events of the day came in the last hour, and half a percent of them failed.
    let slices = counted(0, DAY, |minute| if minute >= DAY - 60 { (115, 23_000) } else { (0, 1_000) });
    let spend = rolling("99", "1d").stand(&slices, at(DAY)).pairs[0].spend.expect("there are events");
    assert_eq!((spend.by_rate, spend.by_events), (Ratio::reduced(1, 48), Ratio::reduced(1, 4)));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Budget identities: what is consumed and what is left make one, for every method, and the
    /// bad ones over those allowed are what is consumed.
    #[test]
    fn budgets_add_up_for_every_method(
        hours in prop::collection::vec((0..20_u64, 0..20_u64), 24),
        parts in 1..999_999_999_i64, slice in 1..30_u32, which in 0..3_u8
    ) {
        let slice = Minutes::known(slice);
        let slice_target = SliceTarget::from_ratio(rust_decimal::Decimal::new(95, 2)).expect("a slice target");
        let method = [Method::Occurrences, Method::Timeslices { slice, target: slice_target }, Method::RatioTimeslices { slice }][usize::from(which)];
        let target = Target::from_ratio(rust_decimal::Decimal::new(parts, 9)).expect("below 1");
        let promise = Promise { method, ..Promise::new(target, Window::Rolling(minutes("1d"))) };
        let slices = counted(0, DAY, |minute| { let (failed, ok) = hours[(minute / 60) as usize]; (failed, failed + ok) });
        let Some(budget) = promise.stand(&slices, at(DAY)).budget else {
            prop_assert!(hours.iter().all(|(failed, ok)| failed + ok == 0));
            return Ok(());
        };
        prop_assert_eq!(budget.consumed().plus(budget.remaining()), Ratio::ONE);
        let bad = Ratio::reduced(i128::from(budget.counts().bad()), i128::from(method.unit()));
        let product = budget.consumed().times(budget.allowed());
        prop_assert!((product.to_f64() - bad.to_f64()).abs() <= 1e-9 * bad.to_f64().max(1.0));
        prop_assert!(budget.sli() <= Ratio::ONE && budget.counts().good() <= budget.counts().total());
    }

    /// Slices of time of even traffic and of a whole target say what events say.
    #[test]
    fn even_traffic_makes_ratio_slices_equal_to_events(failed in prop::collection::vec(0..=100_u64, 60)) {
        let slices = counted(0, 60, |minute| (failed[minute as usize], 100));
        let stand = |method| Promise { method, ..rolling("95", "1h") }.stand(&slices, at(60)).budget.map(|budget| budget.consumed());
        prop_assert_eq!(stand(Method::RatioTimeslices { slice: minutes("1m") }), stand(Method::Occurrences));
    }
}
