//! Series of any numbers: learned, stored, judged, explained.

use ingest_model::Nanos;
use query_baseline::Direction;
use query_baseline::series::{
    Candidate, Choice, Live, Sample, SeriesError, SeriesModel, SeriesReason, SeriesSettings, learn,
};

use crate::random::Random;

const STEP_NS: i64 = 300_000_000_000;
const DAY: usize = 288;

/// Monday, 2026-10-05 00:00 UTC; summer time ends in Europe on the 25th.
const EPOCH: i64 = 1_791_158_400_000_000_000;

fn at(point: usize) -> Nanos {
    Nanos(EPOCH + point as i64 * STEP_NS)
}

/// A day's wave around zero, with noise.
fn wave(points: std::ops::Range<usize>, random: &mut Random) -> Vec<Sample> {
    let value = |point: usize| 10.0 * (std::f64::consts::TAU * point as f64 / DAY as f64).sin();
    points.map(|point| Sample { at: at(point), value: value(point) + 0.5 * random.normal() }).collect()
}

fn ensemble(samples: &[Sample], settings: &SeriesSettings) -> (SeriesModel, Live) {
    let end = samples.last().map_or_else(|| at(0), |last| Nanos(last.at.0 + 1));
    learn(samples, &[], end, settings, &Choice::Given(Candidate::Ensemble)).expect("enough samples")
}

#[test]
fn a_fault_is_alarmed_once_and_says_why() {
    let mut random = Random::seeded(3);
    let samples = wave(0..14 * DAY, &mut random);
    let (_, mut live) = ensemble(&samples, &SeriesSettings::default());
    let calm = wave(14 * DAY..15 * DAY, &mut random);
    assert!(calm.iter().all(|sample| !live.observe(*sample, false).alarm));
    let judged: Vec<_> = wave(15 * DAY..15 * DAY + 12, &mut random)
        .into_iter()
        .map(|sample| live.observe(Sample { value: sample.value + 25.0, ..sample }, false))
        .collect();
    assert_eq!(judged.iter().filter(|judgement| judgement.alarm).count(), 1);
    let first = judged.iter().find(|judgement| judgement.alarm).expect("one");
    assert_eq!(first.why.reason, SeriesReason::Farther);
    let text = first.to_string();
    assert!(text.contains("is an alarm: expected") && text.contains("times as far as ever"), "{text}");
    assert!(text.contains("(0.5 a week of a clean series)") && text.contains("by model ensemble version 1"), "{text}");
}

#[test]
fn a_model_survives_json_and_its_copy_judges_the_same() {
    let mut random = Random::seeded(4);
    let samples = wave(0..8 * DAY, &mut random);
    let (model, _) = ensemble(&samples, &SeriesSettings::default());
    let text = serde_json::to_string(&model).expect("numbers");
    let copy: SeriesModel = serde_json::from_str(&text).expect("our own");
    assert_eq!(copy, model);
    let (mut one, mut other) = (Live::new(model), Live::new(copy));
    one.warm(&samples, |_| false);
    other.warm(&samples, |_| false);
    for sample in wave(8 * DAY..9 * DAY, &mut random) {
        assert_eq!(one.observe(sample, false), other.observe(sample, false));
    }
}

#[test]
fn judgements_know_nothing_of_later_samples() {
    let mut samples = wave(0..4 * DAY, &mut Random::seeded(5));
    let judge = |samples: &[Sample]| {
        let mut live = Live::fresh(SeriesSettings::default(), at(0));
        samples.iter().map(|sample| live.observe(*sample, false)).collect::<Vec<_>>()
    };
    let before = judge(&samples);
    samples[700..].iter_mut().for_each(|sample| sample.value = -1e9);
    assert_eq!(judge(&samples)[..700], before[..700]);
}

