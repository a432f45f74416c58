//! The words in the log records of a stored file, by block of rows.

use std::sync::Arc;

use ahash::AHashSet;
use arrow::array::{Array, AsArray, BinaryViewArray, StringViewArray};
use arrow::record_batch::RecordBatch;
use ingest_model::{Level, PromotedKind, promoted};
use serde_json::Value;

use super::keys::Keys;
use super::layout::{BLOCK_ROWS, Layout};
use super::words::{each_ascii_word, each_word, folded};
use super::{columns, hash};
use crate::disk::Disk;
use crate::error::StoreError;
use crate::snapshot::DataFile;

/// The column of bodies.
pub(super) const BODY: &str = "body";

/// The attributes without a column of their own, as JSON.
const REST: &str = "attributes_rest";

/// The columns of ids a record is itself found by.
const IDS: [&str; 2] = ["trace_id", "span_id"];

/// The columns whose words are listed: the body and the attributes that are text.
#[must_use = "lists names"]
pub fn text_columns() -> impl Iterator<Item = &'static str> {
    let promoted = promoted(Level::Log).iter().filter(|promoted| matches!(promoted.kind, PromotedKind::Text));
    [BODY, REST].into_iter().chain(promoted.map(|promoted| promoted.column))
}

/// Words that are remembered as the last ones; a power of two. They fit the fastest cache.
const RECENT: usize = 2048;

/// The words of a block.
struct Words {
    hashes: AHashSet<u64>,
    /// Hashes that are known to be listed, each at the place of its lowest bits: most words were there a moment ago.
    recent: Vec<u64>,
}

/// The blocks of a file, one after the other, as [`Layout`] numbers them.
struct Blocks {
    words: Words,
    places: Vec<(u64, u32)>,
    /// The row group of the block at hand.
    group: usize,
    /// Rows of the block at hand.
    rows: usize,
    /// Its number.
    block: u32,
}

/// The words of a file, each once a block. Holds 8 bytes for each, and some 16 for each of the block at hand.
///
/// # Errors
///
/// [`StoreError::Io`] when the file cannot be read, [`StoreError::Damaged`] when it is no Parquet file.
pub(super) fn words(disk: &Arc<dyn Disk>, file: &DataFile) -> Result<Keys, StoreError> {
    let names: Vec<&str> = text_columns().chain(IDS).collect();
    let mut blocks = Blocks { words: Words::new(), places: Vec::new(), group: 0, rows: 0, block: 0 };
    let groups = columns::read(disk, file, &names, |group, batch| {
        blocks.take(group, batch);
        Ok(())
    })?;
    blocks.end();
    Ok(Keys { layout: Layout::of_groups(groups), places: blocks.places })
}

// === impl Blocks ===

impl Blocks {
    /// Takes the next rows of a row group.
    fn take(&mut self, group: usize, batch: &RecordBatch) {
        if group != self.group {
            self.end();
            self.group = group;
        }
        let mut from = 0;
        while from < batch.num_rows() {
            let rows = (BLOCK_ROWS as usize - self.rows).min(batch.num_rows() - from);
            self.words.add_batch(&batch.slice(from, rows));
            (from, self.rows) = (from + rows, self.rows + rows);
            if self.rows == BLOCK_ROWS as usize {
                self.end();
            }
        }
    }

    /// Ends the block at hand, if it has rows.
    fn end(&mut self) {
        if self.rows > 0 {
            self.places.extend(self.words.take().map(|hash| (hash, self.block)));
            (self.rows, self.block) = (0, self.block + 1);
        }
    }
}

// === impl Words ===

impl Words {
    fn new() -> Self {
        Self { hashes: AHashSet::new(), recent: vec![u64::MAX; RECENT] }
    }

