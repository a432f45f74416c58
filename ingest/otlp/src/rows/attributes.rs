//! The attributes of a level: promoted keys to their columns, the rest to one JSON object a row.

use arrow::array::{ArrayRef, UInt32Array};
use ingest_model::{Level, Promoted, PromotedKind, promoted};

use super::columns::{self, Batch};
use super::value::{Distinct, write_entry};
use crate::error::DecodeError;
use crate::proto::{KeyValue, Value};

/// The attribute columns of a level, filled row by row.
#[derive(Debug)]
pub(super) struct Attributes<'a> {
    rows: usize,
    /// Positions in `columns` by the length of the key: a key meets one or two candidates.
    by_length: Vec<Vec<usize>>,
    columns: Vec<(&'static Promoted, Values<'a>)>,
    rest: JsonColumn,
}

/// The values of a promoted column so far; shorter than the rows when the last ones have none.
#[derive(Debug)]
enum Values<'a> {
    Text(Vec<Option<&'a str>>),
    Int(Vec<Option<i64>>),
}

/// A column of JSON texts, one after the other; an empty one is NULL.
#[derive(Debug, Default)]
pub(super) struct JsonColumn {
    text: String,
    ends: Vec<usize>,
}

// === impl Attributes ===

impl<'a> Attributes<'a> {
    pub(super) fn new(level: Level) -> Self {
        let promoted = promoted(level);
        let longest = promoted.iter().map(|one| one.key.len()).max().unwrap_or(0);
        let mut by_length = vec![Vec::new(); longest + 1];
        for (position, one) in promoted.iter().enumerate() {
            by_length[one.key.len()].push(position);
        }
        let columns = promoted.iter().map(|one| (one, Values::new(one.kind))).collect();
        Self { rows: 0, by_length, columns, rest: JsonColumn::default() }
    }

    /// Adds a row.
    pub(super) fn push(&mut self, entries: &'a [KeyValue<'a>]) {
        let mut separator = '{';
        for entry in Distinct::new(entries) {
            if !self.promote(entry) {
                self.rest.text.push(separator);
                separator = ',';
                write_entry(&mut self.rest.text, entry);
            }
        }
        if separator == ',' {
            self.rest.text.push('}');
        }
        self.rest.end();
        self.rows += 1;
    }

    /// Puts the value into its column, when the key has one and the value is of its type.
    fn promote(&mut self, entry: &KeyValue<'a>) -> bool {
        let candidates = self.by_length.get(entry.key.len()).map_or(&[][..], Vec::as_slice);
        let of_key = candidates.iter().find(|position| self.columns[**position].0.key == entry.key);
        of_key.is_some_and(|position| self.columns[*position].1.set(self.rows, entry.value))
    }

    /// Adds the columns to the batch; what has no column of its own goes to `rest`.
    pub(super) fn put(self, batch: &mut Batch, rest: &str) -> Result<(), DecodeError> {
        for (promoted, values) in self.columns {
            match values.finish(self.rows) {
                Some(column) => batch.put(promoted.column, column)?,
                None => batch.put_null(promoted.column)?,
            }
        }
        batch.put(rest, self.rest.finish())
    }

    /// Adds the columns to the batch as [`put`](Self::put) does, with row `of[row]` in every row.
    pub(super) fn put_shared(self, batch: &mut Batch, rest: &str, of: &UInt32Array) -> Result<(), DecodeError> {
        for (promoted, values) in self.columns {
            match values.finish(self.rows) {
                Some(column) => batch.put_shared(promoted.column, &column, of)?,
                None => batch.put_null(promoted.column)?,
            }
        }
        batch.put_shared(rest, &self.rest.finish(), of)
    }
}

// === impl Values ===

impl<'a> Values<'a> {
    const fn new(kind: PromotedKind) -> Self {
        match kind {
            PromotedKind::Text => Self::Text(Vec::new()),
            PromotedKind::Int => Self::Int(Vec::new()),
        }
    }

    fn set(&mut self, row: usize, value: Value<'a>) -> bool {
        match (self, value) {
            (Self::Text(values), Value::Text(text)) => {
                values.resize(row, None);
                values.push(Some(text));
            }
            (Self::Int(values), Value::Int(number)) => {
                values.resize(row, None);
                values.push(Some(number));
            }
            _ => return false,
        }
        true
    }

    /// The column, unless no row has a value.
    fn finish(self, rows: usize) -> Option<ArrayRef> {
        match self {
            Self::Text(mut values) if !values.is_empty() => {
                values.resize(rows, None);
                Some(columns::text(values.iter().copied()))
            }
            Self::Int(mut values) if !values.is_empty() => {
                values.resize(rows, None);
                Some(columns::int(values.into_iter()))
            }
            Self::Text(_) | Self::Int(_) => None,
        }
    }
}

// === impl JsonColumn ===

impl JsonColumn {
    /// Adds a row: what `write` writes, NULL when it writes nothing.
    pub(super) fn push(&mut self, write: impl FnOnce(&mut String)) {
        write(&mut self.text);
        self.end();
    }

    fn end(&mut self) {
        self.ends.push(self.text.len());
    }

    pub(super) fn finish(&self) -> ArrayRef {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        let texts = starts.zip(&self.ends).map(|(start, end)| &self.text[start..*end]);
        columns::text(texts.map(|text| (!text.is_empty()).then_some(text)))
    }
}

/// A column of JSON texts, each row written by `write`; a row without text is NULL.
pub(super) fn json<T>(rows: &[T], write: impl Fn(&mut String, &T)) -> ArrayRef {
    let mut column = JsonColumn::default();
    rows.iter().for_each(|row| column.push(|out| write(out, row)));
    column.finish()
}
