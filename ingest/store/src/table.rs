//! A table while the store is open: its committed files, its hot rows, and how the second
//! become the first.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use arrow::record_batch::RecordBatch;
use ingest_model::{Nanos, Tenant};
use object_store::ObjectStore;
use object_store::path::Path;
use tokio::time::Instant;

use crate::data_file::{self, Encoded};
use crate::delta::{DeltaLog, NewFile};
use crate::disk::{Disk, Target, write_file};
use crate::error::StoreError;
use crate::hot::Hot;
use crate::schema::{PARTITION, TableSpec};
use crate::snapshot::{DataFile, TableSnapshot};

/// A table of a tenant.
#[derive(Debug)]
pub(crate) struct Table {
    pub(crate) spec: &'static TableSpec,
    folder: Path,
    state: Mutex<State>,
    /// Held while files are written and committed: one flush of a table at a time.
    log: tokio::sync::Mutex<DeltaLog>,
}

/// What a reader sees; a lock is held for as long as it takes to copy pointers.
#[derive(Debug)]
struct State {
    files: Arc<[DataFile]>,
    /// Rows being written to files. They stay readable here until the commit.
    sealed: Hot,
    hot: Hot,
    last_received: Option<Nanos>,
}

// === impl Table ===

impl Table {
    /// Opens a table, making it if it does not exist; says how far it has committed.
    ///
    /// # Errors
    ///
    /// [`StoreError::Table`] or [`StoreError::Damaged`] when its log cannot be read.
    pub(crate) async fn open(
        objects: Arc<dyn ObjectStore>,
        tenant: &Tenant,
        spec: &'static TableSpec,
    ) -> Result<(Self, u64), StoreError> {
        let folder = Path::from_iter([tenant.as_str(), spec.name]);
        let log = DeltaLog::open(objects, folder.clone(), spec).await?;
        let (files, watermark) = (log.files().await?.into(), log.watermark().await?);
        let state = State { files, sealed: Hot::default(), hot: Hot::default(), last_received: None };
        Ok((Self { spec, folder, state: Mutex::new(state), log: tokio::sync::Mutex::new(log) }, watermark))
    }

    /// Makes rows readable; says by how many bytes the hot rows grew.
    pub(crate) fn publish(&self, seq: u64, rows: RecordBatch, received: Nanos) -> isize {
        let mut state = self.state();
        state.last_received = state.last_received.max(Some(received));
        state.hot.push(seq, rows, Instant::now())
    }

    /// Everything readable at this moment.
    pub(crate) fn snapshot(&self) -> TableSnapshot {
        let state = self.state();
        let hot = state.sealed.batches().iter().chain(state.hot.batches()).cloned().collect();
        TableSnapshot { files: Arc::clone(&state.files), hot, last_received: state.last_received }
    }

    /// Memory of the rows not in files yet, in bytes.
    pub(crate) fn hot_bytes(&self) -> usize {
        let state = self.state();
        state.sealed.size_bytes() + state.hot.size_bytes()
    }

    /// When the oldest row that is not in a file came.
    pub(crate) fn hot_since(&self) -> Option<Instant> {
        let state = self.state();
        state.sealed.since().or_else(|| state.hot.since())
    }

    /// Number of the oldest request with rows not in files yet.
    pub(crate) fn first_unflushed(&self) -> Option<u64> {
        let state = self.state();
        state.sealed.first_seq().or_else(|| state.hot.first_seq())
    }

