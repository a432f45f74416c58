//! What points of a metric add: increases that know temporality, resets and gaps.
//!
//! The rules are those of OpenTelemetry's metrics data model ("Resets and gaps"): a point of differences adds its value;
//! a sum adds what it is above the point before, and all of it where its start is new or its value is less. Where the
//! point before is missing or more than [`GAP_NS`] older, a sum adds what it has only if it began within that time;
//! otherwise nobody knows what it adds, or when.

mod functions;
pub(crate) mod table;

use std::sync::{Arc, LazyLock};

use datafusion::logical_expr::WindowUDF;

pub(crate) use functions::What;

/// How much older the point before may be, in nanoseconds.
pub(crate) const GAP_NS: i64 = 15 * 60 * 1_000_000_000;

/// A point of a series.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Point {
    /// Its value, or its count; `None` for a point without a recorded value, which ends its series.
    pub(crate) value: Option<f64>,
    /// When it was measured, in nanoseconds since 1970.
    pub(crate) time: i64,
    /// When its interval began; `None` where nobody knows.
    pub(crate) start: Option<i64>,
    /// Whether it counts since the point before, rather than since its start.
    pub(crate) is_delta: bool,
}

/// What a point adds, and in how many nanoseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    /// Nobody knows.
    Unknown,
    /// Nothing: it repeats the point before.
    Nothing,
    /// All of its value.
    Whole { nanos: Option<i64> },
    /// What it is above the point before.
    Difference { nanos: Option<i64> },
}

/// What a point adds after the one before.
pub(crate) fn step(before: Option<Point>, now: Point) -> Step {
    let Some(value) = now.value else { return Step::Unknown };
    let is_near =
        |before: &Point| before.value.is_some() && (0..=GAP_NS).contains(&(now.time.saturating_sub(before.time)));
    let before = before.filter(is_near);
    let elapsed = before.map(|before| now.time - before.time).filter(|nanos| *nanos > 0);
    let since_start = now.start.map(|start| now.time.saturating_sub(start)).filter(|nanos| *nanos > 0);
    if before == Some(now) {
        return Step::Nothing;
    }
    if now.is_delta {
        return Step::Whole { nanos: since_start.or(elapsed) };
    }
    let Some(before) = before else {
        return match since_start.filter(|nanos| *nanos <= GAP_NS) {
            Some(nanos) => Step::Whole { nanos: Some(nanos) },
            None => Step::Unknown,
        };
    };
    let is_new = before.start.zip(now.start).is_some_and(|(then, start)| start > then);
    if is_new {
        Step::Whole { nanos: since_start.or(elapsed) }
    } else if before.value.is_some_and(|before| value < before) {
        Step::Whole { nanos: elapsed }
    } else {
        Step::Difference { nanos: elapsed }
    }
}

/// The window function of what a point adds.
pub(crate) fn function(what: What) -> Arc<WindowUDF> {
    static UDFS: LazyLock<[Arc<WindowUDF>; 3]> =
        LazyLock::new(|| What::ALL.map(|what| Arc::new(WindowUDF::new_from_impl(functions::Adds::new(what)))));
    Arc::clone(&UDFS[what as usize])
}

#[cfg(test)]
mod tests;
