//! What was measured of services, and the series it makes.

use std::collections::{BTreeMap, BTreeSet};

use super::{SeriesSignal, ServiceSeries};

/// The minutes of every service, by name and start.
#[derive(Debug, Default)]
pub(super) struct Services(BTreeMap<String, BTreeMap<i64, Minute>>);

/// What one service did in one minute.
#[derive(Debug, Default)]
pub(super) struct Minute {
    pub(super) spans: f64,
    pub(super) entries: f64,
    pub(super) self_ns: f64,
    pub(super) own_errors: f64,
    /// What others asked of it.
    pub(super) entry: Part,
    /// What it did besides.
    pub(super) other: Part,
    pub(super) saturation: Option<f64>,
}

/// Golden signals of some of its spans.
#[derive(Debug, Default)]
pub(super) struct Part {
    pub(super) requests: f64,
    pub(super) errors: f64,
    pub(super) spans: f64,
    pub(super) duration_ns: f64,
}

// === impl Services ===

impl Services {
    /// The minute of a service that starts at `start_ns`.
    pub(super) fn at(&mut self, service: String, start_ns: i64) -> &mut Minute {
        self.0.entry(service).or_default().entry(start_ns).or_default()
    }

    fn of(&self, service: &str) -> impl Iterator<Item = &Minute> {
        self.0.get(service).into_iter().flat_map(BTreeMap::values)
    }
}

// === impl Minute ===

impl Minute {
    /// The value of a signal; `None` where nothing happened that could have one.
    fn value(&self, signal: SeriesSignal, entries_only: bool) -> Option<f64> {
        let part = if entries_only { &self.entry } else { &self.other };
        let requests = if entries_only { self.entries } else { self.spans };
        match signal {
            SeriesSignal::SelfTime => ratio(self.self_ns, requests),
            SeriesSignal::OwnErrors => ratio(self.own_errors, self.spans),
            SeriesSignal::Saturation => self.saturation,
            SeriesSignal::Latency => ratio(part.duration_ns, part.spans),
            SeriesSignal::Errors => ratio(part.errors, part.requests),
        }
    }
}

fn ratio(sum: f64, count: f64) -> Option<f64> {
    (count > 0.0).then_some(sum / count)
}

/// The series of every service that has a value in either window, by service and signal. A service
/// that was asked anything in either window is measured by what it was asked.
pub(super) fn series(baseline: &Services, fault: &Services) -> Vec<ServiceSeries> {
    let names: BTreeSet<&String> = baseline.0.keys().chain(fault.0.keys()).collect();
    let mut series = Vec::new();
    for service in names.into_iter().filter(|name| !name.is_empty()) {
        let entries_only = baseline.of(service).chain(fault.of(service)).any(|minute| minute.entries > 0.0);
        for signal in [
            SeriesSignal::SelfTime,
            SeriesSignal::OwnErrors,
            SeriesSignal::Saturation,
            SeriesSignal::Latency,
            SeriesSignal::Errors,
        ] {
            let values = |services: &Services| -> Vec<f64> {
                services.of(service).filter_map(|minute| minute.value(signal, entries_only)).collect()
            };
            let one =
                ServiceSeries { service: service.clone(), signal, baseline: values(baseline), fault: values(fault) };
            if !(one.baseline.is_empty() && one.fault.is_empty()) {
                series.push(one);
            }
        }
    }
    series
}
