//! Rows picked from several batches, made into one column by column from where they are.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef};
use arrow::compute::interleave;
use arrow::datatypes::FieldRef;
use arrow::error::ArrowError;
use arrow::record_batch::RecordBatch;

use crate::nulls::{self, Nulls};
use crate::schema::TableSpec;

/// Batches of a table that rows are picked from.
#[derive(Debug)]
pub(super) struct Gather<'a> {
    batches: &'a [RecordBatch],
    spec: &'static TableSpec,
    /// For each column, whether it has no value in any batch.
    empty: Vec<bool>,
}

// === impl Gather ===

impl<'a> Gather<'a> {
    /// Looks at batches, which are of the table's schema.
    pub(super) fn from(batches: &'a [RecordBatch], spec: &'static TableSpec) -> Self {
        let is_empty = |index| batches.iter().all(|batch| nulls::is_null(batch.column(index)));
        Self { batches, spec, empty: (0..spec.schema.fields().len()).map(is_empty).collect() }
    }

    /// The table whose rows they are.
    pub(super) const fn spec(&self) -> &'static TableSpec {
        self.spec
    }

    /// One batch of the rows at the places given, each a batch and a row of it.
    ///
    /// # Errors
    ///
    /// When the batches are not of the table's schema.
    pub(super) fn rows(&self, places: &[(usize, usize)]) -> Result<RecordBatch, ArrowError> {
        if self.batches.is_empty() {
            return Ok(RecordBatch::new_empty(Arc::clone(&self.spec.schema)));
        }
        let mut nulls = Nulls::new(places.len());
        let columns = self.spec.schema.fields().iter().zip(&self.empty).enumerate();
        let column = |(index, (field, empty)): (usize, (&FieldRef, &bool))| -> Result<ArrayRef, _> {
            if *empty {
                return Ok(nulls.column(field.data_type()));
            }
            let parts: Vec<&dyn Array> = self.batches.iter().map(|batch| batch.column(index).as_ref()).collect();
            interleave(&parts, places)
        };
        RecordBatch::try_new(Arc::clone(&self.spec.schema), columns.map(column).collect::<Result<_, _>>()?)
    }
}
