//! The newest minutes, judged.

use std::collections::{BTreeMap, HashSet};

use ingest_model::Nanos;
use query_api::Signals;
use query_baseline::{GoldenSignal, Judgement, Point, Recent, judge};

use super::learned::Learned;
use super::series::{self, JUDGED};
use super::{Key, MINUTE_NS};

/// Minutes that every tick judges again, because spans come late.
const JUDGED_MINUTES: i64 = 10;

/// After how long a minute is taken as it is and stored.
const SETTLED_NS: i64 = 60 * 1_000_000_000;

/// How long after its end a minute's requests are counted.
const COUNTED_NS: i64 = 10 * 1_000_000_000;

/// Requests the running minute needs before it is judged.
const ENOUGH: u64 = 20;

/// Judgements of a series that are remembered: a day.
const REMEMBERED: usize = 24 * 60;

/// A judgement that will not change any more.
#[derive(Debug, Clone)]
pub(super) struct Settled {
    pub(super) key: Key,
    pub(super) judgement: Judgement,
    /// When the model was fitted.
    pub(super) fitted_at: Nanos,
}

/// The judgements of every series.
#[derive(Debug, Default)]
pub(super) struct Watched {
    series: BTreeMap<Key, BTreeMap<Nanos, Judgement>>,
    /// Minutes before this one are settled.
    settled_before: Option<Nanos>,
}

// === impl Watched ===

impl Watched {
    /// Judges the newest minutes of all services; gives back the minutes outside that are settled now.
    pub(super) fn judge(&mut self, learned: &Learned, services: &[Signals], now: Nanos) -> Vec<Settled> {
        let minute = |time: Nanos| Nanos(time.0 - time.0.rem_euclid(MINUTE_NS));
        let before = minute(now.plus(-SETTLED_NS));
        let after = self.settled_before.unwrap_or_else(|| before.plus(-MINUTE_NS));
        self.settled_before = Some(before.max(after));
        let mut settled = Vec::new();
        for signals in services {
            for signal in JUDGED {
                let Some(fitted) = learned.newest(&signals.service, signal) else { continue };
                let key = (signals.service.clone(), signal);
                let judged = judged(&fitted.model, signals, signal, now);
                let outside = judged.iter().filter(|judged| judged.outside || judged.breached);
                let outside = outside.filter(|judged| (after..before).contains(&judged.minute));
                let found = |judgement: &Judgement| Settled {
                    key: key.clone(),
                    judgement: judgement.clone(),
                    fitted_at: fitted.at,
                };
                settled.extend(outside.map(found));
                self.enter(key, judged);
            }
        }
        settled
    }

    /// Forgets all services but these.
    pub(super) fn forget_others(&mut self, services: &HashSet<&str>) {
        self.series.retain(|(service, _), _| services.contains(service.as_str()));
    }

    /// The newest judgement of every series.
    pub(super) fn newest(&self) -> Vec<(Key, Judgement)> {
        let newest = |(key, judged): (&Key, &BTreeMap<Nanos, Judgement>)| {
            judged.last_key_value().map(|(_, judgement)| (key.clone(), judgement.clone()))
        };
        self.series.iter().filter_map(newest).collect()
    }

    /// What became of a minute.
    pub(super) fn judgement(&self, key: &Key, minute: Nanos) -> Option<&Judgement> {
        self.series.get(key)?.get(&minute)
    }

    /// What became of a minute, in every series.
    #[cfg(test)]
    pub(super) fn of_minute(&self, minute: Nanos) -> Vec<(Key, Judgement)> {
        let found = |(key, judged): (&Key, &BTreeMap<Nanos, Judgement>)| {
            judged.get(&minute).map(|judgement| (key.clone(), judgement.clone()))
        };
        self.series.iter().filter_map(found).collect()
    }

    fn enter(&mut self, key: Key, judged: Vec<Judgement>) {
        let series = self.series.entry(key).or_default();
        series.extend(judged.into_iter().map(|judgement| (judgement.minute, judgement)));
        while series.len() > REMEMBERED {
            series.pop_first();
        }
    }
}

