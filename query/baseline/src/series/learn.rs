//! From the past of a series to its model.

use std::ops::Range;

use ingest_model::Nanos;
use query_detect::calendar::Calendar;
use query_detect::watch::WatchSettings;

use super::Sample;
use super::live::Live;
use super::margin::margin;
use super::model::{Candidate, Quality, SeriesModel, Trial};
use super::season::{DAY_NS, seasons};
use super::settings::SeriesSettings;
use super::trial::{rank, trial};
use crate::settings::SettingsError;

/// Fewer samples say nothing about what is normal.
const LEAST_SAMPLES: usize = 60;

/// Fewer samples leave nothing to hold out; they are watched with the ensemble.
const LEAST_TRIED: usize = 500;

/// The share of the past that is learned before the rest is judged.
const LEARNED: f64 = 0.75;

/// How a candidate is found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Choice {
    /// By backtest among these; costs each of them about as much as a fit.
    Among(Vec<Candidate>),
    /// It is known, for instance from the model before.
    Given(Candidate),
}

/// No model could be made.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum SeriesError {
    /// Settings without meaning.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    Settings(Vec<SettingsError>),
    /// The series is too young, or too much of it was excluded.
    #[error("{found} usable samples before {now} are too few; wait until there are {needed}")]
    TooFew {
        /// Samples that could be used.
        found: usize,
        /// Samples that are needed.
        needed: usize,
        /// The moment of the fit.
        now: Nanos,
    },
    /// Polars refused; a fault of ours.
    #[error("the seasons could not be computed: {0}")]
    Seasons(String),
}

/// Learns a series from the samples before `now`, in any order, without those in an `excluded` stretch. Gives the model, and
/// the model at work, warm with the same samples.
///
/// # Errors
///
/// [`SeriesError::Settings`] when the settings have no meaning, [`SeriesError::TooFew`] with fewer than 60 usable samples,
/// [`SeriesError::Seasons`] when Polars fails.
pub fn learn(
    samples: &[Sample],
    excluded: &[Range<Nanos>],
    now: Nanos,
    settings: &SeriesSettings,
    choice: &Choice,
) -> Result<(SeriesModel, Live), SeriesError> {
    settings.check().map_err(SeriesError::Settings)?;
    let samples = usable(samples, excluded, now);
    if samples.len() < LEAST_SAMPLES {
        return Err(SeriesError::TooFew { found: samples.len(), needed: LEAST_SAMPLES, now });
    }
    let (candidate, trials) = chosen(&samples, settings, choice)?;
    let mut model = fitted(&samples, now, settings, candidate)?;
    model.quality.trials = trials;
    let mut live = Live::new(model.clone());
    let (scores, covered) = replayed(&mut live, &samples);
    let weeks = samples.len() as f64 * model.step_ns as f64 / (7.0 * DAY_NS as f64);
    let defaults = WatchSettings::default();
    model.margin = margin(&scores, defaults.pause as usize, settings.alarms_per_week * weeks, defaults.margin);
    model.quality.covered = covered;
    Ok((model.clone(), live.with_model(model)))
}

/// The candidate, and the trials it was chosen by.
fn chosen(
    samples: &[Sample],
    settings: &SeriesSettings,
    choice: &Choice,
) -> Result<(Candidate, Vec<Trial>), SeriesError> {
    let candidates = match choice {
        Choice::Given(candidate) => return Ok((*candidate, Vec::new())),
        Choice::Among(_) if samples.len() < LEAST_TRIED => return Ok((Candidate::Ensemble, Vec::new())),
        Choice::Among(candidates) => candidates,
    };
    let from = (samples.len() as f64 * LEARNED) as usize;
    let now = samples[from].at;
    let mut trials = Vec::with_capacity(candidates.len());
    for candidate in candidates {
        let model = fitted(&samples[..from], now, settings, *candidate)?;
        trials.push(trial(&model, samples, from, &[]));
    }
    rank(&mut trials, settings.alarms_per_week);
    Ok((trials.first().map_or(Candidate::Ensemble, |best| best.candidate), trials))
}

/// A model with its seasons and the default margin.
fn fitted(
    samples: &[Sample],
    now: Nanos,
    settings: &SeriesSettings,
    candidate: Candidate,
) -> Result<SeriesModel, SeriesError> {
    let mut calendar = Calendar::new(settings.zone.clone());
    let seasons = seasons(samples, &mut calendar).map_err(|error| SeriesError::Seasons(error.to_string()))?;
    Ok(SeriesModel {
        version: SeriesModel::VERSION,
        settings: settings.clone(),
        candidate,
        step_ns: step(samples),
        trained_from: samples.first().map_or(now, |first| first.at),
        trained_to: now,
        samples: u32::try_from(samples.len()).unwrap_or(u32::MAX),
        day: seasons.day,
        week: seasons.week,
        margin: WatchSettings::default().margin,
        quality: Quality { covered: 0.0, trend_per_day: seasons.trend_per_day, trials: Vec::new() },
    })
}

/// Scores of the samples as they would have been live, and the share of the last quarter inside the band.
fn replayed(live: &mut Live, samples: &[Sample]) -> (Vec<f64>, f64) {
    let from = (samples.len() as f64 * LEARNED) as usize;
    let mut inside = 0;
    let mut scores = Vec::with_capacity(samples.len());
    for (index, sample) in samples.iter().enumerate() {
        let judgement = live.observe(*sample, false);
        scores.push(judgement.score);
        inside += u32::from(index >= from && !judgement.outside);
    }
    (scores, f64::from(inside) / (samples.len() - from).max(1) as f64)
}

/// The samples to learn from, by time.
fn usable(samples: &[Sample], excluded: &[Range<Nanos>], now: Nanos) -> Vec<Sample> {
    let is_excluded = |at: Nanos| excluded.iter().any(|stretch| stretch.contains(&at));
    let fine = |sample: &&Sample| sample.at < now && sample.value.is_finite() && !is_excluded(sample.at);
    let mut usable: Vec<Sample> = samples.iter().filter(fine).copied().collect();
    usable.sort_by_key(|sample| sample.at);
    usable
}

/// The usual distance between samples.
fn step(samples: &[Sample]) -> i64 {
    let mut steps: Vec<i64> = samples.windows(2).map(|two| two[1].at.since(two[0].at)).collect();
    steps.sort_unstable();
    steps.get(steps.len() / 2).copied().unwrap_or(0)
}
