//! Latency sketches in SQL: `latency_sketch` makes them of durations, `merge_latency` adds them up, `quantile` reads them.
//!
//! A sketch is a struct of the bucket of its first count and its counts, as `golden_signals` stores
//! them.

mod merge;
mod quantile;
mod sparse;
mod state;

use std::sync::{Arc, LazyLock};

use arrow::array::{Array, ArrayRef, AsArray, Float64Array, Int64Array, ListArray, StructArray};
use arrow::buffer::{NullBuffer, OffsetBuffer};
use arrow::datatypes::{DataType, Field, Fields, Float64Type, Int64Type};
use datafusion::common::{Result, exec_err, plan_err};
use datafusion::logical_expr::{AggregateUDF, ScalarUDF};
use ingest_store::schema::element_field;
use sparse::Sparse;

/// The aggregate `merge_latency(latency)`.
pub(crate) fn merge_latency() -> Arc<AggregateUDF> {
    static UDAF: LazyLock<Arc<AggregateUDF>> =
        LazyLock::new(|| Arc::new(AggregateUDF::new_from_impl(merge::AddUp::sketches())));
    Arc::clone(&UDAF)
}

/// The aggregate `latency_sketch(duration_ns)`.
pub(crate) fn latency_sketch() -> Arc<AggregateUDF> {
    static UDAF: LazyLock<Arc<AggregateUDF>> =
        LazyLock::new(|| Arc::new(AggregateUDF::new_from_impl(merge::AddUp::durations())));
    Arc::clone(&UDAF)
}

/// The function `quantile(latency, q)`.
pub(crate) fn quantile() -> Arc<ScalarUDF> {
    static UDF: LazyLock<Arc<ScalarUDF>> =
        LazyLock::new(|| Arc::new(ScalarUDF::new_from_impl(quantile::Quantile::new())));
    Arc::clone(&UDF)
}

/// The type of a sketch.
pub(crate) fn sketch_type() -> DataType {
    DataType::Struct(fields())
}

fn fields() -> Fields {
    let counts = DataType::List(element_field(DataType::Float64));
    Fields::from(vec![Field::new("offset", DataType::Int64, true), Field::new("counts", counts, true)])
}

/// Refuses arguments that are no sketch.
fn check_type(function: &str, given: &DataType) -> Result<()> {
    if given == &sketch_type() || given == &DataType::Null {
        return Ok(());
    }
    plan_err!("{function} takes the column latency of golden_signals, not a {given}")
}

const NO_SKETCH: &str = "a value is no latency sketch: its buckets are out of range";

/// The sketches of a column of them.
struct Sketches<'a> {
    sketches: &'a StructArray,
    offsets: &'a [i64],
    counts: &'a ListArray,
    values: &'a Float64Array,
}

// === impl Sketches ===

impl<'a> Sketches<'a> {
    fn of(column: &'a ArrayRef) -> Option<Self> {
        let sketches = column.as_struct_opt()?;
        let counts = sketches.column_by_name("counts")?.as_list_opt::<i32>()?;
        Some(Self {
            sketches,
            offsets: sketches.column_by_name("offset")?.as_primitive_opt::<Int64Type>()?.values(),
            counts,
            values: counts.values().as_primitive_opt::<Float64Type>()?,
        })
    }

    /// The bucket of the first count of a row's sketch, and its counts; `None` for a null.
    fn get(&self, row: usize) -> Option<(i64, &'a [f64])> {
        if self.sketches.is_null(row) || self.counts.is_null(row) {
            return None;
        }
        let offsets = self.counts.value_offsets();
        let range = offsets[row] as usize..offsets[row + 1] as usize;
        Some((self.offsets[row], &self.values.values()[range]))
    }

    /// Adds the sketch of a row to `sum`; a null adds nothing. Answers how many buckets there are more.
    fn add(&self, row: usize, sum: &mut Sparse) -> Result<usize> {
        let Some((offset, counts)) = self.get(row) else { return Ok(0) };
        match sum.merge(offset, counts) {
            Ok(more) => Ok(more),
            Err(_) => exec_err!("{NO_SKETCH}"),
        }
    }
}

/// A column of sketches; empty ones are null.
fn column(sketches: &[Sparse]) -> ArrayRef {
    let offsets: Int64Array = sketches.iter().map(Sparse::offset).collect();
    let mut counts = Vec::new();
    sketches.iter().for_each(|sketch| sketch.append_counts(&mut counts));
    let lengths = OffsetBuffer::from_lengths(sketches.iter().map(Sparse::reach));
    let counts = ListArray::new(element_field(DataType::Float64), lengths, Arc::new(Float64Array::from(counts)), None);
    let valid: NullBuffer = sketches.iter().map(|sketch| !sketch.buckets().is_empty()).collect::<Vec<_>>().into();
    Arc::new(StructArray::new(fields(), vec![Arc::new(offsets), Arc::new(counts)], Some(valid)))
}
