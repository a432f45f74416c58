//! What a forecast says of made-up resources, and what it does not depend on.

use proptest::prelude::*;

use super::*;

const HOUR: i64 = 3_600_000_000_000;

/// Monday, 2026-11-02 00:00 UTC.
const EPOCH: i64 = 1_793_577_600_000_000_000;

/// Samples of every hour; the last is of `now`.
fn hourly(values: impl IntoIterator<Item = f64>) -> (Vec<Sample>, Nanos) {
    let sample = |(hour, value): (usize, f64)| Sample { at: Nanos(EPOCH + hour as i64 * HOUR), value };
    let samples: Vec<Sample> = values.into_iter().enumerate().map(sample).collect();
    let now = samples.last().map_or(Nanos(EPOCH), |sample| sample.at);
    (samples, now)
}

fn said(values: impl IntoIterator<Item = f64>, limit: Limit) -> Exhaustion {
    let (samples, now) = hourly(values);
    Exhaustion::of(&samples, limit, now, &ExhaustionSettings::default())
}

fn forecast(said: &Exhaustion) -> Forecast {
    match said.outlook {
        Outlook::Forecast(forecast) => forecast,
        _ => panic!("no forecast: {said:?}"),
    }
}

/// Hours from `now` to a time that was forecast.
fn hours(time: Option<Nanos>, now: Nanos) -> f64 {
    time.map_or(f64::INFINITY, |time| time.since(now) as f64 / HOUR_NS)
}

/// Noise between -0.5 and 0.5 that does not repeat.
fn ripple(hour: usize) -> f64 {
    (hour as f64 * 0.618_033_988_749_894_9).fract() - 0.5
}

#[test]
fn a_straight_line_is_followed_to_its_end() {
    let (samples, now) = hourly((0..=100).map(|hour| 10.0 + 0.5 * f64::from(hour)));
    let said = Exhaustion::of(&samples, Limit::Upper(100.0), now, &ExhaustionSettings::default());
    let rate = said.rate.expect("enough samples");
    assert!((said.level.expect("samples") - 60.0).abs() < 1e-9, "{said:?}");
    assert!((rate.expected - 0.5).abs() < 1e-9, "{rate:?}");
    let forecast = forecast(&said);
    assert!((hours(forecast.expected, now) - 80.0).abs() < 0.01, "{forecast:?}");
    // However straight, it is not believed to go on so.
    assert!((55.0..70.0).contains(&hours(forecast.earliest, now)), "{forecast:?}");
    assert!((95.0..150.0).contains(&hours(forecast.latest, now)), "{forecast:?}");
}

#[test]
fn free_bytes_run_out_downwards() {
    let said = said((0..=100).map(|hour| 90.0 - 0.5 * hour as f64 + ripple(hour)), Limit::Lower(0.0));
    let rate = said.rate.expect("enough samples");
    assert!(rate.lower <= rate.expected && rate.expected <= rate.upper && rate.upper < 0.0, "{rate:?}");
    assert!((said.level.expect("samples") - 40.0).abs() < 1.0, "{said:?}");
    let expected = hours(forecast(&said).expected, Nanos(EPOCH + 100 * HOUR));
    assert!((expected - 79.0).abs() < 3.0, "{expected}");
}

#[test]
fn it_is_told_why_nothing_is_forecast() {
    let limit = Limit::Upper(100.0);
    assert_eq!(said([], limit), Exhaustion { level: None, rate: None, outlook: Outlook::TooFew, basis: None });
    assert_eq!(said((0..23).map(f64::from), limit).outlook, Outlook::TooFew);
    assert_eq!(said((0..200).map(|_| 50.0), limit).outlook, Outlook::NoGrowth);
    assert_eq!(said((0..200).map(|hour| 50.0 + ripple(hour)), limit).outlook, Outlook::NoGrowth);
    assert_eq!(said((0..200).map(|hour| 90.0 - 0.2 * hour as f64 + ripple(hour)), limit).outlook, Outlook::NoGrowth);
    assert_eq!(said((0..=100).map(f64::from), limit).outlook, Outlook::Already);
    assert_eq!(said([120.0], limit).outlook, Outlook::Already);
    assert_eq!(said((0..200).map(|_| f64::NAN), limit).outlook, Outlook::TooFew);
}

