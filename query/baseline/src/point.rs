//! One minute of a series.

use ingest_model::Nanos;
use serde::{Deserialize, Serialize};

/// Nanoseconds of a minute.
pub(crate) const MINUTE_NS: i64 = 60_000_000_000;

/// Nanoseconds of an hour.
pub(crate) const HOUR_NS: i64 = 60 * MINUTE_NS;

/// The value of a golden signal in one minute. A minute without a point is a gap: nothing is known of it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Point {
    /// Start of the minute.
    pub minute: Nanos,
    /// The value, in the unit of the series; a ratio lies in 0 to 1.
    pub value: f64,
    /// Requests of the minute, for ratios and latencies: how much the value can be trusted. `None` when unknown.
    pub requests: Option<u64>,
}

// === impl Point ===

impl Point {
    /// The first moment after the minute.
    pub(crate) const fn end(&self) -> Nanos {
        self.minute.plus(MINUTE_NS)
    }
}
