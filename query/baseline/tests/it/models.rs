//! What a model learns, what it leaves out, and how a minute is judged by it.

use ingest_model::Nanos;
use proptest::prelude::*;
use query_baseline::{Direction, FitError, GoldenSignal, Kind, Model, Point, Reason, Recent, Settings, fit, judge};

use crate::random::Random;
use crate::world::{CALM, DAY, MINUTE_NS, at, stretch};

const P95: GoldenSignal = GoldenSignal::LatencyP95;
const ERRORS: GoldenSignal = GoldenSignal::ErrorRatio;

fn learned(points: &[Point], now: i64, settings: &Settings) -> Model {
    fit(points, &[], at(now), settings).expect("there are enough minutes")
}

/// So many minutes of a signal on ordinary days.
fn calm(signal: GoldenSignal, minutes: i64) -> Vec<Point> {
    stretch(signal, 0, minutes, CALM, &mut Random::seeded(7))
}

/// A series without noise: 100 at every minute, 50 requests.
fn flat(minutes: i64) -> Vec<Point> {
    (0..minutes).map(|minute| Point { minute: at(minute), value: 100.0, requests: Some(50) }).collect()
}

#[test]
fn the_grouping_follows_the_history() {
    let points = flat(21 * DAY);
    let kind = |minutes: i64| learned(&points[..minutes as usize], minutes, &Settings::of(P95)).kind;
    let kinds = [30, 3 * DAY - 2, 3 * DAY, 21 * DAY - 2, 21 * DAY].map(kind);
    assert_eq!(kinds, [Kind::Trailing, Kind::Trailing, Kind::HourOfDay, Kind::HourOfDay, Kind::HourOfWeek]);
}

/// Minutes of 100 requests, changed by `factor` of the minute, with the noise of counts.
fn counted(minutes: i64, mut factor: impl FnMut(i64, &mut Random) -> f64) -> Vec<Point> {
    let mut random = Random::seeded(11);
    let mut point = |minute| {
        let expected = 100.0 * factor(minute, &mut random);
        Point { minute: at(minute), value: random.poisson(expected) as f64, requests: None }
    };
    (0..minutes).map(&mut point).collect()
}

#[test]
fn the_grouping_that_expects_the_newest_period_best_is_taken() {
    let settings = Settings::of(GoldenSignal::Requests);
    let by_day = |minute: i64| if minute.rem_euclid(DAY) < DAY / 2 { 1.0 } else { 2.0 };
    // The first of November 5 days is a Thursday: the third and fourth are a weekend.
    let weekends = |minute: i64| if matches!((minute / DAY) % 7, 2 | 3) { 0.3 } else { by_day(minute) };
    let mut level = 1.0;
    let wander = |_: i64, random: &mut Random| {
        level = f64::clamp(level * (0.01 * random.normal()).exp(), 0.2, 5.0);
        level
    };
    let kinds = [
        counted(28 * DAY, |minute, _| weekends(minute)),
        counted(28 * DAY, |minute, _| by_day(minute)),
        counted(4 * DAY, |minute, _| by_day(minute)),
        counted(28 * DAY, wander),
    ]
    .map(|points| {
        let model = learned(&points, points.len() as i64, &settings);
        (model.kind, model.trials.len())
    });
    let expected = [(Kind::HourOfWeek, 3), (Kind::HourOfWeek, 3), (Kind::HourOfDay, 2), (Kind::Trailing, 3)];
    assert_eq!(kinds, expected);
}

#[test]
fn a_season_that_changed_by_day_makes_way_for_the_day() {
    // Weekends were quiet; since a week and a half they are like any other day.
    let settings = Settings::of(GoldenSignal::Requests);
    let points = counted(28 * DAY, |minute, _| {
        let season = if minute.rem_euclid(DAY) < DAY / 2 { 1.0 } else { 2.0 };
        if minute < 21 * DAY && matches!((minute / DAY) % 7, 2 | 3) { 0.3 } else { season }
    });
    assert_eq!(learned(&points, 28 * DAY, &settings).kind, Kind::HourOfDay);
}

#[test]
fn a_ratio_that_wanders_is_expected_to_be_as_before() {
    let mut random = Random::seeded(5);
    let point = |minute: i64| {
        let errors = 0.02 * (1.0 + minute as f64 / DAY as f64).powi(2);
        Point { minute: at(minute), value: random.binomial(1_000, errors) as f64 / 1e3, requests: Some(1_000) }
    };
    let points: Vec<Point> = (0..4 * DAY).map(point).collect();
    let model = learned(&points, 4 * DAY, &Settings::of(ERRORS));
    assert_eq!(model.kind, Kind::Trailing, "{:?}", model.trials);
    assert!((model.band(at(4 * DAY)).expected / 0.5 - 1.0).abs() < 0.1);
}

