//! How many rows have which key, found by looking at some of them.

use std::collections::{BTreeMap, HashSet};

use ahash::{AHashMap, AHashSet};
use arrow::array::{Array, AsArray};
use arrow::record_batch::RecordBatch;
use serde::{Deserialize, Serialize};

use super::column::Dense;
use super::members::Members;
use super::{OBJECTS, dense_column};

/// The name under which a file's footer has its census.
pub(crate) const CENSUS: &str = "slowburn.attribute_keys";

/// Rows of a file that are looked at.
const LOOKED_AT: usize = 1024;

/// A key is dense when one row of so many has it.
const ONE_ROW_OF: u64 = 100;

/// A dense key gets a column when its values come so often on average, among the rows that were looked at: then a
/// dictionary holds them, and a copy costs little.
const REPEATS: u64 = 2;

/// Columns a file has for dense keys of one object; the densest get them.
const COLUMNS: usize = 16;

/// Keys a census tells of one object; the densest.
const TOLD: usize = 64;

/// Bytes a key may have.
const KEY_BYTES: usize = 128;

/// What was found.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Census {
    /// The rows of the file.
    rows: u64,
    /// Those that were looked at.
    looked_at: u64,
    /// By the name of the column that the key would get.
    keys: BTreeMap<String, Key>,
}

/// One key, among the rows that were looked at.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Key {
    rows: u64,
    values: u64,
}

/// A census in the making.
#[derive(Debug)]
pub(crate) struct Taking {
    rows: u64,
    looked_at: u64,
    /// One row of so many is looked at.
    step: usize,
    /// Rows to pass over before the next one.
    skip: usize,
    objects: [AHashMap<String, Values>; OBJECTS.len()],
}

/// The values of a key.
#[derive(Debug, Default)]
struct Values {
    rows: u64,
    hashes: HashSet<u64>,
}

// === impl Census ===

impl Census {
    /// Begins one of a file that will have so many rows.
    pub(crate) fn take(rows: u64) -> Taking {
        let step = usize::try_from(rows).unwrap_or(usize::MAX).div_ceil(LOOKED_AT).max(1);
        Taking { rows: 0, looked_at: 0, step, skip: 0, objects: Default::default() }
    }

    /// Reads what [`Census::footer`] wrote; nothing known where it is no census.
    pub(crate) fn read(footer: &str) -> Self {
        serde_json::from_str(footer).unwrap_or_default()
    }

    /// As it stands in a file's footer; `None` when there is nothing to tell.
    pub(crate) fn footer(&self) -> Option<String> {
        if self.keys.is_empty() { None } else { serde_json::to_string(self).ok() }
    }

    /// The keys that get a column in a file of `rows` rows that others are merged into, which these are the censuses of.
    pub(crate) fn dense(parts: &[Self], rows: u64) -> Vec<Dense> {
        let mut all: BTreeMap<&str, Key> = BTreeMap::new();
        for part in parts {
            for (name, key) in &part.keys {
                let sum = all.entry(name).or_default();
                sum.rows += part.of_all(key.rows);
                sum.values += part.of_all(key.values);
            }
        }
        let mut dense = Vec::new();
        for object in OBJECTS {
            let mut of_object: Vec<(u64, Dense)> = all
                .iter()
                .filter(|(name, key)| is_of(object, name) && key.is_dense(rows))
                .filter_map(|(name, key)| Some((key.rows, Dense::of(name)?)))
                .collect();
            of_object.sort_by_key(|(rows, _)| std::cmp::Reverse(*rows));
            dense.extend(of_object.into_iter().take(COLUMNS).map(|(_, dense)| dense));
        }
        dense
    }

    /// What a number of rows among those looked at amounts to among all.
    fn of_all(&self, rows: u64) -> u64 {
        let all = u128::from(rows) * u128::from(self.rows) / u128::from(self.looked_at.max(1));
        u64::try_from(all).unwrap_or(u64::MAX)
    }
}

fn is_of(object: &str, name: &str) -> bool {
    super::parts(name).is_some_and(|(of, _)| of == object)
}

// === impl Key ===

impl Key {
    fn is_dense(&self, rows: u64) -> bool {
        self.rows.saturating_mul(ONE_ROW_OF) >= rows && self.values.saturating_mul(REPEATS) <= self.rows
    }
}

// === impl Taking ===

impl Taking {
    /// Looks at the next rows of the file.
    pub(crate) fn look(&mut self, rows: &RecordBatch) {
        let picked: Vec<usize> = (self.skip..rows.num_rows()).step_by(self.step).collect();
        let next = picked.last().map_or(self.skip, |last| last + self.step);
        self.skip = next - rows.num_rows();
        self.rows += rows.num_rows() as u64;
        self.looked_at += picked.len() as u64;
        for (object, keys) in OBJECTS.iter().zip(&mut self.objects) {
            let Some(objects) = rows.column_by_name(object).and_then(|column| column.as_string_view_opt()) else {
                continue;
            };
            let objects = picked.iter().filter(|row| objects.is_valid(**row)).map(|row| objects.value(*row));
            objects.for_each(|object| count(object, keys));
        }
    }

    /// What was found.
    pub(crate) fn finish(self) -> Census {
        let mut keys = BTreeMap::new();
        for (object, found) in OBJECTS.iter().zip(self.objects) {
            let mut found: Vec<(String, Values)> = found.into_iter().collect();
            found.retain(|(_, values)| values.rows * ONE_ROW_OF >= self.looked_at);
            found.sort_by(|(a, of_a), (b, of_b)| of_b.rows.cmp(&of_a.rows).then_with(|| a.cmp(b)));
            let told = found.into_iter().take(TOLD).map(|(key, values)| (dense_column(object, &key), values.key()));
            keys.extend(told);
        }
        Census { rows: self.rows, looked_at: self.looked_at, keys }
    }
}

/// Counts the keys of an object. Keys that are escaped, or very long, stay out.
fn count(object: &str, keys: &mut AHashMap<String, Values>) {
    let mut seen = AHashSet::new();
    for (key, value) in Members::of(object) {
        if value == "null" || key.len() > KEY_BYTES || key.contains('\\') || !seen.insert(key) {
            continue;
        }
        if let Some(values) = keys.get_mut(key) {
            values.add(value);
        } else {
            keys.entry(key.to_owned()).or_default().add(value);
        }
    }
}

// === impl Values ===

impl Values {
    fn add(&mut self, value: &str) {
        // Always the same hashes, so that the same rows make the same file.
        let hasher = ahash::RandomState::with_seeds(1, 2, 3, 4);
        self.rows += 1;
        self.hashes.insert(hasher.hash_one(value));
    }

    fn key(&self) -> Key {
        Key { rows: self.rows, values: self.hashes.len() as u64 }
    }
}

#[cfg(test)]
mod tests;
