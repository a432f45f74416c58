//! Hot rows as Parquet files: sorted, cut at window boundaries, encoded.
//!
//! A file belongs to one epoch-aligned window of an hour and so to one `date` partition; a flush
//! with rows of very many hours makes windows of a day instead, so that files stay few. Rows
//! whose time is no plausible time (before 1990 or after 2100), and those of the days with the
//! fewest rows where there are very many days, all go to one odd partition, so that a broken
//! clock cannot make a partition per row.

mod chunks;
mod encode;
mod gather;
mod merge;
mod order;
mod rank;

use std::collections::{HashMap, HashSet};
use std::ops::Range;
use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, Int64Array, UInt32Array};
use arrow::compute::{concat_batches, max, min, take};
use arrow::datatypes::TimestampMicrosecondType;
use arrow::error::ArrowError;
use arrow::record_batch::RecordBatch;
use bytes::Bytes;
use jiff::Timestamp;
use object_store::path::Path;

use crate::schema::{PARTITION, TableSpec};
use crate::snapshot::DataFile;

use encode::Encoder;
use gather::Gather;

pub(crate) use chunks::Chunks;
pub(crate) use merge::{MergeError, merge};

/// The width of a window, in microseconds.
const WINDOW_US: i64 = 3_600 * 1_000_000;

/// Windows in a day: the width of a window when a flush holds rows of more hours than
/// [`MAX_WINDOWS`].
const DAY_WINDOWS: i64 = 24;

/// Hours that one flush makes a file each of.
const MAX_WINDOWS: usize = 48;

/// Days that one flush makes a file each of.
const MAX_DAYS: usize = 400;

/// 1990-01-01 and 2100-01-01 UTC, in microseconds: times in between are plausible.
const PLAUSIBLE_US: Range<i64> = 631_152_000_000_000..4_102_444_800_000_000;

/// The window of the rows without a plausible time, or of a day too many; its partition is 1970-01-01.
const ODD_WINDOW: i64 = 0;

/// Rows that are put in order and encoded at once.
const PIECE_ROWS: usize = 8192;

/// An encoded file that has no name yet.
#[derive(Debug)]
pub(crate) struct Encoded {
    pub(crate) bytes: Bytes,
    pub(crate) rows: u64,
    pub(crate) min_time_us: i64,
    pub(crate) max_time_us: i64,
    /// The partition, `YYYY-MM-DD`.
    pub(crate) date: String,
}

/// Sorts batches of a table and encodes one file a window, each when it is asked for.
///
/// # Errors
///
/// When the batches are not of the table's schema.
pub(crate) fn encode(
    batches: &[RecordBatch],
    spec: &'static TableSpec,
) -> Result<impl Iterator<Item = Result<Encoded, ArrowError>>, ArrowError> {
    let keys = keys(batches, spec)?;
    let windows = windows(&keys, spec)?;
    let order = order::order(&keys, &windows, spec)?;
    let times = times(&keys, spec)?;
    let parts = parts(&windows, &order);
    drop((keys, windows));
    let places = places(batches, &order);
    let gather = Gather::from(batches, spec);
    let encode = move |(window, rows): (i64, Range<usize>)| {
        let in_window = take(&times, &order.slice(rows.start, rows.len()), None)?;
        encode_window(window, &in_window, &gather, &places[rows])
    };
    Ok(parts.into_iter().map(encode))
}

/// What tells the order of all rows: their time and what they are sorted by.
fn keys(batches: &[RecordBatch], spec: &TableSpec) -> Result<RecordBatch, ArrowError> {
    let mut indices = [&[spec.time_column], spec.sort]
        .concat()
        .into_iter()
        .map(|name| spec.schema.index_of(name))
        .collect::<Result<Vec<_>, _>>()?;
    indices.sort_unstable();
    indices.dedup();
    let schema = Arc::new(spec.schema.project(&indices)?);
    let keys = batches.iter().map(|batch| batch.project(&indices)).collect::<Result<Vec<_>, _>>()?;
    concat_batches(&schema, &keys)
}

/// For each row in order, its batch and its row there.
fn places(batches: &[RecordBatch], order: &UInt32Array) -> Vec<(usize, usize)> {
    let of_batch = |(index, batch): (usize, &RecordBatch)| (0..batch.num_rows()).map(move |row| (index, row));
    let all: Vec<(usize, usize)> = batches.iter().enumerate().flat_map(of_batch).collect();
    order.values().iter().map(|row| all[*row as usize]).collect()
}

