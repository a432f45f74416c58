//! `burn('slo')`: how fast an SLO burns its budget, of the minutes in `slo_slices`.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{ArrayRef, BooleanArray, Float64Array, Int64Array, StringArray, TimestampMicrosecondArray};
use arrow::record_batch::RecordBatch;
use datafusion::scalar::ScalarValue;
use ingest_model::{Judgement, Nanos};
use query_slo::{
    Budget, Counts, Evaluation, Exhaustion, Minute, Minutes, PairBurn, Pairs, Ratio, Slices, Target, evaluate,
};

use crate::error::QueryError;
use crate::failure::micros;
use crate::read::{self, Columns};
use crate::session::Session;

/// Rows of slices read at most: a period of 90 days of several objectives, some of them counted again.
const SLICES: usize = 2_000_000;

/// Objectives of an SLO.
const OBJECTIVES: usize = 1_000;

const NEWEST: &str = "SELECT objective, target, service_name, definition, period_minutes
    FROM (
        SELECT *, row_number() OVER (PARTITION BY objective ORDER BY revision DESC, minute DESC) AS age
        FROM stored.slo_slices WHERE slo = $1
    ) AS newest WHERE age = 1 ORDER BY objective";

const COUNTED: &str = "SELECT minute, good, total, revision FROM stored.slo_slices
    WHERE slo = $1 AND objective = $2 AND definition = $3 AND minute >= $4";

/// An objective as it was counted last.
struct Objective {
    number: i64,
    target_text: String,
    target: Target,
    service: String,
    definition: String,
    period: Minutes,
}

/// A row of the answer.
struct Row<'a> {
    objective: &'a Objective,
    judged: &'a Evaluation,
    pair: Option<&'a PairBurn>,
}

/// One row an objective and pair of windows; one without a pair where none can alert.
///
/// # Errors
///
/// `BadRequest` where no minute of the SLO is stored.
pub(super) async fn rows(session: &Session, slo: &str, now: Nanos) -> Result<RecordBatch, QueryError> {
    session.provide(Judgement::SloSlices.table()).await?;
    let mut objectives = Vec::new();
    for batch in read::rows(session, NEWEST, vec![ScalarValue::from(slo)], OBJECTIVES).await? {
        let columns = Columns::new(&batch);
        objectives.extend((0..batch.num_rows()).filter_map(|row| objective(&columns, row)));
    }
    if objectives.is_empty() {
        let hint = "SELECT DISTINCT slo FROM slo_slices lists those there are";
        return Err(QueryError::bad(format!("no minute of an SLO {slo} is stored"), hint));
    }
    let mut judged = Vec::new();
    for objective in &objectives {
        let slices = slices(session, slo, objective, now).await?;
        let pairs = Pairs::workbook(objective.period, objective.target);
        judged.push(evaluate(&slices, objective.target, &pairs.usable, now));
    }
    let mut rows = Vec::new();
    for (objective, judged) in objectives.iter().zip(&judged) {
        if judged.pairs.is_empty() {
            rows.push(Row { objective, judged, pair: None });
        }
        rows.extend(judged.pairs.iter().map(|pair| Row { objective, judged, pair: Some(pair) }));
    }
    batch(slo, &rows)
}

fn objective(columns: &Columns<'_>, row: usize) -> Option<Objective> {
    let target_text = columns.text("target", row);
    Some(Objective {
        number: columns.int("objective", row),
        target: target_text.parse().ok()?,
        target_text,
        service: columns.text("service_name", row),
        definition: columns.text("definition", row),
        period: Minutes::new(u32::try_from(columns.int("period_minutes", row)).ok()?)?,
    })
}

