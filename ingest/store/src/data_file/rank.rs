//! Texts as numbers that sort alike.
//!
//! Sorting copies its keys, and every span of a service has the service's name: one long name would
//! be copied as often as there are rows. Ranks take four bytes each, whatever they stand for.

use std::collections::HashMap;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, StringViewArray, UInt32Array};

/// The column itself, or the ranks of its values among each other where they are texts. Nulls stay
/// nulls.
pub(super) fn sortable(column: &ArrayRef) -> ArrayRef {
    column.as_string_view_opt().map_or_else(|| Arc::clone(column), |texts| Arc::new(ranks(texts)))
}

fn ranks(texts: &StringViewArray) -> UInt32Array {
    let numbers = numbers(texts);
    let mut distinct: Vec<(&str, u32)> = numbers.of_text.iter().map(|(text, number)| (*text, *number)).collect();
    distinct.sort_unstable();
    let mut rank_of = vec![0; distinct.len()];
    for (rank, (_, number)) in (0..).zip(&distinct) {
        rank_of[*number as usize] = rank;
    }
    numbers.of_row.iter().map(|number| number.map(|number| rank_of[number as usize])).collect()
}

/// A number for each distinct text, in the order they come.
struct Numbers<'a> {
    of_text: HashMap<&'a str, u32>,
    of_row: Vec<Option<u32>>,
}

fn numbers(texts: &StringViewArray) -> Numbers<'_> {
    let mut of_text = HashMap::new();
    // Rows that share a text mostly share its bytes too, and then it need not be read again.
    let mut of_view: HashMap<u128, u32> = HashMap::new();
    let number = |(row, view): (usize, &u128)| {
        texts.is_valid(row).then(|| {
            *of_view.entry(*view).or_insert_with(|| {
                let next = u32::try_from(of_text.len()).unwrap_or(u32::MAX);
                *of_text.entry(texts.value(row)).or_insert(next)
            })
        })
    };
    let of_row = texts.views().iter().enumerate().map(number).collect();
    Numbers { of_text, of_row }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranks_sort_as_their_texts_do() {
        let long = "a text that does not fit into a view";
        let texts = StringViewArray::from(vec![Some("b"), None, Some(long), Some("b"), Some(""), Some("b2")]);
        assert_eq!(ranks(&texts), UInt32Array::from(vec![Some(2), None, Some(1), Some(2), Some(0), Some(3)]));
    }
}
