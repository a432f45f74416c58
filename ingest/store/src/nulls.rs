//! Columns without a value. Most promoted columns of most rows are; those of a batch share one
//! array for each type, so that they cost next to nothing to hold, to merge and to sort.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, new_null_array};
use arrow::datatypes::DataType;
use arrow::record_batch::RecordBatch;

/// The columns without a value of a batch in the making.
#[derive(Debug)]
pub(crate) struct Nulls {
    rows: usize,
    /// One for each type.
    columns: Vec<ArrayRef>,
}

// === impl Nulls ===

impl Nulls {
    /// Those of a batch of so many rows.
    pub(crate) const fn new(rows: usize) -> Self {
        Self { rows, columns: Vec::new() }
    }

    /// What columns end to end make when none of them has a value; `None` when one has.
    pub(crate) fn joined(&mut self, parts: &[&ArrayRef]) -> Option<ArrayRef> {
        let data_type = parts.first()?.data_type();
        parts.iter().all(|part| is_null(part)).then(|| self.column(data_type))
    }

    /// A column of a type without a value.
    pub(crate) fn column(&mut self, data_type: &DataType) -> ArrayRef {
        if let Some(known) = self.columns.iter().find(|column| column.data_type() == data_type) {
            return Arc::clone(known);
        }
        let column = new_null_array(data_type, self.rows);
        self.columns.push(Arc::clone(&column));
        column
    }
}

/// Whether a column has no value.
pub(crate) fn is_null(column: &ArrayRef) -> bool {
    column.null_count() == column.len()
}

/// Memory of a batch in bytes. An array that is several columns counts once.
pub(crate) fn memory_bytes(batch: &RecordBatch) -> usize {
    let mut columns: Vec<&ArrayRef> = batch.columns().iter().collect();
    columns.sort_unstable_by_key(|column| Arc::as_ptr(column).cast::<()>());
    columns.dedup_by(|a, b| Arc::ptr_eq(a, b));
    columns.iter().map(|column| column.get_array_memory_size()).sum()
}

#[cfg(test)]
mod tests {
    use arrow::array::{Int64Array, StringViewArray};

    use super::*;

    fn column(values: Vec<Option<i64>>) -> ArrayRef {
        Arc::new(Int64Array::from(values))
    }

    #[test]
    fn columns_without_a_value_are_one_array_for_each_type() {
        let mut nulls = Nulls::new(5);
        let (two, three) = (column(vec![None; 2]), column(vec![None; 3]));
        let texts: ArrayRef = Arc::new(StringViewArray::from_iter([None::<&str>; 5]));
        let (first, again) = (nulls.joined(&[&two, &three]).unwrap(), nulls.joined(&[&three, &two]).unwrap());
        assert!(Arc::ptr_eq(&first, &again));
        assert_eq!((first.len(), first.null_count()), (5, 5));
        assert_eq!(nulls.joined(&[&texts]).unwrap().data_type(), &DataType::Utf8View);
        assert!(nulls.joined(&[&two, &column(vec![None, Some(7), None])]).is_none());
    }

    #[test]
    fn an_array_that_is_two_columns_takes_its_memory_once() {
        let shared = column(vec![None; 1_000]);
        let other = column(vec![Some(1); 1_000]);
        let columns = [("a", &shared), ("b", &other), ("c", &shared)];
        let batch =
            RecordBatch::try_from_iter_with_nullable(columns.map(|(name, column)| (name, Arc::clone(column), true)));
        let expected = shared.get_array_memory_size() + other.get_array_memory_size();
        assert_eq!(memory_bytes(&batch.unwrap()), expected);
    }
}
