//! A bucket whose failures are noticed, and which is left alone while it cannot be reached.

use std::fmt;
use std::future::Future;
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use futures::StreamExt;
use futures::stream::{self, BoxStream};
use object_store::path::Path;
use object_store::{
    CopyOptions, Error, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta, ObjectStore,
    PutMultipartOptions, PutOptions, PutPayload, PutResult, Result,
};

use super::outage::Outage;

/// How long a read may take, with all that is tried again.
const READ: Duration = Duration::from_secs(15);

/// How long a write may take likewise.
const WRITE: Duration = Duration::from_mins(1);

/// Objects below the prefix of a bucket.
#[derive(Debug, Clone)]
pub(super) struct Guarded {
    pub(super) objects: Arc<dyn ObjectStore>,
    pub(super) outage: Arc<Outage>,
}

// === impl Guarded ===

impl Guarded {
    async fn run<T>(&self, limit: Duration, work: impl Future<Output = Result<T>>) -> Result<T> {
        if self.outage.lasts() {
            return Err(unreachable());
        }
        let done = tokio::time::timeout(limit, work).await;
        let done = done.unwrap_or_else(|_| Err(failure(format!("no answer within {} s", limit.as_secs()))));
        if let Err(error) = &done {
            self.outage.suspect(self.objects.as_ref(), error).await;
        }
        done
    }

    fn watch<T: Send + 'static>(&self, stream: BoxStream<'static, Result<T>>) -> BoxStream<'static, Result<T>> {
        if self.outage.lasts() {
            return stream::once(async { Err(unreachable()) }).boxed();
        }
        let guarded = self.clone();
        let look = move |item: Result<T>| {
            let guarded = guarded.clone();
            async move {
                if let Err(error) = &item {
                    guarded.outage.suspect(guarded.objects.as_ref(), error).await;
                }
                item
            }
        };
        stream.then(look).boxed()
    }
}

fn failure(text: String) -> Error {
    Error::Generic { store: "bucket", source: text.into() }
}

fn unreachable() -> Error {
    failure("it could not be reached a moment ago".to_owned())
}

impl fmt::Display for Guarded {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.objects.fmt(out)
    }
}

#[async_trait]
impl ObjectStore for Guarded {
    async fn put_opts(&self, location: &Path, payload: PutPayload, options: PutOptions) -> Result<PutResult> {
        self.run(WRITE, self.objects.put_opts(location, payload, options)).await
    }

    async fn put_multipart_opts(
        &self,
        location: &Path,
        options: PutMultipartOptions,
    ) -> Result<Box<dyn MultipartUpload>> {
        self.run(WRITE, self.objects.put_multipart_opts(location, options)).await
    }

    async fn get_opts(&self, location: &Path, options: GetOptions) -> Result<GetResult> {
        self.run(READ, self.objects.get_opts(location, options)).await
    }

    async fn get_ranges(&self, location: &Path, ranges: &[Range<u64>]) -> Result<Vec<Bytes>> {
        self.run(READ, self.objects.get_ranges(location, ranges)).await
    }

    fn delete_stream(&self, locations: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
        self.watch(self.objects.delete_stream(locations))
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        self.watch(self.objects.list(prefix))
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        self.run(READ, self.objects.list_with_delimiter(prefix)).await
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        self.run(WRITE, self.objects.copy_opts(from, to, options)).await
    }
}
