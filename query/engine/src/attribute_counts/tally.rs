//! Which values the traces have, within bounds.

use std::collections::HashMap;

use arrow::array::{Array, AsArray};
use arrow::datatypes::{DataType, Int64Type};
use arrow::record_batch::RecordBatch;
use ingest_model::{Level, Nanos, TraceId, promoted};
use query_api::ErrorKind;
use serde_json::{Map, Value};

use super::AttributeCount;
use crate::error::QueryError;

/// Characters of a value at most; a longer one is no lead that could be read.
pub(crate) const CHARACTERS: usize = 200;

/// Values of a key at most: a key with more is left out, as one that names events.
const VALUES: usize = 10_000;

/// Keys at most; further ones are left out.
const KEYS: usize = 1_000;

/// Values of a trace at most; further ones are not counted for it.
const VALUES_OF_TRACE: usize = 1_000;

/// Bytes of all keys and values kept.
const BYTES: usize = 64 << 20;

/// Traces told of a value.
const EXEMPLARS: usize = 3;

/// How many events of each population a trace holds, and when its newest failing one started.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Weight {
    pub(super) failing: u64,
    pub(super) baseline: u64,
    pub(super) newest: Nanos,
}

/// A chosen trace and the numbers of the values it has, ascending.
#[derive(Debug)]
struct Trace {
    id: TraceId,
    weight: Weight,
    values: Vec<u32>,
}

/// The numbers of a key's values; `None` for a key that is left out.
type Values = Option<HashMap<String, u32>>;

/// Collects which chosen trace has which value.
#[derive(Debug, Default)]
pub(super) struct Tally {
    index: HashMap<TraceId, usize>,
    traces: Vec<Trace>,
    keys: HashMap<String, Values>,
    numbers: u32,
    bytes: usize,
}

// === impl Tally ===

impl Tally {
    /// Chooses a trace, or adds to the weight of a chosen one.
    pub(super) fn trace(&mut self, id: TraceId, weight: Weight) {
        let next = self.traces.len();
        let at = *self.index.entry(id).or_insert(next);
        match self.traces.get_mut(at) {
            Some(trace) => {
                trace.weight.failing += weight.failing;
                trace.weight.baseline += weight.baseline;
                trace.weight.newest = trace.weight.newest.max(weight.newest);
            }
            None => self.traces.push(Trace { id, weight, values: Vec::new() }),
        }
    }

    /// Adds the values of a batch of spans to the chosen traces they belong to.
    ///
    /// # Errors
    ///
    /// `ResourceLimit` when the texts of all values take more than they may.
    pub(super) fn add(&mut self, batch: &RecordBatch) -> Result<(), QueryError> {
        let Some(ids) = batch.column_by_name("trace_id").and_then(|column| column.as_binary_view_opt()) else {
            return Ok(());
        };
        let chosen: Vec<(usize, usize)> = (0..batch.num_rows())
            .filter_map(|row| {
                let id = TraceId::from_bytes(ids.value(row))?;
                self.index.get(&id).map(|trace| (row, *trace))
            })
            .collect();
        for promoted in [Level::Span, Level::Resource].map(promoted).into_iter().flatten() {
            let Some(column) = batch.column_by_name(promoted.column) else { continue };
            for (row, trace) in chosen.iter().filter(|(row, _)| column.is_valid(*row)) {
                match column.data_type() {
                    DataType::Int64 => {
                        let value = column.as_primitive::<Int64Type>().value(*row).to_string();
                        self.value(*trace, promoted.key, &value);
                    }
                    DataType::Utf8View => self.value(*trace, promoted.key, column.as_string_view().value(*row)),
                    _ => {}
                }
            }
        }
        for rest in ["attributes_rest", "resource_attributes_rest"] {
            self.rest(batch, rest, &chosen);
        }
        if self.bytes <= BYTES {
            return Ok(());
        }
        let message = "the attributes of these events have too many different values to count";
        Err(QueryError::new(ErrorKind::ResourceLimit, message, "narrow the windows"))
    }

    /// The attributes without a column. Rows are sorted by service, so that equal texts follow
    /// each other, those of resources above all: each is read once.
    fn rest(&mut self, batch: &RecordBatch, name: &str, chosen: &[(usize, usize)]) {
        let Some(column) = batch.column_by_name(name).and_then(|column| column.as_string_view_opt()) else { return };
        let (mut last, mut pairs) = ("", Vec::new());
        for (row, trace) in chosen.iter().filter(|(row, _)| column.is_valid(*row)) {
            let text = column.value(*row);
            if text != last {
                let object: Map<String, Value> = serde_json::from_str(text).unwrap_or_default();
                pairs = object.into_iter().filter_map(|(key, value)| told(value).map(|value| (key, value))).collect();
                last = text;
            }
            for (key, value) in &pairs {
                self.value(*trace, key, value);
            }
        }
    }

