//! Sorted files become one sorted file. Of each file some batches are held, never all of its rows.

use std::cmp::Ordering;
use std::io::{self, Write};
use std::sync::Arc;

use arrow::array::ArrayRef;
use arrow::error::ArrowError;
use arrow::record_batch::RecordBatch;
use arrow::row::{RowConverter, Rows, SortField};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{ArrowReaderOptions, ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder};
use parquet::file::metadata::{PageIndexPolicy, ParquetMetaData};

use super::chunks::Chunks;
use super::encode::Encoder;
use super::gather::Gather;
use crate::dense::{CENSUS, Census, Dense};
use crate::schema::TableSpec;

/// Rows that are gathered before they are written.
const GATHERED: usize = 8192;

/// Rows of all files together that are held decoded, about.
const HELD_ROWS: usize = 64 * 1024;

/// Bytes of all files together that are held decoded, about.
const HELD_BYTES: usize = 48 << 20;

/// Why files could not be merged.
#[derive(Debug)]
pub(crate) enum MergeError {
    /// The file of this index cannot be read.
    Source(usize, ArrowError),
    /// The merged file cannot be written.
    Output(ArrowError),
}

/// Writes the rows of sorted files in sort order; says how many there were. Rows are neither changed nor left out.
///
/// # Errors
///
/// [`MergeError`]; what was written until then is worthless.
pub(crate) fn merge<W: Write + Send>(
    sources: impl Iterator<Item = io::Result<Chunks>>,
    spec: &'static TableSpec,
    out: W,
) -> Result<(W, u64), MergeError> {
    let source = |(index, source): (usize, io::Result<Chunks>)| {
        let source = source.map_err(|error| ArrowError::IoError(error.to_string(), error));
        source.and_then(|source| open(source, spec)).map_err(|error| MergeError::Source(index, error))
    };
    let sources = sources.enumerate().map(source).collect::<Result<Vec<_>, _>>()?;
    let expected = sources.iter().map(|source| rows_of(source.metadata())).sum();
    let dense = Census::dense(&sources.iter().map(census).collect::<Vec<_>>(), expected);
    let keys = Keys::new(spec).map_err(MergeError::Output)?;
    let mut merging = Merging::open(sources, spec, &keys)?;
    let mut encoder = Encoder::merged(out, spec, expected, dense).map_err(MergeError::Output)?;
    let mut rows = 0;
    while let Some(batch) = merging.next(&keys)? {
        rows += batch.num_rows() as u64;
        encoder.write(&batch).map_err(MergeError::Output)?;
    }
    let out = encoder.finish().map_err(MergeError::Output)?;
    Ok((out, rows))
}

/// A file that will be read.
type Source = ParquetRecordBatchReaderBuilder<Chunks>;

/// Opens a file for the columns of its table; those of dense keys are made anew from what they are copies of.
fn open(file: Chunks, spec: &TableSpec) -> Result<Source, ArrowError> {
    let options = ArrowReaderOptions::new().with_page_index_policy(PageIndexPolicy::Optional);
    let source = Source::try_new_with_options(file, options)?;
    let (known, found) = (spec.schema.fields(), source.schema().fields());
    if !found.starts_with(known) || !found[known.len()..].iter().all(|field| Dense::is(field)) {
        return Err(ArrowError::SchemaError(format!("it has other columns than {} has now", spec.name)));
    }
    let own = ProjectionMask::roots(source.parquet_schema(), 0..known.len());
    Ok(source.with_projection(own))
}

/// What a file's footer tells of the keys of its attributes.
fn census(source: &Source) -> Census {
    let entries = source.metadata().file_metadata().key_value_metadata().into_iter().flatten();
    let census = entries.filter(|entry| entry.key == CENSUS).find_map(|entry| entry.value.as_deref());
    census.map_or_else(Census::default, Census::read)
}

fn rows_of(metadata: &ParquetMetaData) -> u64 {
    u64::try_from(metadata.file_metadata().num_rows()).unwrap_or_default()
}

/// Makes sort keys of rows, which compare as bytes.
struct Keys {
    columns: Vec<usize>,
    converter: RowConverter,
}

// === impl Keys ===

impl Keys {
    fn new(spec: &TableSpec) -> Result<Self, ArrowError> {
        let columns = spec.sort.iter().map(|name| spec.schema.index_of(name)).collect::<Result<Vec<_>, _>>()?;
        let field = |column: &usize| SortField::new(spec.schema.field(*column).data_type().clone());
        let converter = RowConverter::new(columns.iter().map(field).collect())?;
        Ok(Self { columns, converter })
    }

    fn of(&self, batch: &RecordBatch) -> Result<Rows, ArrowError> {
        let columns: Vec<ArrayRef> = self.columns.iter().map(|column| Arc::clone(batch.column(*column))).collect();
        self.converter.convert_columns(&columns)
    }
}

/// How far a file has been merged.
struct Cursor {
    source: usize,
    reader: ParquetRecordBatchReader,
    batch: RecordBatch,
    keys: Rows,
    /// The next row of the batch.
    at: usize,
    /// Where the batch stands among those that are held.
    slot: usize,
}