#[test]
fn a_trailing_model_looks_at_its_hours_only() {
    let model = learned(&flat(DAY), DAY, &Settings::of(P95));
    assert_eq!((model.samples, model.trained_from, model.trained_to), (180, at(DAY - 180), at(DAY)));
}

#[test]
fn too_few_minutes_are_told_with_what_would_do() {
    let error = fit(&flat(29), &[], at(29), &Settings::of(P95)).expect_err("a minute is missing");
    assert_eq!(error, FitError::TooFew { found: 29, needed: 30, now: at(29) });
    assert!(error.to_string().starts_with("29 usable minutes before 2026-11-05T00:29:00"));
    let wrong = Settings { width: 0.0, ..Settings::of(P95) };
    let error = fit(&flat(60), &[], at(60), &wrong).expect_err("no band is that narrow");
    assert_eq!(error.to_string(), "width is 0; it must be a number above 0");
}

#[test]
fn minutes_from_now_on_are_not_learned_from() {
    let mut points = calm(P95, 4 * DAY);
    let before = learned(&points, 3 * DAY, &Settings::of(P95));
    points.iter_mut().filter(|point| point.minute >= at(3 * DAY)).for_each(|point| point.value = 1e9);
    assert_eq!(learned(&points, 3 * DAY, &Settings::of(P95)), before);
    // The minute that is not over yet does not count either.
    let half = Nanos(at(3 * DAY).0 + MINUTE_NS / 2);
    let model = fit(&points, &[], half, &Settings::of(P95)).expect("enough");
    assert_eq!(model.trained_to, at(3 * DAY));
}

#[test]
fn the_order_of_points_does_not_matter() {
    for signal in [P95, ERRORS, GoldenSignal::Requests] {
        let points = calm(signal, 4 * DAY);
        let backwards: Vec<Point> = points.iter().rev().copied().collect();
        let settings = Settings::of(signal);
        assert_eq!(learned(&points, 4 * DAY, &settings), learned(&backwards, 4 * DAY, &settings));
    }
}

#[test]
fn excluded_stretches_are_not_learned_from() {
    let clean = calm(P95, 300);
    let mut points = clean.clone();
    points[180..290].iter_mut().for_each(|point| point.value *= 30.0);
    let settings = Settings::of(P95);
    let stretch = at(180)..at(290);
    let model = fit(&points, std::slice::from_ref(&stretch), at(300), &settings).expect("enough");
    let usual = learned(&clean, 300, &settings).band(at(300)).expected;
    assert!((model.band(at(300)).expected / usual - 1.0).abs() < 0.1);
    let bent = learned(&points, 300, &settings).band(at(300)).expected;
    assert!(bent > usual * 20.0, "without the exclusion an incident of most of the window is the new normal");
}

#[test]
fn an_outage_nobody_excluded_does_not_bend_the_season() {
    for signal in [P95, ERRORS] {
        let clean = calm(signal, 4 * DAY);
        let mut points = clean.clone();
        let bad = |point: &&mut Point| (at(DAY)..at(DAY + 120)).contains(&point.minute);
        points.iter_mut().filter(bad).for_each(|point| point.value = if signal == P95 { 60.0 } else { 0.9 });
        let settings = Settings::of(signal);
        let (usual, bent) = (learned(&clean, 4 * DAY, &settings), learned(&points, 4 * DAY, &settings));
        for minute in [4 * DAY + 30, 4 * DAY + 90, 4 * DAY + 700] {
            let (usual, bent) = (usual.band(at(minute)), bent.band(at(minute)));
            assert!((bent.expected / usual.expected - 1.0).abs() < 0.1, "{signal:?}: {bent:?} against {usual:?}");
            assert!(bent.upper < usual.upper * 1.6, "{signal:?}: {bent:?} against {usual:?}");
        }
    }
}

#[test]
fn rare_errors_are_expected_at_their_rate() {
    let world = crate::world::World { errors: 0.002, ..CALM };
    let points = stretch(ERRORS, 0, 4 * DAY, world, &mut Random::seeded(3));
    let model = learned(&points, 4 * DAY, &Settings::of(ERRORS));
    let expected = model.band(at(4 * DAY + 600)).expected;
    assert!((0.001..0.003).contains(&expected), "{expected}");
}

