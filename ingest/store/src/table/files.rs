//! The files of a table and the log that lists them.

use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use ingest_model::{Nanos, Tenant};
use object_store::ObjectStore;
use object_store::path::Path;
use tokio::time::Instant;

use crate::data_file::{self, Encoded};
use crate::delta::{DeltaLog, NewFile};
use crate::disk::{Disk, DiskEntry, Target, write_file};
use crate::error::StoreError;
use crate::schema::{PARTITION, TableSpec};
use crate::snapshot::DataFile;

/// What can be written to and committed.
#[derive(Debug)]
pub(super) struct TableFiles {
    place: Place,
    log: DeltaLog,
    /// A replacement of which it is not known yet whether it was committed.
    unsettled: Option<Replacement>,
    /// Files that the log does not list any more, each with since when.
    removed: Vec<(Instant, Path)>,
    /// Files that no commit named when the table was opened, each with when it was last written. Nobody can commit
    /// them any more; what this process writes is never among them, whatever clocks say.
    orphans: Vec<(SystemTime, Path)>,
}

/// Where files are written, and of what schema.
#[derive(Debug, Clone)]
pub(super) struct Place {
    pub(super) spec: &'static TableSpec,
    folder: Path,
}

/// Files that leave the table, and what is in their place: one of `new` and `cold`, or nothing.
#[derive(Debug)]
pub(super) struct Replacement {
    pub(super) old: Vec<DataFile>,
    /// Files that hold the same data.
    pub(super) new: Vec<NewFile>,
    /// The same files as the cold table has them.
    pub(super) cold: Vec<DataFile>,
}

/// What a commit changed.
#[derive(Debug)]
pub(super) enum Committed {
    /// These files were added.
    Added(Vec<DataFile>),
    /// A former commit had gone through although its answer did not; these are all files but cold ones known before.
    Before(Vec<DataFile>),
    /// The new files hold what the old ones held.
    Replaced { old: Vec<DataFile>, new: Vec<DataFile> },
}

// === impl Committed ===

