//! Folding byte-identical rows: an exporter that sends twice makes repeats, which a person
//! looking at a trace does not want to see twice.

use std::collections::HashMap;

use arrow::error::ArrowError;
use arrow::record_batch::RecordBatch;
use arrow::row::{RowConverter, SortField};

/// Rows without their repeats.
#[derive(Debug)]
pub(super) struct Folded<'a> {
    pub(super) batches: &'a [RecordBatch],
    /// The first of each kind, in the order they were read.
    pub(super) rows: Vec<Kept>,
    /// How many were folded away.
    pub(super) repeated: usize,
}

/// A row that stands for itself and its repeats.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Kept {
    pub(super) batch: usize,
    pub(super) row: usize,
    pub(super) repeats: usize,
}

/// Folds rows that are equal in every column.
///
/// # Errors
///
/// When a column is of a type that has no row form, which no stored span or log has.
pub(super) fn fold(batches: &[RecordBatch]) -> Result<Folded<'_>, ArrowError> {
    let mut folded = Folded { batches, rows: Vec::new(), repeated: 0 };
    let Some(first) = batches.first() else { return Ok(folded) };
    let fields = first.schema_ref().fields().iter().map(|field| SortField::new(field.data_type().clone()));
    let converter = RowConverter::new(fields.collect())?;
    let mut seen: HashMap<Box<[u8]>, usize> = HashMap::new();
    for (batch, rows) in batches.iter().enumerate() {
        let forms = converter.convert_columns(rows.columns())?;
        for (row, form) in forms.iter().enumerate() {
            let next = folded.rows.len();
            let at = *seen.entry(form.as_ref().into()).or_insert(next);
            if at == next {
                folded.rows.push(Kept { batch, row, repeats: 0 });
            } else {
                folded.rows[at].repeats += 1;
                folded.repeated += 1;
            }
        }
    }
    Ok(folded)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{ArrayRef, Int64Array, StringViewArray};

    use super::*;

    fn batch(numbers: &[i64], texts: &[Option<&str>]) -> Result<RecordBatch, ArrowError> {
        let numbers: ArrayRef = Arc::new(Int64Array::from(numbers.to_vec()));
        let texts: ArrayRef = Arc::new(StringViewArray::from(texts.to_vec()));
        RecordBatch::try_from_iter([("n", numbers), ("t", texts)])
    }

    #[test]
    fn rows_equal_in_every_column_fold_across_batches() -> Result<(), ArrowError> {
        let batches = [batch(&[1, 1, 2], &[Some("a"), Some("b"), None])?, batch(&[1, 2], &[Some("a"), None])?];
        let folded = fold(&batches)?;
        let kept = |batch, row, repeats| Kept { batch, row, repeats };
        assert_eq!(folded.rows, [kept(0, 0, 1), kept(0, 1, 0), kept(0, 2, 1)]);
        assert_eq!(folded.repeated, 2);
        Ok(())
    }

    #[test]
    fn an_empty_text_is_not_a_missing_one() -> Result<(), ArrowError> {
        let batches = [batch(&[1, 1], &[Some(""), None])?];
        assert_eq!(fold(&batches)?.repeated, 0);
        Ok(())
    }
}
