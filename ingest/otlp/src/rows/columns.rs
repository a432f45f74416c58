//! Arrow columns from iterators, put together in the order of the stored schema.
//!
//! Columns are found by name, so the order of the schema is the store's own business. A text
//! column measures its values first and then allocates once: hot rows live for minutes, and a
//! small request must not hold blocks made for a large one.

use std::sync::Arc;

use arrow::array::{
    Array, ArrayBuilder, ArrayRef, ArrowPrimitiveType, BinaryViewBuilder, BooleanArray, Float64Array,
    GenericByteViewBuilder, Int64Array, ListBuilder, PrimitiveBuilder, RecordBatch, RecordBatchOptions,
    StringViewBuilder, TimestampMicrosecondArray, UInt32Array, new_null_array,
};
use arrow::compute::take;
use arrow::datatypes::{ByteViewType, SchemaRef};
use ingest_model::{Nanos, Signal};
use ingest_store::schema::{element_field, table};

use crate::error::DecodeError;

/// Values up to this length lie in the view itself.
const INLINE: usize = 12;

/// The largest block of a text column; views address blocks with 32 bits.
const MAX_BLOCK: usize = 2 << 20;

/// A record batch in the making.
#[derive(Debug)]
pub(super) struct Batch {
    signal: Signal,
    rows: usize,
    schema: SchemaRef,
    columns: Vec<Option<ArrayRef>>,
    /// The column after the last one that was set: columns are mostly set in their order.
    next: usize,
    /// The columns without a value, one for each type.
    nulls: Vec<ArrayRef>,
}

// === impl Batch ===

impl Batch {
    pub(super) fn new(signal: Signal, rows: usize) -> Self {
        let schema = Arc::clone(&table(signal).schema);
        let columns = vec![None; schema.fields().len()];
        Self { signal, rows, schema, columns, next: 0, nulls: Vec::new() }
    }

    /// Sets the column `name`.
    ///
    /// # Errors
    ///
    /// When the stored table has no such column.
    pub(super) fn put(&mut self, name: &str, column: ArrayRef) -> Result<(), DecodeError> {
        let index = self.index_of(name)?;
        self.columns[index] = Some(column);
        self.next = index + 1;
        Ok(())
    }

    fn index_of(&self, name: &str) -> Result<usize, DecodeError> {
        if self.schema.fields().get(self.next).is_some_and(|field| field.name() == name) {
            return Ok(self.next);
        }
        self.schema.index_of(name).map_err(|_| self.mismatch(format!("it has no column {name}")))
    }

    /// Sets the column `name` to NULL in every row.
    ///
    /// Most promoted columns of most requests are. They share one array for each type, so that
    /// they cost next to nothing however long their rows stay in memory.
    pub(super) fn put_null(&mut self, name: &str) -> Result<(), DecodeError> {
        let index = self.index_of(name)?;
        let data_type = self.schema.field(index).data_type();
        let known = self.nulls.iter().find(|column| column.data_type() == data_type).map(Arc::clone);
        let column = known.unwrap_or_else(|| {
            self.nulls.push(new_null_array(data_type, self.rows));
            Arc::clone(&self.nulls[self.nulls.len() - 1])
        });
        self.put(name, column)
    }

    /// Sets the column `name` to `values[indexes[row]]` in every row; the bytes of text are shared.
    pub(super) fn put_shared(&mut self, name: &str, values: &dyn Array, of: &UInt32Array) -> Result<(), DecodeError> {
        if values.null_count() == values.len() {
            return self.put_null(name);
        }
        let column = take(values, of, None).map_err(|error| self.mismatch(error.to_string()))?;
        self.put(name, column)
    }

    /// The batch, once every column is set.
    pub(super) fn finish(self) -> Result<RecordBatch, DecodeError> {
        let mut columns = Vec::with_capacity(self.columns.len());
        for (field, column) in self.schema.fields().iter().zip(&self.columns) {
            let Some(column) = column else {
                return Err(self.mismatch(format!("nothing fills its column {}", field.name())));
            };
            columns.push(Arc::clone(column));
        }
        let options = RecordBatchOptions::new().with_row_count(Some(self.rows));
        RecordBatch::try_new_with_options(Arc::clone(&self.schema), columns, &options)
            .map_err(|error| self.mismatch(error.to_string()))
    }

    fn mismatch(&self, reason: String) -> DecodeError {
        DecodeError::Schema { table: self.signal.table(), reason }
    }
}

/// A UTF-8 column.
pub(super) fn text<'a>(values: impl Iterator<Item = Option<&'a str>> + Clone) -> ArrayRef {
    let bytes = values.clone().flatten().map(str::len).filter(|length| *length > INLINE).sum();
    let mut builder = sized(StringViewBuilder::new(), bytes);
    values.for_each(|value| builder.append_option(value));
    Arc::new(builder.finish())
}

/// A column of ids.
pub(super) fn id<'a>(values: impl Iterator<Item = Option<&'a [u8]>> + Clone) -> ArrayRef {
    let bytes = values.clone().flatten().map(<[u8]>::len).filter(|length| *length > INLINE).sum();
    let mut builder = sized(BinaryViewBuilder::new(), bytes);
    values.for_each(|value| builder.append_option(value));
    Arc::new(builder.finish())
}

/// A builder that allocates `bytes` once, or blocks of [`MAX_BLOCK`] when they are more.
fn sized<T: ByteViewType + ?Sized>(builder: GenericByteViewBuilder<T>, bytes: usize) -> GenericByteViewBuilder<T> {
    let block = u32::try_from(bytes.clamp(1, MAX_BLOCK)).unwrap_or(u32::MAX);
    builder.with_fixed_block_size(block)
}

/// A column of integers.
pub(super) fn int(values: impl Iterator<Item = Option<i64>>) -> ArrayRef {
    Arc::new(values.collect::<Int64Array>())
}

/// A column of doubles.
pub(super) fn double(values: impl Iterator<Item = Option<f64>>) -> ArrayRef {
    Arc::new(values.collect::<Float64Array>())
}

/// A column of truth values.
pub(super) fn boolean(values: impl Iterator<Item = Option<bool>>) -> ArrayRef {
    Arc::new(values.collect::<BooleanArray>())
}

/// A timestamp column without NULLs, in UTC.
pub(super) fn micros(values: impl Iterator<Item = i64>) -> ArrayRef {
    let micros = values.map(|nanos| nanos.div_euclid(Nanos::PER_MICRO));
    Arc::new(TimestampMicrosecondArray::from_iter_values(micros).with_timezone("UTC"))
}

/// A column of lists; a missing or empty list is NULL.
pub(super) fn list<T, I>(values: impl Iterator<Item = Option<I>>) -> ArrayRef
where
    T: ArrowPrimitiveType,
    I: Iterator<Item = T::Native>,
{
    let mut builder = ListBuilder::new(PrimitiveBuilder::<T>::new()).with_field(element_field(T::DATA_TYPE));
    for value in values {
        let before = builder.values().len();
        value.into_iter().flatten().for_each(|element| builder.values().append_value(element));
        let filled = builder.values().len() > before;
        builder.append(filled);
    }
    Arc::new(builder.finish())
}
