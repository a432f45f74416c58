//! `suspects('from', 'to')`: which services are to blame, and what speaks against them.

use std::sync::Arc;

use arrow::array::{ArrayRef, Float64Array, Int64Array, StringArray};
use arrow::record_batch::RecordBatch;
use ingest_model::Nanos;
use query_cause::{Finding, Suspect};

use crate::error::QueryError;
use crate::session::Session;
use crate::suspects;
use crate::windows::Windows;

/// The baseline where none is named: the hour before.
const BEFORE_NS: i64 = 60 * 60 * 1_000_000_000;

/// A row of the answer.
struct Row<'a> {
    place: usize,
    suspect: &'a Suspect,
    finding: Option<&'a Finding>,
}

/// One row a finding, suspects from the most suspicious on; one without a finding where nothing speaks against a service.
///
/// # Errors
///
/// `BadRequest` for a window that is empty.
pub(super) async fn rows(
    session: &Session,
    (from, to): (Nanos, Nanos),
    baseline: Option<(Nanos, Nanos)>,
) -> Result<RecordBatch, QueryError> {
    let (baseline_from, baseline_to) = baseline.unwrap_or_else(|| (from.plus(-BEFORE_NS), from));
    if from >= to || baseline_from >= baseline_to {
        return Err(QueryError::bad("a window of suspects is empty", "write its start before its end"));
    }
    let found = suspects::of_session(session, &Windows { from, to, baseline_from, baseline_to }).await?;
    let mut rows = Vec::new();
    for (index, suspect) in found.services.iter().enumerate() {
        let row = |finding| Row { place: index + 1, suspect, finding };
        if suspect.findings.is_empty() {
            rows.push(row(None));
        }
        rows.extend(suspect.findings.iter().map(|finding| row(Some(finding))));
    }
    batch(&rows)
}

fn batch(rows: &[Row<'_>]) -> Result<RecordBatch, QueryError> {
    let texts = |text: &dyn Fn(&Row<'_>) -> Option<String>| -> ArrayRef {
        Arc::new(rows.iter().map(text).collect::<StringArray>())
    };
    let ints = |number: &dyn Fn(&Row<'_>) -> usize| -> ArrayRef {
        Arc::new(rows.iter().map(|row| i64::try_from(number(row)).ok()).collect::<Int64Array>())
    };
    let figures = |figure: fn(&Finding) -> f64| -> ArrayRef {
        Arc::new(rows.iter().map(|row| row.finding.map(figure)).collect::<Float64Array>())
    };
    let score: ArrayRef = Arc::new(rows.iter().map(|row| Some(row.suspect.score)).collect::<Float64Array>());
    let traces =
        |row: &Row<'_>| row.suspect.trace_ids.iter().map(|trace| format!("{trace:032x}")).collect::<Vec<_>>().join(" ");
    let batch = RecordBatch::try_from_iter_with_nullable([
        ("place", ints(&|row| row.place), true),
        ("service_name", texts(&|row| Some(row.suspect.service.clone())), true),
        ("score", score, true),
        ("finding", texts(&|row| row.finding.map(|finding| finding.words.clone())), true),
        ("kind", texts(&|row| row.finding.map(|finding| finding.kind.as_str().to_owned())), true),
        ("operation", texts(&|row| row.finding.and_then(|finding| finding.operation.clone())), true),
        ("finding_score", figures(|finding| finding.score), true),
        ("fault", figures(|finding| finding.fault), true),
        ("fault_total", figures(|finding| finding.fault_total), true),
        ("baseline", figures(|finding| finding.baseline), true),
        ("baseline_total", figures(|finding| finding.baseline_total), true),
        ("effect", figures(|finding| finding.effect), true),
        ("deviations", figures(|finding| finding.deviations), true),
        ("q_value", figures(|finding| finding.q_value), true),
        ("unexplained", figures(|finding| finding.unexplained), true),
        ("traces", ints(&|row| row.suspect.impact.traces), true),
        ("traces_total", ints(&|row| row.suspect.impact.traces_total), true),
        ("callers", texts(&|row| Some(row.suspect.impact.callers.join(", "))), true),
        ("trace_ids", texts(&|row| Some(traces(row))), true),
    ]);
    batch.map_err(|error| QueryError::internal(&error))
}
