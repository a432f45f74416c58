use proptest::prelude::*;

use super::*;
use crate::target::Target;

const DAY: i64 = 1_440;

fn minutes(text: &str) -> Minutes {
    text.parse().expect("a duration")
}

fn promise(percent: &str, window: Window) -> Promise {
    Promise::new(Target::from_percent(percent.parse().expect("a decimal")).expect("a target"), window)
}

fn rolling(percent: &str, window: &str) -> Promise {
    promise(percent, Window::Rolling(minutes(window)))
}

/// So many minutes with what `counts(minute)` says, failed and all, up to now.
fn counted(length: i64, counts: impl Fn(i64) -> (u64, u64)) -> (Slices, Nanos) {
    every(1, length, counts)
}

/// The same with something in one minute of `step` only.
fn every(step: usize, length: i64, counts: impl Fn(i64) -> (u64, u64)) -> (Slices, Nanos) {
    let now = Minute::EPOCH.shifted(length).start();
    let mut slices = Slices::new(Minutes::MAX);
    for minute in (0..length).step_by(step) {
        let (failed, total) = counts(minute);
        slices.put(Minute::EPOCH.shifted(minute), 0, Counts::of_bad(failed, total).expect("fewer bad"), now);
    }
    (slices, now)
}

fn hours(exhaustion: Exhaustion) -> f64 {
    match exhaustion {
        Exhaustion::Already => 0.0,
        Exhaustion::In(time) => time.as_secs_f64() / 3_600.0,
        Exhaustion::Never => f64::INFINITY,
    }
}

fn forecast(promise: &Promise, (slices, now): &(Slices, Nanos), back: &str) -> Forecast {
    promise.forecast(slices, minutes(back), Confidence::P95, *now).expect("something was measured")
}

#[test]
fn after_a_clean_month_a_burn_rate_of_ten_lasts_three_days() {
    let month = counted(30 * DAY, |minute| (if minute >= 30 * DAY - 60 { 10 } else { 0 }, 1_000));
    let found = forecast(&rolling("99.9", "30d"), &month, "1h");
    // 72 hours (table 5-4), less the hour that is over.
    assert!((hours(found.expected) - 71.0).abs() < 0.01, "{found:?}");
    assert!(found.earliest != Exhaustion::Already && hours(found.earliest) < 71.0 && hours(found.latest) > 71.0);
}

#[test]
fn what_leaves_the_period_is_given_back() {
    // A tenth of a percent has failed all the time: as many leave the period as come.
    let steady = counted(30 * DAY, |_| (1, 1_250));
    let found = forecast(&rolling("99.9", "30d"), &steady, "1d");
    assert_eq!(found.expected, Exhaustion::Never, "dividing would say: six days");
    // An outage long ago is about to leave; what comes alone does not spend the budget.
    let outage = counted(30 * DAY, |minute| (if minute < 30 { 1_000 } else { u64::from(minute % 5 == 0) }, 1_000));
    let found = forecast(&rolling("99.9", "30d"), &outage, "1d");
    assert_eq!(found.expected, Exhaustion::Never);
}

#[test]
fn a_calendar_budget_must_last_until_its_period_ends_only() {
    let calendar = |zone| crate::window::Calendar::new("1970-01-01 00:00:00", zone, "1d".parse().expect("a length"));
    let window = Window::Calendar(calendar("UTC").expect("a calendar"));
    // Half a day at half of what is allowed, and at ten times.
    let fine = counted(DAY / 2, |_| (5, 1_000));
    assert_eq!(forecast(&promise("99", window.clone()), &fine, "6h").expected, Exhaustion::Never);
    let bad = counted(DAY / 2, |minute| (if minute >= 660 { 60 } else { 0 }, 1_000));
    let found = forecast(&promise("99", window), &bad, "1h");
    assert!(hours(found.expected) > 1.0 && hours(found.earliest) < 12.0, "{found:?}");
}

