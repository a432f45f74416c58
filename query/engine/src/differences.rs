//! What tells some spans from others: all their attributes, counted over all of them in one scan.
//!
//! An event is a span and has the attributes of its own and of its resource; spans that are stored twice count twice. Each thread of
//! the scan keeps a [`Tally`]; texts are told apart by where they lie before they are by what they say (`codes`), so that a value
//! that a page of a file holds once is hashed once.

mod codes;
mod dense;
mod rest;

use std::borrow::Cow;
use std::sync::Arc;

use arrow::array::{Array, AsArray};
use arrow::datatypes::Float64Type;
use arrow::record_batch::RecordBatch;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::sql::sqlparser::ast::Expr;
use futures::TryStreamExt;
use ingest_model::{Level, promoted};
use query_api::ErrorKind;
use query_cause::{AttributeSettings, Population, Tally};
use tokio::task::JoinSet;

use crate::answer::scanned;
use crate::attribute_counts::is_outcome;
use crate::error::QueryError;
use crate::events::expression;
use crate::logical::COUNTED;
use crate::session::Session;
use crate::{fence, question};

/// Bytes of the texts of all values that a thread keeps.
const BYTES: usize = 64 << 20;

/// Keys at most, and measures, which take half a mebibyte each. Beyond, counts of some threads would lack keys of others.
const KEYS: usize = 1_000;
const MEASURES: usize = 64;

/// What the keys of resources are counted by: a span and its resource may have the same key, and are then told apart.
const OF_RESOURCE: &str = "resource_attributes.";

/// What attributes of spans are counted by that are called as a plain column is.
const OF_SPAN: &str = "attributes.";

/// The plain column that is a measure.
const DURATION: &str = "duration_ns";

/// The plain columns that are dimensions too.
const DIMENSIONS: [&str; 2] = ["name", "kind"];

/// Which attributes are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Counted {
    /// All of them.
    All,
    /// Those that have a column, of the table or of some file that is read.
    Columns,
}

/// What is looked at: the attribute that a column of the question holds, how it is asked, and the name it is counted by.
#[derive(Debug, Clone)]
struct Dimension {
    column: String,
    asked: String,
    name: String,
}

/// What is counted.
#[derive(Debug, Clone)]
struct Looked {
    dimensions: Vec<Dimension>,
    /// The condition of failing events; what it names makes the populations and cannot explain them.
    condition: Arc<str>,
}

// === impl Looked ===

impl Looked {
    fn new(condition: &str) -> Self {
        let condition: Arc<str> = condition.into();
        let of_level = |level: Level| {
            let stored = promoted(level).iter();
            stored
                .map(move |one| Dimension::of_column(format!("stored_{}", one.column), name_of(level, one.key).into()))
        };
        let stored = [Level::Span, Level::Resource].into_iter().flat_map(of_level);
        let plain = DIMENSIONS.map(|name| Dimension::of_column(name.to_owned(), name.to_owned()));
        let mut looked = Self { dimensions: Vec::new(), condition };
        looked.add(plain.into_iter().chain(stored));
        looked
    }

    fn add(&mut self, dimensions: impl IntoIterator<Item = Dimension>) {
        let compared: Vec<Dimension> = dimensions.into_iter().filter(|one| self.compares(&one.name)).collect();
        self.dimensions.extend(compared);
    }

    /// The question for what is looked at, and for the objects of all other attributes.
    fn query(&self, among: &Expr, failing: &Expr, counted: Counted) -> String {
        let columns: String = self.dimensions.iter().map(|one| format!(", {} AS {}", one.asked, one.column)).collect();
        let rests =
            if counted == Counted::All { COUNTED.map(|(_, name)| format!(", {name}")).concat() } else { String::new() };
        format!(
            "SELECT coalesce({failing}, false) AS failing, CAST(duration_ns AS DOUBLE) AS duration_ns{rests}{columns}
             FROM stored.counted_spans WHERE ({among})"
        )
    }

    /// Whether what is counted by a name is compared: its key neither says again what failed nor makes the populations.
    fn compares(&self, name: &str) -> bool {
        let key = name.strip_prefix(OF_RESOURCE).or_else(|| name.strip_prefix(OF_SPAN)).unwrap_or(name);
        !is_outcome(key) && !names(&self.condition, key)
    }
}

/// The name that a key of a level is counted by.
fn name_of(level: Level, key: &str) -> Cow<'_, str> {
    match level {
        Level::Resource => Cow::Owned(format!("{OF_RESOURCE}{key}")),
        _ if DIMENSIONS.contains(&key) || key == DURATION => Cow::Owned(format!("{OF_SPAN}{key}")),
        _ => Cow::Borrowed(key),
    }
}

/// The level of the attributes in a stored object, by the place of its column in [`COUNTED`].
const LEVELS: [Level; 2] = [Level::Span, Level::Resource];

/// The key that was counted by a name; of a resource the bare one, unless spans have it as well.
pub(crate) fn told<'n>(tally: &Tally, name: &'n str) -> &'n str {
    name.strip_prefix(OF_RESOURCE).filter(|key| !tally.has(key)).unwrap_or(name)
}

