//! Histograms of metrics as values in SQL.
//!
//! A sketch is a struct: `scale` from -4 to 8, whose bounds are powers of `2^(2^-scale)`, or NULL for `bounds` that were
//! told; how much is around zero; count and sum; and the places and counts of the buckets that hold something.

use std::sync::{Arc, LazyLock};

use arrow::array::{
    Array, ArrayRef, AsArray, Float64Builder, Int64Builder, ListArray, ListBuilder, PrimitiveArray, StructArray,
};
use arrow::buffer::NullBuffer;
use arrow::datatypes::{ArrowPrimitiveType, DataType, Field, Fields, Float64Type, Int64Type};
use datafusion::common::{Result, internal_err};
use datafusion::scalar::ScalarValue;
use ingest_store::schema::element_field;
use query_promql::{CUSTOM_BOUNDS, Histogram};

/// The type of a sketch.
pub(crate) fn data_type() -> DataType {
    DataType::Struct(fields())
}

fn fields() -> Fields {
    static FIELDS: LazyLock<Fields> = LazyLock::new(|| {
        let list = |element| DataType::List(element_field(element));
        let field = |name: &str, own: DataType| Field::new(name, own, true);
        Fields::from(vec![
            field("count", DataType::Float64),
            field("sum", DataType::Float64),
            field("scale", DataType::Int64),
            field("zero_threshold", DataType::Float64),
            field("zero_count", DataType::Float64),
            field("positive", list(DataType::Int64)),
            field("positive_counts", list(DataType::Float64)),
            field("negative", list(DataType::Int64)),
            field("negative_counts", list(DataType::Float64)),
            field("bounds", list(DataType::Float64)),
        ])
    });
    FIELDS.clone()
}

/// The sketch in a row; `None` where it is null or the column holds none.
pub(crate) fn value(column: &ArrayRef, row: usize) -> Option<Histogram> {
    let sketches = column.as_struct_opt().filter(|sketches| sketches.is_valid(row))?;
    let count = number::<Float64Type>(sketches, 0, row)?;
    let places = |place| list::<Int64Type>(sketches, place, row).unwrap_or_default();
    let counts = |place| list::<Float64Type>(sketches, place, row).unwrap_or_default();
    let side = |indexes: Vec<i64>, counts: Vec<f64>| {
        let index = |index: i64| i32::try_from(index).unwrap_or(i32::MAX);
        indexes.into_iter().map(index).zip(counts).collect::<Vec<(i32, f64)>>()
    };
    let scale = number::<Int64Type>(sketches, 2, row).and_then(|scale| i32::try_from(scale).ok());
    Some(Histogram {
        count,
        sum: number::<Float64Type>(sketches, 1, row).unwrap_or(f64::NAN),
        zero_threshold: number::<Float64Type>(sketches, 3, row).unwrap_or(0.0),
        zero_count: number::<Float64Type>(sketches, 4, row).unwrap_or(0.0),
        positive: side(places(5), counts(6)),
        negative: side(places(7), counts(8)),
        custom_bounds: counts(9).into(),
        ..Histogram::empty(scale.unwrap_or(CUSTOM_BOUNDS))
    })
}

fn number<T: ArrowPrimitiveType>(sketches: &StructArray, place: usize, row: usize) -> Option<T::Native> {
    let values: &PrimitiveArray<T> = sketches.column(place).as_primitive_opt()?;
    values.is_valid(row).then(|| values.value(row))
}

fn list<T: ArrowPrimitiveType>(sketches: &StructArray, place: usize, row: usize) -> Option<Vec<T::Native>> {
    let lists: &ListArray = sketches.column(place).as_list_opt()?;
    let values: &PrimitiveArray<T> = lists.values().as_primitive_opt()?;
    let range = lists.value_offsets()[row] as usize..lists.value_offsets()[row + 1] as usize;
    lists.is_valid(row).then(|| values.values()[range].to_vec())
}

/// A column of sketches.
pub(crate) fn column<'a>(sketches: impl IntoIterator<Item = Option<&'a Histogram>>) -> ArrayRef {
    let doubles = || ListBuilder::new(Float64Builder::new()).with_field(element_field(DataType::Float64));
    let ints = || ListBuilder::new(Int64Builder::new()).with_field(element_field(DataType::Int64));
    let mut numbers: [Float64Builder; 4] = std::array::from_fn(|_| Float64Builder::new());
    let (mut scales, mut valid) = (Int64Builder::new(), Vec::new());
    let (mut places, mut counts, mut bounds) = ([ints(), ints()], [doubles(), doubles()], doubles());
    let nothing = Histogram::empty(0);
    for sketch in sketches {
        valid.push(sketch.is_some());
        let sketch = sketch.unwrap_or(&nothing);
        numbers[0].append_value(sketch.count);
        numbers[1].append_option(Some(sketch.sum).filter(|sum| !sum.is_nan()));
        numbers[2].append_value(sketch.zero_threshold);
        numbers[3].append_value(sketch.zero_count);
        scales.append_option((!sketch.has_custom_bounds()).then_some(i64::from(sketch.schema)));
        for (side, buckets) in [&sketch.positive, &sketch.negative].into_iter().enumerate() {
            for (place, count) in buckets {
                places[side].values().append_value(i64::from(*place));
                counts[side].values().append_value(*count);
            }
            places[side].append(true);
            counts[side].append(true);
        }
        bounds.values().append_slice(&sketch.custom_bounds);
        bounds.append(sketch.has_custom_bounds());
    }
    let [mut count, mut sum, mut threshold, mut zero] = numbers;
    let ([mut above, mut below], [mut above_counts, mut below_counts]) = (places, counts);
    let columns: Vec<ArrayRef> = vec![
        Arc::new(count.finish()),
        Arc::new(sum.finish()),
        Arc::new(scales.finish()),
        Arc::new(threshold.finish()),
        Arc::new(zero.finish()),
        Arc::new(above.finish()),
        Arc::new(above_counts.finish()),
        Arc::new(below.finish()),
        Arc::new(below_counts.finish()),
        Arc::new(bounds.finish()),
    ];
    Arc::new(StructArray::new(fields(), columns, Some(NullBuffer::from(valid))))
}

/// A sketch as a value.
///
/// # Errors
///
/// When a column of sketches is no struct, which is a bug.
pub(crate) fn scalar(sketch: Option<&Histogram>) -> Result<ScalarValue> {
    match column([sketch]).as_struct_opt() {
        Some(sketch) => Ok(ScalarValue::Struct(Arc::new(sketch.clone()))),
        None => internal_err!("a column of sketches is no struct"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sketch_reads_back_as_it_was_written() {
        let exponential = Histogram {
            zero_threshold: 1e-9,
            zero_count: 2.0,
            count: 9.0,
            sum: 4.5,
            positive: vec![(-3, 1.0), (700, 4.0)],
            negative: vec![(2, 2.0)],
            ..Histogram::empty(5)
        };
        let told = Histogram::of_bounds(&[0.5, 1.0], &[1.0, 0.0, 2.0], 7.0);
        let column = column([Some(&exponential), None, Some(&told)]);
        assert_eq!(column.data_type(), &data_type());
        assert_eq!((value(&column, 0), value(&column, 1), value(&column, 2)), (Some(exponential), None, Some(told)));
    }
}
