//! Rows of the tables of judgements, column by column in the order of their schema.

use std::sync::Arc;

use arrow::array::{
    ArrayRef, BooleanArray, Float64Array, Float64Builder, Int64Array, ListBuilder, StringViewArray,
    TimestampMicrosecondArray,
};
use arrow::datatypes::DataType;
use arrow::error::ArrowError;
use arrow::record_batch::RecordBatch;
use ingest_model::{Judgement, Nanos};
use ingest_store::schema;

/// The rows of a kind.
///
/// # Errors
///
/// When the columns are not those of the kind's schema, which is a bug.
pub(crate) fn batch(kind: Judgement, columns: Vec<ArrayRef>) -> Result<RecordBatch, ArrowError> {
    RecordBatch::try_new(Arc::clone(&schema::judgement(kind).schema), columns)
}

/// A column of texts.
pub(crate) fn texts(values: impl IntoIterator<Item = impl AsRef<str>>) -> ArrayRef {
    Arc::new(StringViewArray::from_iter_values(values))
}

/// A column of whole numbers.
pub(crate) fn ints(values: impl IntoIterator<Item = i64>) -> ArrayRef {
    Arc::new(Int64Array::from_iter_values(values))
}

/// A column of numbers.
pub(crate) fn doubles(values: impl IntoIterator<Item = f64>) -> ArrayRef {
    Arc::new(Float64Array::from_iter_values(values))
}

/// A column of lists of numbers.
pub(crate) fn lists<'a>(values: impl IntoIterator<Item = &'a [f64]>) -> ArrayRef {
    let mut lists = ListBuilder::new(Float64Builder::new()).with_field(schema::element_field(DataType::Float64));
    for value in values {
        lists.values().append_slice(value);
        lists.append(true);
    }
    Arc::new(lists.finish())
}

/// A column of truths.
pub(crate) fn booleans(values: impl IntoIterator<Item = bool>) -> ArrayRef {
    Arc::new(BooleanArray::from_iter(values.into_iter().map(Some)))
}

/// A column of times.
pub(crate) fn times(values: impl IntoIterator<Item = Nanos>) -> ArrayRef {
    let micros = values.into_iter().map(Nanos::micros);
    Arc::new(TimestampMicrosecondArray::from_iter_values(micros).with_timezone("UTC"))
}
