//! The newest traces, by their root spans.

use std::collections::HashMap;
use std::fmt::Write;

use datafusion::scalar::ScalarValue;
use ingest_model::{Nanos, TraceId};
use query_api::{TraceList, TraceQuestion, TraceSummary};

use crate::error::QueryError;
use crate::failure::START_NS;
use crate::read::{Columns, rows};
use crate::services::time_range;
use crate::session::{Session, Sessions};

/// Traces listed when the question names no number.
const DEFAULT: usize = 20;

/// Traces listed at most.
const MOST: usize = 1_000;

/// Answers the question from one snapshot.
///
/// # Errors
///
/// `BadRequest` when it asks for too many.
pub(crate) async fn list(sessions: &Sessions, question: &TraceQuestion) -> Result<TraceList, QueryError> {
    let limit = question.limit.unwrap_or(DEFAULT);
    if limit > MOST {
        return Err(QueryError::bad(format!("limit={limit} is too many"), format!("{MOST} is the most")));
    }
    let session = sessions.open()?;
    let mut traces = newest(&session, question, limit).await?;
    count(&session, &mut traces).await?;
    Ok(TraceList { traces, damaged_files: session.left_out() })
}

/// The newest root spans, one a trace. A trace may have several, repeats among them, so that one
/// look may find too few; each further look is four times as deep.
async fn newest(session: &Session, question: &TraceQuestion, limit: usize) -> Result<Vec<TraceSummary>, QueryError> {
    let (query, values) = roots(question);
    let mut depth = limit.saturating_mul(2);
    loop {
        let batches = rows(session, &format!("{query} LIMIT {depth}"), values.clone(), depth).await?;
        let mut traces: Vec<TraceSummary> = Vec::new();
        let mut seen = HashMap::new();
        for batch in &batches {
            let columns = Columns::new(batch);
            for root in (0..batch.num_rows()).filter_map(|row| root(&columns, row)) {
                seen.entry(root.trace_id).or_insert_with(|| traces.push(root));
            }
        }
        let found: usize = batches.iter().map(|batch| batch.num_rows()).sum();
        if traces.len() >= limit || found < depth {
            traces.truncate(limit);
            return Ok(traces);
        }
        depth = depth.saturating_mul(4);
    }
}

fn roots(question: &TraceQuestion) -> (String, Vec<ScalarValue>) {
    let mut query = format!(
        "SELECT trace_id, service_name, name, {START_NS} AS start_ns, duration_ns FROM stored.spans \
         WHERE parent_span_id IS NULL"
    );
    let mut values = Vec::new();
    if question.from.is_some() || question.to.is_some() {
        query.push_str(&format!(" AND start_time >= $1 AND start_time <= $2 AND {START_NS} >= $3 AND {START_NS} < $4"));
        values = time_range(question.from.unwrap_or(Nanos(i64::MIN)), question.to.unwrap_or(Nanos(i64::MAX)));
    }
    if let Some(service) = &question.service {
        values.push(ScalarValue::from(service.as_str()));
        query.push_str(&format!(" AND service_name = ${}", values.len()));
    }
    query.push_str(" ORDER BY start_time DESC, start_time_nanos DESC");
    (query, values)
}

fn root(columns: &Columns<'_>, row: usize) -> Option<TraceSummary> {
    Some(TraceSummary {
        trace_id: TraceId::from_bytes(columns.bytes("trace_id", row))?,
        service_name: columns.text("service_name", row),
        name: columns.text("name", row),
        start_time_unix_nano: Nanos(columns.int("start_ns", row)),
        duration_ns: columns.int("duration_ns", row),
        spans: 0,
        error_spans: 0,
        services: 0,
    })
}

/// Fills in how many spans, errors and services each trace has.
async fn count(session: &Session, traces: &mut [TraceSummary]) -> Result<(), QueryError> {
    if traces.is_empty() {
        return Ok(());
    }
    let mut query = "SELECT trace_id, count(*) AS spans, count(*) FILTER (WHERE status_code = 'ERROR') AS errors, \
                     count(DISTINCT service_name) AS services FROM stored.spans WHERE trace_id IN ("
        .to_owned();
    for place in 1..=traces.len() {
        let comma = if place == 1 { "" } else { ", " };
        let _written = write!(query, "{comma}${place}");
    }
    query.push_str(") GROUP BY trace_id");
    let ids = traces.iter().map(|trace| ScalarValue::BinaryView(Some(trace.trace_id.as_bytes().to_vec())));
    let batches = rows(session, &query, ids.collect(), traces.len()).await?;
    let mut by_id: HashMap<TraceId, &mut TraceSummary> =
        traces.iter_mut().map(|trace| (trace.trace_id, trace)).collect();
    for batch in &batches {
        let columns = Columns::new(batch);
        for row in 0..batch.num_rows() {
            let id = TraceId::from_bytes(columns.bytes("trace_id", row));
            if let Some(trace) = id.and_then(|id| by_id.get_mut(&id)) {
                trace.spans = columns.int("spans", row);
                trace.error_spans = columns.int("errors", row);
                trace.services = columns.int("services", row);
            }
        }
    }
    Ok(())
}
