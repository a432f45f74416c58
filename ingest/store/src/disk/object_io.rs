//! Between the disk's words and the object store's.

use std::io;
use std::ops::Range;
use std::path::{Path as DiskPath, PathBuf};

use object_store::path::Path;
use object_store::{Error, GetRange, ListResult, ObjectMeta, Result};

use super::{Disk, DiskEntry};

const STORE: &str = "slowburn disk";

/// Runs file I/O where it may block.
pub(super) async fn blocking<T: Send + 'static>(task: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    match tokio::task::spawn_blocking(task).await {
        Ok(result) => result,
        Err(error) => Err(Error::JoinError { source: error }),
    }
}

pub(super) fn io_error(location: &Path, error: io::Error) -> Error {
    let (path, source) = (location.to_string(), Box::new(error));
    match source.kind() {
        io::ErrorKind::NotFound => Error::NotFound { path, source },
        io::ErrorKind::AlreadyExists => Error::AlreadyExists { path, source },
        _ => Error::Generic { store: STORE, source },
    }
}

pub(super) fn meta(entry: &DiskEntry) -> Result<ObjectMeta> {
    let location = Path::parse(entry.path.to_string_lossy())?;
    Ok(ObjectMeta { location, last_modified: entry.modified.into(), size: entry.len, e_tag: None, version: None })
}

/// The bytes a range asks for in an object of `size` bytes.
pub(super) fn resolve(range: Option<&GetRange>, size: u64) -> Result<Range<u64>> {
    let generic = |source| Error::Generic { store: STORE, source: Box::new(source) };
    match range {
        None => Ok(0..size),
        Some(range) => range.as_range(size).map_err(generic),
    }
}

/// Every file below a prefix.
pub(super) fn walk(disk: &dyn Disk, prefix: Option<&Path>) -> Result<Vec<ObjectMeta>> {
    let mut folders = vec![folder(prefix)];
    let mut found = Vec::new();
    while let Some(dir) = folders.pop() {
        for entry in list(disk, &dir)? {
            if entry.is_dir {
                folders.push(entry.path);
            } else {
                found.push(meta(&entry)?);
            }
        }
    }
    Ok(found)
}

/// The files and folders directly below a prefix.
pub(super) fn children(disk: &dyn Disk, prefix: Option<&Path>) -> Result<ListResult> {
    let mut result = ListResult { common_prefixes: Vec::new(), objects: Vec::new() };
    for entry in list(disk, &folder(prefix))? {
        if entry.is_dir {
            result.common_prefixes.push(Path::parse(entry.path.to_string_lossy())?);
        } else {
            result.objects.push(meta(&entry)?);
        }
    }
    Ok(result)
}

fn folder(prefix: Option<&Path>) -> PathBuf {
    prefix.map(|prefix| PathBuf::from(prefix.as_ref())).unwrap_or_default()
}

fn list(disk: &dyn Disk, dir: &DiskPath) -> Result<Vec<DiskEntry>> {
    let location = Path::from(dir.to_string_lossy().as_ref());
    disk.list(dir).map_err(|error| io_error(&location, error))
}