#[test]
fn an_hour_without_history_takes_that_of_the_whole() {
    let points: Vec<Point> = calm(P95, 4 * DAY).into_iter().filter(|point| hour(point) != 5).collect();
    let model = learned(&points, 4 * DAY, &Settings::of(P95));
    let all: Vec<f64> = model.slots.iter().map(|slot| slot.middle).collect();
    assert_eq!(model.slots[5].samples, 0);
    assert!(all.iter().any(|middle| *middle < all[5]) && all.iter().any(|middle| *middle > all[5]));
}

fn hour(point: &Point) -> i64 {
    (point.minute.0 / MINUTE_NS / 60).rem_euclid(24)
}

#[test]
fn hours_are_those_of_the_users() {
    let points = calm(GoldenSignal::Requests, 4 * DAY);
    let utc = learned(&points, 4 * DAY, &Settings::of(GoldenSignal::Requests));
    let settings = Settings { utc_offset_minutes: 480, ..Settings::of(GoldenSignal::Requests) };
    let local = learned(&points, 4 * DAY, &settings);
    assert_eq!(local.slots[8], utc.slots[0]);
    assert_eq!(local.band(at(4 * DAY + 77)), utc.band(at(4 * DAY + 77)));
}

#[test]
fn the_band_has_no_steps_between_hours() {
    let model = learned(&calm(GoldenSignal::Requests, 4 * DAY), 4 * DAY, &Settings::of(GoldenSignal::Requests));
    for minute in 4 * DAY..5 * DAY {
        let (left, right) = (model.band(at(minute)).expected, model.band(at(minute + 1)).expected);
        assert!((left - right).abs() < 2.0, "{left} to {right} at minute {minute}");
    }
}

/// A model of a service with one error in a hundred.
fn error_model() -> Model {
    learned(&calm(ERRORS, 4 * DAY), 4 * DAY, &Settings::of(ERRORS))
}

fn errors(failed: u64, requests: u64) -> Point {
    Point { minute: at(4 * DAY), value: failed as f64 / requests as f64, requests: Some(requests) }
}

#[test]
fn three_requests_do_not_breach_on_one_error_and_a_hundred_do_on_twenty() {
    let model = error_model();
    let of = |failed, requests| judge(&model, &errors(failed, requests), &Recent::default());
    assert!(!of(1, 3).outside && !of(1, 1).outside);
    assert!(of(3, 3).outside && of(20, 100).outside);
    assert_eq!(of(20, 100).why.reason, Reason::Above);
    assert!(of(1, 100).score < 1.0 && !of(3, 100).outside);
}

#[test]
fn a_narrow_band_still_forgives_the_single_error() {
    let settings = Settings { width: 1.0, ..Settings::of(ERRORS) };
    let model = learned(&calm(ERRORS, 4 * DAY), 4 * DAY, &settings);
    let judgement = judge(&model, &errors(1, 4), &Recent::default());
    assert_eq!((judgement.why.reason, judgement.outside, judgement.score), (Reason::SingleError, false, 1.0));
}

#[test]
fn few_requests_widen_the_band_of_a_quantile() {
    let model = learned(&calm(P95, 4 * DAY), 4 * DAY, &Settings::of(P95));
    let upper = |requests| model.band_of(at(4 * DAY), Some(requests)).upper;
    assert!(upper(3) > 2.0 * upper(120) && (upper(120) / model.band(at(4 * DAY)).upper - 1.0).abs() < 0.1);
}

#[test]
fn only_the_side_that_counts_is_judged() {
    let mut settings = Settings::of(P95);
    let fast = Point { minute: at(4 * DAY), value: 0.001, requests: Some(120) };
    let points = calm(P95, 4 * DAY);
    let judged = judge(&learned(&points, 4 * DAY, &settings), &fast, &Recent::default());
    assert_eq!((judged.why.reason, judged.score), (Reason::Normal, 0.0));
    settings.direction = Direction::Both;
    let judged = judge(&learned(&points, 4 * DAY, &settings), &fast, &Recent::default());
    assert!(judged.why.reason == Reason::Below && judged.score > 1.0);
}

