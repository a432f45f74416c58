//! Writes what several files hold into one.

use std::io::{self, IoSlice, Write};
use std::path::{Path as DiskPath, PathBuf};
use std::sync::Arc;

use ingest_model::Nanos;
use object_store::path::Path;

use super::files::{Place, misfit};
use crate::data_file::{self, Chunks, MergeError};
use crate::delta::NewFile;
use crate::disk::{Disk, DiskFile, TEMPORARY, Target};
use crate::error::StoreError;
use crate::schema::TableSpec;
use crate::snapshot::DataFile;

/// An error, and the file that could not be read, if that is what it is about.
pub(super) type MergeFailure = (StoreError, Option<Path>);

// === impl Place ===

impl Place {
    /// Writes the rows of some files of one partition, in sort order, to a file that no commit names yet.
    ///
    /// # Errors
    ///
    /// Any [`StoreError`]; then no file is left.
    pub(super) async fn merge(
        &self,
        disk: &Arc<dyn Disk>,
        old: Vec<DataFile>,
        now: Nanos,
    ) -> Result<(Vec<DataFile>, Vec<NewFile>), MergeFailure> {
        let (disk, place) = (Arc::clone(disk), self.clone());
        let spec = place.spec;
        let merge = move || {
            let new = place.merge_blocking(&disk, &old, now)?;
            Ok((old, vec![new]))
        };
        let merged = tokio::task::spawn_blocking(merge).await;
        merged.unwrap_or_else(|error| Err((misfit(spec, &error.to_string()), None)))
    }

    fn merge_blocking(&self, disk: &Arc<dyn Disk>, old: &[DataFile], now: Nanos) -> Result<NewFile, MergeFailure> {
        let date = old.first().and_then(|file| data_file::partition(&file.path)).unwrap_or_default().to_owned();
        let path = self.new_path(&date);
        let target = PathBuf::from(path.as_ref());
        let size_bytes = write_merged(disk, old, self.spec, &target)?;
        let file = DataFile {
            path,
            is_cold: false,
            size_bytes,
            rows: old.iter().map(|file| file.rows).sum(),
            min_time_us: old.iter().map(|file| file.min_time_us).min().unwrap_or_default(),
            max_time_us: old.iter().map(|file| file.max_time_us).max().unwrap_or_default(),
        };
        Ok(NewFile { file, date, written_ms: now.0 / 1_000_000 })
    }
}

/// Writes the merged rows under a name, whole and durable, or not at all; says how many bytes they take.
fn write_merged(
    disk: &Arc<dyn Disk>,
    old: &[DataFile],
    spec: &'static TableSpec,
    target: &DiskPath,
) -> Result<u64, MergeFailure> {
    let temporary = DiskPath::new(TEMPORARY).join(uuid::Uuid::new_v4().simple().to_string());
    let written = write_temporary(disk, old, spec, &temporary).and_then(|size| {
        let folder = target.parent().unwrap_or_else(|| DiskPath::new(""));
        let published = disk.create_dir(folder).and_then(|()| disk.publish(&temporary, target, Target::New));
        published.map_err(io_failure(target))?;
        if let Err(error) = disk.sync_dir(folder) {
            // No commit will name it.
            disk.remove(target).ok();
            return Err(io_failure(target)(error));
        }
        Ok(size)
    });
    if written.is_err() {
        // The temporary name may be gone already; what is left is swept at the next start.
        disk.remove(&temporary).ok();
    }
    written
}

fn write_temporary(
    disk: &Arc<dyn Disk>,
    old: &[DataFile],
    spec: &'static TableSpec,
    temporary: &DiskPath,
) -> Result<u64, MergeFailure> {
    let file = disk.create(temporary).map_err(io_failure(temporary))?;
    let source = |file: &DataFile| Chunks::open(Arc::clone(disk), PathBuf::from(file.path.as_ref()), file.size_bytes);
    let out = Counted { file, bytes: 0 };
    let (mut out, rows) = data_file::merge(old.iter().map(source), spec, out).map_err(|error| match error {
        MergeError::Source(index, error) => damaged(&old[index], &error.to_string()),
        MergeError::Output(error) => io_failure(temporary)(io::Error::other(error)),
    })?;
    let expected: u64 = old.iter().map(|file| file.rows).sum();
    if rows != expected {
        let reason = format!("files that are said to have {expected} rows have {rows}");
        return Err((misfit(spec, &reason), None));
    }
    out.file.sync().map_err(io_failure(temporary))?;
    Ok(out.bytes)
}

fn damaged(file: &DataFile, reason: &str) -> MergeFailure {
    let error = StoreError::Damaged { path: file.path.to_string(), reason: reason.to_owned() };
    (error, Some(file.path.clone()))
}

fn io_failure(path: &DiskPath) -> impl Fn(io::Error) -> MergeFailure {
    let path = path.display().to_string();
    move |source| (StoreError::Io { action: "write", path: path.clone(), source }, None)
}

/// A file being written.
#[derive(Debug)]
struct Counted {
    file: Box<dyn DiskFile>,
    bytes: u64,
}

impl Write for Counted {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.append(&mut [IoSlice::new(bytes)])?;
        self.bytes += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