#[test]
fn a_spent_budget_is_spent_and_nothing_measured_is_nothing_known() {
    let broken = counted(DAY, |_| (500, 1_000));
    assert_eq!(forecast(&rolling("99", "1d"), &broken, "1h").expected, Exhaustion::Already);
    let none = counted(DAY, |_| (0, 0));
    assert_eq!(rolling("99", "1d").forecast(&none.0, minutes("1h"), Confidence::P95, none.1), None);
}

#[test]
fn slices_of_any_length_are_forecast_alike() {
    let service = counted(7 * DAY, |minute| (if minute >= 7 * DAY - 240 { 5 } else { 0 }, 100));
    let expected = |slice| {
        let method = Method::RatioTimeslices { slice: minutes(slice) };
        hours(forecast(&Promise { method, ..rolling("99", "7d") }, &service, "4h").expected)
    };
    // 4 hours at 5 % of 1.68 hours are spent; 1.48 are left, for 29.6 hours.
    assert!((expected("1m") - 29.6).abs() < 0.1, "{}", expected("1m"));
    assert!((expected("30m") - expected("1m")).abs() < 0.1 && (expected("2h") - expected("1m")).abs() < 0.1);
}

#[test]
fn hours_that_differ_widen_the_interval() {
    let newest = |minute: i64| minute >= 6 * DAY;
    let even = counted(7 * DAY, |minute| (if newest(minute) { 3 } else { 0 }, 1_000));
    let bursts = counted(7 * DAY, |minute| (if newest(minute) && (minute / 60) % 12 == 5 { 36 } else { 0 }, 1_000));
    let promise = rolling("99.9", "28d");
    let width = |month| {
        let found = forecast(&promise, month, "1d");
        (hours(found.earliest), hours(found.latest))
    };
    assert!(width(&bursts).0 < width(&even).0, "the same mean, and less sure");
}

/// A generator of numbers that look random (Steele, Lea and Flood's SplitMix64, 2014).
fn random(state: &mut u64) -> f64 {
    *state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let mut mixed = *state;
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    ((mixed ^ (mixed >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
}

/// Whether the true end, at the true share of failures, lies in the interval: for 200 simulated
/// services with failures that come by chance. Nothing was fitted to these; 95 % are asked for.
#[test]
fn the_interval_holds_what_happens_as_often_as_it_says() {
    let mut state = 20_260_301;
    let promise = rolling("99", "7d");
    let mut held = 0;
    for _ in 0..200 {
        let share = 0.02 + 0.06 * random(&mut state);
        let failed: Vec<u64> =
            (0..720).map(|_| (0..10).filter(|_| random(&mut state) < share).count() as u64).collect();
        let service = counted(7 * DAY, |minute| {
            let recent = usize::try_from(minute - (7 * DAY - 720)).ok();
            (recent.map_or(0, |recent| failed[recent]), 10)
        });
        let found = forecast(&promise, &service, "12h");
        let sure = Path::of(&promise, &promise.measured(&service.0, service.1), service.1).exhausted(600.0, share);
        held += u32::from(hours(found.earliest) <= hours(sure) && hours(sure) <= hours(found.latest));
    }
    assert!((185..=200).contains(&held), "{held} of 200");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn worse_never_lasts_longer(failed in prop::collection::vec(0..=20_u64, 48), percent in 1..99_u32) {
        let target = Target::from_percent(rust_decimal::Decimal::from(percent)).expect("a target");
        let promise = Promise::new(target, Window::Rolling(minutes("1d")));
        let (slices, now) = counted(2 * DAY, |minute| (failed[(minute / 60) as usize], 20));
        let found = promise.forecast(&slices, minutes("6h"), Confidence::P95, now).expect("measured");
        prop_assert!(hours(found.earliest) <= hours(found.expected) && hours(found.expected) <= hours(found.latest));
        let spent = promise.stand(&slices, now).budget.expect("measured").is_exhausted();
        prop_assert_eq!(found.expected == Exhaustion::Already, spent);
    }
}
