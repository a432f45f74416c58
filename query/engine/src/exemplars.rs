//! Traces that show what is wrong.

use std::collections::{HashMap, HashSet};
use std::fmt::Write;
use std::str::FromStr;

use datafusion::scalar::ScalarValue;
use ingest_model::{Nanos, SpanId, TraceId};

use crate::AttributeQuestion;
use crate::error::QueryError;
use crate::failure::{FAILED, micros};
use crate::read::{self, Columns};
use crate::selection::Selected;
use crate::session::{Session, Sessions};

/// Exemplars told at most.
const MOST: usize = 5;

/// The newest bad events exemplars are chosen from.
const CANDIDATES: usize = 100;

/// Failing spans and log records of the candidates that are read at most; a trace beyond that counts
/// as one without.
const ROWS: usize = 100_000;

/// How far outside of the window the spans and log records of its traces lie at most.
const APART_NS: i64 = 60 * 1_000_000_000;

/// A bad event.
#[derive(Debug, Clone, Copy)]
struct Candidate {
    trace: TraceId,
    span: Option<SpanId>,
}

/// The traces of the newest bad events, at most `limit` and [`MOST`]: first those in which another
/// span failed further down and a log record tells of it, then those in which one failed, then the
/// others; each newest first.
///
/// # Errors
///
/// `BadRequest` for texts that are no SQL over spans.
pub(crate) async fn exemplars(
    sessions: &Sessions,
    question: &AttributeQuestion,
    limit: usize,
) -> Result<Vec<TraceId>, QueryError> {
    let session = sessions.open()?;
    let windows = &question.windows;
    let selected = Selected::of(&session, &question.events, windows).await?;
    let mut candidates = newest(&session, &selected, windows.from, windows.to).await?;
    let failed = failed(&session, &candidates, windows.from, windows.to).await?;
    let logged = logged(&session, &candidates, windows.from, windows.to).await?;
    // A stable sort, so that the newest stay first among equals.
    candidates.sort_by_key(|candidate| {
        let mut deeper =
            failed.get(&candidate.trace).into_iter().flatten().filter(|span| Some(**span) != candidate.span).peekable();
        match (deeper.peek().is_some(), deeper.any(|span| logged.contains(&(candidate.trace, *span)))) {
            (_, true) => 0,
            (true, false) => 1,
            (false, false) => 2,
        }
    });
    Ok(candidates.into_iter().map(|candidate| candidate.trace).take(limit.min(MOST)).collect())
}

/// The newest bad events, one a trace.
async fn newest(session: &Session, selected: &Selected, from: Nanos, to: Nanos) -> Result<Vec<Candidate>, QueryError> {
    let query = format!(
        "SELECT * FROM ({}) AS events WHERE NOT good ORDER BY start_ns DESC, trace_id, span_id LIMIT {CANDIDATES}",
        selected.query
    );
    let (mut candidates, mut seen) = (Vec::new(), HashSet::new());
    for batch in read::rows(session, &query, selected.values(from, to), CANDIDATES).await? {
        let columns = Columns::new(&batch);
        for row in 0..batch.num_rows() {
            let Ok(trace) = TraceId::from_str(&columns.text("trace_id", row)) else { continue };
            let span = SpanId::from_str(&columns.text("span_id", row)).ok();
            if seen.insert(trace) {
                candidates.push(Candidate { trace, span });
            }
        }
    }
    Ok(candidates)
}

/// The spans with a parent that failed, by trace.
async fn failed(
    session: &Session,
    candidates: &[Candidate],
    from: Nanos,
    to: Nanos,
) -> Result<HashMap<TraceId, Vec<SpanId>>, QueryError> {
    let filter = format!("start_time >= $1 AND start_time < $2 AND parent_span_id IS NOT NULL AND {FAILED}");
    let mut failed: HashMap<TraceId, Vec<SpanId>> = HashMap::new();
    for (trace, span) in ids(session, "spans", &filter, candidates, from, to).await? {
        failed.entry(trace).or_default().push(span);
    }
    Ok(failed)
}

/// The spans log records tell of.
async fn logged(
    session: &Session,
    candidates: &[Candidate],
    from: Nanos,
    to: Nanos,
) -> Result<HashSet<(TraceId, SpanId)>, QueryError> {
    let found = ids(session, "logs", "time >= $1 AND time < $2", candidates, from, to).await?;
    Ok(found.into_iter().collect())
}

/// The ids of a table's rows that belong to the candidates' traces.
async fn ids(
    session: &Session,
    table: &str,
    filter: &str,
    candidates: &[Candidate],
    from: Nanos,
    to: Nanos,
) -> Result<Vec<(TraceId, SpanId)>, QueryError> {
    if candidates.is_empty() {
        return Ok(Vec::new());
    }
    let mut query = format!(
        "SELECT DISTINCT trace_id, span_id FROM stored.{table} WHERE {filter} AND span_id IS NOT NULL AND trace_id IN ("
    );
    let mut values: Vec<ScalarValue> = [from.plus(-APART_NS), to.plus(APART_NS)].map(micros).into();
    for candidate in candidates {
        values.push(ScalarValue::BinaryView(Some(candidate.trace.as_bytes().to_vec())));
        let comma = if values.len() == 3 { "" } else { ", " };
        let _written = write!(query, "{comma}${}", values.len());
    }
    let _written = write!(query, ") LIMIT {ROWS}");
    let mut found = Vec::new();
    for batch in read::rows(session, &query, values, ROWS).await? {
        let columns = Columns::new(&batch);
        found.extend((0..batch.num_rows()).filter_map(|row| {
            let trace = TraceId::from_bytes(columns.bytes("trace_id", row))?;
            Some((trace, SpanId::from_bytes(columns.bytes("span_id", row))?))
        }));
    }
    Ok(found)
}
