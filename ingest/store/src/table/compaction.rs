//! Small files become one, off the way of requests.
//!
//! Rows of a table stay what they are: files are merged in sort order. Rows of a derived table are added up: the same
//! sums in fewer rows. Files are read, merged and written while flushes go on; only the commit waits for them, and they
//! for it. Readers see the new file in place of the old ones in one step. Whoever took a snapshot
//! before can read the old ones for some time more, then they are removed.

mod plan;

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use arrow::record_batch::RecordBatch;
use ingest_model::Nanos;
use object_store::path::Path;
use tokio::time::Instant;

use super::cold::at_home;
use super::derived::read;
use super::encoding::Encoding;
use super::files::{Committed, Place, Replacement, TableFiles, misfit, remove_all};
use super::{OnDisk, Table};
use crate::delta::NewFile;
use crate::derive::Derive;
use crate::disk::Disk;
use crate::error::StoreError;
use crate::snapshot::DataFile;

use plan::{Fan, Window};

/// Failures to read a file after which it is left alone until the next start.
const STRIKES: u32 = 3;

/// When files are due.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pace {
    /// Files of an hour of a derived table from which on they are merged.
    pub(crate) least: usize,
    /// An hour is merged for good when it has been over and without a new file for so long.
    pub(crate) settle_after: Duration,
    /// The time now.
    pub(crate) now: Nanos,
}

/// Files that are due to become one.
#[derive(Debug)]
pub(crate) struct Due {
    /// The name of the table.
    pub(crate) table: &'static str,
    part: Part,
    files: Vec<DataFile>,
}

/// Which of the tables that a [`Table`] writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Part {
    /// The table itself.
    Own,
    /// One derived from it.
    Derived(usize),
}

/// What compaction remembers of a table between two looks.
#[derive(Debug, Default)]
pub(super) struct Memory(Mutex<Remembered>);

#[derive(Debug, Default)]
struct Remembered {
    /// The files of each window, as a number that changes with them, and since when they are the same.
    calm: HashMap<(Part, Window), (u64, Instant)>,
    /// How often files could not be read.
    strikes: HashMap<Path, u32>,
}

// === impl Pace ===

impl Pace {
    /// Rows of a table do not become fewer, so they are written anew less often.
    fn fan(&self, part: Part) -> Fan {
        let factor = if part == Part::Own { 2 } else { 1 };
        Fan { files: self.least.saturating_mul(factor).max(2) }
    }

    /// Whether a window has been over for long enough.
    fn is_over(&self, window: &Window) -> bool {
        let settle_us = i64::try_from(self.settle_after.as_micros()).unwrap_or(i64::MAX);
        self.now.micros() >= window.end_us().saturating_add(settle_us)
    }
}

// === impl Memory ===

impl Memory {
    fn with<T>(&self, use_it: impl FnOnce(&mut Remembered) -> T) -> T {
        use_it(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

// === impl Remembered ===

impl Remembered {
    /// For how long a window has had the same files.
    fn calm_for(&mut self, part: Part, window: &Window, files: &[&DataFile]) -> Duration {
        let rows = files.iter().map(|file| file.rows).fold(0, u64::wrapping_add);
        let print = rows.wrapping_mul(1 << 20).wrapping_add(files.len() as u64);
        let known = self.calm.entry((part, window.clone())).or_insert_with(|| (print, Instant::now()));
        if known.0 != print {
            *known = (print, Instant::now());
        }
        known.1.elapsed()
    }

    fn is_spent(&self, file: &DataFile) -> bool {
        self.strikes.get(&file.path).is_some_and(|strikes| *strikes >= STRIKES)
    }
}

// === impl OnDisk ===

impl OnDisk {
    pub(super) fn part(&mut self, part: Part) -> &mut TableFiles {
        match part {
            Part::Own => &mut self.files,
            Part::Derived(index) => &mut self.derived[index].files,
        }
    }

    pub(super) fn parts(&mut self) -> Vec<&mut TableFiles> {
        std::iter::once(&mut self.files).chain(self.derived.iter_mut().map(|derived| &mut derived.files)).collect()
    }
}

// === impl Table ===

impl Table {
    /// What is due to become one file, in this table and those derived from it.
    pub(crate) fn due(&self, pace: Pace) -> Vec<Due> {
        let (own, moving, derived) = {
            let state = self.state();
            let derived: Vec<_> = state.shares.iter().map(|shares| Arc::clone(&shares.files)).collect();
            (Arc::clone(&state.files), Arc::clone(&state.moving), derived)
        };
        let mut due = self.due_of(Part::Own, &at_home(&own, &moving), pace);
        for (index, files) in derived.iter().enumerate() {
            due.extend(self.due_of(Part::Derived(index), files, pace));
        }
        due
    }

    fn due_of(&self, part: Part, files: &[DataFile], pace: Pace) -> Vec<Due> {
        let fan = pace.fan(part);
        let mut due = Vec::new();
        let mut seen = HashSet::new();
        for (window, mut files) in plan::windows(files) {
            let settled = self.memory.with(|memory| {
                files.retain(|file| !memory.is_spent(file));
                memory.calm_for(part, &window, &files) >= pace.settle_after && pace.is_over(&window)
            });
            let planned = match part {
                Part::Own => plan::rows(&files, fan, settled),
                Part::Derived(_) => plan::sums(&window, files, fan, settled).into_iter().collect(),
            };
            due.extend(planned.into_iter().map(|files| Due { table: self.name(part), part, files }));
            seen.insert(window);
        }
        self.memory.with(|memory| memory.calm.retain(|(of, window), _| *of != part || seen.contains(window)));
        due
    }

    /// Files of the table that nobody will merge any more: their window is over, has been the same for as long as `calm`,
    /// and nothing in it is due to be merged then.
    pub(super) fn merged_for_good<'f>(&self, files: &'f [DataFile], pace: Pace, calm: Duration) -> Vec<&'f DataFile> {
        let mut done = Vec::new();
        for (window, mut files) in plan::windows(files).into_iter().filter(|(window, _)| pace.is_over(window)) {
            let is_calm = self.memory.with(|memory| {
                files.retain(|file| !memory.is_spent(file));
                memory.calm_for(Part::Own, &window, &files) >= calm
            });
            if is_calm && plan::rows(&files, pace.fan(Part::Own), true).is_empty() {
                done.extend(files);
            }
        }
        done
    }

    /// Remembers that a file could not be read.
    pub(super) fn strike(&self, file: Path) {
        self.memory.with(|memory| *memory.strikes.entry(file).or_default() += 1);
    }

    fn name(&self, part: Part) -> &'static str {
        match part {
            Part::Own => self.spec.name,
            Part::Derived(index) => self.derive[index].spec().name,
        }
    }

