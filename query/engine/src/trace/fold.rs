//! Rows in order, without repeats: an exporter that sends twice makes byte-identical rows, which a person looking at a trace
//! does not want to see twice.
//!
//! Repeats have the same key, so only rows that share theirs with another are compared as a whole.

use std::collections::HashMap;

use super::held::Held;
use super::rows::{At, Cell, Rows};
use crate::error::QueryError;

/// Rows by their key, without their repeats.
#[derive(Debug)]
pub(super) struct Folded<K> {
    pub(super) rows: Vec<Kept<K>>,
    /// How many were folded away.
    pub(super) repeated: usize,
}

/// A row that stands for itself and its repeats: the first that was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Kept<K> {
    pub(super) key: K,
    pub(super) at: At,
    pub(super) repeats: u32,
}

/// Sorts rows by their key, and where that is the same by when they were read, and folds those that are equal in every column.
///
/// # Errors
///
/// `ResourceLimit` when the rows of one key do not fit into memory once more.
pub(super) fn fold<K: Ord + Copy>(rows: &Rows, mut keyed: Vec<(K, At)>, held: &Held) -> Result<Folded<K>, QueryError> {
    keyed.sort_unstable();
    let mut folded = Folded { rows: Vec::with_capacity(keyed.len()), repeated: 0 };
    for same in keyed.chunk_by(|(one, _), (other, _)| one == other) {
        match same {
            [(key, at)] => folded.rows.push(Kept { key: *key, at: *at, repeats: 0 }),
            _ => folded.push_distinct(rows, same, held)?,
        }
    }
    Ok(folded)
}

// === impl Folded ===

impl<K: Copy> Folded<K> {
    /// Of rows of one key, one of each kind.
    fn push_distinct(&mut self, rows: &Rows, same: &[(K, At)], held: &Held) -> Result<(), QueryError> {
        let mut seen: HashMap<Vec<Cell<'_>>, usize> = HashMap::new();
        let mut taken = 0;
        for (key, at) in same {
            let cells: Vec<_> = rows.row(*at).cells().collect();
            if let Some(first) = seen.get(&cells) {
                self.rows[*first].repeats += 1;
                self.repeated += 1;
                continue;
            }
            let bytes = size_of_val(cells.as_slice()) + 2 * size_of::<(Vec<Cell<'_>>, usize)>();
            held.take(bytes)?;
            taken += bytes;
            seen.insert(cells, self.rows.len());
            self.rows.push(Kept { key: *key, at: *at, repeats: 0 });
        }
        held.give_back(taken);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{ArrayRef, Int64Array, StringViewArray};
    use arrow::record_batch::RecordBatch;
    use ingest_model::Signal;

    use super::*;

    fn batch(numbers: &[i64], texts: &[Option<&str>]) -> RecordBatch {
        let numbers: ArrayRef = Arc::new(Int64Array::from(numbers.to_vec()));
        let texts: ArrayRef = Arc::new(StringViewArray::from(texts.to_vec()));
        RecordBatch::try_from_iter([("severity_number", numbers), ("body", texts)]).unwrap()
    }

    /// Number, text, repeats of what is left, by number; and how many were folded away.
    fn folded(batches: &[RecordBatch]) -> (Vec<(i64, String, u32)>, usize) {
        let rows = Rows::new(Signal::Logs, batches);
        let keyed = rows.all().map(|(at, row)| (row.number("severity_number"), at)).collect();
        let folded = fold(&rows, keyed, &Held::unlimited()).unwrap();
        let told = |kept: &Kept<i64>| (kept.key, rows.row(kept.at).text("body").to_owned(), kept.repeats);
        (folded.rows.iter().map(told).collect(), folded.repeated)
    }

    #[test]
    fn rows_equal_in_every_column_fold_across_batches() {
        let batches = [batch(&[2, 1, 1], &[None, Some("b"), Some("a")]), batch(&[1, 2], &[Some("a"), None])];
        let (left, repeated) = folded(&batches);
        assert_eq!(left, [(1, "b".to_owned(), 0), (1, "a".to_owned(), 1), (2, String::new(), 1)]);
        assert_eq!(repeated, 2);
    }

    #[test]
    fn an_empty_text_is_not_a_missing_one() {
        assert_eq!(folded(&[batch(&[1, 1], &[Some(""), None])]).1, 0);
    }

    #[test]
    fn a_column_that_a_batch_does_not_have_is_missing_in_its_rows() {
        let without = batch(&[1], &[None]).project(&[0]).unwrap();
        assert_eq!(folded(&[batch(&[1], &[None]), without.clone()]).1, 1);
        assert_eq!(folded(&[batch(&[1], &[Some("a")]), without]).1, 0);
    }
}
