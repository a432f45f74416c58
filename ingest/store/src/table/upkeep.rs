//! Files that leave a table for good: those kept no longer, and those that never became part of it.

use std::sync::Arc;
use std::time::Duration;

use ingest_model::Nanos;

use super::Table;
use super::compaction::Part;
use super::files::{Replacement, remove_all};
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
            Ok(_) => {
                on_disk.part(part).replace(disk, Replacement { old, new: Vec::new(), cold: Vec::new() }, now).await?
            }
        };
        self.show_part(part, committed);
        Ok(())
    }

    /// Removes files that no commit named when the table was opened and that were last written at least `grace` before
    /// `now`; says how many.
    pub(crate) async fn remove_orphans(&self, disk: &Arc<dyn Disk>, grace: Duration, now: Nanos) -> u64 {
        let mut on_disk = self.disk.lock().await;
        let orphans: Vec<_> = on_disk.parts().into_iter().flat_map(|files| files.take_orphans(grace, now)).collect();
        drop(on_disk);
        let count = orphans.len() as u64;
        remove_all(disk, orphans).await;
        count
    }
}
