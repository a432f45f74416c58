//! The cold table beside a local one: what it has, how files get there, and how they leave it for good.
//!
//! Whoever needs both locks the log of the cold table first, the disk second. The disk is never locked while the bucket is
//! asked, because flushes need it.

use std::borrow::Cow;
use std::collections::HashSet;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use futures::TryStreamExt;
use ingest_model::Nanos;
use object_store::path::Path;
use object_store::{Error, ObjectMeta, ObjectStore, ObjectStoreExt};
use tokio::sync::MutexGuard;
use tokio::time::Instant;

use super::compaction::{Pace, Part};
use super::files::{Committed, Replacement, is_data_file};
use super::{Table, moving};
use crate::cold::{self, Bucket};
use crate::data_file;
use crate::delta::{DeltaLog, NewFile};
use crate::disk::Disk;
use crate::error::StoreError;
use crate::snapshot::DataFile;

/// Objects that are deleted at once, each by a request of its own.
const SWEPT: usize = 500;

/// Where the cold table of a table is.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) enum ColdPlace<'a> {
    /// There is none.
    #[default]
    Nowhere,
    /// There is one in a bucket that nobody names any more.
    Unnamed,
    /// In this bucket.
    In(&'a Bucket),
}

/// A cold table.
#[derive(Debug)]
pub(super) struct ColdTable {
    bucket: Bucket,
    log: tokio::sync::Mutex<ColdLog>,
}

/// What is known of a cold table.
#[derive(Debug, Default)]
struct ColdLog {
    known: Known,
    /// Objects that the log does not list any more, each with since when.
    removed: Vec<(Instant, Path)>,
    /// Objects that no commit named when the log was read, each with when they were written.
    orphans: Vec<(SystemTime, Path)>,
}

#[derive(Debug, Default)]
enum Known {
    /// It was not read yet, or has to be read anew because it is not known whether the last commit was made.
    #[default]
    Nothing,
    /// There is no table yet.
    NoTable,
    Log(Box<DeltaLog>),
}

/// What may be moved of a table.
#[derive(Debug)]
pub(crate) enum Movable {
    /// A move that was interrupted has to be finished before anything else is moved.
    Unfinished(Vec<DataFile>),
    /// Files that nobody will merge any more.
    Files(Vec<DataFile>),
}

// === impl ColdTable ===

impl ColdTable {
    pub(super) fn new(bucket: &Bucket) -> Self {
        Self { bucket: bucket.clone(), log: tokio::sync::Mutex::default() }
    }
}

// === impl ColdLog ===

impl ColdLog {
    /// Finds objects that the log does not list and that are not being moved. What cannot be listed waits for the next start.
    async fn find_others(
        &mut self,
        log: &DeltaLog,
        objects: &dyn ObjectStore,
        folder: &Path,
        known: HashSet<Path>,
    ) -> Result<(), StoreError> {
        let removed = log.removed().await?;
        let found: Result<Vec<ObjectMeta>, Error> = objects.list(Some(folder)).try_collect().await;
        let failed = |source| StoreError::Bucket { action: "list", path: folder.to_string(), source: Box::new(source) };
        let others = found.map_err(failed)?.into_iter();
        (self.removed, self.orphans) = (Vec::new(), Vec::new());
        for object in others.filter(|object| is_data_file(&object.location) && !known.contains(&object.location)) {
            if removed.contains(&object.location) {
                self.removed.push((Instant::now(), object.location));
            } else {
                self.orphans.push((object.last_modified.into(), object.location));
            }
        }
        Ok(())
    }
}

// === impl Table ===

impl Table {
    /// Whether older files go to a bucket.
    pub(crate) fn has_cold(&self) -> bool {
        self.cold.is_some()
    }

    /// Whether there is a cold table of which it is not known what it has.
    pub(crate) fn must_read_cold(&self) -> bool {
        // Where it is locked, somebody is at work on it.
        let log = self.cold.as_ref().and_then(|cold| cold.log.try_lock().ok());
        log.is_some_and(|log| matches!(log.known, Known::Nothing))
    }

