//! `burn('slo')`: how fast an SLO burns its budget, of the minutes in `slo_slices`.

use std::sync::Arc;

use arrow::array::{ArrayRef, BooleanArray, Float64Array, Int64Array, StringArray, TimestampMicrosecondArray};
use arrow::record_batch::RecordBatch;
use ingest_model::Nanos;
use query_slo::{Budget, Counts, Exhaustion, Minute, Ratio, Standing, Weighed};

use super::objectives::{Objective, objectives, slices};
use crate::error::QueryError;
use crate::session::Session;

/// Where a group of an objective stands.
struct Judged<'a> {
    objective: &'a Objective,
    group: String,
    standing: Standing,
}

/// A row of the answer.
struct Row<'a> {
    judged: &'a Judged<'a>,
    pair: Option<&'a Weighed>,
}

/// One row a pair of windows of every objective, or of every group of it; one without a pair where none can alert.
///
/// # Errors
///
/// `BadRequest` where no minute of the SLO is stored.
pub(super) async fn rows(session: &Session, slo: &str, now: Nanos) -> Result<RecordBatch, QueryError> {
    let objectives = objectives(session, slo).await?;
    if objectives.is_empty() {
        let hint = "SELECT DISTINCT slo FROM slo_slices lists those there are";
        return Err(QueryError::bad(format!("no minute of an SLO {slo} is stored"), hint));
    }
    let mut judged = Vec::new();
    for objective in &objectives {
        let groups = slices(session, slo, objective, now).await?;
        let stand = |(group, slices)| Judged { objective, group, standing: objective.promise.stand(&slices, now) };
        judged.extend(groups.into_iter().map(stand));
    }
    let mut rows = Vec::new();
    for judged in &judged {
        if judged.standing.pairs.is_empty() {
            rows.push(Row { judged, pair: None });
        }
        rows.extend(judged.standing.pairs.iter().map(|pair| Row { judged, pair: Some(pair) }));
    }
    batch(slo, &rows, Minute::of(now).start())
}

// === impl Row ===

impl Row<'_> {
    const fn budget(&self) -> Option<&Budget> {
        self.judged.standing.budget.as_ref()
    }
}

fn batch(slo: &str, rows: &[Row<'_>], until: Nanos) -> Result<RecordBatch, QueryError> {
    let texts = |text: &dyn Fn(&Row<'_>) -> Option<String>| -> ArrayRef {
        Arc::new(rows.iter().map(text).collect::<StringArray>())
    };
    let ints = |number: &dyn Fn(&Row<'_>) -> Option<i64>| -> ArrayRef {
        Arc::new(rows.iter().map(number).collect::<Int64Array>())
    };
    let doubles = |number: &dyn Fn(&Row<'_>) -> Option<Ratio>| -> ArrayRef {
        Arc::new(rows.iter().map(|row| number(row).map(Ratio::to_f64)).collect::<Float64Array>())
    };
    let of_pair = |figure: fn(&Weighed) -> Option<Ratio>| doubles(&|row| row.pair.and_then(figure));
    let of_budget = |figure: fn(&Budget) -> Ratio| doubles(&|row| row.budget().map(figure));
    let counted = |figure: fn(Counts) -> u64| {
        ints(&|row| row.budget().and_then(|budget| i64::try_from(figure(budget.counts())).ok()))
    };
    let until = rows.iter().map(|_| until.micros());
    let breaches: BooleanArray = rows.iter().map(|row| row.pair.and_then(Weighed::breaches)).collect();
    let frozen: BooleanArray = rows.iter().map(|row| Some(row.judged.standing.frozen)).collect();
    let batch = RecordBatch::try_from_iter_with_nullable([
        ("slo", texts(&|_| Some(slo.to_owned())), true),
        ("service_name", texts(&|row| Some(row.judged.objective.service.clone())), true),
        ("objective", ints(&|row| Some(row.judged.objective.number)), true),
        ("slo_group", texts(&|row| Some(row.judged.group.clone())), true),
        ("target", texts(&|row| Some(row.judged.objective.target_text.clone())), true),
        ("until", Arc::new(TimestampMicrosecondArray::from_iter_values(until).with_timezone("UTC")) as ArrayRef, true),
        ("severity", texts(&|row| row.pair.map(|pair| pair.burn.pair.pair.severity.to_string())), true),
        ("long_window", texts(&|row| row.pair.map(|pair| pair.burn.pair.pair.long.to_string())), true),
        ("short_window", texts(&|row| row.pair.map(|pair| pair.burn.pair.pair.short.to_string())), true),
        ("factor", of_pair(|pair| Some(pair.burn.pair.factor)), true),
        ("long_burn", of_pair(|pair| pair.burn.long), true),
        ("short_burn", of_pair(|pair| pair.burn.short), true),
        ("breaches", Arc::new(breaches) as ArrayRef, true),
        ("period", texts(&|row| Some(row.judged.objective.promise.window.to_string())), true),
        ("budgeting_method", texts(&|row| Some(row.judged.objective.promise.method.to_string())), true),
        ("frozen", Arc::new(frozen) as ArrayRef, true),
        ("total", counted(Counts::total), true),
        ("bad", counted(Counts::bad), true),
        ("budget_consumed", of_budget(Budget::consumed), true),
        ("budget_remaining", of_budget(Budget::remaining), true),
        ("exhausted_in_s", ints(&exhausted_in), true),
    ]);
    batch.map_err(|error| QueryError::internal(&error))
}

/// Seconds until the budget is used up, at the pace of the pair's long window.
fn exhausted_in(row: &Row<'_>) -> Option<i64> {
    let (budget, burn) = (row.budget()?, row.pair?.burn.long?);
    match budget.exhausted_in(burn) {
        Exhaustion::In(left) => i64::try_from(left.as_secs()).ok(),
        Exhaustion::Already => Some(0),
        Exhaustion::Never => None,
    }
}