#[test]
fn the_season_follows_the_clocks_of_its_zone() {
    // Work from nine to five in Berlin; summer time ends after 20 days.
    let berlin = |point: usize| if point / DAY < 20 { 2 } else { 1 };
    let hour = |point: usize| (point * 5 / 60 + berlin(point)) % 24;
    let mut random = Random::seeded(6);
    let mut work = |points: std::ops::Range<usize>| -> Vec<Sample> {
        let value = |point: usize| if (9..17).contains(&hour(point)) { 100.0 } else { 10.0 };
        points.map(|point| Sample { at: at(point), value: value(point) + random.normal() }).collect()
    };
    let (samples, next) = (work(0..20 * DAY), work(21 * DAY..22 * DAY));
    let missed = |zone: &str| {
        let settings = SeriesSettings { zone: zone.parse().expect("a zone"), ..SeriesSettings::default() };
        let (model, _) = ensemble(&samples, &settings);
        let usual = |sample: &Sample| {
            let mut calendar = query_detect::calendar::Calendar::new(model.settings.zone.clone());
            model.day[(calendar.place(sample.at).day * 48.0) as usize].0
        };
        next.iter().filter(|sample| (sample.value - usual(sample)).abs() > 20.0).count()
    };
    assert_eq!(missed("Europe/Berlin"), 0);
    assert_eq!(missed("UTC"), 24, "two hours of twelve points are wrong");
}

#[test]
fn sides_small_deviations_and_excluded_stretches_do_not_alarm() {
    let mut random = Random::seeded(7);
    let samples = wave(0..10 * DAY, &mut random);
    let next = wave(10 * DAY..10 * DAY + 1, &mut random)[0];
    let high = Sample { value: next.value + 40.0, ..next };
    let judged = |settings: SeriesSettings, excluded: bool| ensemble(&samples, &settings).1.observe(high, excluded);
    assert!(judged(SeriesSettings::default(), false).alarm);
    let below = judged(SeriesSettings { direction: Direction::Below, ..SeriesSettings::default() }, false);
    assert_eq!((below.alarm, below.why.reason), (false, SeriesReason::TooLittle));
    let coarse = judged(SeriesSettings { min_absolute: 60.0, ..SeriesSettings::default() }, false);
    assert_eq!((coarse.alarm, coarse.why.reason), (false, SeriesReason::TooLittle));
    assert!(!judged(SeriesSettings::default(), true).alarm);
}

#[test]
fn gaps_and_what_is_no_number_are_passed_over() {
    let mut random = Random::seeded(8);
    let mut samples = wave(0..10 * DAY, &mut random);
    samples.drain(5 * DAY..6 * DAY + 100);
    samples[77].value = f64::NAN;
    let (model, mut live) = ensemble(&samples, &SeriesSettings::default());
    assert_eq!(model.samples as usize, samples.len() - 1);
    let broken = live.observe(Sample { at: at(10 * DAY), value: f64::INFINITY }, false);
    assert_eq!((broken.why.reason, broken.score), (SeriesReason::Unusable, 0.0));
    let after = wave(11 * DAY..12 * DAY, &mut random);
    assert!(after.iter().all(|sample| !live.observe(*sample, false).alarm));
}

#[test]
fn too_little_history_and_wrong_settings_are_refused() {
    let samples = wave(0..20, &mut Random::seeded(9));
    let refused = learn(&samples, &[], at(30), &SeriesSettings::default(), &Choice::Given(Candidate::Local));
    assert!(matches!(refused, Err(SeriesError::TooFew { found: 20, needed: 60, .. })), "{refused:?}");
    let wrong = SeriesSettings { alarms_per_week: 0.0, width: f64::NAN, ..SeriesSettings::default() };
    let error = learn(&samples, &[], at(30), &wrong, &Choice::Given(Candidate::Local)).expect_err("wrong");
    assert_eq!(
        error.to_string(),
        "alarms_per_week is 0; it must be a number above 0; width is NaN; it must be a number above 0"
    );
}

#[test]
fn a_backtest_ranks_candidates_and_is_repeatable() {
    let samples = wave(0..10 * DAY, &mut Random::seeded(10));
    let among = Choice::Among(vec![Candidate::Ensemble, Candidate::Local, Candidate::Daily]);
    let fit = || learn(&samples, &[], at(10 * DAY), &SeriesSettings::default(), &among).expect("fine").0;
    let model = fit();
    assert_eq!(model, fit());
    assert_eq!(model.quality.trials.len(), 3);
    assert_eq!(model.candidate, model.quality.trials[0].candidate);
    assert!(model.quality.trials.iter().all(|trial| trial.loss > 0.0 && (0.0..=1.0).contains(&trial.found)));
    assert!(model.quality.trials[0].found >= 0.5, "{:?}", model.quality.trials);
}
