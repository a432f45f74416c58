//! Series that a query in SQL gives.

use std::collections::BTreeMap;

use datafusion::sql::parser::Statement;
use ingest_model::Nanos;
use query_baseline::series::Sample;

use super::{Collected, OfStep, SeriesQuestion};
use crate::error::QueryError;
use crate::failure::micros;
use crate::read::{self, Columns};
use crate::session::Session;
use crate::timed::{self, labels, told_labels};
use crate::{fence, question};

pub(super) async fn read(
    session: &Session,
    text: &str,
    question: &SeriesQuestion,
    collected: &mut Collected,
) -> Result<(), QueryError> {
    let statement = fence::admit(text)?;
    let Statement::Statement(inner) = &statement else {
        return Err(QueryError::bad("EXPLAIN tells no values", timed::REMEDY));
    };
    // Printed anew: what was written cannot reach beyond its place.
    let inner = inner.to_string();
    question::provide_stored(session, &statement).await?;
    let names = labels(session, statement).await?;
    let query = stepped(&inner, &names, question.step_ns, question.of_step);
    question::provide_stored(session, &fence::admit(&query)?).await?;
    let values = vec![micros(question.from), micros(question.to)];
    let take = |batch: arrow::record_batch::RecordBatch| {
        let columns = Columns::new(&batch);
        for row in 0..batch.num_rows() {
            let Some(value) = columns.double("stepped", row) else { continue };
            let label = |(number, name): (usize, &String)| {
                Some((name.clone(), columns.optional_text(&format!("g{number}"), row)?))
            };
            let labels: BTreeMap<String, String> = names.iter().enumerate().filter_map(label).collect();
            collected.add(labels, Sample { at: Nanos(columns.nanos("step", row)), value })?;
        }
        Ok(())
    };
    read::each(session, &query, values, take).await
}

/// The query that gives one value a step and set of labels, from `$1` on and before `$2`.
fn stepped(inner: &str, names: &[String], step_ns: i64, of_step: OfStep) -> String {
    let (told, numbered) = told_labels(names);
    let (seconds, of_step) = (step_ns / 1_000_000_000, of_step.sql());
    format!(
        "SELECT step{numbered}, {of_step} AS stepped
         FROM (
             SELECT date_bin(INTERVAL '{seconds} seconds', asked.time) AS step, CAST(asked.value AS DOUBLE) AS value{told}
             FROM ({inner}) AS asked
             WHERE asked.time >= $1 AND asked.time < $2
         ) AS told
         WHERE value IS NOT NULL AND NOT isnan(value)
         GROUP BY step{numbered}"
    )
}
