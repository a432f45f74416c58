//! Putting a local file into the bucket, piece by piece.

use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;

use bytes::Bytes;
use object_store::path::Path;
use object_store::{Error, MultipartUpload, ObjectStore, ObjectStoreExt};

use super::Bucket;
use crate::disk::Disk;
use crate::error::StoreError;
use crate::snapshot::DataFile;

/// Bytes held at once. S3 takes no smaller pieces than 5 MiB.
const PIECE: u64 = 8 << 20;

/// Puts a file into the bucket under its own name, unless it is there. What arrives is what was read: the bucket is told
/// the SHA-256 of every piece. Its size is compared afterwards.
///
/// # Errors
///
/// [`StoreError::Io`] when the file cannot be read, [`StoreError::Bucket`] when the bucket fails, [`StoreError::Damaged`]
/// when the file or the object is of another size, [`StoreError::Closed`] when `stop` says so between two pieces. Trying again is safe.
pub(crate) async fn put(
    bucket: &Bucket,
    disk: &Arc<dyn Disk>,
    file: &DataFile,
    stop: &(dyn Fn() -> bool + Sync),
) -> Result<(), StoreError> {
    let (objects, path) = (bucket.objects(), &file.path);
    // A file with this name never had other bytes.
    if size(objects.as_ref(), path).await? == Some(file.size_bytes) {
        return Ok(());
    }
    if file.size_bytes <= PIECE {
        let bytes = read(disk, file, 0..file.size_bytes).await?;
        objects.put(path, bytes.into()).await.map_err(failed("write", path))?;
    } else {
        let mut upload = objects.put_multipart(path).await.map_err(failed("write", path))?;
        if let Err(error) = pieces(upload.as_mut(), disk, file, stop).await {
            // What stays of it is no object; buckets have rules for such remains.
            upload.abort().await.ok();
            return Err(error);
        }
    }
    match size(objects.as_ref(), path).await? {
        Some(size) if size == file.size_bytes => Ok(()),
        size => Err(damaged(path, &format!("it has {} bytes in the bucket", size.unwrap_or_default()))),
    }
}

async fn pieces(
    upload: &mut dyn MultipartUpload,
    disk: &Arc<dyn Disk>,
    file: &DataFile,
    stop: &(dyn Fn() -> bool + Sync),
) -> Result<(), StoreError> {
    let mut at = 0;
    while at < file.size_bytes {
        if stop() {
            return Err(StoreError::Closed);
        }
        let end = (at + PIECE).min(file.size_bytes);
        let piece = read(disk, file, at..end).await?;
        upload.put_part(piece.into()).await.map_err(failed("write", &file.path))?;
        at = end;
    }
    upload.complete().await.map(drop).map_err(failed("write", &file.path))
}

async fn read(disk: &Arc<dyn Disk>, file: &DataFile, range: Range<u64>) -> Result<Bytes, StoreError> {
    let (disk, path, wanted) = (Arc::clone(disk), PathBuf::from(file.path.as_ref()), range.end - range.start);
    let read = tokio::task::spawn_blocking(move || disk.read(&path, Some(range))).await;
    let read = read.unwrap_or_else(|error| Err(std::io::Error::other(error)));
    let bytes = read.map_err(|source| StoreError::Io { action: "read", path: file.path.to_string(), source })?;
    if bytes.len() as u64 == wanted { Ok(bytes) } else { Err(damaged(&file.path, "it is too short")) }
}

/// The size of an object; `None` where there is none.
async fn size(objects: &dyn ObjectStore, path: &Path) -> Result<Option<u64>, StoreError> {
    match objects.head(path).await {
        Ok(meta) => Ok(Some(meta.size)),
        Err(Error::NotFound { .. }) => Ok(None),
        Err(error) => Err(failed("look at", path)(error)),
    }
}

fn failed(action: &'static str, path: &Path) -> impl Fn(Error) -> StoreError {
    let path = path.to_string();
    move |source| StoreError::Bucket { action, path: path.clone(), source: source.into() }
}

fn damaged(path: &Path, reason: &str) -> StoreError {
    StoreError::Damaged { path: path.to_string(), reason: reason.to_owned() }
}
