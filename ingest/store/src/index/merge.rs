//! One run of several, a block of each at a time.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap, HashSet};
use std::io;
use std::sync::Arc;

use object_store::path::Path;

use super::Index;
use super::layout::Layout;
use super::run::{Entry, Run, RunError};
use super::upkeep::Stop;
use super::write::RunWriter;
use crate::disk::Disk;

/// The number each place of a run has in the merged one; `None` in a file that is gone.
type Numbers = Vec<Option<u32>>;

/// Why runs could not be merged.
#[derive(Debug)]
pub(super) enum Failed {
    /// This run cannot be read.
    Reading(Arc<Run>, RunError),
    Writing(io::Error),
}

/// Reads the entries of a run in order.
struct Cursor<'a> {
    disk: &'a dyn Disk,
    run: &'a Arc<Run>,
    numbers: Numbers,
    block: std::vec::IntoIter<Entry>,
    next_block: usize,
}

/// One run with what `old` say of the files in `live`; `None` when `stop` says to end. No file is left then.
pub(super) fn merged(
    index: &Index,
    old: &[Arc<Run>],
    live: &HashSet<&Path>,
    stop: Stop<'_>,
) -> Result<Option<Run>, Failed> {
    let disk = index.disk.as_ref();
    let (files, numbers) = numbered(old, live);
    let mut writer = RunWriter::new(disk, files).map_err(Failed::Writing)?;
    let cursor = |(run, numbers)| Cursor { disk, run, numbers, block: Vec::new().into_iter(), next_block: 0 };
    let mut cursors: Vec<Cursor<'_>> = old.iter().zip(numbers).map(cursor).collect();
    let mut heads = BinaryHeap::new();
    for (number, cursor) in cursors.iter_mut().enumerate() {
        heads.extend(cursor.next(stop)?.map(|entry| Reverse((entry, number))));
    }
    let mut last = None;
    while let Some(Reverse((entry, number))) = heads.pop() {
        // Two runs may cover the same file.
        if last != Some(entry) {
            writer.push(entry).map_err(Failed::Writing)?;
            last = Some(entry);
        }
        heads.extend(cursors[number].next(stop)?.map(|entry| Reverse((entry, number))));
    }
    if stop() {
        return Ok(None);
    }
    writer.finish(&index.folder(), &index.table).map(Some).map_err(Failed::Writing)
}

/// The files that the runs cover and that are live, each once with its parts; and for each run, which of their places its
/// own are.
fn numbered(runs: &[Arc<Run>], live: &HashSet<&Path>) -> (Vec<(Path, Layout)>, Vec<Numbers>) {
    let mut first_places: HashMap<&Path, u32> = HashMap::new();
    let (mut files, mut all, mut numbers) = (Vec::new(), 0, Vec::new());
    for run in runs {
        let mut of_run = Vec::new();
        for ((file, layout), places) in run.files().iter().zip(run.layouts()).zip(run.places().windows(2)) {
            let parts = places[1] - places[0];
            let first = live.contains(file).then(|| {
                *first_places.entry(file).or_insert_with(|| {
                    files.push((file.clone(), layout.clone()));
                    all += parts;
                    all - parts
                })
            });
            of_run.extend((0..parts).map(|part| first.map(|first| first + part)));
        }
        numbers.push(of_run);
    }
    (files, numbers)
}

// === impl Cursor ===

impl Cursor<'_> {
    /// The next entry of a file that is live; `None` behind the last, or when `stop` says to end.
    fn next(&mut self, stop: Stop<'_>) -> Result<Option<Entry>, Failed> {
        loop {
            if let Some(entry) = self.block.next() {
                return Ok(Some(entry));
            }
            if self.next_block == self.run.blocks() || stop() {
                return Ok(None);
            }
            let block = self.run.block(self.disk, self.next_block);
            let (entries, _) = block.map_err(|error| Failed::Reading(Arc::clone(self.run), error))?;
            let renumber = |entry: Entry| Some(Entry { hash: entry.hash, place: self.numbers[entry.place as usize]? });
            let mut entries: Vec<Entry> = entries.into_iter().filter_map(renumber).collect();
            // Of one hash, places with other numbers have another order.
            entries.sort_unstable();
            self.block = entries.into_iter();
            self.next_block += 1;
        }
    }
}
