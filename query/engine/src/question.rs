//! One SQL question, from its text to its encoded answer.

use std::sync::Arc;
use std::time::{Duration, Instant};

use datafusion::common::TableReference;
use datafusion::execution::context::SQLOptions;
use datafusion::logical_expr::{LogicalPlan, LogicalPlanBuilder};
use datafusion::physical_plan::{ExecutionPlan, execute_stream};
use datafusion::sql::parser::Statement;
use futures::TryStreamExt;

use crate::answer::{Answer, Encoder, Format, scanned};
use crate::cooperate::{Wanted, endable};
use crate::error::QueryError;
use crate::session::{Session, Sessions};
use crate::{fence, logical as tables};

/// The limits of one question.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    pub(crate) timeout: Duration,
    pub(crate) rows: usize,
    pub(crate) bytes: usize,
}

/// Answers a query in a session of its own.
pub(crate) async fn answer(
    sessions: &Sessions,
    query: &str,
    limits: Limits,
    format: Format,
    wanted: &Wanted,
) -> Result<Answer, QueryError> {
    let started = Instant::now();
    let statement = fence::admit(query)?;
    let session = sessions.open()?;
    provide_tables(&session, &statement).await?;
    let plan = logical(&session, statement).await?;
    encoded(&session, plan, limits, format, wanted, started).await
}

/// The plan of a statement, which is to read and nothing else.
///
/// # Errors
///
/// What is wrong with the question.
pub(crate) async fn logical(session: &Session, statement: Statement) -> Result<LogicalPlan, QueryError> {
    let plan = session.state.statement_to_plan(statement).await?;
    SQLOptions::new().with_allow_ddl(false).with_allow_dml(false).with_allow_statements(false).verify_plan(&plan)?;
    Ok(plan)
}

/// Runs a plan and encodes what it gives.
///
/// # Errors
///
/// What is wrong with the question, or the limit it runs into.
pub(crate) async fn encoded(
    session: &Session,
    plan: LogicalPlan,
    limits: Limits,
    format: Format,
    wanted: &Wanted,
    started: Instant,
) -> Result<Answer, QueryError> {
    let plan = endable(physical(session, plan, limits.rows).await?, wanted)?;
    let mut encoder = Encoder::new(format, &plan.schema(), limits.bytes)?;
    let (rows, truncated) = drain(session, &plan, limits.rows, &mut encoder).await?;
    session.tally().add_read(scanned(plan.as_ref()));
    let elapsed_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    let stats = session.tally().stats(elapsed_ms);
    let left_out = session.left_out();
    let body = encoder.finish(truncated, &left_out, stats)?;
    Ok(Answer { body, rows, truncated, left_out, stats })
}

/// Registers the tables the statement names, and refuses it when it names any other.
///
/// # Errors
///
/// `BadRequest` naming the table that is not there.
pub(crate) async fn provide_tables(session: &Session, statement: &Statement) -> Result<(), QueryError> {
    for table in session.state.resolve_table_references(statement)? {
        let known = match &table {
            TableReference::Bare { table } => session.provide(table).await?.is_some() || is_function(session, table),
            _ => false,
        };
        if !known {
            return Err(no_table(&table));
        }
    }
    Ok(())
}

/// The refusal of a table that is not there.
pub(crate) fn no_table(table: &TableReference) -> QueryError {
    QueryError::bad(format!("there is no table {table}"), format!("the tables are {}", tables::names()))
}

/// Whether a name stands for a table function.
pub(crate) fn is_function(session: &Session, name: &str) -> bool {
    session.state.table_functions().contains_key(name)
}

/// Plans one row more than may be answered, to know whether there are more.
pub(crate) async fn physical(
    session: &Session,
    plan: LogicalPlan,
    rows: usize,
) -> Result<Arc<dyn ExecutionPlan>, QueryError> {
    let plan = match plan {
        LogicalPlan::Explain(_) | LogicalPlan::Analyze(_) => plan,
        plan => LogicalPlanBuilder::from(plan).limit(0, Some(rows.saturating_add(1)))?.build()?,
    };
    Ok(session.physical(&plan).await?)
}

/// Encodes at most `most` rows; how many they were, and whether there are more.
async fn drain(
    session: &Session,
    plan: &Arc<dyn ExecutionPlan>,
    most: usize,
    encoder: &mut Encoder,
) -> Result<(usize, bool), QueryError> {
    let mut stream = execute_stream(Arc::clone(plan), session.state.task_ctx())?;
    let mut rows = 0;
    while let Some(batch) = stream.try_next().await? {
        let taken = batch.num_rows().min(most - rows);
        encoder.push(&batch.slice(0, taken))?;
        rows += taken;
        if taken < batch.num_rows() {
            return Ok((rows, true));
        }
    }
    Ok((rows, false))
}
