//! One SQL question, from its text to its encoded answer.

use std::sync::Arc;
use std::time::{Duration, Instant};

use datafusion::common::TableReference;
use datafusion::execution::TaskContext;
use datafusion::execution::context::SQLOptions;
use datafusion::logical_expr::{LogicalPlan, LogicalPlanBuilder};
use datafusion::physical_plan::{ExecutionPlan, execute_stream};
use datafusion::sql::parser::Statement;
use futures::TryStreamExt;

use crate::answer::cache::{self, Key};
use crate::answer::{Answer, Encoder, Format, scanned, spilled};
use crate::cooperate::{Wanted, endable};
use crate::error::QueryError;
use crate::runs::added_up;
use crate::session::{Session, Sessions};
use crate::{built, fence, judged, logical as tables};

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
    let key = Key { query: query.to_owned(), values: Vec::new(), dialect: false, rows: limits.rows, format };
    encoded(&session, (plan, key), limits, wanted, started).await
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

/// Runs a plan and encodes what it gives, or answers as before where nothing it reads has changed.
///
/// # Errors
///
/// What is wrong with the question, or the limit it runs into.
pub(crate) async fn encoded(
    session: &Session,
    (plan, key): (LogicalPlan, Key),
    limits: Limits,
    wanted: &Wanted,
    started: Instant,
) -> Result<Answer, QueryError> {
    let elapsed_ms = || u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    let format = key.format;
    let read = physical(session, plan.clone(), limits.rows).await?;
    // What is read is known now.
    let seen = session.seen();
    let lasting = cache::is_lasting(&plan) && seen.is_whole();
    if lasting && let Some(answer) = session.cache().get(&key, &seen) {
        session.asked().answered_again();
        session.asked().answered(answer.rows);
        return Ok(answer.again(format, elapsed_ms()));
    }
    let answer = run(session, (&plan, read), format, limits, wanted, elapsed_ms).await?;
    if lasting && answer.left_out.is_empty() {
        session.cache().put(key, seen, &answer);
    }
    Ok(answer)
}

async fn run(
    session: &Session,
    (plan, read): (&LogicalPlan, Arc<dyn ExecutionPlan>),
    format: Format,
    limits: Limits,
    wanted: &Wanted,
    elapsed_ms: impl Fn() -> u64,
) -> Result<Answer, QueryError> {
    let batch_rows = built::batch_rows(plan, &read, session.state.config().batch_size());
    let plan = endable(added_up(read)?, wanted)?;
    let mut encoder = Encoder::new(format, &plan.schema(), limits.bytes)?;
    let task = session.task(batch_rows)?;
    let drained = drain(&plan, task, limits.rows, &mut encoder).await;
    session.asked().add_spilled(spilled(plan.as_ref()));
    let (rows, truncated) = drained?;
    session.asked().answered(rows);
    session.tally().add_read(scanned(plan.as_ref()));
    let stats = session.tally().stats(elapsed_ms());
    let (left_out, rows_end) = (session.left_out(), encoder.written());
    let body = encoder.finish(truncated, &left_out, stats)?;
    Ok(Answer { body, rows, truncated, left_out, stats, rows_end })
}

/// Registers the tables the statement names, and refuses it when it names any other.
///
/// # Errors
///
/// `BadRequest` naming the table that is not there.
pub(crate) async fn provide_tables(session: &Session, statement: &Statement) -> Result<(), QueryError> {
    judged::provide(session, statement).await?;
    provide_stored(session, statement).await
}

/// The same without what judgements are asked of: functions such as `baseline()` are left to the planner, which refuses them.
///
/// # Errors
///
/// `BadRequest` naming the table that is not there.
pub(crate) async fn provide_stored(session: &Session, statement: &Statement) -> Result<(), QueryError> {
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
    plan: &Arc<dyn ExecutionPlan>,
    task: Arc<TaskContext>,
    most: usize,
    encoder: &mut Encoder,
) -> Result<(usize, bool), QueryError> {
    let mut stream = execute_stream(Arc::clone(plan), task)?;
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
