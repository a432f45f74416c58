//! The local file system.

use std::collections::HashSet;
use std::fs::{File, OpenOptions};
use std::io::{self, IoSlice, Read, Seek, SeekFrom, Write};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use bytes::Bytes;

use super::{Disk, DiskEntry, DiskFile, TEMPORARY, Target, create_dirs};
use crate::error::StoreError;

/// A folder of the local file system, held by this process alone.
#[derive(Debug)]
pub struct LocalDisk {
    root: PathBuf,
    /// Folders whose names this process made durable.
    durable: Mutex<HashSet<PathBuf>>,
    /// Keeps the advisory lock for the life of the process.
    _lock: File,
}

#[derive(Debug)]
struct LocalFile(File);

// === impl LocalDisk ===

impl LocalDisk {
    /// Opens a data folder, making it if need be, and locks it against other processes.
    ///
    /// # Errors
    ///
    /// [`StoreError::InUse`] when another process holds it, [`StoreError::Io`] when it cannot be
    /// made or locked.
    pub fn open(root: &Path) -> Result<Self, StoreError> {
        let io = |action, path: &Path| {
            let path = path.display().to_string();
            move |source| StoreError::Io { action, path, source }
        };
        std::fs::create_dir_all(root.join(TEMPORARY)).map_err(io("create", root))?;
        sync_names(root).map_err(io("sync", root))?;
        let lock_path = root.join("lock");
        let mut options = OpenOptions::new();
        let lock = options.create(true).truncate(false).write(true).open(&lock_path);
        let lock = lock.map_err(io("open", &lock_path))?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { root: root.to_owned(), durable: Mutex::default(), _lock: lock }),
            Err(std::fs::TryLockError::WouldBlock) => Err(StoreError::InUse { path: root.display().to_string() }),
            Err(std::fs::TryLockError::Error(source)) => Err(io("lock", &lock_path)(source)),
        }
    }

    fn at(&self, path: &Path) -> PathBuf {
        self.root.join(path)
    }
}

impl Disk for LocalDisk {
    fn create(&self, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        let file = OpenOptions::new().create_new(true).append(true).open(self.at(path))?;
        Ok(Box::new(LocalFile(file)))
    }

    fn read(&self, path: &Path, range: Option<Range<u64>>) -> io::Result<Bytes> {
        let mut file = File::open(self.at(path))?;
        let len = file.metadata()?.len();
        let range = range.map_or(0..len, |range| range.start.min(len)..range.end.min(len));
        file.seek(SeekFrom::Start(range.start))?;
        let wanted = range.end.saturating_sub(range.start);
        let mut bytes = Vec::with_capacity(usize::try_from(wanted).map_err(io::Error::other)?);
        file.take(wanted).read_to_end(&mut bytes)?;
        Ok(bytes.into())
    }

    fn stat(&self, path: &Path) -> io::Result<DiskEntry> {
        let metadata = std::fs::metadata(self.at(path))?;
        entry(path.to_owned(), &metadata)
    }

    fn list(&self, dir: &Path) -> io::Result<Vec<DiskEntry>> {
        let listing = match std::fs::read_dir(self.at(dir)) {
            Ok(listing) => listing,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(error),
        };
        let mut entries = Vec::new();
        for found in listing {
            let found = found?;
            match found.metadata() {
                Ok(metadata) => entries.push(entry(dir.join(found.file_name()), &metadata)?),
                // Removed since the folder was read.
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(error),
            }
        }
        entries.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(entries)
    }

    fn publish(&self, from: &Path, to: &Path, target: Target) -> io::Result<()> {
        let (from, to) = (self.at(from), self.at(to));
        match target {
            Target::Replace => std::fs::rename(from, to),
            // A link fails when the name is taken; a rename would replace it silently.
            Target::New => std::fs::hard_link(&from, to).and_then(|()| std::fs::remove_file(from)),
        }
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        std::fs::remove_file(self.at(path))
    }

    fn create_dir(&self, dir: &Path) -> io::Result<()> {
        create_dirs(&self.durable, dir, &|dir| std::fs::create_dir(self.at(dir)), &|dir| self.sync_dir(dir))
    }

    fn sync_dir(&self, dir: &Path) -> io::Result<()> {
        File::open(self.at(dir))?.sync_all()
    }

    fn sync_file(&self, path: &Path) -> io::Result<()> {
        File::open(self.at(path))?.sync_data()
    }
}

/// Makes the names that lead to a data folder durable, and those in it.
fn sync_names(root: &Path) -> io::Result<()> {
    File::open(root)?.sync_all()?;
    for above in std::fs::canonicalize(root)?.ancestors().skip(1) {
        // Where we may not, or where there is nothing to sync, we made no folder either.
        if let Err(error) = File::open(above).and_then(|folder| folder.sync_all()) {
            tracing::debug!(folder = %above.display(), %error, "cannot sync a folder above the data folder");
        }
    }
    Ok(())
}

fn entry(path: PathBuf, metadata: &std::fs::Metadata) -> io::Result<DiskEntry> {
    let is_dir = metadata.is_dir();
    let len = if is_dir { 0 } else { metadata.len() };
    Ok(DiskEntry { path, len, is_dir, modified: metadata.modified()? })
}

// === impl LocalFile ===

impl DiskFile for LocalFile {
    fn append(&mut self, parts: &mut [IoSlice<'_>]) -> io::Result<()> {
        let mut left = parts;
        while !left.is_empty() {
            match self.0.write_vectored(left) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(written) => IoSlice::advance_slices(&mut left, written),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    fn sync(&mut self) -> io::Result<()> {
        self.0.sync_data()
    }

    fn truncate(&mut self, len: u64) -> io::Result<()> {
        self.0.set_len(len)
    }
}
