//! How much a function may give back, told before it runs.

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::datatypes::DataType;
use datafusion::logical_expr::{ColumnarValue, ScalarUDF};

/// How a function's result grows with its arguments.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Growth {
    /// It holds every argument once.
    Sum,
    /// It holds its first argument, so many times at the most.
    Times(usize),
    /// `concat_ws(separator, …)`: the separator between every two.
    Separated,
    /// `replace(text, from, to)`.
    Replaced,
    /// `regexp_replace(text, pattern, to, …)`.
    Matched,
    /// `regexp_match(text, pattern)`: a part of the text for each parenthesis.
    Captured,
    /// `to_char(time, format)`: the format, filled in.
    Formatted,
    /// `array_to_string(array, separator, null)`.
    Joined,
    /// `array_replace(array, from, to)`.
    Exchanged,
}

/// Characters that one letter of a time's format becomes at the most.
const LONGEST_FIELD: usize = 16;

/// The growth of a function whose result may be larger than what it is given; `None` for one whose result is not.
pub(super) fn growth(function: &ScalarUDF) -> Option<Growth> {
    Some(match function.name() {
        "concat" | "overlay" | "make_array" | "struct" | "named_struct" | "map" | "make_map" | "array_append"
        | "array_prepend" | "array_concat" | "array_union" | "array_insert" | "arrays_zip" => Growth::Sum,
        "concat_ws" => Growth::Separated,
        "replace" => Growth::Replaced,
        "regexp_replace" => Growth::Matched,
        "regexp_match" => Growth::Captured,
        "to_char" => Growth::Formatted,
        "array_to_string" => Growth::Joined,
        "array_replace" | "array_replace_n" | "array_replace_all" => Growth::Exchanged,
        "upper" | "lower" | "initcap" | "reverse" => Growth::Times(3),
        "translate" => Growth::Times(4),
        "encode" | "decode" => Growth::Times(2),
        "string_to_array" => Growth::Times(24),
        _ => return None,
    })
}

/// Bytes of the values in rows of an argument.
pub(super) fn bytes(argument: &ColumnarValue, from: usize, rows: usize) -> usize {
    match argument {
        ColumnarValue::Scalar(value) => super::text_bytes(value).max(8).saturating_mul(rows),
        ColumnarValue::Array(array) => of_array(&array.slice(from, rows)),
    }
}

fn of_array(array: &ArrayRef) -> usize {
    let texts = match array.data_type() {
        DataType::Utf8 => span(array.as_string::<i32>().value_offsets()),
        DataType::LargeUtf8 => span(array.as_string::<i64>().value_offsets()),
        DataType::Binary => span(array.as_binary::<i32>().value_offsets()),
        DataType::LargeBinary => span(array.as_binary::<i64>().value_offsets()),
        DataType::Utf8View => array.as_string_view().lengths().map(|length| length as usize).sum(),
        DataType::BinaryView => array.as_binary_view().lengths().map(|length| length as usize).sum(),
        _ => array.to_data().get_slice_memory_size().unwrap_or_else(|_| array.get_array_memory_size()),
    };
    texts.saturating_add(array.len().saturating_mul(8))
}

fn span<T: Copy + TryInto<usize>>(offsets: &[T]) -> usize {
    let at = |offset: Option<&T>| offset.and_then(|offset| (*offset).try_into().ok()).unwrap_or(0);
    at(offsets.last()).saturating_sub(at(offsets.first()))
}

/// The longest value among rows of an argument.
fn longest(argument: Option<&ColumnarValue>, from: usize, rows: usize) -> usize {
    match argument {
        Some(ColumnarValue::Scalar(value)) => super::text_bytes(value),
        // All of them is an upper bound that needs no look at each.
        Some(array) => bytes(array, from, rows),
        None => 0,
    }
}

// === impl Growth ===

impl Growth {
    /// Bytes that rows of the result may take, at the most.
    pub(super) fn estimate(self, args: &[ColumnarValue], from: usize, rows: usize) -> usize {
        let first = args.first().map_or(0, |first| bytes(first, from, rows));
        let longest = |index: usize| longest(args.get(index), from, rows);
        match self {
            Self::Sum => args.iter().map(|arg| bytes(arg, from, rows)).fold(0, usize::saturating_add),
            Self::Times(times) => first.saturating_mul(times),
            Self::Separated => {
                let all = args.iter().map(|arg| bytes(arg, from, rows)).fold(0, usize::saturating_add);
                all.saturating_add(first.saturating_mul(args.len()))
            }
            Self::Replaced => {
                let shortest = match args.get(1) {
                    Some(ColumnarValue::Scalar(value)) => super::text_bytes(value),
                    _ => 0,
                };
                // An empty text is found between every two characters.
                (first / shortest.max(1)).saturating_add(rows).saturating_mul(longest(2)).saturating_add(first)
            }
            Self::Matched => {
                // A reference to a group gives back a part of the text that no other match has.
                let references = longest(2) / 2;
                let most = first.saturating_add(rows).saturating_mul(longest(2));
                most.saturating_add(first.saturating_mul(references.saturating_add(1)))
            }
            Self::Captured => first.saturating_mul(longest(1).saturating_add(1)),
            Self::Formatted => rows.saturating_mul(longest(1).max(32).saturating_mul(LONGEST_FIELD)),
            Self::Joined => {
                let between = longest(1).saturating_add(longest(2)).saturating_add(24);
                first.saturating_mul(3).saturating_add(first.saturating_mul(between))
            }
            Self::Exchanged => first.saturating_add(first.saturating_mul(longest(2).max(8))),
        }
    }
}
