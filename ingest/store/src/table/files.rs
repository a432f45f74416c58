//! The files of a table and the log that lists them.

use std::path::PathBuf;
use std::sync::Arc;

use arrow::record_batch::RecordBatch;
use ingest_model::{Nanos, Tenant};
use object_store::ObjectStore;
use object_store::path::Path;

use crate::data_file::{self, Encoded};
use crate::delta::{DeltaLog, NewFile};
use crate::disk::{Disk, Target, write_file};
use crate::error::StoreError;
use crate::schema::{PARTITION, TableSpec};
use crate::snapshot::DataFile;

/// What can be written to and committed.
#[derive(Debug)]
pub(super) struct TableFiles {
    spec: &'static TableSpec,
    folder: Path,
    log: DeltaLog,
}

/// What a commit changed.
#[derive(Debug)]
pub(super) enum Committed {
    /// These files were added.
    Added(Vec<DataFile>),
    /// A former commit had gone through although its answer did not; these are all files.
    Before(Vec<DataFile>),
}

// === impl Committed ===

impl Committed {
    /// All files, where `known` were there before.
    pub(super) fn all(self, known: &[DataFile]) -> Arc<[DataFile]> {
        match self {
            Self::Added(files) => known.iter().cloned().chain(files).collect(),
            Self::Before(files) => files.into(),
        }
    }
}

// === impl TableFiles ===

impl TableFiles {
    /// Opens a table, making it if it does not exist.
    ///
    /// # Errors
    ///
    /// [`StoreError::Table`] when its log cannot be read or made.
    pub(super) async fn open(
        objects: Arc<dyn ObjectStore>,
        tenant: &Tenant,
        spec: &'static TableSpec,
    ) -> Result<Self, StoreError> {
        let folder = Path::from_iter([tenant.as_str(), spec.name]);
        let log = DeltaLog::open(objects, folder.clone(), spec).await?;
        Ok(Self { spec, folder, log })
    }

    /// The committed files.
    ///
    /// # Errors
    ///
    /// [`StoreError::Table`] or [`StoreError::Damaged`] when the log cannot be read.
    pub(super) async fn list(&self) -> Result<Vec<DataFile>, StoreError> {
        self.log.files().await
    }

    /// How far the table has committed.
    ///
    /// # Errors
    ///
    /// [`StoreError::Table`] when the log cannot be read.
    pub(super) async fn watermark(&self) -> Result<u64, StoreError> {
        self.log.watermark().await
    }

    /// Writes rows to files and commits them with the position of the log they reach.
    ///
    /// # Errors
    ///
    /// Any [`StoreError`]; then nothing was committed, and trying again is safe.
    pub(super) async fn commit(
        &mut self,
        disk: &Arc<dyn Disk>,
        rows: Vec<RecordBatch>,
        watermark: u64,
        now: Nanos,
    ) -> Result<Committed, StoreError> {
        if self.log.watermark().await? >= watermark {
            // A former commit went through although its answer did not.
            return self.adopt(disk).await;
        }
        let files = self.write(disk, rows, now).await?;
        if let Err(error) = self.log.append(&files, watermark).await {
            self.log.reload().await?;
            if self.log.watermark().await? >= watermark {
                return self.adopt(disk).await;
            }
            remove(disk.as_ref(), &files);
            return Err(error);
        }
        Ok(Committed::Added(files.into_iter().map(|new| new.file).collect()))
    }

    /// Counts on a commit that is there although it was answered with an error: its name may not
    /// be durable yet, so that is made sure of first.
    async fn adopt(&self, disk: &Arc<dyn Disk>) -> Result<Committed, StoreError> {
        let log = PathBuf::from(self.folder.as_ref()).join("_delta_log");
        match disk.sync_dir(&log) {
            Ok(()) => Ok(Committed::Before(self.log.files().await?)),
            Err(source) => Err(StoreError::Io { action: "sync", path: log.display().to_string(), source }),
        }
    }

    async fn write(
        &self,
        disk: &Arc<dyn Disk>,
        rows: Vec<RecordBatch>,
        now: Nanos,
    ) -> Result<Vec<NewFile>, StoreError> {
        let (disk, folder, spec) = (Arc::clone(disk), self.folder.clone(), self.spec);
        let write = move || {
            let encoded = data_file::encode(&rows, spec).map_err(|error| misfit(spec, &error.to_string()))?;
            drop(rows);
            let mut files = Vec::new();
            for file in encoded {
                let written = file
                    .map_err(|error| misfit(spec, &error.to_string()))
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
            Err(error) => Err(misfit(spec, &error.to_string())),
        }
    }
}

/// Rows that are not of their table's schema.
pub(super) fn misfit(spec: &TableSpec, reason: &str) -> StoreError {
    StoreError::Rows { table: spec.name, reason: reason.to_owned() }
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
