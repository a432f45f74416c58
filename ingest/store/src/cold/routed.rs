//! Everything that can be read, as one object store: local files at their paths, those of the bucket below `cold`.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use futures::stream::BoxStream;
use object_store::path::Path;
use object_store::{
    CopyOptions, Error, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta, ObjectStore,
    PutMultipartOptions, PutOptions, PutPayload, PutResult, Result,
};

use super::in_bucket;

/// The data folder and the bucket. The bucket can only be read here.
#[derive(Debug)]
pub(crate) struct Routed {
    local: Arc<dyn ObjectStore>,
    bucket: Arc<dyn ObjectStore>,
}

// === impl Routed ===

impl Routed {
    pub(crate) fn new(local: Arc<dyn ObjectStore>, bucket: Arc<dyn ObjectStore>) -> Self {
        Self { local, bucket }
    }

    fn writable(&self, location: &Path) -> Result<&dyn ObjectStore> {
        match in_bucket(location) {
            None => Ok(self.local.as_ref()),
            Some(_) => Err(Error::NotSupported { source: "cold files are only read here".into() }),
        }
    }
}

impl fmt::Display for Routed {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} and {}", self.local, self.bucket)
    }
}

#[async_trait]
impl ObjectStore for Routed {
    async fn get_opts(&self, location: &Path, options: GetOptions) -> Result<GetResult> {
        let Some(path) = in_bucket(location) else { return self.local.get_opts(location, options).await };
        let mut found = self.bucket.get_opts(&path, options).await?;
        found.meta.location = location.clone();
        Ok(found)
    }

    async fn get_ranges(&self, location: &Path, ranges: &[Range<u64>]) -> Result<Vec<Bytes>> {
        match in_bucket(location) {
            None => self.local.get_ranges(location, ranges).await,
            Some(path) => self.bucket.get_ranges(&path, ranges).await,
        }
    }

    async fn put_opts(&self, location: &Path, payload: PutPayload, options: PutOptions) -> Result<PutResult> {
        self.writable(location)?.put_opts(location, payload, options).await
    }

    async fn put_multipart_opts(
        &self,
        location: &Path,
        options: PutMultipartOptions,
    ) -> Result<Box<dyn MultipartUpload>> {
        self.writable(location)?.put_multipart_opts(location, options).await
    }

    fn delete_stream(&self, locations: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
        self.local.delete_stream(locations)
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        self.local.list(prefix)
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        self.local.list_with_delimiter(prefix).await
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        self.writable(from)?;
        self.writable(to)?.copy_opts(from, to, options).await
    }
}
