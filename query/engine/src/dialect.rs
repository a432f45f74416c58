//! Questions in the SQL of a door whose clients look into a catalogue before they ask.
//!
//! Such a client names `pg_catalog.pg_class` or `information_schema.columns`, calls functions of another database, and
//! leaves values open (`$1`). A dialect has what it looks into: schemas, functions, and a way to write a query anew
//! that DataFusion cannot plan as it stands. All of that is made of the names and types of the tables alone.
//!
//! **A query over the tenant's tables is planned as at every other door**; only one that names a catalogue, or no table at
//! all, is written anew. Both pass the fence, the second one twice.

use std::fmt;
use std::sync::Arc;
use std::time::Instant;

use arrow::buffer::Buffer;
use arrow::datatypes::{DataType, SchemaRef};
use arrow::ipc::reader::StreamDecoder;
use arrow::record_batch::RecordBatch;
use datafusion::catalog::SchemaProvider;
use datafusion::common::{ParamValues, TableReference};
use datafusion::execution::SessionState;
use datafusion::logical_expr::LogicalPlan;
use datafusion::scalar::ScalarValue;
use datafusion::sql::parser::Statement;

use crate::answer::Format;
use crate::answer::cache::Key;
use crate::cooperate::Wanted;
use crate::error::QueryError;
use crate::fence::{self, TableFunctions};
use crate::logical;
use crate::question::{self, Limits};
use crate::session::{CATALOG, PUBLIC, Session, Sessions};

/// A schema and what it is called.
pub type NamedSchema = (String, Arc<dyn SchemaProvider>);

/// Writes a query anew; the error says what is wrong with it.
pub type Rewrite = Arc<dyn Fn(&str) -> Result<String, String> + Send + Sync>;

/// What a door adds to the SQL of an engine. [`crate::Engine::dialect`] makes it.
#[derive(Clone)]
pub struct Dialect {
    /// The functions and types of the engine, and those the dialect adds. They read nothing.
    pub state: SessionState,
    /// The schemas of the catalogue, beside the tenant's own.
    pub schemas: Vec<NamedSchema>,
    /// Table functions of the catalogue, in lower case.
    pub table_functions: &'static [&'static str],
    /// How a query that names the catalogue, or no table, is written anew.
    pub rewrite: Rewrite,
}

/// What is known of a query before it runs.
#[derive(Debug, Clone)]
pub struct Described {
    /// The types of `$1`, `$2`, …
    pub parameters: Vec<DataType>,
    /// The columns of the answer.
    pub columns: SchemaRef,
}

/// An answer as Arrow batches. Views are plain strings and binaries.
#[derive(Debug, Clone)]
pub struct Batches {
    /// The columns.
    pub schema: SchemaRef,
    /// The rows.
    pub batches: Vec<RecordBatch>,
    /// How large they are when they are sent, in bytes.
    pub bytes: usize,
    /// Whether the query had more rows than were answered.
    pub truncated: bool,
    /// Damaged files that may hold more of it: the answer is complete when there are none.
    pub left_out: Vec<String>,
}

// === impl Dialect ===

impl Dialect {
    /// The statement to plan, and the tables it names.
    async fn read(&self, session: &Session, query: &str) -> Result<Statement, QueryError> {
        let foreign = fence::admit_with(query, TableFunctions::Any)?;
        let tables = session.state.resolve_table_references(&foreign)?;
        let is_known = |name: &str| logical::is_table(name) || question::is_function(session, name);
        let is_own = !tables.is_empty() && tables.iter().all(|table| own_name(table).is_some_and(is_known));
        let statement = if is_own {
            fence::admit(query)?
        } else {
            let rewritten = (self.rewrite)(query).map_err(|error| QueryError::bad(error, ""))?;
            fence::admit_with(&rewritten, TableFunctions::Of(self.table_functions))?
        };
        self.provide(session, &statement).await?;
        Ok(statement)
    }

    async fn provide(&self, session: &Session, statement: &Statement) -> Result<(), QueryError> {
        for table in session.state.resolve_table_references(statement)? {
            let own = match own_name(&table) {
                Some(name) => session.provide(name).await?.is_some() || question::is_function(session, name),
                None => false,
            };
            if !own && !self.has(&table) {
                return Err(question::no_table(&table));
            }
        }
        Ok(())
    }

    /// Whether a table is one of the catalogue.
    fn has(&self, table: &TableReference) -> bool {
        let of_catalogue = table.catalog().is_none_or(|catalog| catalog == CATALOG);
        let schema = self.schemas.iter().find(|(name, _)| table.schema() == Some(name.as_str()));
        of_catalogue && schema.is_some_and(|(_, schema)| schema.table_exist(table.table()))
    }
}