// === impl Cursor ===

impl Cursor {
    /// A file's first rows; `None` when it has none.
    fn open(source: usize, file: Source, sources: usize, keys: &Keys) -> Result<Option<Self>, ArrowError> {
        let rows = batch_rows(file.metadata(), sources);
        let mut reader = file.with_batch_size(rows).build()?;
        let Some(batch) = reader.next().transpose()? else { return Ok(None) };
        let keys = keys.of(&batch)?;
        Ok(Some(Self { source, reader, batch, keys, at: 0, slot: 0 }))
    }

    /// Goes on to the next rows; `false` at the file's end.
    fn advance(&mut self, keys: &Keys) -> Result<bool, ArrowError> {
        let Some(batch) = self.reader.next().transpose()? else { return Ok(false) };
        self.keys = keys.of(&batch)?;
        self.batch = batch;
        self.at = 0;
        Ok(true)
    }

    /// Where the rows of the batch that come before the head of `other` end.
    fn before(&self, other: &Self) -> usize {
        let head = other.keys.row(other.at);
        let comes_first = |row: usize| match self.keys.row(row).cmp(&head) {
            Ordering::Less => true,
            Ordering::Equal => self.source < other.source,
            Ordering::Greater => false,
        };
        let count = self.batch.num_rows();
        // Runs are short where files interleave and long where they do not: look ahead in growing steps.
        let (mut known, mut step) = (self.at, 1);
        while known + step <= count && comes_first(known + step - 1) {
            known += step;
            step *= 2;
        }
        let (mut low, mut high) = (known, count.min(known + step - 1));
        while low < high {
            let middle = usize::midpoint(low, high);
            if comes_first(middle) { low = middle + 1 } else { high = middle }
        }
        low
    }

    fn order(&self, other: &Self) -> Ordering {
        self.keys.row(self.at).cmp(&other.keys.row(other.at)).then(self.source.cmp(&other.source))
    }
}

/// Rows of a file to decode at once, so that those of all files together stay few and small.
fn batch_rows(metadata: &ParquetMetaData, sources: usize) -> usize {
    let bytes: i64 = metadata.row_groups().iter().map(|group| group.total_byte_size()).sum();
    let rows = metadata.file_metadata().num_rows().max(1);
    let row_bytes = usize::try_from(bytes / rows).unwrap_or(0).max(1);
    (HELD_ROWS / sources).min(HELD_BYTES / sources / row_bytes).clamp(16, GATHERED)
}

/// Files in the course of being merged.
struct Merging {
    spec: &'static TableSpec,
    /// Those with rows left, the one with the smallest next row first.
    cursors: Vec<Cursor>,
    /// The batches that rows were picked from.
    held: Vec<RecordBatch>,
    /// Batch and row, in sort order.
    picked: Vec<(usize, usize)>,
}

// === impl Merging ===

impl Merging {
    fn open(sources: Vec<Source>, spec: &'static TableSpec, keys: &Keys) -> Result<Self, MergeError> {
        let count = sources.len().max(1);
        let mut cursors = Vec::new();
        for (source, file) in sources.into_iter().enumerate() {
            let cursor = Cursor::open(source, file, count, keys);
            cursors.extend(cursor.map_err(|error| MergeError::Source(source, error))?);
        }
        cursors.sort_by(Cursor::order);
        Ok(Self { spec, cursors, held: Vec::new(), picked: Vec::with_capacity(GATHERED) })
    }

    /// The next rows in sort order; `None` when there are none left.
    fn next(&mut self, keys: &Keys) -> Result<Option<RecordBatch>, MergeError> {
        self.held = self.cursors.iter().map(|cursor| cursor.batch.clone()).collect();
        self.cursors.iter_mut().enumerate().for_each(|(slot, cursor)| cursor.slot = slot);
        self.picked.clear();
        while self.picked.len() < GATHERED && !self.cursors.is_empty() {
            self.pick(keys)?;
        }
        if self.picked.is_empty() {
            return Ok(None);
        }
        self.gathered().map(Some).map_err(MergeError::Output)
    }

    /// Picks the rows that come before those of all other files.
    fn pick(&mut self, keys: &Keys) -> Result<(), MergeError> {
        let mut first = self.cursors.remove(0);
        let end = self.cursors.first().map_or_else(|| first.batch.num_rows(), |second| first.before(second));
        let rows = first.at..end.min(first.at + GATHERED - self.picked.len());
        self.picked.extend(rows.clone().map(|row| (first.slot, row)));
        first.at = rows.end;
        if first.at == first.batch.num_rows() {
            if !first.advance(keys).map_err(|error| MergeError::Source(first.source, error))? {
                return Ok(());
            }
            first.slot = self.held.len();
            self.held.push(first.batch.clone());
        }
        let place = self.cursors.partition_point(|cursor| cursor.order(&first) == Ordering::Less);
        self.cursors.insert(place, first);
        Ok(())
    }

    fn gathered(&self) -> Result<RecordBatch, ArrowError> {
        Gather::from(&self.held, self.spec).rows(&self.picked)
    }
}

#[cfg(test)]
mod tests;
