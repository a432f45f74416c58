//! A disk as an object store, for DataFusion and Delta.
//!
//! The local store that comes with `object_store` never syncs; here a put is durable when it
//! returns, which is what lets the write-ahead log be cut after a commit.

use std::fmt;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use futures::stream::{self, BoxStream};
use futures::{StreamExt, TryStreamExt};
use object_store::path::Path;
use object_store::{
    CopyMode, CopyOptions, Error, GetOptions, GetResult, GetResultPayload, ListResult, MultipartUpload, ObjectMeta,
    ObjectStore, PutMode, PutMultipartOptions, PutOptions, PutPayload, PutResult, Result,
};

use super::object_io::{blocking, children, io_error, meta, resolve, walk};
use super::{Disk, Target, write_file};

/// A [`Disk`] as an [`ObjectStore`].
#[derive(Debug, Clone)]
pub struct DiskObjects {
    disk: Arc<dyn Disk>,
}

// === impl DiskObjects ===

impl DiskObjects {
    /// Shows a disk as an object store; object paths are the disk's paths.
    #[must_use]
    pub fn new(disk: Arc<dyn Disk>) -> Self {
        Self { disk }
    }

    async fn run<T: Send + 'static>(&self, task: impl FnOnce(&dyn Disk) -> Result<T> + Send + 'static) -> Result<T> {
        let disk = Arc::clone(&self.disk);
        blocking(move || task(disk.as_ref())).await
    }

    async fn write(&self, location: &Path, parts: Vec<Bytes>, target: Target) -> Result<()> {
        let location = location.clone();
        self.run(move |disk| {
            let path = PathBuf::from(location.as_ref());
            write_file(disk, &path, &parts, target).map_err(|error| io_error(&location, error))
        })
        .await
    }
}

impl fmt::Display for DiskObjects {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("slowburn disk")
    }
}

#[async_trait]
impl ObjectStore for DiskObjects {
    async fn put_opts(&self, location: &Path, payload: PutPayload, options: PutOptions) -> Result<PutResult> {
        let target = match options.mode {
            PutMode::Overwrite => Target::Replace,
            PutMode::Create => Target::New,
            PutMode::Update(_) => return Err(unsupported("conditional update")),
        };
        self.write(location, payload.into_iter().collect(), target).await?;
        Ok(PutResult { e_tag: None, version: None })
    }

    async fn put_multipart_opts(&self, _: &Path, _: PutMultipartOptions) -> Result<Box<dyn MultipartUpload>> {
        Err(unsupported("multipart upload"))
    }

    async fn get_opts(&self, location: &Path, options: GetOptions) -> Result<GetResult> {
        let location = location.clone();
        self.run(move |disk| {
            let path = PathBuf::from(location.as_ref());
            let entry = disk.stat(&path).map_err(|error| io_error(&location, error))?;
            let meta = meta(&entry)?;
            options.check_preconditions(&meta)?;
            let range = resolve(options.range.as_ref(), meta.size)?;
            let bytes = if options.head {
                Bytes::new()
            } else {
                disk.read(&path, Some(range.clone())).map_err(|error| io_error(&location, error))?
            };
            let payload = GetResultPayload::Stream(stream::once(async move { Ok(bytes) }).boxed());
            Ok(GetResult { payload, meta, range, attributes: object_store::Attributes::default() })
        })
        .await
    }

    async fn get_ranges(&self, location: &Path, ranges: &[Range<u64>]) -> Result<Vec<Bytes>> {
        let (location, ranges) = (location.clone(), ranges.to_vec());
        self.run(move |disk| {
            let path = PathBuf::from(location.as_ref());
            let read = |range| disk.read(&path, Some(range)).map_err(|error| io_error(&location, error));
            ranges.into_iter().map(read).collect()
        })
        .await
    }

    fn delete_stream(&self, locations: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
        let store = self.clone();
        let delete = move |location: Path| {
            let store = store.clone();
            async move {
                let target = location.clone();
                let path = PathBuf::from(location.as_ref());
                store.run(move |disk| disk.remove(&path).map_err(|error| io_error(&target, error))).await?;
                Ok(location)
            }
        };
        locations.and_then(delete).boxed()
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        let (store, prefix) = (self.clone(), prefix.cloned());
        let found = async move { store.run(move |disk| walk(disk, prefix.as_ref())).await };
        stream::once(found).map_ok(|metas| stream::iter(metas.into_iter().map(Ok))).try_flatten().boxed()
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        let prefix = prefix.cloned();
        self.run(move |disk| children(disk, prefix.as_ref())).await
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        let target = match options.mode {
            CopyMode::Overwrite => Target::Replace,
            CopyMode::Create => Target::New,
        };
        let source = from.clone();
        let read = move |disk: &dyn Disk| {
            disk.read(&PathBuf::from(source.as_ref()), None).map_err(|error| io_error(&source, error))
        };
        let bytes = self.run(read).await?;
        self.write(to, vec![bytes], target).await
    }
}

fn unsupported(operation: &str) -> Error {
    Error::NotImplemented { operation: operation.to_owned(), implementer: "slowburn disk".to_owned() }
}