    /// The hashes of all words, which are forgotten.
    fn take(&mut self) -> impl Iterator<Item = u64> + use<'_> {
        // No hash has all bits.
        self.recent.fill(u64::MAX);
        self.hashes.drain()
    }

    fn add_batch(&mut self, batch: &RecordBatch) {
        let ids = IDS.map(|name| batch.column_by_name(name).and_then(|column| column.as_binary_view_opt()));
        for name in text_columns() {
            let Some(texts) = batch.column_by_name(name).and_then(|column| column.as_string_view_opt()) else {
                continue;
            };
            if name == BODY {
                self.add_bodies(texts, ids);
            } else {
                self.add_attributes(texts);
            }
        }
    }

    /// Leaves out the record's own ids, which hardly repeat: see [`own_id`].
    fn add_bodies(&mut self, bodies: &StringViewArray, [traces, spans]: [Option<&BinaryViewArray>; 2]) {
        for (row, body) in bodies.iter().enumerate().filter_map(|(row, body)| Some((row, body?))) {
            let is = |word: &[u8], ids: Option<&BinaryViewArray>| {
                ids.is_some_and(|ids| ids.is_valid(row) && is_hex_of(word, ids.value(row)))
            };
            let is_own = |word: &[u8]| match id_form(word) {
                Some(OwnId::Trace) => is(word, traces),
                Some(OwnId::Span) => is(word, spans),
                None => false,
            };
            if body.is_ascii() {
                each_ascii_word(body.as_bytes(), |word| {
                    if !is_own(word) {
                        self.add_hash(hash::hash_folded(word));
                    }
                });
            } else {
                each_word(body, |word| {
                    if !is_own(word.as_bytes()) {
                        self.add(word);
                    }
                });
            }
        }
    }

    /// Attributes are often the same in many records.
    fn add_attributes(&mut self, texts: &StringViewArray) {
        let distinct: AHashSet<&str> = texts.iter().flatten().collect();
        for text in distinct {
            each_word(text, |word| self.add(word));
            // An escaped character is part of a word that is asked for without its escape.
            if text.contains('\\') {
                serde_json::from_str::<Value>(text).iter().for_each(|value| self.add_strings(value));
            }
        }
    }

    fn add_strings(&mut self, value: &Value) {
        match value {
            Value::String(text) => each_word(text, |word| self.add(word)),
            Value::Array(values) => values.iter().for_each(|value| self.add_strings(value)),
            Value::Object(members) => members.values().for_each(|value| self.add_strings(value)),
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }

    fn add(&mut self, word: &str) {
        if word.is_ascii() {
            return self.add_hash(hash::hash_folded(word.as_bytes()));
        }
        self.add_hash(hash::hash(folded(word).as_bytes()));
    }

    fn add_hash(&mut self, hash: u64) {
        let recent = &mut self.recent[hash as usize % RECENT];
        if *recent != hash {
            *recent = hash;
            self.hashes.insert(hash);
        }
    }
}

/// An id a word may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OwnId {
    /// A trace id: the index of words does not list it for the records of that trace, the index of traces does.
    Trace,
    /// A span id: no index lists it for the records of that span.
    Span,
}

/// The id a word has the form of, if it has one: 32 or 16 hex digits.
#[must_use]
pub fn own_id(word: &str) -> Option<OwnId> {
    id_form(word.as_bytes())
}

fn id_form(word: &[u8]) -> Option<OwnId> {
    let id = match word.len() {
        32 => OwnId::Trace,
        16 => OwnId::Span,
        _ => return None,
    };
    word.iter().all(u8::is_ascii_hexdigit).then_some(id)
}

/// Whether a word is the hex form of an id, in either case.
fn is_hex_of(word: &[u8], id: &[u8]) -> bool {
    let digit = |value: u8| char::from_digit(u32::from(value), 16).map_or(0, |digit| digit as u8);
    word.len() == 2 * id.len()
        && word.chunks_exact(2).zip(id).all(|(pair, byte)| {
            pair[0].to_ascii_lowercase() == digit(byte >> 4) && pair[1].to_ascii_lowercase() == digit(byte & 15)
        })
}
