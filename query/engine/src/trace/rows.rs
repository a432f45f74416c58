//! The stored rows of a trace as they lie in memory: batches, each with the columns that have values in it.

use std::collections::HashMap;

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::datatypes::{DataType, Int64Type, TimeUnit, TimestampMicrosecondType};
use arrow::record_batch::RecordBatch;
use ingest_model::{Nanos, Signal};
use ingest_store::schema;

/// Rows of one signal. A column that a batch does not have is null in all of its rows.
#[derive(Debug)]
pub(super) struct Rows {
    columns: HashMap<&'static str, usize>,
    batches: Vec<Batch>,
}

/// The columns of a batch, in the order of the stored schema.
#[derive(Debug)]
struct Batch {
    rows: usize,
    columns: Vec<Option<ArrayRef>>,
}

/// Which row: in the order they were read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct At {
    batch: u32,
    row: u32,
}

/// One row.
#[derive(Debug, Clone, Copy)]
pub(super) struct Row<'a> {
    rows: &'a Rows,
    batch: &'a Batch,
    row: usize,
}

/// A stored value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Cell<'a> {
    Null,
    /// A time is its microseconds.
    Number(i64),
    Text(&'a str),
    Id(&'a [u8]),
}

// === impl Rows ===

impl Rows {
    /// The rows of batches whose columns have the stored types.
    pub(super) fn new(signal: Signal, batches: &[RecordBatch]) -> Self {
        let fields = schema::table(signal).schema.fields();
        let batch = |rows: &RecordBatch| Batch {
            rows: rows.num_rows(),
            columns: fields.iter().map(|field| rows.column_by_name(field.name()).cloned()).collect(),
        };
        let columns = fields.iter().enumerate().map(|(index, field)| (field.name().as_str(), index));
        Self { columns: columns.collect(), batches: batches.iter().map(batch).collect() }
    }

    /// How many there are.
    pub(super) fn count(&self) -> usize {
        self.batches.iter().map(|batch| batch.rows).sum()
    }

    /// All of them.
    pub(super) fn all(&self) -> impl Iterator<Item = (At, Row<'_>)> {
        self.batches.iter().zip(0..).flat_map(move |(batch, number)| {
            (0..batch.rows)
                .zip(0..)
                .map(move |(row, at)| (At { batch: number, row: at }, Row { rows: self, batch, row }))
        })
    }

    /// One of them.
    pub(super) fn row(&self, at: At) -> Row<'_> {
        Row { rows: self, batch: &self.batches[at.batch as usize], row: at.row as usize }
    }
}

// === impl Row ===

impl<'a> Row<'a> {
    /// The value of a column; null where there is no such column.
    pub(super) fn cell(&self, name: &str) -> Cell<'a> {
        let column = self.rows.columns.get(name).and_then(|index| self.batch.columns[*index].as_deref());
        column.map_or(Cell::Null, |column| cell(column, self.row))
    }

    /// The values of all columns.
    pub(super) fn cells(&self) -> impl Iterator<Item = Cell<'a>> {
        let row = self.row;
        self.batch.columns.iter().map(move |column| column.as_deref().map_or(Cell::Null, |column| cell(column, row)))
    }

    /// Empty where there is none.
    pub(super) fn text(&self, name: &str) -> &'a str {
        if let Cell::Text(text) = self.cell(name) { text } else { "" }
    }

    /// 0 where there is none.
    pub(super) fn number(&self, name: &str) -> i64 {
        if let Cell::Number(number) = self.cell(name) { number } else { 0 }
    }

    /// Empty where there is none.
    pub(super) fn id(&self, name: &str) -> &'a [u8] {
        if let Cell::Id(id) = self.cell(name) { id } else { &[] }
    }

    /// A time, `past` nanoseconds past its microsecond.
    pub(super) fn time(&self, name: &str, past: i64) -> Nanos {
        Nanos(self.number(name).saturating_mul(Nanos::PER_MICRO).saturating_add(past))
    }
}

fn cell(column: &dyn Array, row: usize) -> Cell<'_> {
    if column.is_null(row) {
        return Cell::Null;
    }
    match column.data_type() {
        DataType::Utf8View => Cell::Text(column.as_string_view().value(row)),
        DataType::BinaryView => Cell::Id(column.as_binary_view().value(row)),
        DataType::Int64 => Cell::Number(column.as_primitive::<Int64Type>().value(row)),
        DataType::Timestamp(TimeUnit::Microsecond, _) => {
            Cell::Number(column.as_primitive::<TimestampMicrosecondType>().value(row))
        }
        // No stored span or log record has a column of another type.
        _ => Cell::Null,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A type without a cell would read as null, and its values would be lost from every trace.
    #[test]
    fn every_stored_column_of_spans_and_logs_has_a_cell() {
        let known = |kind: &DataType| {
            matches!(kind, DataType::Utf8View | DataType::BinaryView | DataType::Int64)
                || matches!(kind, DataType::Timestamp(TimeUnit::Microsecond, _))
        };
        for signal in [Signal::Traces, Signal::Logs] {
            let unknown = schema::table(signal).schema.fields().iter().find(|field| !known(field.data_type()));
            assert_eq!(unknown, None);
        }
    }
}
