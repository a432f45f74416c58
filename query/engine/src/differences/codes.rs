//! The values of a column of a batch, each once, and which of them every row has.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

use arrow::array::{Array, AsArray, StringViewArray};
use arrow::datatypes::{DataType, Int64Type};

use crate::attribute_counts::CHARACTERS;

/// A place beyond all values: the row has none.
const NONE: u32 = u32::MAX;

/// Hashes what is a number already: a multiplication, and the upper half added to the lower.
#[derive(Debug, Default)]
struct Mixed(u64);

type Places<K> = HashMap<K, u32, BuildHasherDefault<Mixed>>;

// === impl Mixed ===

impl Hasher for Mixed {
    fn finish(&self) -> u64 {
        self.0 ^ (self.0 >> 32)
    }

    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|byte| self.write_u64((*byte).into()));
    }

    fn write_u64(&mut self, number: u64) {
        self.0 = (self.0.rotate_left(23) ^ number).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    }

    fn write_u128(&mut self, number: u128) {
        self.write_u64((number >> 64) as u64);
        self.write_u64(number as u64);
    }
}

/// The values and, for every row, which of them it has. A value may occur twice where it lies in two places. Empty texts, those that
/// are too long, and other types than texts and integers are none.
pub(super) fn of(column: &dyn Array) -> (Vec<String>, Vec<u32>) {
    match column.data_type() {
        DataType::Utf8View => {
            let texts = column.as_string_view();
            let (rows, codes) = texts_of(texts);
            // One that is not told keeps its place, empty.
            let told = |row: usize| Some(texts.value(row)).filter(|text| is_told(text)).unwrap_or_default().to_owned();
            let values: Vec<String> = rows.into_iter().map(told).collect();
            let code = |code: u32| if values.get(code as usize).is_some_and(String::is_empty) { NONE } else { code };
            let codes = codes.into_iter().map(code).collect();
            (values, codes)
        }
        DataType::Int64 => {
            let numbers = column.as_primitive::<Int64Type>();
            let (mut values, mut places) = (Vec::new(), Places::<u64>::default());
            let mut code = |row: usize| {
                if numbers.is_null(row) {
                    return NONE;
                }
                let number = numbers.value(row);
                *places.entry(number.cast_unsigned()).or_insert_with(|| next(&mut values, number.to_string()))
            };
            let codes = (0..numbers.len()).map(&mut code).collect();
            (values, codes)
        }
        _ => (Vec::new(), Vec::new()),
    }
}

/// Whether a text is a value that can be told: not empty, and not too long to be read.
pub(super) fn is_told(text: &str) -> bool {
    !text.is_empty() && (text.len() <= CHARACTERS || text.chars().nth(CHARACTERS).is_none())
}

/// Of every text that lies somewhere else, or is another where it is short: a row that has it. And for every row which one it has.
pub(super) fn texts_of(texts: &StringViewArray) -> (Vec<usize>, Vec<u32>) {
    let (mut rows, mut places) = (Vec::new(), Places::<u128>::default());
    let mut last: Option<(u128, u32)> = None;
    let mut code = |(row, view): (usize, &u128)| {
        if texts.is_null(row) {
            return NONE;
        }
        if let Some((known, code)) = last
            && known == *view
        {
            return code;
        }
        let code = *places.entry(*view).or_insert_with(|| next(&mut rows, row));
        last = Some((*view, code));
        code
    };
    let codes = texts.views().iter().enumerate().map(&mut code).collect();
    (rows, codes)
}

fn next<T>(values: &mut Vec<T>, value: T) -> u32 {
    values.push(value);
    u32::try_from(values.len() - 1).unwrap_or(NONE)
}

#[cfg(test)]
mod tests {
    use arrow::array::Int64Array;

    use super::*;

    #[test]
    fn rows_have_the_values_they_have() {
        let long = "x".repeat(201);
        let texts: StringViewArray =
            [Some("a"), None, Some("a text that is longer than a view"), Some("a"), Some(""), Some(&long)]
                .into_iter()
                .collect();
        let (values, codes) = of(&texts);
        let told: Vec<Option<&str>> = codes.iter().map(|code| values.get(*code as usize).map(String::as_str)).collect();
        assert_eq!(told, [Some("a"), None, Some("a text that is longer than a view"), Some("a"), None, None]);
        let (values, codes) = of(&Int64Array::from(vec![Some(200), Some(500), None, Some(200)]));
        assert_eq!((values, codes), (vec!["200".to_owned(), "500".to_owned()], vec![0, 1, NONE, 0]));
    }
}