    /// Writes the hot rows to Parquet and commits them; says how many bytes of memory that freed.
    ///
    /// # Errors
    ///
    /// Any [`StoreError`]; the rows stay hot and a later flush tries again.
    pub(crate) async fn flush(&self, disk: &Arc<dyn Disk>, now: Nanos) -> Result<usize, StoreError> {
        let mut log = self.log.lock().await;
        let Some((batches, watermark)) = self.seal() else { return Ok(0) };
        if log.watermark().await? >= watermark {
            // A former commit went through although its answer did not.
            return self.adopt(disk, log.files().await?);
        }
        let files = self.write(disk, batches, now).await?;
        if let Err(error) = log.append(&files, watermark).await {
            log.reload().await?;
            if log.watermark().await? >= watermark {
                return self.adopt(disk, log.files().await?);
            }
            remove(disk.as_ref(), &files);
            return Err(error);
        }
        let known = Arc::clone(&self.state().files);
        Ok(self.committed(known.iter().cloned().chain(files.into_iter().map(|new| new.file)).collect()))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // The lock only ever guards moves of whole values, so a panic cannot have torn one.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes the hot rows for writing, or those of a flush that failed.
    fn seal(&self) -> Option<(Vec<RecordBatch>, u64)> {
        let mut state = self.state();
        if state.sealed.first_seq().is_none() {
            state.sealed = std::mem::take(&mut state.hot);
        }
        state.sealed.first_seq()?;
        Some((state.sealed.batches().to_vec(), state.sealed.last_seq()))
    }

    /// Counts on a commit that is there although it was answered with an error: its name may not
    /// be durable yet, so that is made sure of first.
    fn adopt(&self, disk: &Arc<dyn Disk>, files: Vec<DataFile>) -> Result<usize, StoreError> {
        let log = PathBuf::from(self.folder.as_ref()).join("_delta_log");
        match disk.sync_dir(&log) {
            Ok(()) => Ok(self.committed(files)),
            Err(source) => Err(StoreError::Io { action: "sync", path: log.display().to_string(), source }),
        }
    }

    /// Shows the files in place of the sealed rows, in one step; says how many bytes of memory
    /// that freed.
    fn committed(&self, files: Vec<DataFile>) -> usize {
        let mut state = self.state();
        state.files = files.into();
        std::mem::take(&mut state.sealed).size_bytes()
    }

    async fn write(
        &self,
        disk: &Arc<dyn Disk>,
        batches: Vec<RecordBatch>,
        now: Nanos,
    ) -> Result<Vec<NewFile>, StoreError> {
        let (disk, folder, spec) = (Arc::clone(disk), self.folder.clone(), self.spec);
        let write = move || {
            let encoded = data_file::encode(&batches, spec)
                .map_err(|error| StoreError::Rows { table: spec.name, reason: error.to_string() })?;
            drop(batches);
            let mut files = Vec::new();
            for file in encoded {
                let written = file
                    .map_err(|error| StoreError::Rows { table: spec.name, reason: error.to_string() })
                    .and_then(|file| write_data_file(disk.as_ref(), &folder, file, now));
                match written {
                    Ok(file) => files.push(file),
                    Err(error) => {
                        remove(disk.as_ref(), &files);
                        return Err(error);
                    }
                }
            }
            Ok(files)
        };
        match tokio::task::spawn_blocking(write).await {
            Ok(written) => written,
            Err(error) => Err(StoreError::Rows { table: spec.name, reason: error.to_string() }),
        }
    }
}

/// Removes files that no commit names, so that a full disk does not fill further with every try.
fn remove(disk: &dyn Disk, files: &[NewFile]) {
    for new in files {
        if let Err(error) = disk.remove(&PathBuf::from(new.file.path.as_ref())) {
            tracing::warn!(path = %new.file.path, %error, "cannot remove a file that was not committed");
        }
    }
}

fn write_data_file(disk: &dyn Disk, folder: &Path, encoded: Encoded, now: Nanos) -> Result<NewFile, StoreError> {
    let name = format!("{}.parquet", uuid::Uuid::new_v4());
    let partition = format!("{PARTITION}={}", encoded.date);
    let path = Path::from_iter(folder.parts().chain(Path::from_iter([partition, name]).parts()));
    let file = DataFile {
        size_bytes: encoded.bytes.len() as u64,
        rows: encoded.rows,
        min_time_us: encoded.min_time_us,
        max_time_us: encoded.max_time_us,
        path,
    };
    let target = PathBuf::from(file.path.as_ref());
    match write_file(disk, &target, &[encoded.bytes], Target::New) {
        Ok(()) => Ok(NewFile { file, date: encoded.date, written_ms: now.0 / 1_000_000 }),
        Err(source) => Err(StoreError::Io { action: "write", path: target.display().to_string(), source }),
    }
}