/// The newest minutes of a series, in order.
fn judged(model: &query_baseline::Model, signals: &Signals, signal: GoldenSignal, now: Nanos) -> Vec<Judgement> {
    let since = now.plus(-JUDGED_MINUTES * MINUTE_NS);
    let mut recent = Recent::default();
    let points = series::points(signals, signal, now);
    let judged = points.iter().filter(|point| point.minute >= since && can_judge(signal, point, now)).map(|point| {
        let judgement = judge(model, point, &recent);
        recent.note(&judgement);
        judgement
    });
    judged.collect()
}

/// Whether a minute says enough. The running one does with some requests, but for counts and for saturation.
fn can_judge(signal: GoldenSignal, point: &Point, now: Nanos) -> bool {
    let over_since = now.since(point.minute.plus(MINUTE_NS));
    if over_since >= 0 {
        return signal != GoldenSignal::Requests || over_since >= COUNTED_NS;
    }
    let of_shares = !matches!(signal, GoldenSignal::Requests | GoldenSignal::Saturation);
    of_shares && point.requests.is_some_and(|requests| requests >= ENOUGH)
}

#[cfg(test)]
mod tests {
    use query_api::SignalMinute;

    use super::*;

    fn minute(number: i64, requests: f64, errors: f64) -> SignalMinute {
        SignalMinute { minute_unix_nano: Nanos(number * MINUTE_NS), requests, errors, ..SignalMinute::default() }
    }

    /// Three hours of 100 requests without errors, then minutes as given.
    fn service(newest: &[(f64, f64)]) -> Signals {
        let calm = (0..180).map(|number| minute(number, 100.0, 0.0));
        let newest = newest.iter().zip(180..).map(|((requests, errors), number)| minute(number, *requests, *errors));
        Signals { service: "cart".to_owned(), minutes: calm.chain(newest).collect(), ..Signals::default() }
    }

    fn learned() -> Learned {
        let mut learned = Learned::default();
        let models = super::super::learned::fit_all(&service(&[]), &Default::default(), Nanos(180 * MINUTE_NS));
        learned.take("cart", models, Nanos(180 * MINUTE_NS));
        learned
    }

    fn newest_errors(watched: &Watched) -> Judgement {
        let newest = watched.newest();
        newest.into_iter().find(|(key, _)| key.1 == GoldenSignal::ErrorRatio).map(|(_, judged)| judged).unwrap()
    }

    #[test]
    fn the_running_minute_counts_once_it_has_requests() {
        let mut watched = Watched::default();
        let twenty_seconds_in = Nanos(181 * MINUTE_NS + MINUTE_NS / 3);
        watched.judge(&learned(), &[service(&[(100.0, 30.0), (19.0, 9.0)])], twenty_seconds_in);
        let judged = newest_errors(&watched);
        assert_eq!((judged.minute.0 / MINUTE_NS, judged.outside, judged.breached), (180, true, false));
        watched.judge(&learned(), &[service(&[(100.0, 30.0), (20.0, 9.0)])], twenty_seconds_in);
        let judged = newest_errors(&watched);
        assert_eq!((judged.minute.0 / MINUTE_NS, judged.outside, judged.breached), (181, true, true));
    }

    #[test]
    fn a_minute_is_stored_once_when_it_is_settled() {
        let mut watched = Watched::default();
        let (learned, signals) = (learned(), [service(&[(100.0, 30.0), (100.0, 40.0)])]);
        let settled = |watched: &mut Watched, seconds: i64| -> Vec<i64> {
            let settled = watched.judge(&learned, &signals, Nanos(seconds * 1_000_000_000));
            let errors = settled.iter().filter(|settled| settled.key.1 == GoldenSignal::ErrorRatio);
            errors.map(|settled| settled.judgement.minute.0 / MINUTE_NS).collect()
        };
        let end = 181 * 60;
        assert_eq!(settled(&mut watched, end + 50), [] as [i64; 0]);
        assert_eq!(settled(&mut watched, end + 60), [180]);
        assert_eq!(settled(&mut watched, end + 70), [] as [i64; 0]);
        assert_eq!(settled(&mut watched, end + 125), [181]);
    }
}