    /// Whether older files of the table are missing from what readers see.
    pub(crate) fn is_unread(&self) -> bool {
        self.state().unread.is_some()
    }

    /// Reads the log of the cold table, if that has to be done, and shows readers what it has.
    ///
    /// # Errors
    ///
    /// [`StoreError::Table`], [`StoreError::Damaged`]; readers see what they saw before.
    pub(crate) async fn read_cold(&self) -> Result<(), StoreError> {
        let Some(cold) = &self.cold else { return Ok(()) };
        let mut log = cold.log.lock().await;
        if !matches!(log.known, Known::Nothing) {
            return Ok(());
        }
        let objects = cold.bucket.objects();
        let Some(opened) = DeltaLog::open_if_there(Arc::clone(&objects), self.folder(), self.spec).await? else {
            log.known = Known::NoTable;
            self.show_cold(&[]).await;
            return Ok(());
        };
        let files = opened.files().await?;
        let known = files.iter().map(|file| file.path.clone()).chain(self.state().moving.iter().cloned()).collect();
        if let Err(error) = log.find_others(&opened, objects.as_ref(), &self.folder(), known).await {
            tracing::warn!(table = self.spec.name, %error, "cannot look for objects that no log names; they stay");
        }
        self.show_cold(&files).await;
        log.known = Known::Log(Box::new(opened));
        Ok(())
    }

    /// Shows readers what the cold table has. A file that is being moved may be in both: the local one counts.
    async fn show_cold(&self, listed: &[DataFile]) {
        let _disk = self.disk.lock().await;
        let mut state = self.state();
        let local: Vec<DataFile> = state.files.iter().filter(|file| !file.is_cold).cloned().collect();
        let paths: HashSet<&Path> = local.iter().map(|file| &file.path).collect();
        let cold = listed.iter().filter(|file| !paths.contains(&file.path)).map(as_cold);
        state.files = local.iter().cloned().chain(cold).collect();
        state.unread = None;
    }

    /// What may be moved: files of windows that are over, calm and merged as far as they will be, which all indexes know.
    pub(crate) fn movable(&self, pace: Pace, calm: Duration, is_indexed: &dyn Fn(&DataFile) -> bool) -> Movable {
        let (files, moving) = {
            let state = self.state();
            (Arc::clone(&state.files), Arc::clone(&state.moving))
        };
        let unfinished: Vec<DataFile> = files.iter().filter(|file| is_moving(file, &moving)).cloned().collect();
        if !unfinished.is_empty() {
            return Movable::Unfinished(unfinished);
        }
        let home = at_home(&files, &moving);
        let done = self.merged_for_good(&home, pace, calm).into_iter();
        Movable::Files(done.filter(|file| is_indexed(file)).cloned().collect())
    }

    /// Moves files to the cold table, in one commit to each of the two logs; says how many and how many bytes.
    ///
    /// # Errors
    ///
    /// Any [`StoreError`]. Readers see each row once, here or there; trying again is safe and finishes what was begun.
    pub(crate) async fn move_files(
        &self,
        disk: &Arc<dyn Disk>,
        files: Vec<DataFile>,
        now: Nanos,
        stop: &(dyn Fn() -> bool + Sync),
    ) -> Result<(usize, u64), StoreError> {
        let Some(cold) = &self.cold else { return Ok((0, 0)) };
        let mut log = cold.log.lock().await;
        if matches!(log.known, Known::Nothing) {
            return Ok((0, 0));
        }
        self.settle(disk).await?;
        let files = self.still_local(files);
        if files.is_empty() {
            self.state().moving = Arc::default();
            return moving::forget(disk, &self.folder()).await.map(|()| (0, 0));
        }
        moving::write(disk, &self.folder(), &files).await?;
        self.state().moving = Arc::new(files.iter().map(|file| file.path.clone()).collect());
        let files = self.upload(&cold.bucket, disk, files, stop).await?;
        self.take_over(&mut log, &cold.bucket, &files, now).await?;
        let cold_files = files.iter().map(as_cold).collect();
        let moved = (files.len(), files.iter().map(|file| file.size_bytes).sum());
        if !files.is_empty() {
            let mut on_disk = self.disk.lock().await;
            let replacement = Replacement { old: files, new: Vec::new(), cold: cold_files };
            let committed = on_disk.files.replace(disk, replacement, now).await?;
            self.show_part(Part::Own, committed);
        }
        self.state().moving = Arc::default();
        moving::forget(disk, &self.folder()).await?;
        Ok(moved)
    }

