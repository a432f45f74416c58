//! Sketches on their way from one step of an aggregation to the next: a list of buckets and a list of their counts.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Float64Array, Int32Array, ListArray};
use arrow::buffer::OffsetBuffer;
use arrow::datatypes::{DataType, Field, FieldRef, Float64Type, Int32Type};
use datafusion::common::{Result, internal_err};
use ingest_store::schema::element_field;

use super::sparse::Sparse;

/// The columns of the state of the aggregate `name`.
pub(super) fn fields(name: &str) -> Vec<FieldRef> {
    let list = |what: &str, of: DataType| {
        Arc::new(Field::new(format!("{name}[{what}]"), DataType::List(element_field(of)), true))
    };
    vec![list("buckets", DataType::Int32), list("counts", DataType::Float64)]
}

/// The columns of these sketches.
pub(super) fn columns(sketches: &[Sparse]) -> Vec<ArrayRef> {
    let entries = || sketches.iter().flat_map(Sparse::buckets);
    let buckets: Int32Array = entries().map(|(bucket, _)| *bucket).collect();
    let counts: Float64Array = entries().map(|(_, count)| *count).collect();
    let lengths = || OffsetBuffer::from_lengths(sketches.iter().map(|sketch| sketch.buckets().len()));
    let list = |of: DataType, values: ArrayRef| ListArray::new(element_field(of), lengths(), values, None);
    let buckets = list(DataType::Int32, Arc::new(buckets));
    vec![Arc::new(buckets), Arc::new(list(DataType::Float64, Arc::new(counts)))]
}

/// Adds the sketch of each row to what `into` gives for the row.
///
/// # Errors
///
/// When the columns are not those of a state, which is a bug.
pub(super) fn add(columns: &[ArrayRef], mut into: impl FnMut(usize, &[i32], &[f64])) -> Result<()> {
    let [buckets, counts] = columns else { return internal_err!("a state of {} columns", columns.len()) };
    let (Some(buckets), Some(counts)) = (buckets.as_list_opt::<i32>(), counts.as_list_opt::<i32>()) else {
        return internal_err!("a state that has no lists");
    };
    let each_bucket = buckets.values().as_primitive_opt::<Int32Type>();
    let each_count = counts.values().as_primitive_opt::<Float64Type>();
    let (Some(each_bucket), Some(each_count)) = (each_bucket, each_count) else {
        return internal_err!("a state whose lists have other values");
    };
    for row in (0..buckets.len()).filter(|row| buckets.is_valid(*row) && counts.is_valid(*row)) {
        let range = |offsets: &[i32]| offsets[row] as usize..offsets[row + 1] as usize;
        let buckets = &each_bucket.values()[range(buckets.value_offsets())];
        into(row, buckets, &each_count.values()[range(counts.value_offsets())]);
    }
    Ok(())
}