impl Committed {
    /// All files, where `known` were there before.
    pub(super) fn all(self, known: &[DataFile]) -> Arc<[DataFile]> {
        match self {
            Self::Added(files) => known.iter().cloned().chain(files).collect(),
            Self::Before(files) => {
                let cold = known.iter().filter(|file| file.is_cold).cloned();
                files.into_iter().chain(cold).collect()
            }
            Self::Replaced { old, new } => {
                let paths: HashSet<&Path> = old.iter().chain(&new).map(|file| &file.path).collect();
                known.iter().filter(|file| !paths.contains(&file.path)).chain(&new).cloned().collect()
            }
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
        Ok(Self { place: Place { spec, folder }, log, unsettled: None, removed: Vec::new(), orphans: Vec::new() })
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

    /// Writes files and commits them with the position of the log they reach.
    ///
    /// # Errors
    ///
    /// Any [`StoreError`]; then nothing was committed, and trying again is safe.
    pub(super) async fn commit(
        &mut self,
        disk: &Arc<dyn Disk>,
        encoded: Vec<Encoded>,
        watermark: u64,
        now: Nanos,
    ) -> Result<Committed, StoreError> {
        if self.log.watermark().await? >= watermark {
            // A former commit went through although its answer did not.
            return self.adopt(disk).await;
        }
        let files = self.place.write(disk, encoded, now).await?;
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

    /// Where files are written. What was left open before is settled first: `Err` says how.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when it is still not known whether a former replacement was committed.
    pub(super) async fn settled(&mut self, disk: &Arc<dyn Disk>) -> Result<Result<Place, Committed>, StoreError> {
        Ok(self.settle(disk).await?.map_or_else(|| Ok(self.place.clone()), Err))
    }

    /// Takes old files out of the table, those that hold the same data take their place, in one commit. The old
    /// files stay on disk for those who still read them ([`TableFiles::take_removed`]).
    ///
    /// # Errors
    ///
    /// Any [`StoreError`]; readers may keep to the old files, and the commit may still turn out to
    /// have been made, which [`TableFiles::settled`] finds.
    pub(super) async fn replace(
        &mut self,
        disk: &Arc<dyn Disk>,
        replacement: Replacement,
        now: Nanos,
    ) -> Result<Committed, StoreError> {
        let Replacement { old, new, cold } = &replacement;
        let committed = match cold.is_empty() {
            true => self.log.replace(old, new, now).await,
            false => self.log.hand_over(old, now).await,
        };
        let Err(error) = committed else { return Ok(self.replaced(replacement)) };
        self.unsettled = Some(replacement);
        self.settle(disk).await?.ok_or(error)
    }

    /// Finds out whether the last replacement was committed; `None` when it was not, or when none
    /// was open.
    async fn settle(&mut self, disk: &Arc<dyn Disk>) -> Result<Option<Committed>, StoreError> {
        let Some(open) = &self.unsettled else { return Ok(None) };
        self.log.reload().await?;
        let listed: HashSet<Path> = self.log.files().await?.into_iter().map(|file| file.path).collect();
        let is_new = open.new.iter().all(|new| listed.contains(&new.file.path));
        let committed = is_new && !open.old.iter().any(|old| listed.contains(&old.path));
        if committed {
            self.sync_log(disk)?;
        } else {
            remove(disk.as_ref(), &open.new);
        }
        let settled = self.unsettled.take().filter(|_| committed);
        Ok(settled.map(|replacement| self.replaced(replacement)))
    }

    fn replaced(&mut self, replacement: Replacement) -> Committed {
        let Replacement { old, new, cold } = replacement;
        let since = Instant::now();
        self.removed.extend(old.iter().map(|file| (since, file.path.clone())));
        Committed::Replaced { old, new: new.into_iter().map(|new| new.file).chain(cold).collect() }
    }

    /// Remembers the files that processes before removed from the log and not from the disk, and those they never
    /// committed, if they can be found.
    pub(super) async fn recall_removed(&mut self, disk: &Arc<dyn Disk>) {
        if let Err(error) = self.find_removed(disk).await {
            tracing::warn!(table = self.place.spec.name, %error, "files that were replaced stay until the next start");
        }
    }

    async fn find_removed(&mut self, disk: &Arc<dyn Disk>) -> Result<(), StoreError> {
        let removed = self.log.removed().await?;
        let listed: HashSet<Path> = self.log.files().await?.into_iter().map(|file| file.path).collect();
        for (file, written) in self.found(disk).await? {
            if removed.contains(&file) {
                self.removed.push((Instant::now(), file));
            } else if !listed.contains(&file) {
                self.orphans.push((written, file));
            }
        }
        Ok(())
    }

    /// The Parquet files in the folders of partitions, each with when it was last written.
    async fn found(&self, disk: &Arc<dyn Disk>) -> Result<Vec<(Path, SystemTime)>, StoreError> {
        let (disk, folder) = (Arc::clone(disk), PathBuf::from(self.place.folder.as_ref()));
        let spec = self.place.spec;
        let find = move || {
            let list = |folder: &PathBuf| {
                let path = folder.display().to_string();
                disk.list(folder).map_err(|source| StoreError::Io { action: "list", path, source })
            };
            let mut found = Vec::new();
            for partition in list(&folder)?.into_iter().filter(|entry| entry.is_dir) {
                let path = |file: &DiskEntry| Path::from(file.path.to_string_lossy().as_ref());
                let files = list(&partition.path)?.into_iter().map(|file| (path(&file), file.modified));
                found.extend(files.filter(|(file, _)| is_data_file(file)));
            }
            Ok(found)
        };
        tokio::task::spawn_blocking(find).await.unwrap_or_else(|error| Err(misfit(spec, &error.to_string())))
    }

    /// Takes out the files that no commit named when the table was opened and that were last written at least `grace`
    /// before `now`.
    pub(super) fn take_orphans(&mut self, grace: Duration, now: Nanos) -> Vec<Path> {
        let now = SystemTime::UNIX_EPOCH + Duration::from_nanos(u64::try_from(now.0).unwrap_or_default());
        let is_old = |(written, _): &mut (SystemTime, Path)| now.duration_since(*written).is_ok_and(|age| age >= grace);
        self.orphans.extract_if(.., is_old).map(|(_, path)| path).collect()
    }

    /// Takes out the files that the log has not listed for as long as `grace`.
    pub(super) fn take_removed(&mut self, grace: Duration) -> Vec<Path> {
        self.removed.extract_if(.., |(since, _)| since.elapsed() >= grace).map(|(_, path)| path).collect()
    }

    /// Counts on a commit that is there although it was answered with an error: its name may not
    /// be durable yet, so that is made sure of first.
    async fn adopt(&self, disk: &Arc<dyn Disk>) -> Result<Committed, StoreError> {
        self.sync_log(disk)?;
        let mut files = self.log.files().await?;
        // A move of which it is not known whether it was committed may have been.
        if let Some(open) = &self.unsettled {
            let listed: HashSet<&Path> = files.iter().map(|file| &file.path).collect();
            let moved = open.cold.iter().filter(|file| !listed.contains(&file.path)).cloned();
            let moved: Vec<DataFile> = moved.collect();
            files.extend(moved);
        }
        Ok(Committed::Before(files))
    }

    /// Makes the commits that can be read durable: the process that made the newest may have been
    /// killed before it could.
    ///
    /// # Errors
    ///
    /// [`StoreError::Io`]; then no commit that was not heard of may be counted on.
    pub(super) fn sync_log(&self, disk: &Arc<dyn Disk>) -> Result<(), StoreError> {
        let log = PathBuf::from(self.place.folder.as_ref()).join("_delta_log");
        let path = log.display().to_string();
        disk.sync_dir(&log).map_err(|source| StoreError::Io { action: "sync", path, source })
    }
}

// === impl Place ===

impl Place {
    /// Where a new file of a partition lies.
    pub(super) fn new_path(&self, date: &str) -> Path {
        let name = format!("{}.parquet", uuid::Uuid::new_v4());
        let partition = format!("{PARTITION}={date}");
        Path::from_iter(self.folder.parts().chain(Path::from_iter([partition, name]).parts()))
    }

    /// Writes files that no commit names yet.
    ///
    /// # Errors
    ///
    /// Any [`StoreError`]; then no file is left.
    pub(super) async fn write(
        &self,
        disk: &Arc<dyn Disk>,
        encoded: Vec<Encoded>,
        now: Nanos,
    ) -> Result<Vec<NewFile>, StoreError> {
        let (disk, place, spec) = (Arc::clone(disk), self.clone(), self.spec);
        let write = move || {
            let mut files = Vec::new();
            for file in encoded {
                match place.write_file(disk.as_ref(), file, now) {
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

    fn write_file(&self, disk: &dyn Disk, encoded: Encoded, now: Nanos) -> Result<NewFile, StoreError> {
        let file = DataFile {
            path: self.new_path(&encoded.date),
            is_cold: false,
            size_bytes: encoded.bytes.len() as u64,
            rows: encoded.rows,
            min_time_us: encoded.min_time_us,
            max_time_us: encoded.max_time_us,
        };
        let target = PathBuf::from(file.path.as_ref());
        match write_file(disk, &target, &[encoded.bytes], Target::New) {
            Ok(()) => Ok(NewFile { file, date: encoded.date, written_ms: now.0 / 1_000_000 }),
            Err(source) => Err(StoreError::Io { action: "write", path: target.display().to_string(), source }),
        }
    }
}

/// Whether a file is one of rows: Parquet in the folder of a partition.
pub(super) fn is_data_file(path: &Path) -> bool {
    data_file::partition(path).is_some() && path.extension() == Some("parquet")
}

/// Removes files that the log does not list; what cannot be removed is tried again at the next start.
pub(super) async fn remove_all(disk: &Arc<dyn Disk>, paths: Vec<Path>) {
    let disk = Arc::clone(disk);
    let remove = move || {
        for path in paths {
            match disk.remove(&PathBuf::from(path.as_ref())) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                    tracing::warn!(%path, %error, "cannot remove a file that no log lists; the next start tries again");
                }
                _ => {}
            }
        }
    };
    tokio::task::spawn_blocking(remove).await.ok();
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
