//! An object store that counts what a question reads, and ends it at its limit.

use std::collections::HashSet;
use std::fmt;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::ops::Range;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use bytes::Bytes;
use futures::stream::BoxStream;
use object_store::path::Path;
use object_store::{
    CopyOptions, Error, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta, ObjectStore,
    PutMultipartOptions, PutOptions, PutPayload, PutResult, Result,
};

use super::Asked;

/// The files of a tenant for one question.
#[derive(Debug)]
pub(crate) struct Metered {
    objects: Arc<dyn ObjectStore>,
    asked: Arc<Asked>,
    /// The files read, by a hash of their location: for a count of them that is all that is needed.
    files: Mutex<HashSet<u64>>,
}

/// A question has read as much as it may.
#[derive(Debug, thiserror::Error)]
#[error("the question has read as much as it may")]
struct ReadTooMuch;

// === impl Metered ===

impl Metered {
    pub(crate) fn new(objects: Arc<dyn ObjectStore>, asked: Arc<Asked>) -> Self {
        Self { objects, asked, files: Mutex::default() }
    }

    fn count(&self, location: &Path, bytes: u64) -> Result<()> {
        let mut hasher = DefaultHasher::new();
        location.hash(&mut hasher);
        if self.files.lock().unwrap_or_else(PoisonError::into_inner).insert(hasher.finish()) {
            self.asked.files_read.fetch_add(1, Ordering::Relaxed);
        }
        if self.asked.may_read(bytes) {
            return Ok(());
        }
        Err(Error::Generic { store: "slowburn", source: Box::new(ReadTooMuch) })
    }
}

impl fmt::Display for Metered {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.objects.fmt(out)
    }
}

#[async_trait]
impl ObjectStore for Metered {
    async fn get_opts(&self, location: &Path, options: GetOptions) -> Result<GetResult> {
        let only_head = options.head;
        let got = self.objects.get_opts(location, options).await?;
        // Not read yet: the answer is a stream, and dropping it reads nothing.
        self.count(location, if only_head { 0 } else { got.range.end - got.range.start })?;
        Ok(got)
    }

    async fn get_ranges(&self, location: &Path, ranges: &[Range<u64>]) -> Result<Vec<Bytes>> {
        self.count(location, ranges.iter().map(|range| range.end.saturating_sub(range.start)).sum())?;
        self.objects.get_ranges(location, ranges).await
    }

    async fn put_opts(&self, location: &Path, payload: PutPayload, options: PutOptions) -> Result<PutResult> {
        self.objects.put_opts(location, payload, options).await
    }

    async fn put_multipart_opts(
        &self,
        location: &Path,
        options: PutMultipartOptions,
    ) -> Result<Box<dyn MultipartUpload>> {
        self.objects.put_multipart_opts(location, options).await
    }

    fn delete_stream(&self, locations: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
        self.objects.delete_stream(locations)
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        self.objects.list(prefix)
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        self.objects.list_with_delimiter(prefix).await
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        self.objects.copy_opts(from, to, options).await
    }
}