// === impl Dimension ===

impl Dimension {
    /// A column of the table.
    fn of_column(column: String, name: String) -> Self {
        Self { asked: column.clone(), column, name }
    }
}

/// Whether a text names a key: as a word of it, not as a part of one.
fn names(text: &str, key: &str) -> bool {
    let is_word = |character: char| character.is_alphanumeric() || "._-".contains(character);
    text.match_indices(key).any(|(at, found)| {
        let before = text[..at].chars().next_back().is_some_and(is_word);
        let after = text[at + found.len()..].chars().next().is_some_and(is_word);
        !before && !after
    })
}

/// Counts the spans for which `among` holds by all their attributes; failing ones are those for which `failing` holds too. Both are
/// conditions in SQL over a row of `spans`.
///
/// # Errors
///
/// `BadRequest` for texts that are no conditions, `ResourceLimit` where the values take more memory than they may.
pub(crate) async fn count(
    session: &Session,
    among: &str,
    failing: &str,
    counted: Counted,
) -> Result<Tally, QueryError> {
    let (condition, failing) = (failing, expression(failing)?);
    let among = expression(among)?;
    let looks = format!("SELECT ({failing}) FROM spans WHERE ({among})");
    question::provide_stored(session, &fence::admit(&looks)?).await?;
    session.provide_counted_spans()?;
    let mut looked = Looked::new(condition);
    let mut plan = planned(session, &looked.query(&among, &failing, counted)).await?;
    if counted == Counted::Columns {
        // Which files are read is known by now, so which columns they have can be.
        looked.add(dense::dimensions(session, &plan).await);
        if looked.dimensions.len() > KEYS {
            return Err(too_many());
        }
        plan = planned(session, &looked.query(&among, &failing, counted)).await?;
    }
    scan(session, plan, &looked).await
}

async fn planned(session: &Session, query: &str) -> Result<Arc<dyn ExecutionPlan>, QueryError> {
    Ok(session.physical(&session.state.create_logical_plan(query).await?).await?)
}

/// Counts every partition on a task of its own.
async fn scan(session: &Session, plan: Arc<dyn ExecutionPlan>, looked: &Looked) -> Result<Tally, QueryError> {
    let task = session.task(None)?;
    let mut counting = JoinSet::new();
    for partition in 0..plan.properties().output_partitioning().partition_count() {
        let (mut stream, looked) = (plan.execute(partition, Arc::clone(&task))?, looked.clone());
        counting.spawn(async move {
            let mut tally = empty();
            while let Some(batch) = stream.try_next().await? {
                add(&mut tally, &batch, &looked)?;
            }
            Ok::<Tally, QueryError>(tally)
        });
    }
    let mut all = empty();
    while let Some(counted) = counting.join_next().await {
        all.merge(counted.map_err(|error| QueryError::internal(&error))??);
    }
    session.tally().add_read(scanned(plan.as_ref()));
    Ok(all)
}

fn empty() -> Tally {
    Tally::new(AttributeSettings::default().max_values)
}

/// Counts the events of a batch.
fn add(tally: &mut Tally, batch: &RecordBatch, looked: &Looked) -> Result<(), QueryError> {
    let Some(failing) = batch.column_by_name("failing").and_then(|column| column.as_boolean_opt()) else {
        return Ok(());
    };
    let population = |failing: bool| if failing { Population::Failing } else { Population::Baseline };
    let populations: Vec<Population> =
        (0..failing.len()).map(|row| population(failing.is_valid(row) && failing.value(row))).collect();
    tally.events(&populations);
    for Dimension { column, name, .. } in &looked.dimensions {
        if let Some(column) = batch.column_by_name(column) {
            let (values, codes) = codes::of(column);
            tally.dictionary(name, &values, &codes, &populations);
        }
    }
    if looked.compares(DURATION)
        && let Some(durations) = batch.column_by_name(DURATION).and_then(|it| it.as_primitive_opt::<Float64Type>())
    {
        tally.measure(DURATION, durations.values(), &populations);
    }
    for ((_, name), level) in COUNTED.into_iter().zip(LEVELS) {
        if let Some(column) = batch.column_by_name(name) {
            rest::add(tally, (column, level), &populations, &|name| looked.compares(name));
        }
    }
    let (keys, measures, bytes) = tally.size();
    if keys <= KEYS && measures <= MEASURES && bytes <= BYTES {
        return Ok(());
    }
    Err(too_many())
}

fn too_many() -> QueryError {
    let message = "the attributes of these spans have too many different keys or values to count";
    QueryError::new(ErrorKind::ResourceLimit, message, "narrow the first condition")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_makes_the_populations_is_not_compared() {
        let looked = Looked::new("attributes ->> 'http.route' = '/pay' AND duration_ns > 5");
        assert!(!looked.compares("http.route") && !looked.compares("duration_ns"));
        assert!(looked.compares("http.route.template") && looked.compares("route") && !looked.compares("error.type"));
    }
}
