//! A service with a day's season, minute by minute: Poisson requests, lognormal latencies, binomial errors.

use ingest_model::Nanos;
use query_baseline::{GoldenSignal, Point};

use crate::random::Random;

/// Nanoseconds of a minute.
pub(crate) const MINUTE_NS: i64 = 60_000_000_000;

/// Minutes of a day.
pub(crate) const DAY: i64 = 1_440;

/// Thursday, 2026-11-05 00:00 UTC.
const EPOCH: i64 = 1_793_836_800_000_000_000;

/// Spread of the logarithm of a single latency.
const SIGMA: f64 = 0.6;

/// What is going on.
#[derive(Debug, Clone, Copy)]
pub(crate) struct World {
    /// Mean requests per minute over the day.
    pub(crate) requests: f64,
    /// Share of requests that fail.
    pub(crate) errors: f64,
    /// Latencies are multiplied by this.
    pub(crate) slow: f64,
}

/// An ordinary day.
pub(crate) const CALM: World = World { requests: 120.0, errors: 0.01, slow: 1.0 };

/// Start of a minute, counted from the beginning.
pub(crate) const fn at(minute: i64) -> Nanos {
    Nanos(EPOCH + minute * MINUTE_NS)
}

/// The share of the usual load at a minute: half at night, half more by day.
fn season(minute: i64) -> f64 {
    1.0 + 0.5 * (std::f64::consts::TAU * minute as f64 / DAY as f64).sin()
}

/// One minute of a signal; `None` when there was no request to measure.
pub(crate) fn point(signal: GoldenSignal, minute: i64, world: World, random: &mut Random) -> Option<Point> {
    let load = season(minute);
    let requests = random.poisson(world.requests * load);
    let latency = |q: f64, random: &mut Random| {
        let busy = 1.0 + 0.2 * (load - 1.0);
        0.05 * busy * world.slow * (SIGMA * random.normal_quantile_of(requests.max(1), q)).exp()
    };
    let value = match signal {
        GoldenSignal::Requests => requests as f64,
        GoldenSignal::ErrorRatio => random.binomial(requests, world.errors) as f64 / requests.max(1) as f64,
        GoldenSignal::LatencyP50 => latency(0.5, random),
        GoldenSignal::LatencyP95 => latency(0.95, random),
        GoldenSignal::LatencyP99 => latency(0.99, random),
        GoldenSignal::Saturation => 0.4 * load + 0.02 * random.normal(),
        GoldenSignal::Value => load + 0.1 * random.normal(),
    };
    let measured = requests > 0 || signal == GoldenSignal::Requests;
    measured.then_some(Point { minute: at(minute), value: value.max(0.0), requests: Some(requests) })
}

/// The minutes `from..to` of a signal.
pub(crate) fn stretch(signal: GoldenSignal, from: i64, to: i64, world: World, random: &mut Random) -> Vec<Point> {
    (from..to).filter_map(|minute| point(signal, minute, world, random)).collect()
}