#[test]
fn what_is_beyond_the_horizon_is_no_time() {
    let forecast = forecast(&said((0..200).map(|hour| 0.01 * f64::from(hour)), Limit::Upper(100.0)));
    assert_eq!(forecast, Forecast { earliest: None, expected: None, latest: None });
}

#[test]
fn a_short_past_does_not_look_far_ahead() {
    let (samples, now) = hourly((0..=30).map(f64::from));
    let said = Exhaustion::of(&samples, Limit::Upper(1e3), now, &ExhaustionSettings::default());
    assert_eq!(said.basis.expect("samples").until, now.plus(480 * HOUR));
    assert_eq!(forecast(&said).expected, None);
}

#[test]
fn only_what_came_after_the_last_fall_counts() {
    let value = |hour: usize| match hour {
        0..200 => 20.0 + 0.3 * hour as f64,
        _ => 30.0 + 0.1 * (hour - 200) as f64,
    };
    let said = said((0..300).map(|hour| value(hour) + 0.2 * ripple(hour)), Limit::Upper(60.0));
    let basis = said.basis.expect("samples");
    assert_eq!((basis.since, basis.samples, basis.teeth), (Nanos(EPOCH + 200 * HOUR), 100, 0));
    assert!((said.rate.expect("a rate").expected - 0.1).abs() < 0.01, "{said:?}");
}

#[test]
fn a_log_that_is_rotated_does_not_run_out() {
    let rotated = |hour: usize| 2.0 * (hour % 40) as f64 + ripple(hour);
    let said = said((0..330).map(rotated), Limit::Upper(100.0));
    assert_eq!(said.outlook, Outlook::NoGrowth, "{said:?}");
    assert_eq!(said.basis.expect("samples").teeth, 8);
    assert!((said.level.expect("a level") - 78.0).abs() < 2.0, "that of the peaks: {said:?}");
}

#[test]
fn peaks_that_rise_are_followed() {
    let rising = |hour: usize| (hour % 30) as f64 + 0.1 * hour as f64 + 0.3 * ripple(hour);
    let said = said((0..335).map(rising), Limit::Upper(90.0));
    assert!(said.basis.expect("samples").teeth >= 10, "{said:?}");
    // 61 is above 29 at the end of a tooth that ends at hour 629.
    let expected = hours(forecast(&said).expected, Nanos(EPOCH + 334 * HOUR));
    assert!((265.0..325.0).contains(&expected), "{expected}");
}

#[test]
fn a_rotation_that_stopped_is_growth_again() {
    let stopped = |hour: usize| if hour < 200 { 2.0 * (hour % 20) as f64 } else { 2.0 * (hour - 200) as f64 };
    let said = said((0..240).map(|hour| stopped(hour) + ripple(hour)), Limit::Upper(150.0));
    assert_eq!(said.basis.map(|basis| (basis.teeth, basis.since)), Some((0, Nanos(EPOCH + 200 * HOUR))));
    let expected = hours(forecast(&said).expected, Nanos(EPOCH + 239 * HOUR));
    assert!((expected - 36.0).abs() < 4.0, "{expected}");
}

#[test]
fn a_daily_season_is_taken_out_and_put_back() {
    let day = |hour: usize| 8.0 * (std::f64::consts::TAU * hour as f64 / 24.0).sin();
    let value = |hour: usize| 20.0 + 0.1 * hour as f64 + day(hour);
    let said = said((0..=240).map(|hour| value(hour) + 0.3 * ripple(hour)), Limit::Upper(80.0));
    assert!(said.basis.expect("samples").season, "{said:?}");
    assert!((said.level.expect("a level") - 44.0).abs() < 1.0, "without the season: {said:?}");
    let first = (241..).find(|hour| value(*hour) >= 80.0).expect("it grows") - 240;
    let expected = hours(forecast(&said).expected, Nanos(EPOCH + 240 * HOUR));
    assert!((expected - first as f64).abs() < 24.5, "{expected} instead of {first}");
}