    fn value(&mut self, trace: usize, key: &str, value: &str) {
        if value.is_empty() || value.chars().nth(CHARACTERS).is_some() {
            return;
        }
        let (Some(number), Some(trace)) = (self.number(key, value), self.traces.get_mut(trace)) else { return };
        if let Err(place) = trace.values.binary_search(&number)
            && trace.values.len() < VALUES_OF_TRACE
        {
            trace.values.insert(place, number);
        }
    }

    /// The number of a value; `None` when its key is left out.
    fn number(&mut self, key: &str, value: &str) -> Option<u32> {
        if !self.keys.contains_key(key) {
            let values = (self.keys.len() < KEYS).then(HashMap::new);
            self.bytes += key.len();
            self.keys.insert(key.to_owned(), values);
        }
        let values = self.keys.get_mut(key)?;
        let known = values.as_ref()?;
        if let Some(number) = known.get(value) {
            return Some(*number);
        }
        if known.len() >= VALUES {
            self.bytes -= known.keys().map(String::len).sum::<usize>();
            *values = None;
            return None;
        }
        let number = self.numbers;
        self.numbers += 1;
        self.bytes += value.len();
        values.as_mut()?.insert(value.to_owned(), number);
        Some(number)
    }

    /// The counts by key and value, and the keys that were left out.
    pub(super) fn counts(mut self) -> (Vec<AttributeCount>, Vec<String>) {
        self.traces.sort_by_key(|trace| (std::cmp::Reverse(trace.weight.newest), trace.id));
        let mut sums = vec![(0, 0, Vec::new()); self.numbers as usize];
        for trace in &self.traces {
            for number in &trace.values {
                let Some((failing, baseline, exemplars)) = sums.get_mut(*number as usize) else { continue };
                *failing += trace.weight.failing;
                *baseline += trace.weight.baseline;
                if trace.weight.failing > 0 && exemplars.len() < EXEMPLARS {
                    exemplars.push(trace.id);
                }
            }
        }
        let (mut counts, mut left_out) = (Vec::new(), Vec::new());
        for (key, values) in self.keys {
            let Some(values) = values else {
                left_out.push(key);
                continue;
            };
            for (value, number) in values {
                let Some((failing, baseline, trace_ids)) = sums.get_mut(number as usize).map(std::mem::take) else {
                    continue;
                };
                if failing + baseline > 0 {
                    counts.push(AttributeCount { key: key.clone(), value, failing, baseline, trace_ids });
                }
            }
        }
        counts.sort_by(|left, right| (&left.key, &left.value).cmp(&(&right.key, &right.value)));
        left_out.sort();
        (counts, left_out)
    }
}

/// A value as it is told; `None` for nothing.
fn told(value: Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text),
        other => Some(other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trace(number: u8) -> TraceId {
        TraceId::from_bytes(&[number; 16]).unwrap()
    }

    fn weight(failing: u64, baseline: u64, newest: i64) -> Weight {
        Weight { failing, baseline, newest: Nanos(newest) }
    }

    #[test]
    fn a_trace_counts_as_many_events_as_it_holds_and_a_value_once() {
        let mut tally = Tally::default();
        tally.trace(trace(1), weight(2, 0, 5));
        tally.trace(trace(1), weight(0, 1, i64::MIN));
        tally.trace(trace(2), weight(1, 0, 9));
        tally.trace(trace(3), weight(0, 4, i64::MIN));
        for (at, value) in [(0, "a"), (0, "a"), (0, "b"), (1, "a"), (2, "b")] {
            tally.value(at, "k", value);
        }
        let (counts, left_out) = tally.counts();
        let told: Vec<_> =
            counts.iter().map(|one| (one.value.as_str(), one.failing, one.baseline, one.trace_ids.clone())).collect();
        assert_eq!(told, [("a", 3, 1, vec![trace(2), trace(1)]), ("b", 2, 5, vec![trace(1)])]);
        assert!(left_out.is_empty());
    }

    #[test]
    fn bounds_hold() {
        let mut tally = Tally::default();
        tally.trace(trace(1), weight(1, 0, 0));
        tally.value(0, "long", &"x".repeat(CHARACTERS + 1));
        tally.value(0, "fits", &"ü".repeat(CHARACTERS));
        for number in 0..=VALUES {
            tally.value(0, "id", &number.to_string());
        }
        for number in 0..KEYS {
            tally.value(0, &format!("key{number}"), "x");
        }
        let (counts, left_out) = tally.counts();
        assert!(counts.len() < VALUES_OF_TRACE, "{}", counts.len());
        assert_eq!(counts.iter().filter(|count| count.key == "fits").count(), 1);
        assert!(left_out.contains(&"id".to_owned()) && !left_out.contains(&"long".to_owned()));
        assert_eq!(left_out.len(), 1 + KEYS - (KEYS - 2));
    }
}
