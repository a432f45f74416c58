//! Rows as they come, filtered and told as SQL shows them.

use std::time::Instant;

use arrow::record_batch::RecordBatch;
use datafusion::common::TableReference;
use datafusion::physical_plan::execute_stream;
use datafusion::sql::parser::Statement;
use futures::TryStreamExt;
use ingest_model::Signal;

use crate::answer::{Answer, Encoder, Format};
use crate::error::QueryError;
use crate::fence;
use crate::question::{Limits, logical, physical, provide_tables};
use crate::session::{Session, Sessions};

/// More rows than a follower is ever given at once.
const ALL: usize = u32::MAX as usize;

/// The rows among `came` that a filter keeps, in the order they came, and how many more than the limit they are.
///
/// # Errors
///
/// `BadRequest` for a filter that is no SQL over the signal's columns, or that names other tables.
pub(crate) async fn filtered(
    sessions: &Sessions,
    (signal, filter): (Signal, &str),
    came: Vec<RecordBatch>,
    limits: Limits,
) -> Result<(Answer, usize), QueryError> {
    let started = Instant::now();
    let table = signal.table();
    let condition = if filter.trim().is_empty() { "true" } else { filter };
    // The line break ends a comment the filter may end with.
    let statement = fence::admit(&format!("SELECT * FROM {table} WHERE ({condition}\n)"))?;
    let session = sessions.open_on(signal, came)?;
    only(&session, &statement, table)?;
    provide_tables(&session, &statement).await?;
    let plan = physical(&session, logical(&session, statement).await?, ALL).await?;
    let mut encoder = Encoder::new(Format::Json, &plan.schema(), limits.bytes)?;
    let mut stream = execute_stream(plan, session.task(None)?)?;
    let (mut rows, mut left_out) = (0, 0);
    while let Some(batch) = stream.try_next().await? {
        let taken = batch.num_rows().min(limits.rows - rows);
        encoder.push(&batch.slice(0, taken))?;
        rows += taken;
        left_out += batch.num_rows() - taken;
    }
    let stats = session.tally().stats(u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX));
    let truncated = left_out > 0;
    let rows_end = encoder.written();
    let body = encoder.finish(truncated, &[], stats)?;
    Ok((Answer { body, rows, truncated, left_out: Vec::new(), stats, rows_end }, left_out))
}

/// A filter is asked several times a second: it may not read what is stored.
fn only(session: &Session, statement: &Statement, table: &str) -> Result<(), QueryError> {
    let is_it =
        |named: &TableReference| matches!(named, TableReference::Bare { table: bare } if bare.as_ref() == table);
    match session.state.resolve_table_references(statement)?.iter().find(|named| !is_it(named)) {
        None => Ok(()),
        Some(other) => Err(QueryError::bad(
            format!("a filter of {table} cannot ask {other}"),
            format!("write a condition over the columns of {table}, such as service_name = 'cart'"),
        )),
    }
}
