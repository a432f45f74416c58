//! Merging small batches into one that holds each distinct string once.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BinaryViewBuilder, StringViewBuilder};
use arrow::datatypes::DataType;
use arrow::error::ArrowError;
use arrow::record_batch::RecordBatch;

use crate::nulls::Nulls;

/// One batch with the rows of all, in order. View columns are rebuilt: a plain concatenation
/// would keep a buffer per request and column alive.
pub(super) fn merge(batches: &[RecordBatch]) -> Result<RecordBatch, ArrowError> {
    let Some(first) = batches.first() else {
        return Err(ArrowError::InvalidArgumentError("there is nothing to merge".to_owned()));
    };
    let schema = first.schema();
    let rows = batches.iter().map(RecordBatch::num_rows).sum();
    let mut nulls = Nulls::new(rows);
    let columns = (0..schema.fields().len()).map(|index| {
        let parts: Vec<&ArrayRef> = batches.iter().map(|batch| batch.column(index)).collect();
        nulls.joined(&parts).map_or_else(|| merge_column(&parts, rows), Ok)
    });
    RecordBatch::try_new(Arc::clone(&schema), columns.collect::<Result<_, _>>()?)
}

fn merge_column(parts: &[&ArrayRef], rows: usize) -> Result<ArrayRef, ArrowError> {
    match parts[0].data_type() {
        DataType::Utf8View => {
            let mut merged = StringViewBuilder::with_capacity(rows).with_deduplicate_strings();
            parts.iter().flat_map(|part| part.as_string_view()).for_each(|value| merged.append_option(value));
            Ok(exact(merged.finish()))
        }
        DataType::BinaryView => {
            let mut merged = BinaryViewBuilder::with_capacity(rows);
            parts.iter().flat_map(|part| part.as_binary_view()).for_each(|value| merged.append_option(value));
            Ok(exact(merged.finish()))
        }
        _ => {
            let parts: Vec<&dyn Array> = parts.iter().map(|part| part.as_ref()).collect();
            arrow::compute::concat(&parts)
        }
    }
}

/// Gives back what the builder allocated ahead of need.
fn exact(mut array: impl Array + 'static) -> ArrayRef {
    array.shrink_to_fit();
    Arc::new(array)
}
