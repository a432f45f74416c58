//! Which files of a table are being moved to the bucket: written down before the bucket hears of them, so that a start
//! knows what may be there as well, even while the bucket cannot be asked.

use std::collections::HashSet;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use object_store::path::Path;

use crate::disk::{Disk, Target, write_file};
use crate::error::StoreError;
use crate::snapshot::DataFile;

/// Below the table's folder. Readers of Delta leave alone what begins with `_`.
const PLACE: &str = "_cold/moving.json";

/// The files that a process before was moving; none where nothing is written down.
///
/// # Errors
///
/// [`StoreError::Io`] and [`StoreError::Damaged`]. To guess would be to double rows.
pub(super) fn read(disk: &dyn Disk, table: &Path) -> Result<HashSet<Path>, StoreError> {
    let path = place(table);
    let shown = path.display().to_string();
    let bytes = match disk.read(&path, None) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(HashSet::new()),
        Err(source) => return Err(StoreError::Io { action: "read", path: shown, source }),
    };
    let paths: Result<Vec<String>, _> = serde_json::from_slice(&bytes);
    let paths = paths.map_err(|error| StoreError::Damaged { path: shown, reason: error.to_string() })?;
    Ok(paths.iter().map(|path| Path::from(path.as_str())).collect())
}

/// Writes down what is going to be moved, durably.
///
/// # Errors
///
/// [`StoreError::Io`].
pub(super) async fn write(disk: &Arc<dyn Disk>, table: &Path, files: &[DataFile]) -> Result<(), StoreError> {
    let paths: Vec<&str> = files.iter().map(|file| file.path.as_ref()).collect();
    let bytes = serde_json::to_vec(&paths).unwrap_or_default();
    act(disk, table, "write", move |disk, path| write_file(disk, path, &[bytes.into()], Target::Replace)).await
}

/// Forgets what was moved.
///
/// # Errors
///
/// [`StoreError::Io`]; what stays names files that are not local any more, and is no harm.
pub(super) async fn forget(disk: &Arc<dyn Disk>, table: &Path) -> Result<(), StoreError> {
    let remove = |disk: &dyn Disk, path: &std::path::Path| match disk.remove(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other,
    };
    act(disk, table, "remove", remove).await
}

async fn act(
    disk: &Arc<dyn Disk>,
    table: &Path,
    action: &'static str,
    work: impl FnOnce(&dyn Disk, &std::path::Path) -> io::Result<()> + Send + 'static,
) -> Result<(), StoreError> {
    let (disk, path) = (Arc::clone(disk), place(table));
    let shown = path.display().to_string();
    let done = tokio::task::spawn_blocking(move || work(disk.as_ref(), &path)).await;
    let done = done.unwrap_or_else(|error| Err(io::Error::other(error)));
    done.map_err(|source| StoreError::Io { action, path: shown, source })
}

fn place(table: &Path) -> PathBuf {
    PathBuf::from(table.as_ref()).join(PLACE)
}