    /// Settles a replacement of which it is not known whether it was committed.
    async fn settle(&self, disk: &Arc<dyn Disk>) -> Result<(), StoreError> {
        let mut on_disk = self.disk.lock().await;
        if let Err(committed) = on_disk.files.settled(disk).await? {
            self.show_part(Part::Own, committed);
        }
        Ok(())
    }

    fn still_local(&self, mut files: Vec<DataFile>) -> Vec<DataFile> {
        let shown = Arc::clone(&self.state().files);
        let local: HashSet<&Path> = shown.iter().filter(|file| !file.is_cold).map(|file| &file.path).collect();
        files.retain(|file| local.contains(&file.path));
        files
    }

    /// Puts files into the bucket; says which. One that cannot be read here stays here, and the others go on.
    async fn upload(
        &self,
        bucket: &Bucket,
        disk: &Arc<dyn Disk>,
        files: Vec<DataFile>,
        stop: &(dyn Fn() -> bool + Sync),
    ) -> Result<Vec<DataFile>, StoreError> {
        let mut put = Vec::new();
        for file in files {
            if stop() {
                return Err(StoreError::Closed);
            }
            match cold::put(bucket, disk, &file, stop).await {
                Ok(()) => put.push(file),
                Err(error @ (StoreError::Io { .. } | StoreError::Damaged { .. })) => {
                    tracing::warn!(path = %file.path, %error, "cannot move a file to the bucket; it stays here");
                    metrics::counter!("ingest_store_cold_errors_total", "action" => "read").increment(1);
                    self.strike(file.path);
                }
                Err(error) => return Err(error),
            }
        }
        Ok(put)
    }

    /// Adds files to the cold table, which is made if it does not exist; those it has are left out.
    async fn take_over(
        &self,
        cold: &mut MutexGuard<'_, ColdLog>,
        bucket: &Bucket,
        files: &[DataFile],
        now: Nanos,
    ) -> Result<(), StoreError> {
        let mut log = match std::mem::take(&mut cold.known) {
            Known::Log(log) => log,
            Known::NoTable => Box::new(DeltaLog::open(bucket.objects(), self.folder(), self.spec).await?),
            Known::Nothing => return Err(unread(&self.folder())),
        };
        let listed: HashSet<Path> = log.files().await?.into_iter().map(|file| file.path).collect();
        let written_ms = now.0 / 1_000_000;
        let new = files.iter().filter(|file| !listed.contains(&file.path)).map(|file| {
            let date = data_file::partition(&file.path).unwrap_or_default().to_owned();
            NewFile { file: file.clone(), date, written_ms }
        });
        let new: Vec<NewFile> = new.collect();
        if !new.is_empty() {
            log.take_over(&new, now).await?;
        }
        cold.known = Known::Log(log);
        Ok(())
    }

    /// Whether files can be removed from the cold table, as far as is known.
    pub(crate) async fn can_retire_cold(&self) -> bool {
        let Some(cold) = &self.cold else { return false };
        !cold.bucket.outage().lasts() && matches!(cold.log.lock().await.known, Known::Log(_))
    }

