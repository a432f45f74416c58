//! The one seam through which the store touches the file system.
//!
//! Everything the store writes or reads - log segments, Parquet, Delta logs - goes through
//! [`Disk`], so a test can put a disk in its place that loses what was not synced, tears writes
//! or fills up. [`DiskObjects`] shows the same disk to DataFusion and Delta as an object store.

mod local;
mod object_io;
mod objects;
#[cfg(test)]
pub(crate) mod sim;

use std::collections::HashSet;
use std::fmt::Debug;
use std::io;
use std::io::IoSlice;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;

use bytes::Bytes;

pub use local::LocalDisk;
pub use objects::DiskObjects;

/// A file or folder as a listing shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DiskEntry {
    /// Its path, relative to the disk's root.
    pub path: PathBuf,
    /// Bytes of a file; 0 for a folder.
    pub len: u64,
    /// Whether it is a folder.
    pub is_dir: bool,
    /// When it was last written.
    pub modified: SystemTime,
}

/// What a move does when the target exists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// Replace it.
    Replace,
    /// Fail with [`io::ErrorKind::AlreadyExists`].
    New,
}

/// A file system below one root. Paths are relative to it.
///
/// What was written is durable only after [`DiskFile::sync`], and a new, moved or removed name
/// only after [`Disk::sync_dir`] of its folder.
pub trait Disk: Debug + Send + Sync + 'static {
    /// Creates an empty file for appending; fails when it exists.
    ///
    /// # Errors
    ///
    /// What the system says.
    fn create(&self, path: &Path) -> io::Result<Box<dyn DiskFile>>;

    /// Reads a file, or the part of it in `range`, held at its end.
    ///
    /// # Errors
    ///
    /// What the system says.
    fn read(&self, path: &Path, range: Option<Range<u64>>) -> io::Result<Bytes>;

    /// What a file or folder is.
    ///
    /// # Errors
    ///
    /// What the system says; [`io::ErrorKind::NotFound`] when there is none.
    fn stat(&self, path: &Path) -> io::Result<DiskEntry>;

    /// The entries of a folder by name; none when the folder is missing.
    ///
    /// # Errors
    ///
    /// What the system says.
    fn list(&self, dir: &Path) -> io::Result<Vec<DiskEntry>>;

    /// Gives a synced file its final name, in one step.
    ///
    /// # Errors
    ///
    /// What the system says; [`io::ErrorKind::AlreadyExists`] for [`Target::New`].
    fn publish(&self, from: &Path, to: &Path, target: Target) -> io::Result<()>;

    /// Removes a file.
    ///
    /// # Errors
    ///
    /// What the system says.
    fn remove(&self, path: &Path) -> io::Result<()>;

    /// Creates a folder and its parents, durably.
    ///
    /// # Errors
    ///
    /// What the system says.
    fn create_dir(&self, dir: &Path) -> io::Result<()>;

    /// Makes the names in a folder durable.
    ///
    /// # Errors
    ///
    /// What the system says.
    fn sync_dir(&self, dir: &Path) -> io::Result<()>;

    /// Makes what a file holds durable, whoever wrote it: what a former process wrote and did not
    /// sync can be read, but a power cut may still take it away.
    ///
    /// # Errors
    ///
    /// What the system says.
    fn sync_file(&self, path: &Path) -> io::Result<()>;
}

/// A file open for appending.
pub trait DiskFile: Debug + Send {
    /// Writes all of the parts, in order.
    ///
    /// # Errors
    ///
    /// What the system says; an unknown part of the bytes may have been written.
    fn append(&mut self, parts: &mut [IoSlice<'_>]) -> io::Result<()>;

    /// Returns once everything written is on the medium.
    ///
    /// # Errors
    ///
    /// What the system says; nothing written since the last sync may be relied on.
    fn sync(&mut self) -> io::Result<()>;

    /// Cuts the file to `len` bytes.
    ///
    /// # Errors
    ///
    /// What the system says.
    fn truncate(&mut self, len: u64) -> io::Result<()>;
}

/// [`Disk::create_dir`] by two simple steps: making one folder, which may be there already, and
/// syncing one. A folder is made durable once in the life of a process even when it is there: the
/// process that made it may have been killed before it could.
///
/// # Errors
///
/// Those of the steps.
fn create_dirs(
    durable: &Mutex<HashSet<PathBuf>>,
    dir: &Path,
    make: &dyn Fn(&Path) -> io::Result<()>,
    sync: &dyn Fn(&Path) -> io::Result<()>,
) -> io::Result<()> {
    let durable_here = || durable.lock().unwrap_or_else(PoisonError::into_inner);
    if dir.as_os_str().is_empty() {
        return Ok(());
    }
    let parent = dir.parent().unwrap_or_else(|| Path::new(""));
    create_dirs(durable, parent, make, sync)?;
    match make(dir) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
        Err(_) if durable_here().contains(dir) => return Ok(()),
        _ => {}
    }
    sync(parent)?;
    durable_here().insert(dir.to_owned());
    Ok(())
}

/// Folder of files that are being written; emptied when the store opens.
pub(crate) const TEMPORARY: &str = "tmp";

/// Writes a file so that it appears under its name whole and durable, or not at all.
///
/// # Errors
///
/// What the system says; the name is then as it was, unless only the last folder sync failed.
pub(crate) fn write_file(disk: &dyn Disk, path: &Path, parts: &[Bytes], target: Target) -> io::Result<()> {
    let temporary = Path::new(TEMPORARY).join(uuid::Uuid::new_v4().simple().to_string());
    let written = write_temporary(disk, &temporary, parts).and_then(|()| {
        let folder = path.parent().unwrap_or_else(|| Path::new(""));
        disk.create_dir(folder)?;
        disk.publish(&temporary, path, target)?;
        disk.sync_dir(folder)
    });
    if written.is_err() {
        // The temporary name may be gone already; what is left is swept at the next start.
        disk.remove(&temporary).ok();
    }
    written
}

fn write_temporary(disk: &dyn Disk, temporary: &Path, parts: &[Bytes]) -> io::Result<()> {
    let mut file = disk.create(temporary)?;
    let mut slices: Vec<IoSlice<'_>> = parts.iter().map(|part| IoSlice::new(part)).collect();
    file.append(&mut slices)?;
    file.sync()
}
