//! From the signals of a service to series of one number a minute.

use ingest_model::Nanos;
use query_api::{SignalMinute, Signals};
use query_baseline::{GoldenSignal, Point};

use super::MINUTE_NS;

/// The signals that are judged.
pub(crate) const JUDGED: [GoldenSignal; 6] = [
    GoldenSignal::Requests,
    GoldenSignal::ErrorRatio,
    GoldenSignal::LatencyP50,
    GoldenSignal::LatencyP95,
    GoldenSignal::LatencyP99,
    GoldenSignal::Saturation,
];

/// The name of a signal in answers and tables.
pub(crate) const fn name(signal: GoldenSignal) -> &'static str {
    match signal {
        GoldenSignal::Requests => "requests",
        GoldenSignal::ErrorRatio => "error_ratio",
        GoldenSignal::LatencyP50 => "latency_p50",
        GoldenSignal::LatencyP95 => "latency_p95",
        GoldenSignal::LatencyP99 => "latency_p99",
        GoldenSignal::Saturation => "saturation",
        GoldenSignal::Value => "value",
    }
}

/// The signal of a name.
pub(crate) fn of_name(text: &str) -> Option<GoldenSignal> {
    GoldenSignal::ALL.into_iter().find(|signal| name(*signal) == text)
}

/// The unit people read a signal in, and how many of its own units make one.
pub(crate) const fn unit(signal: GoldenSignal) -> (&'static str, f64) {
    match signal {
        GoldenSignal::LatencyP50 | GoldenSignal::LatencyP95 | GoldenSignal::LatencyP99 => ("ms", 1e6),
        GoldenSignal::ErrorRatio | GoldenSignal::Saturation => ("%", 0.01),
        GoldenSignal::Requests | GoldenSignal::Value => ("", 1.0),
    }
}

/// The value of a signal in a minute; `None` where it has none.
pub(super) fn point(signal: GoldenSignal, minute: &SignalMinute) -> Option<Point> {
    let requests = minute.requests;
    let value = match signal {
        GoldenSignal::Requests => Some(requests),
        GoldenSignal::ErrorRatio => (requests > 0.0).then(|| (minute.errors / requests).min(1.0)),
        GoldenSignal::LatencyP50 => minute.p50_ns,
        GoldenSignal::LatencyP95 => minute.p95_ns,
        GoldenSignal::LatencyP99 => minute.p99_ns,
        GoldenSignal::Saturation => minute.saturation,
        GoldenSignal::Value => None,
    };
    let requests = (signal != GoldenSignal::Saturation).then_some(requests.round() as u64);
    value.map(|value| Point { minute: minute.minute_unix_nano, value, requests })
}

/// The points of a signal before `to`. A minute without requests between two with some counts as none; other
/// signals have gaps there.
pub(super) fn points(signals: &Signals, signal: GoldenSignal, to: Nanos) -> Vec<Point> {
    let mut points: Vec<Point> = Vec::new();
    for found in signals.minutes.iter().filter_map(|minute| point(signal, minute)) {
        if signal == GoldenSignal::Requests {
            fill(&mut points, found.minute);
        }
        points.push(found);
    }
    if signal == GoldenSignal::Requests {
        fill(&mut points, to);
    }
    points.retain(|point| point.minute < to);
    points
}

/// Adds the minutes without requests between the last point and `until`.
fn fill(points: &mut Vec<Point>, until: Nanos) {
    let Some(last) = points.last().map(|point| point.minute) else { return };
    let next = |minute: &Nanos| Some(minute.plus(MINUTE_NS));
    let silent = std::iter::successors(next(&last), next).take_while(|minute| *minute < until);
    points.extend(silent.map(|minute| Point { minute, value: 0.0, requests: Some(0) }));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn minute(number: i64, requests: f64, errors: f64) -> SignalMinute {
        let minute_unix_nano = Nanos(number * MINUTE_NS);
        SignalMinute { minute_unix_nano, requests, errors, p95_ns: Some(2e6), ..SignalMinute::default() }
    }

    #[test]
    fn silence_is_no_requests_but_no_other_value() {
        let signals = Signals { minutes: vec![minute(10, 50.0, 1.0), minute(13, 40.0, 0.0)], ..Signals::default() };
        let values = |signal| {
            let points = points(&signals, signal, Nanos(16 * MINUTE_NS));
            points.iter().map(|point| (point.minute.0 / MINUTE_NS, point.value)).collect::<Vec<_>>()
        };
        let expected = [(10, 50.0), (11, 0.0), (12, 0.0), (13, 40.0), (14, 0.0), (15, 0.0)];
        assert_eq!(values(GoldenSignal::Requests), expected);
        assert_eq!(values(GoldenSignal::ErrorRatio), [(10, 0.02), (13, 0.0)]);
        assert_eq!(values(GoldenSignal::LatencyP95), [(10, 2e6), (13, 2e6)]);
        assert_eq!(values(GoldenSignal::Saturation), []);
    }

    #[test]
    fn every_judged_signal_reads_back_from_its_name() {
        for signal in JUDGED {
            assert_eq!(of_name(name(signal)), Some(signal));
        }
    }
}