#[test]
fn growth_that_grows_is_taken_to_go_on() {
    let value = |hour: usize| 5.0 * (hour as f64 / 100.0).exp();
    let said = said((0..=200).map(|hour| value(hour) + 0.2 * ripple(hour)), Limit::Upper(80.0));
    assert!(said.basis.expect("samples").curved, "{said:?}");
    // 5 e^(h / 100) is 80 at hour 277.
    let expected = hours(forecast(&said).expected, Nanos(EPOCH + 200 * HOUR));
    assert!((expected - 77.0).abs() < 8.0, "{expected}");
}

#[test]
fn growth_that_abates_does_not_arrive() {
    let value = |hour: usize| 80.0 * (1.0 - (-(hour as f64) / 100.0).exp());
    let said = said((0..=200).map(|hour| value(hour) + 0.2 * ripple(hour)), Limit::Upper(95.0));
    assert!(said.basis.expect("samples").curved, "{said:?}");
    let forecast = forecast(&said);
    assert_eq!((forecast.expected, forecast.latest), (None, None), "{said:?}");
}

#[test]
fn a_spike_is_not_the_end_of_a_regime() {
    let value = |hour: usize| if hour == 70 { 99.0 } else { 10.0 + 0.3 * hour as f64 + ripple(hour) };
    let said = said((0..150).map(value), Limit::Upper(100.0));
    assert_eq!(said.basis.expect("samples").since, Nanos(EPOCH));
    assert!((said.rate.expect("a rate").expected - 0.3).abs() < 0.01, "{said:?}");
}

