//! The models at hand.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use ingest_model::Nanos;
use query_api::{BandMinute, SignalBand, Signals};
use query_baseline::{FitError, GoldenSignal, Model, Settings, fit};

use super::series::{self, JUDGED};
use super::watched::Watched;
use super::{HOUR_NS, Key, MINUTE_NS};

/// Models of a series that are remembered, so that minutes of the past show the band they were judged by.
const REMEMBERED: usize = 48;

/// After how long a service that could not be learned is tried again.
const AGAIN_NS: i64 = 5 * MINUTE_NS;

/// When more than half of the minutes of this stretch were breaches, they are what is normal now.
const NEW_NORMAL_NS: i64 = 3 * HOUR_NS;

/// A model and when it was fitted.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Fitted {
    pub(super) at: Nanos,
    pub(super) model: Model,
}

/// The models of every series, the oldest first.
#[derive(Debug, Default)]
pub(super) struct Learned {
    models: BTreeMap<Key, Vec<Fitted>>,
    /// When each service was last tried.
    tried: BTreeMap<String, Nanos>,
}

/// Minutes of breaches by series.
pub(super) type Breaches = BTreeMap<Key, BTreeSet<Nanos>>;

// === impl Learned ===

impl Learned {
    /// Takes what a former process learned.
    pub(super) fn restore(&mut self, models: Vec<(Key, Fitted)>) {
        for (key, fitted) in models {
            self.tried.insert(key.0.clone(), fitted.at);
            self.push(key, fitted);
        }
    }

    /// Whether a service has no model, or one that has served its time.
    pub(super) fn is_due(&self, service: &str, now: Nanos) -> bool {
        let Some(tried) = self.tried.get(service) else { return true };
        let of_service = JUDGED.into_iter().filter_map(|signal| self.newest(service, signal));
        let lifetime = of_service.map(|fitted| fitted.model.kind.lifetime_ns()).min().unwrap_or(AGAIN_NS);
        now.since(*tried) >= lifetime
    }

    /// How many services were tried.
    pub(super) fn services(&self) -> usize {
        self.tried.len()
    }

    /// Forgets all services but these.
    pub(super) fn forget_others(&mut self, services: &HashSet<&str>) {
        self.models.retain(|(service, _), _| services.contains(service.as_str()));
        self.tried.retain(|service, _| services.contains(service.as_str()));
    }

    /// Takes the models of a service that were fitted at `now`.
    pub(super) fn take(&mut self, service: &str, models: Vec<(GoldenSignal, Model)>, now: Nanos) {
        self.tried.insert(service.to_owned(), now);
        for (signal, model) in models {
            self.push((service.to_owned(), signal), Fitted { at: now, model });
        }
    }

    /// The newest model of a series.
    pub(super) fn newest(&self, service: &str, signal: GoldenSignal) -> Option<&Fitted> {
        self.models.get(&(service.to_owned(), signal))?.last()
    }

    /// The band of a signal over the minutes of an answer: each minute by the model that was the newest at its end.
    pub(super) fn band(&self, signals: &Signals, signal: GoldenSignal, watched: &Watched) -> Option<SignalBand> {
        let key = (signals.service.clone(), signal);
        let models = self.models.get(&key)?;
        let newest = &models.last()?.model;
        let points = series::points(signals, signal, signals.to);
        let minutes = points.iter().map(|point| {
            let end = point.minute.plus(MINUTE_NS);
            let model = models.iter().rev().find(|fitted| fitted.at <= end).or_else(|| models.first());
            let band = model.unwrap_or(&models[0]).model.band_of(point.minute, point.requests);
            let judged = watched.judgement(&key, point.minute);
            BandMinute {
                minute_unix_nano: point.minute,
                expected: band.expected,
                lower: band.lower,
                upper: band.upper,
                outside: judged.is_some_and(|judged| judged.outside),
                breached: judged.is_some_and(|judged| judged.breached),
            }
        });
        Some(SignalBand {
            signal: series::name(signal).to_owned(),
            model: newest.kind.name().to_owned(),
            version: newest.version,
            trained_from: newest.trained_from,
            trained_to: newest.trained_to,
            samples: newest.samples,
            minutes: minutes.collect(),
        })
    }

    fn push(&mut self, key: Key, fitted: Fitted) {
        let models = self.models.entry(key).or_default();
        models.push(fitted);
        if models.len() > REMEMBERED {
            models.remove(0);
        }
    }
}

/// Fits every signal of a service to its history, the minutes of breaches left out. Signals with too little of it
/// get no model.
pub(super) fn fit_all(history: &Signals, breaches: &Breaches, now: Nanos) -> Vec<(GoldenSignal, Model)> {
    let fit_one = |signal| {
        let points = series::points(history, signal, now);
        let key = (history.service.clone(), signal);
        let excluded = breaches.get(&key).map(|minutes| excluded(minutes, now)).unwrap_or_default();
        match fit(&points, &excluded, now, &Settings::of(signal)) {
            Ok(model) => Some((signal, model)),
            Err(FitError::TooFew { .. }) => None,
            Err(error) => {
                tracing::warn!(service = history.service, signal = series::name(signal), %error, "cannot fit a baseline");
                None
            }
        }
    };
    JUDGED.into_iter().filter_map(fit_one).collect()
}

/// The stretches a fit leaves out: breaches, unless most of the last hours were some. A level that stays is the new
/// normal, and has to be learned.
fn excluded(minutes: &BTreeSet<Nanos>, now: Nanos) -> Vec<std::ops::Range<Nanos>> {
    let since = now.plus(-NEW_NORMAL_NS);
    let recent = minutes.range(since..).count() as i64;
    let stays = 2 * recent * MINUTE_NS > NEW_NORMAL_NS;
    let kept = minutes.iter().filter(|minute| !stays || **minute < since);
    kept.map(|minute| *minute..minute.plus(MINUTE_NS)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn breaches_are_left_out_until_they_are_the_new_normal() {
        let now = Nanos(100 * HOUR_NS);
        let last = |count: i64| -> BTreeSet<Nanos> { (1..=count).map(|ago| now.plus(-ago * MINUTE_NS)).collect() };
        assert_eq!(excluded(&last(90), now).len(), 90);
        assert_eq!(excluded(&last(91), now).len(), 0);
        assert_eq!(excluded(&last(200), now).len(), 20, "older ones stay out");
    }
}
