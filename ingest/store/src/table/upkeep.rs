//! Files that leave a table for good: those kept no longer, and those that never became part of it.

use std::sync::Arc;
use std::time::Duration;

use ingest_model::Nanos;

use super::Table;
use super::compaction::Part;
use super::files::Replacement;
use crate::disk::Disk;
use crate::error::StoreError;
use crate::snapshot::DataFile;

// === impl Table ===

impl Table {
    /// The table and those derived from it, each with its name and files.
    pub(crate) fn parts(&self) -> Vec<(Part, &'static str, Arc<[DataFile]>)> {
        let state = self.state();
        let derived = self.derive.iter().zip(&state.shares).enumerate();
        let derived = derived
            .map(|(index, (derive, shares))| (Part::Derived(index), derive.spec().name, Arc::clone(&shares.files)));
        std::iter::once((Part::Own, self.spec.name, Arc::clone(&state.files))).chain(derived).collect()
    }

    /// Takes files and their rows out of a table, in one commit. They stay on disk for those who still read them.
    ///
    /// # Errors
    ///
    /// Any [`StoreError`]; trying again is safe.
    pub(crate) async fn retire(
        &self,
        disk: &Arc<dyn Disk>,
        part: Part,
        old: Vec<DataFile>,
        now: Nanos,
    ) -> Result<(), StoreError> {
        let mut on_disk = self.disk.lock().await;
        let committed = match on_disk.part(part).settled(disk).await? {
            // Which files there are has changed: the next look finds those to be removed.
            Err(committed) => committed,
            Ok(_) => on_disk.part(part).replace(disk, Replacement { old, new: Vec::new() }, now).await?,
        };
        self.show_part(part, committed);
        Ok(())
    }

    /// Removes files of the table's folder that no commit names and that were last written at least `grace` ago; says
    /// how many.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the log or a folder cannot be read.
    pub(crate) async fn remove_orphans(
        &self,
        disk: &Arc<dyn Disk>,
        grace: Duration,
        now: Nanos,
    ) -> Result<u64, StoreError> {
        let mut on_disk = self.disk.lock().await;
        let mut removed = 0;
        for files in on_disk.parts() {
            removed += files.remove_orphans(disk, grace, now).await?;
        }
        Ok(removed)
    }
}
