//! Small files of a derived table become one: the same sums in fewer rows.
//!
//! Files are read, merged and written while flushes go on; only the commit waits for them, and they
//! for it. Readers see the new file in place of the old ones in one step. Whoever took a snapshot
//! before can read the old ones for some time more, then they are removed.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use arrow::record_batch::RecordBatch;
use ingest_model::Nanos;

use super::Table;
use super::derived::read;
use super::files::{Committed, Replacement, misfit};
use crate::data_file;
use crate::derive::Derive;
use crate::disk::Disk;
use crate::error::StoreError;
use crate::snapshot::DataFile;

/// Rows that the files of one compaction have together at most, a row group. A window with more
/// ends up with several files.
const MAX_ROWS: u64 = 128 * 1024;

/// Bytes that the files of one compaction have together at most.
const MAX_BYTES: u64 = 16 << 20;

/// Files of a derived table that are due to become one.
#[derive(Debug)]
pub(crate) struct Due {
    /// The name of the derived table.
    pub(crate) table: &'static str,
    /// Which of the derived tables of its source it is.
    derived: usize,
    files: Vec<DataFile>,
}

// === impl Table ===

impl Table {
    /// What is due to become one file: files of one hour, where there are `least` or more.
    pub(crate) fn due(&self, least: usize) -> Vec<Due> {
        let lists: Vec<Arc<[DataFile]>> = self.state().shares.iter().map(|shares| Arc::clone(&shares.files)).collect();
        let due = |(derived, files): (usize, &Arc<[DataFile]>)| {
            let table = self.derive[derived].spec().name;
            plan(files, least).into_iter().map(move |files| Due { table, derived, files })
        };
        lists.iter().enumerate().flat_map(due).collect()
    }

    /// Makes one file of those that are due.
    ///
    /// # Errors
    ///
    /// Any [`StoreError`]; what readers see stays as it was, and trying again is safe.
    pub(crate) async fn compact(&self, disk: &Arc<dyn Disk>, due: Due, now: Nanos) -> Result<(), StoreError> {
        let Due { derived, files: old, .. } = due;
        let mut on_disk = self.disk.lock().await;
        let place = match on_disk.derived[derived].files.settled(disk).await? {
            Ok(place) => place,
            // What is due was found among files that a former compaction has replaced.
            Err(committed) => {
                self.show_derived(derived, committed);
                return Ok(());
            }
        };
        drop(on_disk);
        let (old, merged) = merge(disk, Arc::clone(&self.derive[derived]), old).await?;
        let new = place.write(disk, vec![merged], now).await?;
        let mut on_disk = self.disk.lock().await;
        let committed = on_disk.derived[derived].files.replace(disk, Replacement { old, new }, now).await?;
        self.show_derived(derived, committed);
        Ok(())
    }

    /// Removes files from the disk that were replaced at least as long ago as `grace`.
    pub(crate) async fn remove_replaced(&self, disk: &Arc<dyn Disk>, grace: Duration) {
        let mut on_disk = self.disk.lock().await;
        let paths: Vec<_> = on_disk.derived.iter_mut().flat_map(|derived| derived.files.take_removed(grace)).collect();
        drop(on_disk);
        if paths.is_empty() {
            return;
        }
        let disk = Arc::clone(disk);
        let remove = move || {
            for path in paths {
                match disk.remove(&PathBuf::from(path.as_ref())) {
                    Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                        tracing::warn!(%path, %error, "cannot remove a file that was replaced; the next start tries again");
                    }
                    _ => {}
                }
            }
        };
        tokio::task::spawn_blocking(remove).await.ok();
    }

    /// Shows readers what a commit changed. The table's disk is locked meanwhile, so that no other
    /// commit is shown in between.
    fn show_derived(&self, derived: usize, committed: Committed) {
        let known = Arc::clone(&self.state().shares[derived].files);
        let files = committed.all(&known);
        self.state().shares[derived].files = files;
    }
}

/// The files, and what they say together.
async fn merge(
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

/// Files of one hour each, the newest hours first. The smallest files of an hour are taken as long
/// as they stay within the limits together; fewer than `least` are not worth it.
fn plan(files: &[DataFile], least: usize) -> Vec<Vec<DataFile>> {
    let mut windows: BTreeMap<(i64, &str), Vec<&DataFile>> = BTreeMap::new();
    for file in files {
        if let (Some(hour), Some(date)) = (data_file::hour(file), data_file::partition(&file.path)) {
            windows.entry((hour, date)).or_default().push(file);
        }
    }
    let worth_it = |files: &Vec<DataFile>| files.len() >= least.max(2);
    let windows = windows.into_iter().rev().filter(|(_, files)| files.len() >= least.max(2));
    // An hour whose day is another partition is that of the odd rows.
    let windows = windows.filter(|((hour, date), _)| data_file::date(*hour) == **date);
    windows.map(|(_, files)| smallest(files)).filter(worth_it).collect()
}

fn smallest(mut files: Vec<&DataFile>) -> Vec<DataFile> {
    files.sort_by_key(|file| (file.rows, file.size_bytes));
    let (mut rows, mut bytes) = (0, 0);
    let fits = |file: &&DataFile| {
        rows += file.rows;
        bytes += file.size_bytes;
        rows <= MAX_ROWS && bytes <= MAX_BYTES
    };
    files.into_iter().take_while(fits).cloned().collect()
}

#[cfg(test)]
mod tests;
