//! Older files in a bucket of an S3-compatible object store.
//!
//! # Two tables, each whole
//!
//! A table of telemetry (spans, logs, metrics) is two Delta tables: the *local table* in the data folder, and the *cold
//! table* in the bucket, with a log of its own, under the same path below the prefix. Every reader of Delta can read each;
//! together they are everything. A file has one name for good, so indexes, which stay local, know it in both.
//!
//! # The life of a move
//!
//! 1. What is to be moved is written down beside the table, durably (`table/moving.rs`). From here on these files are
//!    neither merged nor retired.
//! 2. Each file is put into the bucket, and its size compared (`upload`).
//! 3. One commit adds all of them to the cold table.
//! 4. One commit removes them from the local table.
//! 5. Readers see the cold files in place of the local ones, in one step. The local ones leave the disk later, as all that
//!    were replaced.
//! 6. What was written down is removed.
//!
//! A kill anywhere leaves each row in the local table, or in both with its files written down, or in the cold table. What both list
//! counts once, the local one, and the next move finishes it. Each step finds what was done of it before.
//!
//! # When the bucket cannot be reached
//!
//! Nothing that is received waits for it. Questions do without cold files and say so ([`Outage`]); moves and removals are
//! tried again.

mod bucket;
mod guarded;
mod outage;
mod routed;
mod upload;

use std::io;
use std::path::Path as DiskPath;
use std::time::Duration;

use object_store::path::Path;
use serde::{Deserialize, Serialize};

use crate::disk::{Disk, Target, write_file};
use crate::error::StoreError;

pub use bucket::{Bucket, ColdError};
pub use outage::Outage;
pub(crate) use routed::Routed;
pub(crate) use upload::put;

/// The first part of the location of a cold file. No tenant has this name.
const ROOT: &str = "cold";

/// Which bucket the older files of a data folder went to, below that folder.
const KNOWN: &str = "cold.toml";

/// Older files: where they go, and when.
#[derive(Debug, Clone)]
pub struct Cold {
    /// Where they go.
    pub bucket: Bucket,
    /// Files go when their newest row is so old.
    pub after: Duration,
    /// Bytes that local files may take; above, the oldest go earlier. No limit where missing.
    pub local_bytes: Option<u64>,
}

/// [`KNOWN`].
#[derive(Debug, Serialize, Deserialize)]
struct Document {
    url: String,
}

/// Where a file of the bucket lies, relative to the root of all that can be read.
pub(crate) fn location(path: &Path) -> Path {
    Path::from_iter(std::iter::once(ROOT.into()).chain(path.parts()))
}

/// The path in the bucket, of a location there.
fn in_bucket(location: &Path) -> Option<Path> {
    let mut parts = location.parts();
    (parts.next()?.as_ref() == ROOT).then(|| Path::from_iter(parts))
}

/// Whether a location is in the bucket.
#[must_use]
pub fn is_cold(location: &Path) -> bool {
    in_bucket(location).is_some()
}

/// Which bucket the older files of a data folder went to, if any did.
///
/// # Errors
///
/// [`StoreError::Damaged`] when the document has a mistake.
pub(crate) fn known(disk: &dyn Disk) -> Result<Option<String>, StoreError> {
    let bytes = match disk.read(DiskPath::new(KNOWN), None) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(source) => return Err(StoreError::Io { action: "read", path: KNOWN.to_owned(), source }),
    };
    let damaged = |reason: String| StoreError::Damaged { path: KNOWN.to_owned(), reason };
    let text = std::str::from_utf8(&bytes).map_err(|error| damaged(error.to_string()))?;
    let document: Document = toml::from_str(text).map_err(|error| damaged(error.to_string()))?;
    Ok(Some(document.url))
}

/// Writes down which bucket older files go to, unless it is known.
///
/// # Errors
///
/// [`StoreError::Io`], [`StoreError::Damaged`].
pub(crate) fn remember(disk: &dyn Disk, url: &str) -> Result<(), StoreError> {
    if known(disk)?.as_deref() == Some(url) {
        return Ok(());
    }
    let text = format!("# Where older files of this folder lie.\nurl = {}\n", toml::Value::from(url));
    let written = write_file(disk, DiskPath::new(KNOWN), &[text.into()], Target::Replace);
    written.map_err(|source| StoreError::Io { action: "write", path: KNOWN.to_owned(), source })
}

#[cfg(test)]
mod tests;