    /// Makes one file of those that are due.
    ///
    /// # Errors
    ///
    /// Any [`StoreError`]; what readers see stays as it was, and trying again is safe.
    pub(crate) async fn compact(&self, disk: &Arc<dyn Disk>, due: Due, now: Nanos) -> Result<(), StoreError> {
        let Due { part, files: old, .. } = due;
        let mut on_disk = self.disk.lock().await;
        let place = match on_disk.part(part).settled(disk).await? {
            Ok(place) => place,
            // What is due was found among files that a former compaction has replaced.
            Err(committed) => {
                self.show_part(part, committed);
                return Ok(());
            }
        };
        drop(on_disk);
        let (old, new) = match part {
            Part::Own => self.merge_rows(&place, disk, old, now).await?,
            Part::Derived(index) => {
                let (old, merged) = merge_sums(disk, Arc::clone(&self.derive[index]), old).await?;
                let encoded = Encoding::start(vec![merged], self.derive[index].spec()).finish().await?;
                (old, place.write(disk, encoded, now).await?)
            }
        };
        let mut on_disk = self.disk.lock().await;
        let committed = on_disk.part(part).replace(disk, Replacement { old, new, cold: Vec::new() }, now).await?;
        self.show_part(part, committed);
        Ok(())
    }

    async fn merge_rows(
        &self,
        place: &Place,
        disk: &Arc<dyn Disk>,
        old: Vec<DataFile>,
        now: Nanos,
    ) -> Result<(Vec<DataFile>, Vec<NewFile>), StoreError> {
        match place.merge(disk, old, now).await {
            Ok(merged) => Ok(merged),
            Err((error, None)) => Err(error),
            Err((error, Some(unreadable))) => {
                self.strike(unreadable);
                Err(error)
            }
        }
    }

    /// Removes files from the disk that were replaced at least as long ago as `grace`.
    pub(crate) async fn remove_replaced(&self, disk: &Arc<dyn Disk>, grace: Duration) {
        let mut on_disk = self.disk.lock().await;
        let paths: Vec<_> = on_disk.parts().into_iter().flat_map(|files| files.take_removed(grace)).collect();
        drop(on_disk);
        if !paths.is_empty() {
            remove_all(disk, paths).await;
        }
    }

    /// Shows readers what a commit changed. The table's disk is locked meanwhile, so that no other
    /// commit is shown in between.
    pub(super) fn show_part(&self, part: Part, committed: Committed) {
        let known = match part {
            Part::Own => Arc::clone(&self.state().files),
            Part::Derived(index) => Arc::clone(&self.state().shares[index].files),
        };
        let files = committed.all(&known);
        match part {
            Part::Own => self.state().files = files,
            Part::Derived(index) => self.state().shares[index].files = files,
        }
    }
}

/// The files, and what they say together.
async fn merge_sums(
    disk: &Arc<dyn Disk>,
    derive: Arc<dyn Derive>,
    files: Vec<DataFile>,
) -> Result<(Vec<DataFile>, RecordBatch), StoreError> {
    let (disk, spec) = (Arc::clone(disk), derive.spec());
    let merge = move || {
        let batches = files.iter().map(|file| read(disk.as_ref(), file, None)).collect::<Result<Vec<_>, _>>()?;
        let merged = derive.merge(&batches.concat()).map_err(|reason| misfit(spec, &reason))?;
        Ok((files, merged))
    };
    let merged = tokio::task::spawn_blocking(merge).await;
    merged.unwrap_or_else(|error| Err(misfit(spec, &error.to_string())))
}