/// What was counted of an objective within its period. What was counted by other rules is left out.
async fn slices(session: &Session, slo: &str, objective: &Objective, now: Nanos) -> Result<Slices, QueryError> {
    let from = Minute::of(now).minus(objective.period).start();
    let values = vec![
        ScalarValue::from(slo),
        ScalarValue::from(objective.number),
        ScalarValue::from(objective.definition.as_str()),
        micros(from),
    ];
    let mut newest: BTreeMap<i64, (i64, Counts)> = BTreeMap::new();
    for batch in read::rows(session, COUNTED, values, SLICES).await? {
        let columns = Columns::new(&batch);
        for row in 0..batch.num_rows() {
            let (good, total) = (columns.int("good", row).unsigned_abs(), columns.int("total", row).unsigned_abs());
            let Ok(counts) = Counts::of_good(good, total) else { continue };
            let (minute, revision) = (columns.nanos("minute", row), columns.int("revision", row));
            let held = newest.entry(minute).or_insert((revision, counts));
            if revision >= held.0 {
                *held = (revision, counts);
            }
        }
    }
    let mut slices = Slices::new(objective.period);
    for (minute, (revision, counts)) in newest {
        slices.put(Minute::of(Nanos(minute)), revision.unsigned_abs(), counts, now);
    }
    Ok(slices)
}

fn batch(slo: &str, rows: &[Row<'_>]) -> Result<RecordBatch, QueryError> {
    let texts = |text: &dyn Fn(&Row<'_>) -> Option<String>| -> ArrayRef {
        Arc::new(rows.iter().map(text).collect::<StringArray>())
    };
    let ints = |number: &dyn Fn(&Row<'_>) -> Option<i64>| -> ArrayRef {
        Arc::new(rows.iter().map(number).collect::<Int64Array>())
    };
    let doubles = |number: &dyn Fn(&Row<'_>) -> Option<Ratio>| -> ArrayRef {
        Arc::new(rows.iter().map(|row| number(row).map(Ratio::to_f64)).collect::<Float64Array>())
    };
    let of_pair = |figure: fn(&PairBurn) -> Option<Ratio>| doubles(&|row| row.pair.and_then(figure));
    let of_budget = |figure: fn(&Budget) -> Ratio| doubles(&|row| row.judged.budget.as_ref().map(figure));
    let counted = |figure: fn(Counts) -> u64| {
        ints(&|row| row.judged.budget.as_ref().and_then(|budget| i64::try_from(figure(budget.counts())).ok()))
    };
    let until = rows.iter().map(|row| row.judged.until.micros());
    let breaches: BooleanArray = rows.iter().map(|row| row.pair.and_then(PairBurn::breaches)).collect();
    let batch = RecordBatch::try_from_iter_with_nullable([
        ("slo", texts(&|_| Some(slo.to_owned())), true),
        ("service_name", texts(&|row| Some(row.objective.service.clone())), true),
        ("objective", ints(&|row| Some(row.objective.number)), true),
        ("target", texts(&|row| Some(row.objective.target_text.clone())), true),
        ("until", Arc::new(TimestampMicrosecondArray::from_iter_values(until).with_timezone("UTC")) as ArrayRef, true),
        ("severity", texts(&|row| row.pair.map(|pair| pair.pair.pair.severity.to_string())), true),
        ("long_window", texts(&|row| row.pair.map(|pair| pair.pair.pair.long.to_string())), true),
        ("short_window", texts(&|row| row.pair.map(|pair| pair.pair.pair.short.to_string())), true),
        ("factor", of_pair(|pair| Some(pair.pair.factor)), true),
        ("long_burn", of_pair(|pair| pair.long), true),
        ("short_burn", of_pair(|pair| pair.short), true),
        ("breaches", Arc::new(breaches) as ArrayRef, true),
        ("period", texts(&|row| Some(row.objective.period.to_string())), true),
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
    let (budget, burn) = (row.judged.budget.as_ref()?, row.pair?.long?);
    match budget.exhausted_in(burn) {
        Exhaustion::In(left) => i64::try_from(left.as_secs()).ok(),
        Exhaustion::Already => Some(0),
        Exhaustion::Never => None,
    }
}
