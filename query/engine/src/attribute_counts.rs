//! How often attribute values occur among failing events and among those of a baseline.
//!
//! An event is a span; what marks a fault often stands on another span of its trace. So an event
//! has a value when any span of its trace has it, as an attribute of its own or of its resource:
//! each value once, however many spans have it. Failing events are the bad ones of the matter's
//! window, the baseline are the good ones of the baseline's, so that no event is in both.
//!
//! Bounds: [`EVENTS`] of each population are looked at, always the same ones (those whose trace ids
//! end lowest, which is random where ids are); the bounds of values are those of `tally`.

mod tally;

use std::collections::HashMap;
use std::str::FromStr;

use datafusion::scalar::ScalarValue;
use ingest_model::{Level, Nanos, TraceId, promoted};

use crate::Selection;
use crate::error::QueryError;
use crate::failure::micros;
use crate::read::{self, Columns};
use crate::selection::Selected;
use crate::session::{Session, Sessions};
use crate::windows::Windows;
pub(crate) use tally::CHARACTERS;
use tally::{Tally, Weight};

/// Events looked at, of each population.
const EVENTS: usize = 10_000;

/// How far outside of a window the spans of its traces start at most.
const APART_NS: i64 = 60 * 1_000_000_000;

/// Which events are compared, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttributeQuestion {
    /// Which spans are events, and which of those are good.
    pub events: Selection,
    /// The window of the matter and the one it is compared with.
    pub windows: Windows,
}

/// How many events of each population have a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttributeCount {
    /// The attribute's key.
    pub key: String,
    /// Its value: a text as it stands, anything else as JSON.
    pub value: String,
    /// Failing events that have it.
    pub failing: u64,
    /// Baseline events that have it.
    pub baseline: u64,
    /// The newest traces of failing events that have it, newest first; at most three.
    pub trace_ids: Vec<TraceId>,
}

/// What was counted. Counts are by key and value.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AttributeCounts {
    /// Failing events that were looked at.
    pub failing: u64,
    /// Failing events there are.
    pub failing_total: u64,
    /// Baseline events that were looked at.
    pub baseline: u64,
    /// Baseline events there are.
    pub baseline_total: u64,
    /// Values that may say why.
    pub counts: Vec<AttributeCount>,
    /// Values that say again that something failed, such as those of `error.type`: no causes.
    pub outcomes: Vec<AttributeCount>,
    /// Keys that were not counted, by name: their values are more than are kept.
    pub left_out: Vec<String>,
}

/// One population: its events, by trace.
#[derive(Debug, Default)]
struct Population {
    traces: HashMap<TraceId, (u64, Nanos)>,
    looked_at: u64,
    total: u64,
}

/// Counts the values.
///
/// # Errors
///
/// `BadRequest` for texts that are no SQL over spans, `ResourceLimit` where the values take more
/// memory than they may.
pub(crate) async fn count(sessions: &Sessions, question: &AttributeQuestion) -> Result<AttributeCounts, QueryError> {
    let session = sessions.open()?;
    let windows = &question.windows;
    let selected = Selected::of(&session, &question.events, windows).await?;
    let failing = population(&session, &selected, false, (windows.from, windows.to)).await?;
    let baseline = population(&session, &selected, true, (windows.baseline_from, windows.baseline_to)).await?;
    let mut tally = Tally::default();
    for (trace, (events, newest)) in &failing.traces {
        tally.trace(*trace, Weight { failing: *events, baseline: 0, newest: *newest });
    }
    for (trace, (events, _)) in &baseline.traces {
        tally.trace(*trace, Weight { failing: 0, baseline: *events, newest: Nanos(i64::MIN) });
    }
    if failing.looked_at > 0 {
        read_spans(&session, (windows.from, windows.to), &mut tally).await?;
    }
    if baseline.looked_at > 0 {
        read_spans(&session, (windows.baseline_from, windows.baseline_to), &mut tally).await?;
    }
    let (counts, left_out) = tally.counts();
    let (outcomes, counts) = counts.into_iter().partition(|count| is_outcome(&count.key));
    Ok(AttributeCounts {
        failing: failing.looked_at,
        failing_total: failing.total,
        baseline: baseline.looked_at,
        baseline_total: baseline.total,
        counts,
        outcomes,
        left_out,
    })
}

/// The good or the bad events of a window.
async fn population(
    session: &Session,
    selected: &Selected,
    good: bool,
    (from, to): (Nanos, Nanos),
) -> Result<Population, QueryError> {
    let mut population = Population::default();
    let which = if good { "good" } else { "NOT good" };
    let order = "right(trace_id, 14), trace_id, span_id, start_ns";
    let query = format!("SELECT * FROM ({}) AS events WHERE {which} ORDER BY {order} LIMIT {EVENTS}", selected.query);
    for batch in read::rows(session, &query, selected.values(from, to), EVENTS).await? {
        let columns = Columns::new(&batch);
        for row in 0..batch.num_rows() {
            let Ok(trace) = TraceId::from_str(&columns.text("trace_id", row)) else { continue };
            let (events, newest) = population.traces.entry(trace).or_insert((0, Nanos(i64::MIN)));
            *events += 1;
            *newest = (*newest).max(Nanos(columns.int("start_ns", row)));
            population.looked_at += 1;
        }
    }
    population.total = population.looked_at;
    if population.looked_at == EVENTS as u64 {
        let query = format!("SELECT count(*) AS events FROM ({}) AS events WHERE {which}", selected.query);
        for batch in read::rows(session, &query, selected.values(from, to), 1).await? {
            population.total = Columns::new(&batch).int("events", 0).unsigned_abs();
        }
    }
    Ok(population)
}

/// Tallies the attributes of all spans that belong to the chosen traces.
async fn read_spans(session: &Session, (from, to): (Nanos, Nanos), tally: &mut Tally) -> Result<(), QueryError> {
    let levels = [Level::Span, Level::Resource].map(promoted);
    let columns = levels.into_iter().flatten().map(|promoted| promoted.column).collect::<Vec<_>>().join(", ");
    let query = format!(
        "SELECT trace_id, attributes_rest, resource_attributes_rest, {columns}
         FROM stored.spans WHERE start_time >= $1 AND start_time < $2"
    );
    let values: Vec<ScalarValue> = [from.plus(-APART_NS), to.plus(APART_NS)].map(micros).into();
    read::each(session, &query, values, |batch| tally.add(&batch)).await
}

/// Whether a key says again what made the event fail.
pub(crate) fn is_outcome(key: &str) -> bool {
    const KEYS: [&str; 8] = [
        "error",
        "error.message",
        "error.type",
        "http.response.status_code",
        "http.status_code",
        "http.status_text",
        "grpc.error_message",
        "grpc.error_name",
    ];
    let rpc = key.starts_with("rpc.") && (key.ends_with("status_code") || key.contains(".error_"));
    KEYS.contains(&key) || rpc || key.starts_with("exception.") || key.starts_with("otel.status_")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_outcome_is_no_cause() {
        for key in ["error.type", "http.status_code", "rpc.grpc.status_code", "rpc.status_code", "exception.type"] {
            assert!(is_outcome(key), "{key}");
        }
        for key in ["http.route", "rpc.method", "service.version", "app.payment.provider", "errors"] {
            assert!(!is_outcome(key), "{key}");
        }
    }
}
