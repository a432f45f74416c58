//! Latency sketches in SQL: `merge_latency` adds them up, `quantile` reads them.
//!
//! A sketch is a struct of the bucket of its first count and its counts, as `golden_signals` stores
//! them.

mod merge;
mod quantile;

use std::sync::{Arc, LazyLock};

use arrow::array::{Array, ArrayRef, AsArray, Float64Array, Float64Builder, Int64Builder, ListBuilder, StructArray};
use arrow::buffer::NullBuffer;
use arrow::datatypes::{DataType, Field, Fields, Float64Type, Int64Type};
use datafusion::common::{Result, exec_err, plan_err};
use datafusion::logical_expr::{AggregateUDF, ScalarUDF};
use ingest_signals::Sketch;
use ingest_store::schema::element_field;

/// The aggregate `merge_latency(latency)`.
pub(crate) fn merge_latency() -> Arc<AggregateUDF> {
    static UDAF: LazyLock<Arc<AggregateUDF>> =
        LazyLock::new(|| Arc::new(AggregateUDF::new_from_impl(merge::MergeLatency::new())));
    Arc::clone(&UDAF)
}

/// The function `quantile(latency, q)`.
pub(crate) fn quantile() -> Arc<ScalarUDF> {
    static UDF: LazyLock<Arc<ScalarUDF>> =
        LazyLock::new(|| Arc::new(ScalarUDF::new_from_impl(quantile::Quantile::new())));
    Arc::clone(&UDF)
}

/// The type of a sketch.
fn sketch_type() -> DataType {
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

/// The sketches of a column of them.
struct Sketches<'a> {
    sketches: &'a StructArray,
    offsets: &'a [i64],
    counts: &'a arrow::array::ListArray,
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

    /// Adds the sketch of a row to `sum`; a null adds nothing.
    fn add(&self, row: usize, sum: &mut Sketch) -> Result<()> {
        if self.sketches.is_null(row) || self.counts.is_null(row) {
            return Ok(());
        }
        let offsets = self.counts.value_offsets();
        let range = offsets[row] as usize..offsets[row + 1] as usize;
        match sum.merge(self.offsets[row], &self.values.values()[range]) {
            Ok(()) => Ok(()),
            Err(_) => exec_err!("a value is no latency sketch: its buckets are out of range"),
        }
    }
}

/// A column of sketches; empty ones are null.
fn column(sketches: &[Sketch]) -> ArrayRef {
    let mut offsets = Int64Builder::with_capacity(sketches.len());
    let mut counts = ListBuilder::new(Float64Builder::new()).with_field(element_field(DataType::Float64));
    for sketch in sketches {
        offsets.append_value(sketch.offset());
        counts.values().append_slice(sketch.counts());
        counts.append(true);
    }
    let valid: NullBuffer = sketches.iter().map(|sketch| !sketch.counts().is_empty()).collect::<Vec<_>>().into();
    Arc::new(StructArray::new(fields(), vec![Arc::new(offsets.finish()), Arc::new(counts.finish())], Some(valid)))
}