#[test]
fn a_series_without_noise_allows_the_least_deviation_that_matters() {
    let model = learned(&flat(DAY), DAY, &Settings::of(P95));
    let band = model.band(at(DAY));
    assert!((band.expected - 100.0).abs() < 1e-9 && (band.upper - 125.0).abs() < 1e-9);
    let value = Settings { min_relative: 0.0, ..Settings::of(GoldenSignal::Value) };
    let still = learned(&flat(DAY), DAY, &value);
    let jump = Point { minute: at(DAY), value: 101.0, requests: None };
    assert_eq!(judge(&still, &jump, &Recent::default()).score, 1_000.0);
}

#[test]
fn a_breach_is_two_of_three_minutes_and_gaps_are_minutes_too() {
    let model = learned(&flat(DAY), DAY, &Settings::of(P95));
    let breaches = |minutes: &[(i64, f64)]| {
        let mut recent = Recent::default();
        let judged = minutes.iter().map(|(minute, value)| {
            let judgement = judge(&model, &Point { minute: at(DAY + minute), value: *value, requests: None }, &recent);
            recent.note(&judgement);
            judgement.breached
        });
        judged.collect::<Vec<_>>()
    };
    assert_eq!(breaches(&[(0, 500.0), (1, 500.0), (2, 100.0), (3, 100.0)]), [false, true, true, false]);
    assert_eq!(breaches(&[(0, 500.0), (1, 100.0), (2, 500.0)]), [false, false, true]);
    assert_eq!(breaches(&[(0, 500.0), (3, 500.0)]), [false, false]);
}

#[test]
fn what_cannot_be_judged_is_never_outside() {
    let model = error_model();
    for (value, requests) in [(f64::NAN, Some(9)), (0.5, None), (0.5, Some(0)), (1.5, Some(9)), (-0.1, Some(9))] {
        let point = Point { minute: at(4 * DAY), value, requests };
        let judgement = judge(&model, &point, &Recent::default());
        assert_eq!((judgement.why.reason, judgement.outside, judgement.score), (Reason::Unusable, false, 0.0));
    }
}

#[test]
fn a_judgement_says_why() {
    let model = learned(&flat(DAY), DAY, &Settings::of(P95));
    let point = Point { minute: at(DAY), value: 400.0, requests: Some(50) };
    let text = judge(&model, &point, &Recent::default()).to_string();
    let expected = "400.000000 is above the band 75.000000 to 125.000000 (expected 100.000000, learned from 180 \
                    minutes between 2026-11-05T21:00:00.000000000Z and 2026-11-06T00:00:00.000000000Z by model \
                    trailing version 2); 1 of the last 3 minutes were outside, 2 make a breach";
    assert_eq!(text, expected);
}

#[test]
fn a_stored_model_judges_like_the_first() {
    let model = error_model();
    let json = serde_json::to_string(&model).expect("numbers and names");
    assert!(json.contains(r#""version":2,"kind":"hour_of_day","settings":{"signal":"error_ratio","#), "{json}");
    let stored: Model = serde_json::from_str(&json).expect("the same form");
    let (left, right) = (stored.band(at(4 * DAY)), model.band(at(4 * DAY)));
    assert!((left.upper - right.upper).abs() < 1e-12 && (left.expected - right.expected).abs() < 1e-12);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn every_band_encloses_what_it_expects_and_scores_above_one_are_outside(
        which in 0_usize..7,
        values in prop::collection::vec((0.0_f64..1.0, prop::option::of(0_u64..100)), 31..90),
        exponent in -6_i32..9,
        requests in prop::option::of(0_u64..1_000),
    ) {
        let settings = Settings::of(GoldenSignal::ALL[which]);
        let scale = if settings.signal == ERRORS { 1.0 } else { 10.0_f64.powi(exponent) };
        let point = |(minute, (value, requests)): (usize, &(f64, Option<u64>))| {
            Point { minute: at(minute as i64), value: value * scale, requests: *requests }
        };
        let points: Vec<Point> = values.iter().enumerate().map(point).collect();
        let Ok(model) = fit(&points, &[], at(100), &settings) else { return Ok(()) };
        let band = model.band_of(at(100), requests);
        prop_assert!(band.lower <= band.expected && band.expected <= band.upper, "{:?}", band);
        prop_assert!(band.lower.is_finite() && band.upper.is_finite());
        for factor in [0.0, 0.5, 1.0] {
            let point = Point { minute: at(100), value: factor * scale, requests };
            let judgement = judge(&model, &point, &Recent::default());
            prop_assert_eq!(judgement.outside, judgement.score > 1.0, "{:?}", judgement);
        }
    }
}
