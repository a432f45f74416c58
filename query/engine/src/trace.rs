//! Traces: one by its id, whole, and the newest as a list.

pub(crate) mod critical_path;
mod fold;
mod list;
mod read;
pub(crate) mod tree;

use std::time::Instant;

use ingest_model::{Nanos, Signal, TraceId};
use query_api::{ErrorKind, PathSegment, Span, Trace};
use tokio_util::task::AbortOnDropHandle;

use crate::error::QueryError;
use crate::session::Sessions;
pub(crate) use list::list;
use tree::{Family, Interval};

/// Stored rows of a trace that are read at most, of each signal.
pub(crate) const MOST: usize = 250_000;

/// The whole trace; `None` when neither a span nor a log record has its id.
///
/// # Errors
///
/// `ResourceLimit` when the trace has more rows than can be answered at once, `Unavailable` when it was not found and not
/// all files could be read.
pub(crate) async fn trace(sessions: &Sessions, trace_id: TraceId) -> Result<Option<Trace>, QueryError> {
    let started = Instant::now();
    let session = sessions.open()?;
    let [spans, logs] = [Signal::Traces, Signal::Logs].map(|signal| session.table_of(signal));
    // Each on a thread of its own.
    let logs = AbortOnDropHandle::new(tokio::spawn(async move { logs.of_trace(trace_id, MOST).await }));
    let spans = spans.of_trace(trace_id, MOST).await?;
    let logs = logs.await.map_err(|error| QueryError::internal(&error))??;
    let (spans, logs) = (fold::fold(std::slice::from_ref(&spans))?, fold::fold(std::slice::from_ref(&logs))?);
    if spans.rows.is_empty() && logs.rows.is_empty() {
        return nothing(&session.left_out());
    }
    let mut origins = read::Origins::default();
    let mut read_spans = read::spans(&session.state, &spans, &mut origins)?;
    let read_logs = read::logs(&session.state, &logs, &mut origins)?;
    let critical_path = mark(&mut read_spans);
    let times = read_spans.iter().flat_map(|span| [span.start_time_unix_nano, end(span)]);
    let times: Vec<Nanos> =
        times.chain(read_logs.iter().filter(|_| read_spans.is_empty()).map(|log| log.time_unix_nano)).collect();
    Ok(Some(Trace {
        trace_id,
        start_time_unix_nano: times.iter().min().copied().unwrap_or_default(),
        end_time_unix_nano: times.iter().max().copied().unwrap_or_default(),
        critical_path,
        spans: read_spans,
        logs: read_logs,
        resources: origins.resources.into_values(),
        scopes: origins.scopes.into_values(),
        repeated_spans: spans.repeated,
        repeated_logs: logs.repeated,
        damaged_files: session.left_out(),
        stats: session.tally().stats(u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX)),
    }))
}

/// That there is no such trace can be said only when all was read.
fn nothing(left_out: &[String]) -> Result<Option<Trace>, QueryError> {
    if left_out.is_empty() {
        return Ok(None);
    }
    let message = format!("the trace was not found, but {} files or tables cannot be read now", left_out.len());
    Err(QueryError::new(ErrorKind::Unavailable, message, "ask again later; the server's log says what cannot be read"))
}

fn end(span: &Span) -> Nanos {
    span.start_time_unix_nano.plus(span.duration_ns)
}

/// Marks what is broken in the structure of a trace, and finds its critical path.
fn mark(spans: &mut [Span]) -> Vec<PathSegment> {
    let intervals = spans.iter().map(|span| Interval {
        id: span.span_id,
        parent: span.parent_span_id,
        start: span.start_time_unix_nano,
        end: end(span),
    });
    let intervals: Vec<_> = intervals.collect();
    let family = Family::of(&intervals);
    for (span, place) in spans.iter_mut().zip(tree::places(&intervals, &family)) {
        span.is_orphan = place.is_orphan;
        span.is_skewed = place.is_skewed;
        span.outside_parent_ns = place.outside_parent_ns;
    }
    critical_path::critical_path(&intervals, &family)
}
