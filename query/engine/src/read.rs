//! Questions of our own over the stored tables, and reading their rows.

use std::sync::Arc;

use arrow::array::{Array, AsArray};
use arrow::datatypes::{DataType, Float64Type, Int64Type, TimestampMicrosecondType, TimestampNanosecondType};
use arrow::record_batch::RecordBatch;
use datafusion::common::ParamValues;
use datafusion::physical_plan::execute_stream;
use datafusion::scalar::ScalarValue;
use futures::TryStreamExt;
use ingest_model::Nanos;
use query_api::ErrorKind;

use crate::answer::scanned;
use crate::error::QueryError;
use crate::runs::added_up;
use crate::session::Session;

/// The rows of a query whose `$1`, `$2`, … are `values`.
///
/// # Errors
///
/// `ResourceLimit` when there are more than `most`.
pub(crate) async fn rows(
    session: &Session,
    query: &str,
    values: Vec<ScalarValue>,
    most: usize,
) -> Result<Vec<RecordBatch>, QueryError> {
    let (mut batches, mut count) = (Vec::new(), 0);
    let take = |batch: RecordBatch| {
        count += batch.num_rows();
        if count > most {
            let message = format!("the answer has more than {most} rows");
            return Err(QueryError::new(ErrorKind::ResourceLimit, message, "narrow the question, or ask with SQL"));
        }
        batches.push(batch);
        Ok(())
    };
    each(session, query, values, take).await?;
    Ok(batches)
}

/// Gives every batch of a query whose `$1`, `$2`, … are `values` to `take`, one at a time.
///
/// # Errors
///
/// Those of `take`, which end the query.
pub(crate) async fn each(
    session: &Session,
    query: &str,
    values: Vec<ScalarValue>,
    mut take: impl FnMut(RecordBatch) -> Result<(), QueryError> + Send,
) -> Result<(), QueryError> {
    let values: ParamValues = values.into();
    let plan = session.state.create_logical_plan(query).await?.with_param_values(values)?;
    let plan = added_up(session.state.create_physical_plan(&plan).await?)?;
    let mut stream = execute_stream(Arc::clone(&plan), session.task(None)?)?;
    while let Some(batch) = stream.try_next().await? {
        take(batch)?;
    }
    session.tally().add_read(scanned(plan.as_ref()));
    Ok(())
}

/// The text in a row; empty where it is null or the column is no text.
pub(crate) fn text(column: &dyn Array, row: usize) -> String {
    if column.is_null(row) {
        return String::new();
    }
    match column.data_type() {
        DataType::Utf8View => column.as_string_view().value(row).to_owned(),
        DataType::Utf8 => column.as_string::<i32>().value(row).to_owned(),
        _ => String::new(),
    }
}

/// Columns of a batch by name. A name that is no column reads as null everywhere, so that a
/// missing column costs its value and not the answer.
#[derive(Debug)]
pub(crate) struct Columns<'a> {
    batch: &'a RecordBatch,
}

// === impl Columns ===

impl<'a> Columns<'a> {
    pub(crate) fn new(batch: &'a RecordBatch) -> Self {
        Self { batch }
    }

    fn column(&self, name: &str, row: usize) -> Option<&'a Arc<dyn Array>> {
        self.batch.column_by_name(name).filter(|column| column.is_valid(row))
    }

    pub(crate) fn text(&self, name: &str, row: usize) -> String {
        self.column(name, row).map_or_else(String::new, |column| text(column.as_ref(), row))
    }

    /// The text; `None` where it is null.
    pub(crate) fn optional_text(&self, name: &str, row: usize) -> Option<String> {
        self.column(name, row).map(|column| text(column.as_ref(), row))
    }

    pub(crate) fn int(&self, name: &str, row: usize) -> i64 {
        let column = self.column(name, row).and_then(|column| column.as_primitive_opt::<Int64Type>());
        column.map_or(0, |column| column.value(row))
    }

    pub(crate) fn double(&self, name: &str, row: usize) -> Option<f64> {
        let column = self.column(name, row).and_then(|column| column.as_primitive_opt::<Float64Type>());
        column.map(|column| column.value(row))
    }

    /// A list of numbers; empty where it is null.
    pub(crate) fn doubles(&self, name: &str, row: usize) -> &'a [f64] {
        let lists = self.column(name, row).and_then(|column| column.as_list_opt::<i32>());
        let values = lists.and_then(|lists| Some((lists, lists.values().as_primitive_opt::<Float64Type>()?)));
        values.map_or(&[], |(lists, values)| {
            let offsets = lists.value_offsets();
            &values.values()[offsets[row] as usize..offsets[row + 1] as usize]
        })
    }

    pub(crate) fn boolean(&self, name: &str, row: usize) -> bool {
        let column = self.column(name, row).and_then(|column| column.as_boolean_opt());
        column.is_some_and(|column| column.value(row))
    }

    /// A timestamp in nanoseconds since 1970, whatever its unit.
    pub(crate) fn nanos(&self, name: &str, row: usize) -> i64 {
        let column = self.column(name, row).and_then(|column| column.as_primitive_opt::<TimestampNanosecondType>());
        column.map_or_else(|| self.micros(name, row).saturating_mul(Nanos::PER_MICRO), |column| column.value(row))
    }

    pub(crate) fn micros(&self, name: &str, row: usize) -> i64 {
        let column = self.column(name, row).and_then(|column| column.as_primitive_opt::<TimestampMicrosecondType>());
        column.map_or(0, |column| column.value(row))
    }

    pub(crate) fn bytes(&self, name: &str, row: usize) -> &'a [u8] {
        let column = self.column(name, row).and_then(|column| column.as_binary_view_opt());
        column.map_or(&[], |column| column.value(row))
    }
}
