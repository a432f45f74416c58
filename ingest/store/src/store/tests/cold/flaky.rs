//! A bucket in memory that fails when it is told to, as one with the disk.

use std::fmt;
use std::future::Future;
use std::ops::Range;

use futures::stream::{self, BoxStream};
use futures::{StreamExt, TryStreamExt};
use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::{
    CopyOptions, Error, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta, ObjectStore,
    PutMultipartOptions, PutOptions, PutPayload, PutResult, Result,
};

use super::*;

/// A bucket with faults, and with a switch.
#[derive(Debug, Clone, Default)]
pub(super) struct Flaky {
    pub(super) objects: Arc<InMemory>,
    pub(super) faults: Faults,
    pub(super) down: Arc<AtomicBool>,
    /// Operations that got through.
    pub(super) asked: Arc<AtomicU64>,
}

// === impl Flaky ===

impl Flaky {
    /// A bucket with the same objects, for the next process.
    pub(super) fn of(objects: InMemory) -> Self {
        Self { objects: Arc::new(objects), ..Self::default() }
    }

    pub(super) fn set_down(&self, down: bool) {
        self.down.store(down, Ordering::SeqCst);
    }

    /// The names of all objects.
    pub(super) async fn names(&self) -> Vec<String> {
        let names = self.objects.list(None).map_ok(|object| object.location.to_string());
        let mut names: Vec<String> = names.try_collect().await.unwrap();
        names.sort();
        names
    }

    /// The data files.
    pub(super) async fn data_files(&self) -> usize {
        self.names().await.iter().filter(|name| name.contains("/date=") && name.ends_with(".parquet")).count()
    }

    async fn act<T>(&self, work: impl Future<Output = Result<T>>) -> Result<T> {
        if self.down.load(Ordering::SeqCst) {
            return Err(fault());
        }
        self.asked.fetch_add(1, Ordering::SeqCst);
        match self.faults.next() {
            None => work.await,
            Some(Fault::Unheard) => work.await.and_then(|_| Err(fault())),
            Some(Fault::Once | Fault::Dead) => Err(fault()),
        }
    }
}

fn fault() -> Error {
    Error::Generic { store: "flaky", source: "a fault".into() }
}

impl fmt::Display for Flaky {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a flaky bucket")
    }
}

#[async_trait]
impl ObjectStore for Flaky {
    async fn put_opts(&self, location: &Path, payload: PutPayload, options: PutOptions) -> Result<PutResult> {
        self.act(self.objects.put_opts(location, payload, options)).await
    }

    async fn put_multipart_opts(&self, at: &Path, options: PutMultipartOptions) -> Result<Box<dyn MultipartUpload>> {
        self.act(self.objects.put_multipart_opts(at, options)).await
    }

    async fn get_opts(&self, location: &Path, options: GetOptions) -> Result<GetResult> {
        self.act(self.objects.get_opts(location, options)).await
    }

    async fn get_ranges(&self, location: &Path, ranges: &[Range<u64>]) -> Result<Vec<Bytes>> {
        self.act(self.objects.get_ranges(location, ranges)).await
    }

    fn delete_stream(&self, locations: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
        let flaky = self.clone();
        let delete = move |location: Path| {
            let flaky = flaky.clone();
            async move {
                flaky.act(flaky.objects.delete(&location)).await?;
                Ok(location)
            }
        };
        locations.and_then(delete).boxed()
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        let (flaky, prefix) = (self.clone(), prefix.cloned());
        let listed = async move { flaky.act(flaky.objects.list(prefix.as_ref()).try_collect::<Vec<_>>()).await };
        stream::once(listed).map_ok(|found| stream::iter(found.into_iter().map(Ok))).try_flatten().boxed()
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        self.act(self.objects.list_with_delimiter(prefix)).await
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        self.act(self.objects.copy_opts(from, to, options)).await
    }
}
