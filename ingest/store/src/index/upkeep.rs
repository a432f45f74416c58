//! Keeps the runs in step with the files: new files are covered, runs are merged, and those of no use removed.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::{Arc, PoisonError};

use object_store::path::Path;

use super::layout::Layout;
use super::merge::{self, Failed};
use super::run::{Entry, Run};
use super::write::RunWriter;
use super::{Index, Shown, hash, keys};
use crate::error::StoreError;
use crate::snapshot::DataFile;

/// Runs of about the same size from which on they become one.
const MERGED_RUNS: usize = 4;

/// How much larger runs of the next size are.
const STEP: u64 = 4;

/// Entries up to which runs are all of the smallest size.
const SMALL: u64 = 4_096;

/// Files that a new run covers at most.
const FILES: usize = 64;

/// Entries from which on a new run takes no further file; 8 bytes each are held.
const ENTRIES: usize = 2 << 20;

/// Bits below a hash for the number of a place; [`FILES`] files have fewer row groups by far.
const PLACE_BITS: u32 = u64::BITS - hash::BITS;

/// What is remembered between two rounds.
#[derive(Debug, Default)]
pub(super) struct Upkeep {
    /// Whether the runs on disk were looked at.
    loaded: bool,
    /// Runs that no lookup begins with any more; removed once none reads them.
    retired: Vec<Arc<Run>>,
    /// Files that could not be read; they stay uncovered for the life of the process.
    unreadable: HashSet<Path>,
    /// The files and the runs after the last round, if it did all there was to do.
    settled: Option<(Arc<[DataFile]>, Arc<Shown>)>,
}

/// Asked between two pieces of work: whether to end.
pub(super) type Stop<'a> = &'a dyn Fn() -> bool;

/// Asked of a file that no run covers: whether to leave it for a later round.
pub(super) type Waits<'a> = &'a dyn Fn(&DataFile) -> bool;

// === impl Index ===

impl Index {
    /// One round of upkeep, where `live` are the committed files; those that `waits` names stay uncovered for now. Blocks; ends
    /// early when `stop` says so. Rounds of the same index wait for each other.
    ///
    /// # Errors
    ///
    /// [`StoreError::Io`] when the index cannot be listed or written; lookups are right all the same.
    pub fn keep_up(
        &self,
        live: &Arc<[DataFile]>,
        waits: &dyn Fn(&DataFile) -> bool,
        stop: &dyn Fn() -> bool,
    ) -> Result<(), StoreError> {
        let mut upkeep = self.upkeep.lock().unwrap_or_else(PoisonError::into_inner);
        let same = |(files, shown): &(Arc<[DataFile]>, Arc<Shown>)| {
            Arc::ptr_eq(files, live) && Arc::ptr_eq(shown, &self.shown())
        };
        if upkeep.settled.as_ref().is_some_and(same) {
            return Ok(());
        }
        upkeep.settled = None;
        if !upkeep.loaded {
            self.load()?;
            upkeep.loaded = true;
        }
        let paths: HashSet<&Path> = live.iter().map(|file| &file.path).collect();
        upkeep.retired.extend(self.retire_needless(&paths));
        let mut whole = self.cover(live, &mut upkeep.unreadable, waits, stop)?;
        while let Some(due) = self.due(&paths).filter(|_| !stop()) {
            if !self.merge(&due, &paths, stop)? {
                whole = false;
                break;
            }
            upkeep.retired.extend(due);
        }
        upkeep.unreadable.retain(|file| paths.contains(file));
        for run in upkeep.retired.extract_if(.., |run| Arc::strong_count(run) == 1) {
            self.remove(run.path());
        }
        whole &= !stop() && upkeep.retired.is_empty();
        upkeep.settled = whole.then(|| (Arc::clone(live), self.shown()));
        Ok(())
    }

    /// Opens the runs on disk; those that are damaged are removed.
    fn load(&self) -> Result<(), StoreError> {
        let folder = self.folder();
        let io = |source| StoreError::Io { action: "list", path: folder.display().to_string(), source };
        let mut found = Vec::new();
        for entry in self.disk.list(&folder).map_err(io)?.into_iter().filter(|entry| !entry.is_dir) {
            match Run::open(self.disk.as_ref(), entry.path.clone(), &self.table) {
                Ok(run) => found.push(Arc::new(run)),
                Err(error) => {
                    self.damaged(&entry.path, &error);
                    self.remove(&entry.path);
                }
            }
        }
        self.show(|runs| runs.append(&mut found));
        Ok(())
    }

    /// Stops to use runs whose committed files others cover as well, the smallest first.
    fn retire_needless(&self, live: &HashSet<&Path>) -> Vec<Arc<Run>> {
        let mut runs = self.shown().runs.clone();
        runs.sort_by_cached_key(|run| total(run));
        let mut covering: HashMap<&Path, usize> = HashMap::new();
        for file in runs.iter().flat_map(|run| run.files()).filter(|file| live.contains(file)) {
            *covering.entry(file).or_default() += 1;
        }
        let mut needless = Vec::new();
        for run in &runs {
            let files = || run.files().iter().filter(|file| live.contains(file));
            if files().all(|file| covering.get(file).is_some_and(|runs| *runs > 1)) {
                for file in files() {
                    covering.entry(file).and_modify(|runs| *runs -= 1);
                }
                needless.push(Arc::clone(run));
            }
        }
        drop(covering);
        if !needless.is_empty() {
            self.show(|runs| runs.retain(|run| !holds(&needless, run)));
        }
        needless
    }

