//! `GET /api/v1/signals`: the golden signals of a service.

use ingest_model::Nanos;
use serde::{Deserialize, Serialize};

/// Which signals are asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignalsQuestion {
    /// The service, as `golden_signals` names it.
    pub service: String,
    /// Start of the range, inclusive; an hour before its end where it is left out.
    pub from: Option<Nanos>,
    /// End of the range, exclusive; where it is left out, just after the newest minute of the service.
    pub to: Option<Nanos>,
}

/// The golden signals of a service.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Signals {
    /// The service.
    pub service: String,
    /// Start of the range looked at, inclusive.
    pub from: Nanos,
    /// End of the range looked at, exclusive.
    pub to: Nanos,
    /// Whether requests are those others made of the service (kinds SERVER and CONSUMER). A service
    /// without such spans shows all it did.
    pub entries_only: bool,
    /// The minutes with a signal, in order.
    pub minutes: Vec<SignalMinute>,
    /// Its operations over the whole range, most requests first.
    pub operations: Vec<OperationSignals>,
    /// What was normal of each signal, and the minutes that were judged by it; none where nothing was learned yet.
    #[serde(default)]
    pub bands: Vec<SignalBand>,
}

/// The band of one signal of a service.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct SignalBand {
    /// `requests`, `error_ratio`, `latency_p50`, `latency_p95`, `latency_p99` or `saturation`.
    pub signal: String,
    /// How minutes of the past were grouped: `trailing`, `hour_of_day` or `hour_of_week`.
    pub model: String,
    /// Which rules made the model.
    pub version: u32,
    /// Start of the first minute it was learned from.
    pub trained_from: Nanos,
    /// End of the last minute it was learned from.
    pub trained_to: Nanos,
    /// Minutes it was learned from.
    pub samples: u32,
    /// The minutes of the range.
    pub minutes: Vec<BandMinute>,
}

/// What was expected of one minute: requests of a minute, a share from 0 to 1, or nanoseconds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct BandMinute {
    /// Start of the minute.
    pub minute_unix_nano: Nanos,
    /// The expected value.
    pub expected: f64,
    /// The smallest value that is normal.
    pub lower: f64,
    /// The largest value that is normal.
    pub upper: f64,
    /// Whether the value was outside on the side that counts.
    pub outside: bool,
    /// Whether enough of the last minutes were outside.
    pub breached: bool,
}

/// The signals of one minute.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct SignalMinute {
    /// Start of the minute.
    pub minute_unix_nano: Nanos,
    /// Requests; none where only saturation is known.
    pub requests: f64,
    /// Those that failed.
    pub errors: f64,
    /// Half of the requests took no longer, in nanoseconds.
    pub p50_ns: Option<f64>,
    /// 95 % of the requests took no longer, in nanoseconds.
    pub p95_ns: Option<f64>,
    /// 99 % of the requests took no longer, in nanoseconds.
    pub p99_ns: Option<f64>,
    /// Share of the scarcest resource in use, where metrics tell it.
    pub saturation: Option<f64>,
}

/// The signals of an operation.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct OperationSignals {
    /// The span's name; empty where there is none.
    pub operation: String,
    /// The span's kind.
    pub kind: String,
    /// Requests.
    pub requests: f64,
    /// Those that failed.
    pub errors: f64,
    /// Half of them took no longer, in nanoseconds.
    pub p50_ns: Option<f64>,
    /// 95 % of them took no longer, in nanoseconds.
    pub p95_ns: Option<f64>,
    /// 99 % of them took no longer, in nanoseconds.
    pub p99_ns: Option<f64>,
}