    /// Takes files and their rows out of the cold table, in one commit. The objects stay for those who still read them.
    ///
    /// # Errors
    ///
    /// Any [`StoreError`]; trying again is safe.
    pub(crate) async fn retire_cold(&self, old: Vec<DataFile>, now: Nanos) -> Result<(), StoreError> {
        let Some(cold) = &self.cold else { return Ok(()) };
        let mut cold = cold.log.lock().await;
        let Known::Log(mut log) = std::mem::take(&mut cold.known) else { return Err(unread(&self.folder())) };
        log.replace(&old, &[], now).await?;
        cold.known = Known::Log(log);
        let since = Instant::now();
        cold.removed.extend(old.iter().map(|file| (since, file.path.clone())));
        let _disk = self.disk.lock().await;
        self.show_part(Part::Own, Committed::Replaced { old, new: Vec::new() });
        Ok(())
    }

    /// Deletes objects that left the cold table at least as long ago as `grace`, and those that never became part of it
    /// and are at least `orphan_grace` old; some hundreds at once. Says how many.
    ///
    /// # Errors
    ///
    /// [`StoreError::Bucket`]; what is left is tried again.
    pub(crate) async fn sweep_cold(
        &self,
        grace: Duration,
        orphan_grace: Duration,
        now: Nanos,
    ) -> Result<u64, StoreError> {
        let Some(cold) = &self.cold else { return Ok(0) };
        let mut log = cold.log.lock().await;
        if cold.bucket.outage().lasts() || !matches!(log.known, Known::Log(_)) {
            return Ok(0);
        }
        let now = SystemTime::UNIX_EPOCH + Duration::from_nanos(u64::try_from(now.0).unwrap_or_default());
        let is_old = |written: &SystemTime| now.duration_since(*written).is_ok_and(|age| age >= orphan_grace);
        let removed = log.removed.iter().filter(|(since, _)| since.elapsed() >= grace).map(|(_, path)| path);
        let orphans = log.orphans.iter().filter(|(written, _)| is_old(written)).map(|(_, path)| path);
        let due: HashSet<Path> = removed.chain(orphans).take(SWEPT).cloned().collect();
        if due.is_empty() {
            return Ok(0);
        }
        delete(cold.bucket.objects().as_ref(), &due).await?;
        log.removed.retain(|(_, path)| !due.contains(path));
        log.orphans.retain(|(_, path)| !due.contains(path));
        Ok(due.len() as u64)
    }

    /// The files that are not being moved.
    pub(crate) fn at_rest(&self, mut files: Vec<DataFile>) -> Vec<DataFile> {
        let moving = Arc::clone(&self.state().moving);
        files.retain(|file| !is_moving(file, &moving));
        files
    }

    fn folder(&self) -> Path {
        Path::from_iter([self.tenant.as_str(), self.spec.name])
    }
}

/// The local files that may be merged.
pub(super) fn at_home<'a>(files: &'a [DataFile], moving: &HashSet<Path>) -> Cow<'a, [DataFile]> {
    let stays = |file: &&DataFile| !file.is_cold && !moving.contains(&file.path);
    if files.iter().all(|file| stays(&file)) {
        return Cow::Borrowed(files);
    }
    Cow::Owned(files.iter().filter(stays).cloned().collect())
}

fn is_moving(file: &DataFile, moving: &HashSet<Path>) -> bool {
    !file.is_cold && moving.contains(&file.path)
}

fn as_cold(file: &DataFile) -> DataFile {
    DataFile { is_cold: true, ..file.clone() }
}

fn unread(folder: &Path) -> StoreError {
    let reason = "the log of the cold table has to be read first".to_owned();
    StoreError::Damaged { path: cold::location(folder).to_string(), reason }
}

async fn delete(objects: &dyn ObjectStore, paths: &HashSet<Path>) -> Result<(), StoreError> {
    for path in paths {
        match objects.delete(path).await {
            Ok(()) | Err(Error::NotFound { .. }) => {}
            Err(source) => {
                return Err(StoreError::Bucket { action: "remove", path: path.to_string(), source: source.into() });
            }
        }
    }
    Ok(())
}
