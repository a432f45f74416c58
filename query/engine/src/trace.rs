//! Traces: one by its id, whole, and the newest as a list.
//!
//! A trace is read whole before a word of it is told: its rows lie in memory as they are stored, counted as the question's,
//! then order, repeats, orphans, skew and critical path are found on them (`whole`). Nothing that follows can fail. What is
//! told is made of one row at a time: a value for those who work with it, or JSON piece by piece for those who read it
//! (`pieces`).

pub(crate) mod critical_path;
mod fold;
mod held;
mod list;
mod origins;
mod pieces;
mod read;
mod rows;
pub(crate) mod tree;
mod whole;

use std::sync::Arc;
use std::time::Instant;

use ingest_model::{Signal, TraceId};
use query_api::{ErrorKind, Trace};
use tokio_util::task::AbortOnDropHandle;

use crate::error::QueryError;
use crate::session::Sessions;
use held::Held;
pub(crate) use list::list;
pub(crate) use pieces::Pieces;
use whole::WholeTrace;

/// Stored rows of a trace of each signal that are made values of, or rows of SQL, at most: those are not counted as memory.
pub(crate) const MOST: usize = 250_000;

/// The whole trace; `None` when neither a span nor a log record has its id.
///
/// # Errors
///
/// As [`pieces()`], and `ResourceLimit` when the trace has more than [`MOST`] rows of a signal.
pub(crate) async fn trace(sessions: &Sessions, trace_id: TraceId) -> Result<Option<Trace>, QueryError> {
    let Some(whole) = whole(sessions, trace_id).await? else { return Ok(None) };
    if whole.rows() > MOST {
        let message = format!("the trace has more than {MOST} rows");
        let hint = "GET /api/v1/traces/{trace_id} tells traces of any number of rows; or ask for a part of it with SQL";
        return Err(QueryError::new(ErrorKind::ResourceLimit, message, hint));
    }
    Ok(Some(whole.into_value()))
}

/// The whole trace as pieces of JSON; `None` when neither a span nor a log record has its id.
///
/// # Errors
///
/// `ResourceLimit` when the trace does not fit into the memory of a question, `Unavailable` when it was not found and not
/// all files could be read.
pub(crate) async fn pieces(sessions: &Sessions, trace_id: TraceId) -> Result<Option<Pieces>, QueryError> {
    Ok(whole(sessions, trace_id).await?.map(Pieces::new))
}

async fn whole(sessions: &Sessions, trace_id: TraceId) -> Result<Option<WholeTrace>, QueryError> {
    let started = Instant::now();
    let unplanned = sessions.unplanned();
    let held = Arc::new(Held::new(unplanned.memory("a trace"), unplanned.asked().limits().memory_bytes));
    let [spans, logs] = [Signal::Traces, Signal::Logs].map(|signal| unplanned.table_of(signal));
    // Each on a thread of its own.
    let counted = Arc::clone(&held);
    let logs = async move { logs.lean_of_trace(trace_id, &|bytes| counted.take(bytes)).await };
    let logs = AbortOnDropHandle::new(tokio::spawn(logs));
    let spans = spans.lean_of_trace(trace_id, &|bytes| held.take(bytes)).await?;
    let logs = logs.await.map_err(|error| QueryError::internal(&error))??;
    let left_out = unplanned.left_out();
    match WholeTrace::new(trace_id, &spans, &logs, &held)? {
        Some(whole) => {
            let elapsed_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
            Ok(Some(whole.with_reading(left_out, unplanned.stats(elapsed_ms))))
        }
        None => nothing(&left_out),
    }
}

/// That there is no such trace can be said only when all was read.
fn nothing<T>(left_out: &[String]) -> Result<Option<T>, QueryError> {
    if left_out.is_empty() {
        return Ok(None);
    }
    let message = format!("the trace was not found, but {} files or tables cannot be read now", left_out.len());
    Err(QueryError::new(ErrorKind::Unavailable, message, "ask again later; the server's log says what cannot be read"))
}