/// The hour all rows of a file are of, in hours since 1970; `None` when they are of several hours,
/// or of no plausible one.
pub(crate) fn hour(file: &DataFile) -> Option<i64> {
    let (first, last) = (window(file.min_time_us), window(file.max_time_us));
    (first == last && first != ODD_WINDOW).then_some(first)
}

/// When an hour ends, in microseconds since 1970.
pub(crate) const fn hour_end_us(hour: i64) -> i64 {
    hour.saturating_add(1).saturating_mul(WINDOW_US)
}

/// The partition a file lies in, `YYYY-MM-DD`.
pub(crate) fn partition(path: &Path) -> Option<&str> {
    path.as_ref().split('/').find_map(|part| part.strip_prefix(PARTITION)?.strip_prefix('='))
}

/// Rows are put in order and encoded a piece at a time: all of a flush in order would be a second copy of it.
fn encode_window(
    window: i64,
    times: &ArrayRef,
    gather: &Gather<'_>,
    places: &[(usize, usize)],
) -> Result<Encoded, ArrowError> {
    let times = times.as_primitive::<TimestampMicrosecondType>();
    let (min_time_us, max_time_us) = (min(times).unwrap_or_default(), max(times).unwrap_or_default());
    let mut encoder = Encoder::flushed(Vec::new(), gather.spec(), places.len() as u64)?;
    for places in places.chunks(PIECE_ROWS) {
        encoder.write(&gather.rows(places)?)?;
    }
    Ok(Encoded {
        bytes: encoder.finish()?.into(),
        rows: places.len() as u64,
        min_time_us,
        max_time_us,
        date: date(window),
    })
}

fn times(rows: &RecordBatch, spec: &TableSpec) -> Result<ArrayRef, ArrowError> {
    let index = rows.schema_ref().index_of(spec.time_column)?;
    Ok(Arc::clone(rows.column(index)))
}

fn window(time_us: i64) -> i64 {
    if PLAUSIBLE_US.contains(&time_us) { time_us.div_euclid(WINDOW_US) } else { ODD_WINDOW }
}

/// The partition of an hour, `YYYY-MM-DD`.
pub(crate) fn date(window: i64) -> String {
    let start = Timestamp::from_microsecond(window.saturating_mul(WINDOW_US)).unwrap_or(Timestamp::UNIX_EPOCH);
    start.strftime("%Y-%m-%d").to_string()
}

/// The window of each row: its hour, or the first hour of its day where there are too many hours,
/// or the odd window where there are too many days.
fn windows(rows: &RecordBatch, spec: &TableSpec) -> Result<Int64Array, ArrowError> {
    let times = times(rows, spec)?;
    let hours: Int64Array = times.as_primitive::<TimestampMicrosecondType>().unary(window);
    let distinct: HashSet<i64> = hours.values().iter().copied().collect();
    if distinct.len() <= MAX_WINDOWS {
        return Ok(hours);
    }
    let days: Int64Array = hours.unary(|hour| hour.div_euclid(DAY_WINDOWS) * DAY_WINDOWS);
    let kept = fullest(&days);
    Ok(days.unary(|day| if kept.contains(&day) { day } else { ODD_WINDOW }))
}

/// The [`MAX_DAYS`] days with the most rows; of equals the latest.
fn fullest(days: &Int64Array) -> HashSet<i64> {
    let mut rows: HashMap<i64, usize> = HashMap::new();
    for day in days.values() {
        *rows.entry(*day).or_default() += 1;
    }
    let mut days: Vec<(usize, i64)> = rows.into_iter().map(|(day, rows)| (rows, day)).collect();
    days.sort_unstable_by(|a, b| b.cmp(a));
    days.into_iter().take(MAX_DAYS).map(|(_, day)| day).collect()
}

/// The windows, each with where its rows start and end in file order.
fn parts(windows: &Int64Array, order: &UInt32Array) -> Vec<(i64, Range<usize>)> {
    let window_of = |row: &u32| windows.value(*row as usize);
    let mut parts = Vec::new();
    let mut start = 0;
    for part in order.values().chunk_by(|a, b| window_of(a) == window_of(b)) {
        parts.push((window_of(&part[0]), start..start + part.len()));
        start += part.len();
    }
    parts
}

#[cfg(test)]
mod tests;
