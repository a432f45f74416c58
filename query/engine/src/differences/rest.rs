//! Attributes without a column: JSON objects, of which equal ones are read once.

use arrow::array::{Array, AsArray};
use query_cause::{Population, Tally};
use serde_json::{Map, Value};

use super::codes;

/// Counts the attributes of the objects of a column. Numbers count as values, and as measures.
pub(super) fn add(tally: &mut Tally, column: &dyn Array, populations: &[Population], compares: &dyn Fn(&str) -> bool) {
    let Some(texts) = column.as_string_view_opt() else { return };
    let (rows, codes) = codes::texts_of(texts);
    let mut counts = vec![[0_u64; 2]; rows.len()];
    for (code, population) in codes.iter().zip(populations) {
        if let (Some(both), Population::Baseline | Population::Failing) = (counts.get_mut(*code as usize), population) {
            both[*population as usize] += 1;
        }
    }
    for (row, both) in rows.into_iter().zip(counts) {
        let object: Map<String, Value> = serde_json::from_str(texts.value(row)).unwrap_or_default();
        for (key, value) in object.iter().filter(|(key, _)| compares(key)) {
            one(tally, key, value, both);
        }
    }
}

fn one(tally: &mut Tally, key: &str, value: &Value, both: [u64; 2]) {
    match value {
        Value::Null => {}
        Value::String(text) => told(tally, key, text, both),
        Value::Number(number) => {
            if let Some(number) = number.as_f64() {
                tally.measured(key, number, both);
            }
            told(tally, key, &number.to_string(), both);
        }
        other => told(tally, key, &other.to_string(), both),
    }
}

fn told(tally: &mut Tally, key: &str, text: &str, both: [u64; 2]) {
    if codes::is_told(text) {
        tally.values(key, text, both);
    }
}
