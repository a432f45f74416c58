//! The order of rows within their files.
//!
//! Sorting compares keys some twenty times a row, so the keys are made small: every sort column becomes a number that
//! sorts as its values do, in as few bits as these values need, and all of them together are mostly one integer.

use std::iter;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Int64Array, UInt32Array};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Int64Type};
use arrow::error::ArrowError;
use arrow::record_batch::RecordBatch;
use arrow::row::{RowConverter, SortField};

use super::rank;
use crate::schema::TableSpec;

/// Bits of a packed key.
const KEY_BITS: u32 = u128::BITS;

/// A sort column as numbers from zero on that sort as its values do, NULL first.
struct Numbers {
    of_row: Vec<u64>,
    bits: u32,
}

/// The rows in file order: by window, then by the table's sort columns. Equal rows keep the order they were
/// acknowledged in.
///
/// # Errors
///
/// When the rows lack a sort column.
pub(super) fn order(rows: &RecordBatch, windows: &Int64Array, spec: &TableSpec) -> Result<UInt32Array, ArrowError> {
    let mut columns: Vec<ArrayRef> = vec![Arc::new(windows.clone())];
    for name in spec.sort {
        columns.push(rank::sortable(rows.column(rows.schema_ref().index_of(name)?)));
    }
    let count = u32::try_from(rows.num_rows()).map_err(|error| ArrowError::InvalidArgumentError(error.to_string()))?;
    packed(&columns, count).map_or_else(|| by_rows(&columns, count), Ok)
}

/// The order by keys of one integer a row; `None` when a column is no number, or they do not fit together.
fn packed(columns: &[ArrayRef], count: u32) -> Option<UInt32Array> {
    let numbers = columns.iter().map(numbers).collect::<Option<Vec<_>>>()?;
    let bits: u32 = numbers.iter().map(|numbers| numbers.bits).sum();
    if bits > KEY_BITS {
        return None;
    }
    let mut keys: Vec<(u128, u32)> = iter::repeat_n(0, count as usize).zip(0..count).collect();
    for Numbers { of_row, bits } in &numbers {
        keys.iter_mut().zip(of_row).for_each(|((key, _), number)| *key = *key << bits | u128::from(*number));
    }
    keys.sort_unstable();
    Some(keys.into_iter().map(|(_, row)| row).collect())
}

fn numbers(column: &ArrayRef) -> Option<Numbers> {
    let wide = |column: &dyn Array| match column.data_type() {
        DataType::Int64 => column.as_primitive_opt::<Int64Type>().cloned(),
        // Ranks and times.
        DataType::UInt32 | DataType::Timestamp(..) => cast(column, &DataType::Int64).ok()?.as_primitive_opt().cloned(),
        _ => None,
    };
    let column = wide(column.as_ref())?;
    let least = column.iter().flatten().min().unwrap_or_default();
    let most = column.iter().flatten().max().unwrap_or_default();
    // NULL is 0 and the least value is 1, so the whole range of 64 bits would be one too many.
    let span = most.abs_diff(least).checked_add(1)?;
    let number = |value: Option<i64>| value.map_or(0, |value| value.abs_diff(least) + 1);
    Some(Numbers { of_row: column.iter().map(number).collect(), bits: u64::BITS - span.leading_zeros() })
}

/// The order by keys of any length.
fn by_rows(columns: &[ArrayRef], count: u32) -> Result<UInt32Array, ArrowError> {
    let fields = columns.iter().map(|column| SortField::new(column.data_type().clone())).collect();
    let keys = RowConverter::new(fields)?.convert_columns(columns)?;
    let mut order: Vec<u32> = (0..count).collect();
    order.sort_by(|a, b| keys.row(*a as usize).cmp(&keys.row(*b as usize)));
    Ok(order.into())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn ints(values: &[Option<i64>]) -> ArrayRef {
        Arc::new(Int64Array::from(values.to_vec()))
    }

    fn ranks(values: &[Option<u32>]) -> ArrayRef {
        Arc::new(UInt32Array::from(values.to_vec()))
    }

    #[test]
    fn keys_that_do_not_fit_one_integer_are_not_packed() {
        let widest = ints(&[Some(i64::MIN), Some(i64::MAX)]);
        assert!(packed(&[widest], 2).is_none());
        let wide = ints(&[Some(i64::MIN), Some(i64::MAX - 1)]);
        assert!(packed(&[Arc::clone(&wide), Arc::clone(&wide)], 2).is_some());
        assert!(packed(&[Arc::clone(&wide), wide, ranks(&[None, Some(1)])], 2).is_none());
    }

    fn rows() -> impl Strategy<Value = Vec<(i64, Option<u32>, Option<i64>)>> {
        let time = prop_oneof![Just(None), (-3_i64..3).prop_map(Some), any::<i64>().prop_map(Some)];
        proptest::collection::vec((-2_i64..3, proptest::option::of(0_u32..4), time), 0..60)
    }

    proptest! {
        #[test]
        fn packed_keys_order_as_rows_do(rows in rows()) {
            let windows: Vec<_> = rows.iter().map(|row| Some(row.0)).collect();
            let names: Vec<_> = rows.iter().map(|row| row.1).collect();
            let times: Vec<_> = rows.iter().map(|row| row.2.map(|time| time >> 1)).collect();
            let columns = [ints(&windows), ranks(&names), ints(&times)];
            let count = u32::try_from(rows.len()).unwrap();
            prop_assert_eq!(packed(&columns, count).unwrap(), by_rows(&columns, count).unwrap());
        }
    }
}
