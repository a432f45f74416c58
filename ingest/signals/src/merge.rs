//! Partial rows of golden signals, added up: one row a minute, service, operation, kind and source.

use std::sync::Arc;

use ahash::AHashMap;
use arrow::array::{
    Array, ArrayRef, ArrowPrimitiveType, AsArray, Float64Array, Float64Builder, Int64Array, ListArray, ListBuilder,
    PrimitiveArray, StringViewArray, TimestampMicrosecondArray,
};
use arrow::datatypes::{DataType, Float64Type, Int64Type, TimestampMicrosecondType};
use arrow::record_batch::RecordBatch;
use ingest_store::schema::{self, element_field};

use crate::sketch::Sketch;

/// The columns of partial rows.
#[derive(Debug)]
struct Columns<'a> {
    minute: &'a TimestampMicrosecondArray,
    /// Service, operation, kind and source.
    names: [&'a StringViewArray; 4],
    requests: &'a Float64Array,
    errors: &'a Float64Array,
    spans: &'a Int64Array,
    duration_sum: &'a Int64Array,
    duration_max: &'a Int64Array,
    offset: &'a Int64Array,
    counts: &'a ListArray,
    /// The values of all lists of `counts`.
    values: &'a Float64Array,
}

/// What a row is about: the minute, and service, operation, kind and source.
type Key<'a> = (i64, [Option<&'a str>; 4]);

/// What rows of one key say together.
#[derive(Debug, Default)]
struct Sums {
    requests: f64,
    errors: f64,
    spans: i64,
    duration_sum_ns: i64,
    duration_max_ns: i64,
    latency: Sketch,
}

/// The same sums in one row a key, in the order of their keys.
///
/// # Errors
///
/// A text naming the column that is missing or of another type, or saying that a sketch is none.
pub(crate) fn merge(rows: &[RecordBatch]) -> Result<RecordBatch, String> {
    let batches = rows.iter().map(Columns::of).collect::<Result<Vec<_>, _>>()?;
    let mut sums: AHashMap<Key<'_>, Sums> = AHashMap::new();
    for columns in &batches {
        for row in 0..columns.minute.len() {
            sums.entry(columns.key(row)).or_default().add(columns, row)?;
        }
    }
    let mut sums: Vec<_> = sums.into_iter().collect();
    sums.sort_unstable_by_key(|(key, _)| *key);
    batch(&sums)
}

// === impl Columns ===

impl<'a> Columns<'a> {
    fn of(batch: &'a RecordBatch) -> Result<Self, String> {
        let counts = find(batch, "latency_counts", |array| array.as_list_opt())?;
        let values = counts.values().as_primitive_opt::<Float64Type>();
        Ok(Self {
            minute: numbers::<TimestampMicrosecondType>(batch, "minute")?,
            names: [
                text(batch, "service_name")?,
                text(batch, "operation")?,
                text(batch, "kind")?,
                text(batch, "source")?,
            ],
            requests: numbers::<Float64Type>(batch, "requests")?,
            errors: numbers::<Float64Type>(batch, "errors")?,
            spans: numbers::<Int64Type>(batch, "spans")?,
            duration_sum: numbers::<Int64Type>(batch, "duration_sum_ns")?,
            duration_max: numbers::<Int64Type>(batch, "duration_max_ns")?,
            offset: numbers::<Int64Type>(batch, "latency_offset")?,
            counts,
            values: values.ok_or_else(|| format!("the column latency_counts is a {}", counts.data_type()))?,
        })
    }

    fn key(&self, row: usize) -> Key<'a> {
        (self.minute.value(row), self.names.map(|column| column.is_valid(row).then(|| column.value(row))))
    }

    /// The counts of a row's sketch; none where there is no sketch.
    fn counts(&self, row: usize) -> &'a [f64] {
        if self.counts.is_null(row) {
            return &[];
        }
        let offsets = self.counts.value_offsets();
        let place = |offset: i32| usize::try_from(offset).unwrap_or(0);
        self.values.values().get(place(offsets[row])..place(offsets[row + 1])).unwrap_or(&[])
    }
}

// === impl Sums ===

impl Sums {
    fn add(&mut self, columns: &Columns<'_>, row: usize) -> Result<(), String> {
        self.requests += at(columns.requests, row);
        self.errors += at(columns.errors, row);
        self.spans = self.spans.saturating_add(at(columns.spans, row));
        self.duration_sum_ns = self.duration_sum_ns.saturating_add(at(columns.duration_sum, row));
        self.duration_max_ns = self.duration_max_ns.max(at(columns.duration_max, row));
        let merged = self.latency.merge(at(columns.offset, row), columns.counts(row));
        merged.map_err(|_| "the buckets of a latency sketch are out of range".to_owned())
    }
}

/// A value; zero for a null.
fn at<T: ArrowPrimitiveType>(column: &PrimitiveArray<T>, row: usize) -> T::Native {
    if column.is_valid(row) { column.value(row) } else { T::Native::default() }
}

fn text<'a>(batch: &'a RecordBatch, name: &str) -> Result<&'a StringViewArray, String> {
    find(batch, name, |array| array.as_string_view_opt())
}

fn numbers<'a, T: ArrowPrimitiveType>(batch: &'a RecordBatch, name: &str) -> Result<&'a PrimitiveArray<T>, String> {
    find(batch, name, |array| array.as_primitive_opt::<T>())
}

fn find<'a, T>(
    batch: &'a RecordBatch,
    name: &str,
    typed: impl FnOnce(&'a dyn Array) -> Option<&'a T>,
) -> Result<&'a T, String> {
    let column = batch.column_by_name(name).ok_or_else(|| format!("golden signals have no column {name}"))?;
    typed(column.as_ref()).ok_or_else(|| format!("the column {name} of golden signals is a {}", column.data_type()))
}

fn batch(sums: &[(Key<'_>, Sums)]) -> Result<RecordBatch, String> {
    let spec = schema::golden_signals();
    let minutes = TimestampMicrosecondArray::from_iter_values(sums.iter().map(|((minute, _), _)| *minute));
    let names = |index: usize| -> ArrayRef {
        Arc::new(sums.iter().map(|((_, names), _)| names[index]).collect::<StringViewArray>())
    };
    let doubles = |value: fn(&Sums) -> f64| -> ArrayRef {
        Arc::new(Float64Array::from_iter_values(sums.iter().map(|(_, sums)| value(sums))))
    };
    let ints = |value: fn(&Sums) -> i64| -> ArrayRef {
        Arc::new(Int64Array::from_iter_values(sums.iter().map(|(_, sums)| value(sums))))
    };
    let mut columns: Vec<ArrayRef> = vec![Arc::new(minutes.with_timezone("UTC"))];
    columns.extend((0..4).map(names));
    columns.extend([
        doubles(|sums| sums.requests),
        doubles(|sums| sums.errors),
        ints(|sums| sums.spans),
        ints(|sums| sums.duration_sum_ns),
        ints(|sums| sums.duration_max_ns),
        ints(|sums| sums.latency.offset()),
        counts(sums),
    ]);
    RecordBatch::try_new(Arc::clone(&spec.schema), columns).map_err(|error| error.to_string())
}

fn counts(sums: &[(Key<'_>, Sums)]) -> ArrayRef {
    let mut lists = ListBuilder::new(Float64Builder::new()).with_field(element_field(DataType::Float64));
    for (_, sums) in sums {
        lists.values().append_slice(sums.latency.counts());
        lists.append(true);
    }
    Arc::new(lists.finish())
}

#[cfg(test)]
mod tests;
