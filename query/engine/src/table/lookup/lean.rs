//! Rows that hold nothing but their own values.
//!
//! A text of a view lies in a buffer that it shares: with all of its page, or with all hot rows of its batch. Few rows that
//! are kept for long would keep all of that.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, GenericByteViewArray};
use arrow::buffer::Buffer;
use arrow::compute::cast;
use arrow::datatypes::{ByteViewType, DataType, Schema, SchemaRef};
use arrow::error::ArrowError;
use arrow::record_batch::{RecordBatch, RecordBatchOptions};

/// The rows without columns that have no value, in the types of `schema`. A value that is in one buffer for many rows stays so.
pub(super) fn lean(rows: &RecordBatch, schema: &SchemaRef) -> Result<RecordBatch, ArrowError> {
    let (mut fields, mut columns) = (Vec::new(), Vec::new());
    for (field, column) in rows.schema_ref().fields().iter().zip(rows.columns()) {
        if let Some((_, field)) = schema.fields().find(field.name()).filter(|_| has_a_value(column)) {
            columns.push(own(&typed(column, field.data_type())?));
            fields.push(Arc::clone(field));
        }
    }
    let options = RecordBatchOptions::new().with_row_count(Some(rows.num_rows()));
    RecordBatch::try_new_with_options(Arc::new(Schema::new(fields)), columns, &options)
}

/// Whether a column is not null everywhere.
pub(super) fn has_a_value(column: &ArrayRef) -> bool {
    column.null_count() < column.len()
}

/// The column in a type, as it is where it has that type.
pub(super) fn typed(column: &ArrayRef, wanted: &DataType) -> Result<ArrayRef, ArrowError> {
    if column.data_type() == wanted { Ok(Arc::clone(column)) } else { cast(column, wanted) }
}

fn own(column: &ArrayRef) -> ArrayRef {
    match column.data_type() {
        DataType::Utf8View => own_views(column, column.as_string_view()),
        DataType::BinaryView => own_views(column, column.as_binary_view()),
        _ => Arc::clone(column),
    }
}

fn own_views<T: ByteViewType>(column: &ArrayRef, views: &GenericByteViewArray<T>) -> ArrayRef {
    let held: usize = views.data_buffers().iter().map(Buffer::capacity).sum();
    if held <= views.total_buffer_bytes_used() { Arc::clone(column) } else { Arc::new(views.gc()) }
}

#[cfg(test)]
mod tests {
    use arrow::array::{Int64Array, StringArray, StringViewArray, new_null_array};
    use arrow::datatypes::Field;

    use super::*;

    fn text(number: usize) -> String {
        format!("a text that is too long to lie in its view {number}")
    }

    #[test]
    fn few_of_many_rows_do_not_keep_the_texts_of_the_others() -> Result<(), ArrowError> {
        let texts: ArrayRef = Arc::new(StringViewArray::from_iter_values((0..1_000).map(text)));
        let nothing = new_null_array(&DataType::Int64, 1_000);
        let rows = RecordBatch::try_from_iter_with_nullable([("t", texts, true), ("n", nothing, true)])?;
        let lean = lean(&rows.slice(10, 2), rows.schema_ref())?;
        assert_eq!((lean.num_columns(), lean.num_rows()), (1, 2));
        assert_eq!(lean.column(0).as_string_view().value(1), text(11));
        assert!(lean.get_array_memory_size() < 1_000, "{}", lean.get_array_memory_size());
        Ok(())
    }

    #[test]
    fn a_text_that_all_rows_share_is_held_once() -> Result<(), ArrowError> {
        let mut shared = arrow::array::StringViewBuilder::new().with_deduplicate_strings();
        (0..1_000).for_each(|_| shared.append_value(text(1)));
        let rows = RecordBatch::try_from_iter([("t", Arc::new(shared.finish()) as ArrayRef)])?;
        let lean = lean(&rows, rows.schema_ref())?;
        assert!(Arc::ptr_eq(lean.column(0), rows.column(0)));
        Ok(())
    }

    #[test]
    fn columns_take_the_stored_type_and_others_go() -> Result<(), ArrowError> {
        let texts: ArrayRef = Arc::new(StringArray::from(vec!["a"]));
        let numbers: ArrayRef = Arc::new(Int64Array::from(vec![1]));
        let rows = RecordBatch::try_from_iter([("t", texts), ("dense", numbers)])?;
        let schema = Arc::new(Schema::new(vec![Field::new("t", DataType::Utf8View, true)]));
        let lean = lean(&rows, &schema)?;
        assert_eq!(lean.schema_ref(), &schema);
        assert_eq!(lean.column(0).as_string_view().value(0), "a");
        Ok(())
    }
}