impl fmt::Debug for Dialect {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = self.schemas.iter().map(|(name, _)| name);
        out.debug_struct("Dialect").field("schemas", &names.collect::<Vec<_>>()).finish_non_exhaustive()
    }
}

/// The name of what is, or would be, one of the tenant's own tables.
fn own_name(table: &TableReference) -> Option<&str> {
    let of_catalog = table.catalog().is_none_or(|catalog| catalog == CATALOG);
    let of_schema = table.schema().is_none_or(|schema| schema == PUBLIC);
    (of_catalog && of_schema).then(|| table.table())
}

/// Plans a query without running it. `known` are the types of `$1`, `$2`, …, as far as they are known.
pub(crate) async fn describe(
    sessions: &Sessions,
    dialect: &Dialect,
    query: &str,
    known: &[Option<DataType>],
) -> Result<Described, QueryError> {
    let session = sessions.open_in(dialect)?;
    let statement = dialect.read(&session, query).await?;
    let plan = question::logical(&session, statement).await?;
    let parameters = parameters(&plan, known)?;
    let nothing = parameters.iter().map(ScalarValue::try_from).collect::<Result<Vec<_>, _>>()?;
    let plan = with_values(plan, nothing)?;
    let options = session.state.config_options();
    let plan = session.state.analyzer().execute_and_check(plan, options, |_, _| {})?;
    Ok(Described { parameters, columns: Arc::clone(plan.schema().inner()) })
}

/// Answers a query whose `$1`, `$2`, … are `values`.
pub(crate) async fn answer(
    sessions: &Sessions,
    dialect: &Dialect,
    (query, values): (&str, Vec<ScalarValue>),
    limits: Limits,
    wanted: &Wanted,
) -> Result<Batches, QueryError> {
    let started = Instant::now();
    let session = sessions.open_in(dialect)?;
    let statement = dialect.read(&session, query).await?;
    let plan = with_values(question::logical(&session, statement).await?, values.clone())?;
    let format = Format::ArrowStream;
    let key = Key { query: query.to_owned(), values, dialect: true, rows: limits.rows, format };
    let answer = question::encoded(&session, (plan, key), limits, wanted, started).await?;
    let bytes = answer.body.len();
    let (schema, batches) = decoded(Buffer::from(answer.body))?;
    Ok(Batches { schema, batches, bytes, truncated: answer.truncated, left_out: answer.left_out })
}

fn with_values(plan: LogicalPlan, values: Vec<ScalarValue>) -> Result<LogicalPlan, QueryError> {
    if values.is_empty() {
        return Ok(plan);
    }
    Ok(plan.with_param_values(ParamValues::from(values))?)
}

/// The type of every parameter: as it is known, else as its place says, else text.
fn parameters(plan: &LogicalPlan, known: &[Option<DataType>]) -> Result<Vec<DataType>, QueryError> {
    let places = plan.get_parameter_types()?;
    let number = |id: &String| id.trim_start_matches('$').parse::<usize>().ok().filter(|number| *number > 0);
    let mistaken = || QueryError::bad("a parameter has no number", "write $1, $2, …");
    let numbers = places.keys().map(number).collect::<Option<Vec<_>>>().ok_or_else(mistaken)?;
    let count = numbers.into_iter().max().unwrap_or_default();
    if count > usize::from(u16::MAX) {
        return Err(QueryError::bad(format!("there is no parameter ${count}"), "a query has at most 65535"));
    }
    let of = |index: usize| {
        let place = places.get(&format!("${}", index + 1)).cloned().flatten();
        let known = known.get(index).cloned().flatten();
        match (known, place) {
            // A driver sends a number in as few bytes as it fits in; its place says how wide it may be.
            (Some(known), Some(place)) if known.is_integer() && place.is_integer() => {
                if place.primitive_width() > known.primitive_width() { place } else { known }
            }
            (Some(known), _) => known,
            (None, Some(place)) if place != DataType::Null => place,
            (None, _) => DataType::Utf8,
        }
    };
    Ok((0..count).map(of).collect())
}

fn decoded(mut body: Buffer) -> Result<(SchemaRef, Vec<RecordBatch>), QueryError> {
    let (mut decoder, mut batches) = (StreamDecoder::new(), Vec::new());
    while !body.is_empty() {
        batches.extend(decoder.decode(&mut body)?);
    }
    let schema = decoder.schema().ok_or_else(|| QueryError::internal(&"an answer has no schema"))?;
    Ok((schema, batches))
}
