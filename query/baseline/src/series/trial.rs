//! The backtest by which a candidate is chosen: nobody has to label anything.
//!
//! Each candidate learns three quarters of the past and is watched over the last one. What counts is how many of the faults that are put
//! into that stretch it finds, how often it alarms without any, and how well it expects. Faults are of four shapes, their size follows
//! from the spread of steps, their places from a seed, and they are the same for every candidate.

use std::ops::Range;

use ingest_model::Nanos;

use super::Sample;
use super::live::Live;
use super::model::{Candidate, SeriesModel, Trial};
use super::season::DAY_NS;

/// Faults put into the stretch held out; four shapes twice, or as many as fit.
const FAULTS: usize = 12;

/// Points of a fault, at most.
const LENGTH: usize = 24;

/// What an alarm a week beyond the stated rate is worth, in found faults.
const ALARM_COST: f64 = 0.1;

/// What expecting as badly as "as before" is worth.
const LOSS_COST: f64 = 0.1;

/// Candidates must beat the ensemble by so much: what is chosen for little changes with the next fit.
const FAVOUR: f64 = 0.05;

/// A fault.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Fault {
    from: usize,
    shape: usize,
    size: f64,
}

/// Tries a candidate: `model` was fitted on `samples[..from]`, the rest was held out.
pub(super) fn trial(model: &SeriesModel, samples: &[Sample], from: usize, excluded: &[Range<Nanos>]) -> Trial {
    let is_excluded = |at: Nanos| excluded.iter().any(|stretch| stretch.contains(&at));
    let mut live = Live::new(model.clone());
    live.warm(&samples[..from], is_excluded);
    let faults = faults(&samples[from..]);
    let (mut alarms, mut missed, mut steps, mut found) = (0.0, 0.0, 0.0, 0.0);
    let mut before = samples[from.saturating_sub(1)].value;
    for (index, sample) in samples.iter().enumerate().skip(from) {
        if let Some(fault) = faults.iter().find(|fault| from + fault.from == index) {
            found += f64::from(u8::from(finds(&live, &samples[index..], fault)));
        }
        let judgement = live.observe(*sample, is_excluded(sample.at));
        alarms += f64::from(u8::from(judgement.alarm));
        missed += (sample.value - judgement.band.expected).abs();
        steps += (sample.value - before).abs();
        before = sample.value;
    }
    let span = samples.last().map_or(0, |last| last.at.since(samples[from].at)).max(1);
    Trial {
        candidate: model.candidate,
        loss: if steps > 0.0 { missed / steps } else { 0.0 },
        alarms_per_week: alarms * 7.0 * DAY_NS as f64 / span as f64,
        found: found / faults.len().max(1) as f64,
    }
}

/// Sorts trials, the best first.
pub(super) fn rank(trials: &mut [Trial], stated: f64) {
    let worth = |trial: &Trial| {
        let favour = if trial.candidate == Candidate::Ensemble { FAVOUR } else { 0.0 };
        let noise = (trial.alarms_per_week - stated).max(0.0);
        trial.found + favour - ALARM_COST * noise - LOSS_COST * trial.loss.min(2.0)
    };
    trials.sort_by(|left, right| worth(right).total_cmp(&worth(left)));
}

/// Whether a copy of the live series alarms within the fault.
fn finds(live: &Live, samples: &[Sample], fault: &Fault) -> bool {
    let mut live = live.clone();
    let start = samples[0].value;
    let mut faulty = samples.iter().take(LENGTH).enumerate().map(|(index, sample)| {
        let value = match fault.shape {
            0 if index == 0 => sample.value + fault.size,
            0 => sample.value,
            1 => sample.value + fault.size / 2.0,
            2 => sample.value - fault.size / 2.0,
            _ => start - fault.size * index as f64 / LENGTH as f64,
        };
        Sample { value, ..*sample }
    });
    faulty.any(|sample| live.observe(sample, false).alarm)
}

/// Where faults are put, and how large: 8 to 16 robust standard deviations of a step, at least a tenth of the range.
fn faults(samples: &[Sample]) -> Vec<Fault> {
    let mut steps: Vec<f64> = samples.windows(2).map(|two| (two[1].value - two[0].value).abs()).collect();
    steps.sort_by(f64::total_cmp);
    let step = 1.4826 * steps.get(steps.len() / 2).copied().unwrap_or(0.0);
    let low = samples.iter().map(|sample| sample.value).fold(f64::INFINITY, f64::min);
    let high = samples.iter().map(|sample| sample.value).fold(f64::NEG_INFINITY, f64::max);
    let size = |turn: usize| (step * (8.0 + 8.0 * turn as f64 / FAULTS as f64)).max((high - low) / 2.0);
    let room = samples.len() / FAULTS;
    if room < LENGTH {
        return Vec::new();
    }
    let mut seed = 0x9e37_79b9_7f4a_7c15_u64;
    let mut place = |turn: usize| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        turn * room + (seed >> 33) as usize % (room - LENGTH + 1)
    };
    (0..FAULTS).map(|turn| Fault { from: place(turn), shape: turn % 4, size: size(turn) }).collect()
}
