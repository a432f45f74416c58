//! `differences('among', 'failing', 'columns')`: what failing spans have in common that the others do not.

use std::sync::Arc;

use arrow::array::{ArrayRef, Float64Array, Int64Array, StringArray};
use arrow::record_batch::RecordBatch;
use query_cause::{AttributeCause, AttributeCauses, AttributeSettings};

use crate::differences::{self, Counted};
use crate::error::QueryError;
use crate::session::Session;

/// One row a value or range of values, the largest effect first; none where all spans are of one population.
///
/// # Errors
///
/// As counting; `BadRequest` for other `attributes` than `all` and `columns`; a fault of ours where counts contradict themselves.
pub(super) async fn rows(
    session: &Session,
    among: &str,
    failing: &str,
    attributes: &str,
) -> Result<RecordBatch, QueryError> {
    let counted = match attributes {
        "all" => Counted::All,
        "columns" => Counted::Columns,
        other => {
            return Err(QueryError::bad(
                format!("differences does not know the attributes {other}"),
                "ask 'all' or 'columns'",
            ));
        }
    };
    let tally = differences::count(session, among, failing, counted).await?;
    let populations = tally.populations();
    let mut found = if populations.failing == 0 || populations.baseline == 0 {
        AttributeCauses::default()
    } else {
        tally.causes(&AttributeSettings::default()).map_err(|error| QueryError::internal(&error))?
    };
    for cause in &mut found.causes {
        cause.key = differences::told(&tally, &cause.key).to_owned();
    }
    batch(&found.causes)
}

fn batch(causes: &[AttributeCause]) -> Result<RecordBatch, QueryError> {
    let texts = |text: fn(&AttributeCause) -> &str| -> ArrayRef {
        Arc::new(StringArray::from_iter_values(causes.iter().map(text)))
    };
    let ints = |number: fn(&AttributeCause) -> u64| -> ArrayRef {
        Arc::new(Int64Array::from_iter_values(causes.iter().map(|one| i64::try_from(number(one)).unwrap_or(i64::MAX))))
    };
    let doubles = |number: fn(&AttributeCause) -> f64| -> ArrayRef {
        Arc::new(Float64Array::from_iter_values(causes.iter().map(number)))
    };
    let places = Int64Array::from_iter_values((1..).take(causes.len()));
    let batch = RecordBatch::try_from_iter_with_nullable([
        ("place", Arc::new(places) as ArrayRef, true),
        ("key", texts(|one| &one.key), true),
        ("value", texts(|one| &one.value), true),
        ("failing", ints(|one| one.failing), true),
        ("failing_total", ints(|one| one.failing_total), true),
        ("baseline", ints(|one| one.baseline), true),
        ("baseline_total", ints(|one| one.baseline_total), true),
        ("support", doubles(|one| one.support), true),
        ("lift", doubles(|one| one.lift), true),
        ("effect", doubles(|one| one.effect), true),
        ("q_value", doubles(|one| one.q_value), true),
    ]);
    batch.map_err(|error| QueryError::internal(&error))
}
