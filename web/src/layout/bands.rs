//! The bands of golden signals, looked up by signal and minute.

use std::collections::BTreeSet;

use ingest_model::Nanos;
use query_api::{BandMinute, SignalBand};

/// How many times the highest value a band may reach before it is cut off: a wide band must not flatten the line.
const ROOM: f64 = 3.0;

/// Every band of a chart.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Bands(Vec<SignalBand>);

// === impl Bands ===

impl Bands {
    /// Those of `bands` that belong to one of `signals`.
    pub(crate) fn of(bands: &[SignalBand], signals: &[&str]) -> Self {
        Self(bands.iter().filter(|band| signals.contains(&band.signal.as_str())).cloned().collect())
    }

    /// Whether nothing was learned.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The minutes of a signal; none where nothing was learned of it.
    pub(crate) fn minutes(&self, signal: &str) -> &[BandMinute] {
        self.0.iter().find(|band| band.signal == signal).map_or(&[], |band| &band.minutes)
    }

    /// What was expected of a signal in a minute.
    pub(crate) fn at(&self, signal: &str, minute: Nanos) -> Option<BandMinute> {
        let minutes = self.minutes(signal);
        let index = minutes.binary_search_by_key(&minute, |known| known.minute_unix_nano).ok()?;
        minutes.get(index).copied()
    }

    /// The minutes in which a signal was breached, in order.
    pub(crate) fn breached(&self) -> BTreeSet<Nanos> {
        let minutes = self.0.iter().flat_map(|band| &band.minutes);
        minutes.filter(|minute| minute.breached).map(|minute| minute.minute_unix_nano).collect()
    }

    /// How high a chart has to be that shows values up to `highest` within their bands.
    pub(crate) fn highest(&self, highest: f64) -> f64 {
        let uppers = self.0.iter().flat_map(|band| &band.minutes).map(|minute| minute.upper);
        let upper = uppers.filter(|upper| upper.is_finite()).fold(0.0, f64::max);
        if highest > 0.0 { highest.max(upper.min(highest * ROOM)) } else { upper }
    }

    /// The bands by how they were learned: those that were learned alike stand together.
    pub(crate) fn alike(&self) -> Vec<Vec<&SignalBand>> {
        let mut groups: Vec<Vec<&SignalBand>> = Vec::new();
        for band in &self.0 {
            let learned = |band: &SignalBand| {
                (band.model.clone(), band.version, band.trained_from, band.trained_to, band.samples)
            };
            match groups.iter_mut().find(|group| group.first().is_some_and(|first| learned(first) == learned(band))) {
                Some(group) => group.push(band),
                None => groups.push(vec![band]),
            }
        }
        groups
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn band(signal: &str, samples: u32, uppers: &[(i64, f64, bool)]) -> SignalBand {
        let minute = |(minute, upper, breached): &(i64, f64, bool)| BandMinute {
            minute_unix_nano: Nanos(*minute),
            upper: *upper,
            breached: *breached,
            ..BandMinute::default()
        };
        SignalBand {
            signal: signal.to_owned(),
            samples,
            minutes: uppers.iter().map(minute).collect(),
            ..SignalBand::default()
        }
    }

    fn sample() -> Bands {
        let all = [
            band("requests", 5, &[(0, 9.0, false)]),
            band("latency_p50", 7, &[(0, 1.0, false), (60, 2.0, true)]),
            band("latency_p95", 7, &[(0, 40.0, true)]),
            band("latency_p99", 8, &[]),
        ];
        Bands::of(&all, &["latency_p50", "latency_p95", "latency_p99"])
    }

    #[test]
    fn a_minute_is_found_in_the_band_of_its_signal_only() {
        let bands = sample();
        assert_eq!(bands.at("latency_p50", Nanos(60)).map(|minute| minute.upper), Some(2.0));
        assert_eq!(bands.at("latency_p95", Nanos(60)), None);
        assert_eq!(bands.at("requests", Nanos(0)), None);
        assert_eq!(bands.breached().into_iter().collect::<Vec<_>>(), [Nanos(0), Nanos(60)]);
    }

    #[test]
    fn a_wide_band_does_not_flatten_the_line() {
        assert_eq!(sample().highest(30.0), 40.0);
        assert_eq!(sample().highest(10.0), 30.0);
        assert_eq!(sample().highest(90.0), 90.0);
        assert_eq!(sample().highest(0.0), 40.0);
        assert_eq!(Bands::default().highest(2.0), 2.0);
    }

    #[test]
    fn bands_that_were_learned_alike_stand_together() {
        let bands = sample();
        let names: Vec<Vec<&str>> =
            bands.alike().iter().map(|group| group.iter().map(|band| band.signal.as_str()).collect()).collect();
        assert_eq!(names, [vec!["latency_p50", "latency_p95"], vec!["latency_p99"]]);
    }
}