    /// Makes runs of the files that none covers, the newest first; whether none had to wait.
    fn cover(
        &self,
        live: &[DataFile],
        unreadable: &mut HashSet<Path>,
        waits: Waits<'_>,
        stop: Stop<'_>,
    ) -> Result<bool, StoreError> {
        let shown = self.shown();
        // A file is indexed before it moves to the bucket; reading it from there again would be dear.
        let is_new =
            |file: &&DataFile| !file.is_cold && !shown.covered.contains(&file.path) && !unreadable.contains(&file.path);
        let (waiting, mut new): (Vec<_>, Vec<_>) = live.iter().filter(is_new).partition(|file| waits(file));
        new.sort_by_key(|file| file.max_time_us);
        while !new.is_empty() && !stop() {
            let (mut files, mut entries, mut places) = (Vec::new(), Vec::new(), 0);
            while files.len() < FILES && entries.len() < ENTRIES && !stop() {
                let Some(file) = new.pop() else { break };
                // Should the reading of it panic, the next round leaves it out.
                unreadable.insert(file.path.clone());
                match keys::keys(self.kind, &self.disk, file) {
                    Ok(keys) => {
                        unreadable.remove(&file.path);
                        entries.extend(keys.places.into_iter().map(|(hash, part)| packed(hash, places + part)));
                        places += keys.layout.parts().unwrap_or(1);
                        files.push((file.path.clone(), keys.layout));
                    }
                    Err(error) => self.leave_out(file, &error),
                }
            }
            if !files.is_empty() {
                entries.sort_unstable();
                let run = self.write(files, &entries).map_err(|source| self.cannot_write(source))?;
                self.show(|runs| runs.push(Arc::new(run)));
            }
        }
        Ok(waiting.is_empty())
    }

    fn leave_out(&self, file: &DataFile, error: &StoreError) {
        if matches!(error, StoreError::Io { source, .. } if source.kind() == std::io::ErrorKind::NotFound) {
            // Replaced by another file in the meantime.
            return;
        }
        tracing::warn!(path = %file.path, %error, "cannot index a file; lookups ask it directly");
        let labels = [("table", self.name), ("index", self.kind.name())];
        metrics::counter!("ingest_store_index_errors_total", &labels).increment(1);
    }

    fn write(&self, files: Vec<(Path, Layout)>, entries: &[u64]) -> std::io::Result<Run> {
        let mut writer = RunWriter::new(self.disk.as_ref(), files)?;
        for entry in entries {
            writer.push(Entry { hash: entry >> PLACE_BITS, place: (entry & ((1 << PLACE_BITS) - 1)) as u32 })?;
        }
        writer.finish(&self.folder(), &self.table)
    }

    /// The runs to merge next: those of one size, if they are many; or one that is more than half of files that are gone.
    fn due(&self, live: &HashSet<&Path>) -> Option<Vec<Arc<Run>>> {
        let shown = self.shown();
        let mut sizes: BTreeMap<u32, Vec<&Arc<Run>>> = BTreeMap::new();
        for run in &shown.runs {
            sizes.entry(size(total(run))).or_default().push(run);
        }
        let many = sizes.into_values().find(|runs| runs.len() >= MERGED_RUNS);
        let stale = |run: &&Arc<Run>| {
            let of_live = run.files().iter().zip(run.entries()).filter(|(file, _)| live.contains(file));
            of_live.map(|(_, entries)| u64::from(*entries)).sum::<u64>() < total(run) / 2
        };
        let due = many.or_else(|| shown.runs.iter().find(stale).map(|run| vec![run]))?;
        Some(due.into_iter().cloned().collect())
    }

    /// Puts one run in the place of some, without the files that are gone; whether it did.
    fn merge(&self, old: &[Arc<Run>], live: &HashSet<&Path>, stop: Stop<'_>) -> Result<bool, StoreError> {
        match merge::merged(self, old, live, stop) {
            Ok(Some(run)) => {
                self.show(|runs| {
                    runs.retain(|run| !holds(old, run));
                    runs.push(Arc::new(run));
                });
                Ok(true)
            }
            Ok(None) => Ok(false),
            Err(Failed::Reading(run, error)) => {
                self.give_up(&run, &error);
                Ok(false)
            }
            Err(Failed::Writing(source)) => Err(self.cannot_write(source)),
        }
    }

    fn cannot_write(&self, source: std::io::Error) -> StoreError {
        StoreError::Io { action: "write", path: self.folder().display().to_string(), source }
    }
}

/// An entry in one word, which sorts as the entry does.
fn packed(hash: u64, place: u32) -> u64 {
    (hash << PLACE_BITS) | u64::from(place)
}

fn holds(runs: &[Arc<Run>], wanted: &Arc<Run>) -> bool {
    runs.iter().any(|run| Arc::ptr_eq(run, wanted))
}

fn total(run: &Run) -> u64 {
    run.entries().iter().map(|entries| u64::from(*entries)).sum()
}

/// Runs of about the same number of entries have the same size: 0 up to [`SMALL`], then one more for every [`STEP`] times.
fn size(entries: u64) -> u32 {
    (entries / SMALL).checked_ilog(STEP).map_or(0, |steps| steps + 1)
}