#[test]
fn what_is_said_is_json() {
    let said = said((0..=100).map(|hour| 10.0 + 0.5 * f64::from(hour)), Limit::Upper(100.0));
    let text = serde_json::to_string(&said).expect("numbers");
    assert_eq!(serde_json::from_str::<Exhaustion>(&text).expect("our own"), said);
    let none = serde_json::to_string(&Outlook::NoGrowth).expect("a word");
    assert_eq!(
        (none.as_str(), text.contains(r#""outlook":{"forecast":{"earliest":""#)),
        (r#""no_growth""#, true),
        "{text}"
    );
    let settings: ExhaustionSettings = serde_json::from_str(r#"{"confidence":0.9}"#).expect("settings");
    assert_eq!(settings, ExhaustionSettings { confidence: 0.9, ..ExhaustionSettings::default() });
}

/// A rate, noise around it, and how many hours.
fn growing() -> impl Strategy<Value = Vec<f64>> {
    (0.0..0.5, 30_usize..340).prop_flat_map(|(rate, count)| {
        let noise = proptest::collection::vec(0.0..3.0, count);
        noise.prop_map(move |noise| {
            noise.iter().enumerate().map(|(hour, off)| 20.0 + rate * hour as f64 + off).collect()
        })
    })
}

/// Every number of a forecast from `now`, none as -1.
fn numbers(said: &Exhaustion, now: Nanos) -> Vec<f64> {
    let times = match said.outlook {
        Outlook::Forecast(Forecast { earliest, expected, latest }) => [earliest, expected, latest],
        _ => [None; 3],
    };
    let rate = said.rate.map_or([0.0; 3], |rate| [rate.lower, rate.expected, rate.upper]);
    let times = times.map(|time| time.map_or(-1.0, |time| time.since(now) as f64 / HOUR_NS));
    times.into_iter().chain(rate).chain(said.level).collect()
}

fn near(one: &[f64], other: &[f64]) -> bool {
    one.len() == other.len()
        && one.iter().zip(other).all(|(one, other)| (one - other).abs() <= 1e-6 * (1.0 + one.abs()))
}

proptest! {
    #[test]
    fn another_unit_and_another_zero_change_no_time(values in growing(), power in -20_i32..20, zero in -1e3..1e3) {
        let (samples, now) = hourly(values);
        let settings = ExhaustionSettings::default();
        let here = numbers(&Exhaustion::of(&samples, Limit::Upper(100.0), now, &settings), now);
        let unit = 2.0_f64.powi(power);
        let scaled: Vec<Sample> = samples.iter().map(|sample| Sample { value: unit * sample.value, ..*sample }).collect();
        let mut there = numbers(&Exhaustion::of(&scaled, Limit::Upper(unit * 100.0), now, &settings), now);
        there[3..].iter_mut().for_each(|number| *number /= unit);
        prop_assert!(near(&here, &there), "{here:?} {there:?}");
        let moved: Vec<Sample> = samples.iter().map(|sample| Sample { value: zero + sample.value, ..*sample }).collect();
        let mut there = numbers(&Exhaustion::of(&moved, Limit::Upper(zero + 100.0), now, &settings), now);
        there[6] -= zero;
        prop_assert!(near(&here, &there), "{here:?} {there:?}");
    }

    #[test]
    fn order_side_and_date_change_nothing(values in growing(), days in 1_i64..1_000) {
        let (samples, now) = hourly(values);
        let settings = ExhaustionSettings::default();
        let here = Exhaustion::of(&samples, Limit::Upper(100.0), now, &settings);
        let mut turned = samples.clone();
        turned.reverse();
        prop_assert_eq!(here, Exhaustion::of(&turned, Limit::Upper(100.0), now, &settings));
        let free: Vec<Sample> = samples.iter().map(|sample| Sample { value: -sample.value, ..*sample }).collect();
        let below = Exhaustion::of(&free, Limit::Lower(-100.0), now, &settings);
        prop_assert_eq!((here.outlook, here.basis, here.level), (below.outlook, below.basis, below.level.map(|level| -level)));
        prop_assert_eq!(here.rate.map(|rate| rate.upper), below.rate.map(|rate| -rate.lower));
        let later = |at: Nanos| at.plus(days * 24 * HOUR);
        let moved: Vec<Sample> = samples.iter().map(|sample| Sample { at: later(sample.at), ..*sample }).collect();
        let there = Exhaustion::of(&moved, Limit::Upper(100.0), later(now), &settings);
        prop_assert_eq!(numbers(&here, now), numbers(&there, later(now)));
    }

    #[test]
    fn times_are_in_order_and_not_in_the_past(values in growing(), confidence in 0.0..1.0) {
        let (samples, now) = hourly(values);
        let settings = ExhaustionSettings { confidence, ..ExhaustionSettings::default() };
        if let Outlook::Forecast(forecast) = Exhaustion::of(&samples, Limit::Upper(60.0), now, &settings).outlook {
            let times = [forecast.earliest, forecast.expected, forecast.latest].map(|time| hours(time, now));
            prop_assert!(times[0] >= 0.0 && times[0] <= times[1] && times[1] <= times[2], "{times:?}");
        }
    }

    #[test]
    fn a_gap_changes_little(from in 20_usize..200, length in 1_usize..40, rate in 0.1..0.5) {
        let (samples, now) = hourly((0..240).map(|hour| 10.0 + rate * hour as f64 + 2.0 * ripple(hour)));
        let limit = Limit::Upper(10.0 + 500.0 * rate);
        let settings = ExhaustionSettings::default();
        let expected = |samples: &[Sample]| hours(forecast(&Exhaustion::of(samples, limit, now, &settings)).expected, now);
        let gap: Vec<Sample> = samples.iter().enumerate().filter(|(hour, _)| !(from..from + length).contains(hour)).map(|(_, sample)| *sample).collect();
        let (whole, gap) = (expected(&samples), expected(&gap));
        prop_assert!((whole - gap).abs() < 0.05 * whole, "{whole} {gap}");
    }

    #[test]
    fn any_numbers_are_taken_without_harm(values in proptest::collection::vec(any::<f64>(), 0..120), limit in any::<f64>()) {
        let said = said(values, Limit::Upper(limit));
        if let Outlook::Forecast(forecast) = said.outlook {
            prop_assert!(forecast.earliest.is_some() || forecast.expected.is_none());
        }
    }
}
