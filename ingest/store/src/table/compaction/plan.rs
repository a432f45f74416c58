//! Which files are to become one.
//!
//! Rows of an hour are merged by size: [`Fan::files`] files of one tier, whose rows are within a factor of that number,
//! become one of a higher tier. So a row is written anew at most once a tier, and an hour has fewer files than
//! [`Fan::files`] of each tier. An hour that is over and calm is merged once more, to one file where nothing is large.

use std::collections::BTreeMap;

use crate::data_file;
use crate::snapshot::DataFile;

/// Rows and bytes from which on a file is left as it is.
pub(super) const FULL_ROWS: u64 = 1 << 20;
pub(super) const FULL_BYTES: u64 = 32 << 20;

/// Files that are merged at once at most, because each is open meanwhile.
pub(super) const MAX_FILES: usize = 64;

/// Rows and bytes that files of a derived table have together at most when they are merged, because they are held
/// decoded. An hour with more ends up with several files.
pub(super) const DERIVED_ROWS: u64 = 128 * 1024;
pub(super) const DERIVED_BYTES: u64 = 16 << 20;

/// What files have in common that may become one: they belong to one hour, or are those of a day, or of the odd
/// partition, that are of no one hour.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Window {
    date: String,
    /// Hours since 1970.
    hour: Option<i64>,
}

/// How many files are merged into one.
#[derive(Debug, Clone, Copy)]
pub(super) struct Fan {
    /// Files of a tier from which on they are merged; at least 2.
    pub(super) files: usize,
}

// === impl Window ===

impl Window {
    fn of(file: &DataFile) -> Option<Self> {
        let date = data_file::partition(&file.path)?;
        // An hour whose day is another partition is that of the odd rows.
        let hour = data_file::hour(file).filter(|hour| data_file::date(*hour) == date);
        Some(Self { date: date.to_owned(), hour })
    }

    /// When it ends, in microseconds since 1970.
    pub(super) fn end_us(&self) -> i64 {
        let midnight = || self.date.parse().ok().and_then(|date: jiff::civil::Date| date.tomorrow().ok());
        let end_of_day =
            || midnight()?.to_zoned(jiff::tz::TimeZone::UTC).ok().map(|end| end.timestamp().as_microsecond());
        self.hour.map_or_else(|| end_of_day().unwrap_or(i64::MAX), data_file::hour_end_us)
    }
}

/// The files of each window, the newest windows first.
pub(super) fn windows(files: &[DataFile]) -> Vec<(Window, Vec<&DataFile>)> {
    let mut windows: BTreeMap<Window, Vec<&DataFile>> = BTreeMap::new();
    for file in files {
        if let Some(window) = Window::of(file) {
            windows.entry(window).or_default().push(file);
        }
    }
    windows.into_iter().rev().collect()
}

/// Files of a window that become one each, where rows stay rows.
pub(super) fn rows(files: &[&DataFile], fan: Fan, settled: bool) -> Vec<Vec<DataFile>> {
    let mut small: Vec<&DataFile> = files.iter().copied().filter(|file| !is_full(file)).collect();
    small.sort_by_key(|file| (file.rows, file.size_bytes));
    if settled {
        return pieces(&without_giants(small, fan));
    }
    let tiers = small.chunk_by(|a, b| tier(a, fan) == tier(b, fan));
    tiers.filter(|files| files.len() >= fan.files).flat_map(pieces).collect()
}

/// Files of a window that become one, where rows add up: the smallest, as long as they stay within the limits.
pub(super) fn sums(window: &Window, mut files: Vec<&DataFile>, fan: Fan, settled: bool) -> Option<Vec<DataFile>> {
    let least = if settled { 2 } else { fan.files };
    if window.hour.is_none() || files.len() < least {
        return None;
    }
    files.sort_by_key(|file| (file.rows, file.size_bytes));
    let (mut rows, mut bytes) = (0, 0);
    let fits = |file: &&DataFile| {
        rows += file.rows;
        bytes += file.size_bytes;
        rows <= DERIVED_ROWS && bytes <= DERIVED_BYTES
    };
    let files: Vec<DataFile> = files.into_iter().take_while(fits).cloned().collect();
    (files.len() >= least).then_some(files)
}

fn is_full(file: &DataFile) -> bool {
    file.rows >= FULL_ROWS || file.size_bytes >= FULL_BYTES
}

fn tier(file: &DataFile, fan: Fan) -> u32 {
    file.rows.max(1).ilog(fan.files as u64)
}

/// Leaves out those that are far larger than all smaller ones together: rows that come late one by one must not have
/// their hour written anew each time.
fn without_giants(mut files: Vec<&DataFile>, fan: Fan) -> Vec<&DataFile> {
    while let Some((largest, others)) = files.split_last() {
        let others: u64 = others.iter().map(|file| file.rows).sum();
        if largest.rows < others.saturating_mul(fan.files as u64) {
            break;
        }
        files.pop();
    }
    files
}

/// Files in groups that become one each: a group is closed when it makes a full file.
fn pieces(files: &[&DataFile]) -> Vec<Vec<DataFile>> {
    let mut pieces: Vec<Vec<DataFile>> = vec![Vec::new()];
    let (mut rows, mut bytes) = (0, 0);
    for file in files {
        let piece = pieces.last_mut().filter(|piece| rows < FULL_ROWS && bytes < FULL_BYTES && piece.len() < MAX_FILES);
        if let Some(piece) = piece {
            piece.push((*file).clone());
        } else {
            (rows, bytes) = (0, 0);
            pieces.push(vec![(*file).clone()]);
        }
        rows += file.rows;
        bytes += file.size_bytes;
    }
    pieces.retain(|piece| piece.len() > 1);
    pieces
}

#[cfg(test)]
mod tests;
