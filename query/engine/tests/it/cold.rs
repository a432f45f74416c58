//! Questions over local and cold files, while the bucket answers and while it does not.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use futures::StreamExt;
use futures::stream::{self, BoxStream};
use ingest_model::{Nanos, Signal, Tenant};
use ingest_store::schema::table;
use ingest_store::{
    Append, Bucket, Cold, Decode, Encoding, LocalDisk, Meaning, RecordedRequest, Sink, Store, StoreConfig, Tables,
};
use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::{
    CopyOptions, Error, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta, ObjectStore, ObjectStoreExt,
    PutMultipartOptions, PutOptions, PutPayload, PutResult, Result,
};
use query_api::{ErrorKind, SqlAnswer, SqlQuestion};
use query_engine::{Engine, EngineConfig, Format};
use serde_json::json;
use tempfile::TempDir;

use crate::fixture::{NOW, Outcome, batch, span, trace_id};

/// A bucket with a switch.
#[derive(Debug, Clone, Default)]
struct Switched {
    objects: Arc<InMemory>,
    off: Arc<AtomicBool>,
}

// === impl Switched ===

impl Switched {
    fn reach(&self) -> Result<&InMemory> {
        if self.off.load(Ordering::SeqCst) {
            return Err(Error::Generic { store: "switched", source: "connection refused".into() });
        }
        Ok(&self.objects)
    }
}

impl fmt::Display for Switched {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a bucket with a switch")
    }
}

#[async_trait]
impl ObjectStore for Switched {
    async fn put_opts(&self, location: &Path, payload: PutPayload, options: PutOptions) -> Result<PutResult> {
        self.reach()?.put_opts(location, payload, options).await
    }

    async fn put_multipart_opts(&self, at: &Path, options: PutMultipartOptions) -> Result<Box<dyn MultipartUpload>> {
        self.reach()?.put_multipart_opts(at, options).await
    }

    async fn get_opts(&self, location: &Path, options: GetOptions) -> Result<GetResult> {
        self.reach()?.get_opts(location, options).await
    }

    async fn get_ranges(&self, location: &Path, ranges: &[Range<u64>]) -> Result<Vec<Bytes>> {
        self.reach()?.get_ranges(location, ranges).await
    }

    fn delete_stream(&self, locations: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
        self.objects.delete_stream(locations)
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        match self.reach() {
            Ok(objects) => objects.list(prefix),
            Err(error) => stream::once(async { Err(error) }).boxed(),
        }
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        self.reach()?.list_with_delimiter(prefix).await
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        self.reach()?.copy_opts(from, to, options).await
    }
}

#[derive(Debug)]
struct Never;

impl Decode for Never {
    fn rows(&self, _: &RecordedRequest) -> std::result::Result<arrow::record_batch::RecordBatch, String> {
        Err("nothing is replayed".to_owned())
    }
}

/// Two hours of spans in the bucket, and one on the disk.
struct Tiered {
    store: Store,
    tables: Arc<dyn Tables>,
    engine: Engine,
    bucket: Switched,
    _folders: [TempDir; 2],
}

type Failure = Box<dyn std::error::Error>;

const HOUR_US: i64 = 3_600_000_000;

// === impl Tiered ===

impl Tiered {
    async fn new() -> std::result::Result<Self, Failure> {
        let (folder, spill, bucket) = (TempDir::new()?, TempDir::new()?, Switched::default());
        let cold = Bucket::of(Arc::new(bucket.clone()), "s3://lake");
        let cold = Cold { bucket: cold, after: Duration::ZERO, local_bytes: None };
        let often = Duration::from_millis(20);
        let config =
            StoreConfig { index_every: often, index_after: often, move_every: often, ..StoreConfig::default() };
        // The third hour is not over.
        let clock = || Nanos(NOW.0 + 2 * HOUR_US * 1_000);
        let meaning = Meaning { decode: &Never, derivations: |_| Vec::new(), clock };
        let disk = Arc::new(LocalDisk::open(folder.path())?);
        let store = Store::open_with(disk, Some(cold), config, meaning).await?;
        for hour in 0..3_i64 {
            add(&store, hour).await?;
        }
        store.flush().await?;
        let tables = store.tables(&Tenant::default()).await?;
        let mut config = EngineConfig::new(spill.path().to_owned());
        config.threads = 2;
        let engine = Engine::new(&config, Arc::clone(&tables), Arc::new(|| NOW))?;
        let tiered = Self { store, tables, engine, bucket, _folders: [folder, spill] };
        tiered.until(|tiered| tiered.cold_files().len() == 2).await?;
        Ok(tiered)
    }

    fn cold_files(&self) -> Vec<Path> {
        let files = self.tables.snapshot(Signal::Traces).files;
        files.iter().filter(|file| file.is_cold).map(|file| file.path.clone()).collect()
    }

    async fn until(&self, holds: impl Fn(&Self) -> bool) -> Outcome {
        for _ in 0..3_000 {
            if holds(self) {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        Err("not within half a minute".into())
    }

    async fn answer(&self, query: &str) -> std::result::Result<SqlAnswer, Failure> {
        let question = SqlQuestion { query: query.to_owned(), ..SqlQuestion::default() };
        let answer = self.engine.sql(&question, Format::Json).await?;
        Ok(serde_json::from_slice(&answer.body)?)
    }
}

/// Ten spans of an hour, each a trace of its own.
async fn add(store: &Store, hour: i64) -> Outcome {
    let spans: Vec<_> = (0..10).map(|n| span(id(hour, n), id(hour, n), hour * HOUR_US, 10, json!({}))).collect();
    let rows = batch(&table(Signal::Traces).schema, &spans)?;
    let (tenant, signal) = (Tenant::default(), Signal::Traces);
    let (encoding, received, rejected, body) = (Encoding::Protobuf, NOW, Vec::new(), Bytes::from_static(b"-"));
    let request = RecordedRequest { tenant, signal, encoding, received, rejected, body };
    Ok(store.append(Append { request, rows }).await?)
}

fn id(hour: i64, number: u64) -> u64 {
    hour.unsigned_abs() * 10 + number + 1
}

#[tokio::test(flavor = "multi_thread")]
async fn one_question_reads_files_of_both_places() -> Outcome {
    let tiered = Tiered::new().await?;
    let answer = tiered.answer("SELECT count(*), count(DISTINCT trace_id) FROM spans WHERE name = 'work'").await?;
    assert_eq!((&answer.rows, &answer.damaged_files), (&vec![vec![json!(30), json!(30)]], &Vec::new()));
    assert_eq!((answer.stats.files_read, answer.stats.cold_files_read), (3, 2));
    assert!(answer.stats.cold_bytes_read > 0 && answer.stats.cold_bytes_read < answer.stats.bytes_read);
    // Indexes and time ranges know cold files as well as local ones.
    let found = tiered.engine.trace(trace_id(id(1, 4)).parse()?).await?.ok_or("no trace")?;
    assert_eq!((found.spans.len(), found.stats.files_read, found.stats.cold_files_read), (1, 1, 1));
    let at = NOW.0 / 1_000_000_000;
    let answer = tiered.answer(&format!("SELECT name FROM spans WHERE start_time < to_timestamp({at} + 60)")).await?;
    assert_eq!((answer.rows.len(), answer.stats.files_read), (10, 1));
    tiered.store.close().await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bucket_that_is_away_is_named_once_and_a_missing_object_by_itself() -> Outcome {
    let tiered = Tiered::new().await?;
    let count = "SELECT count(*) FROM spans WHERE name = 'work'";
    tiered.bucket.off.store(true, Ordering::SeqCst);
    let answer = tiered.answer(count).await?;
    assert_eq!((answer.rows, answer.damaged_files), (vec![vec![json!(10)]], vec!["cold/default/spans".to_owned()]));
    let trace = tiered.engine.trace(trace_id(id(1, 4)).parse()?).await;
    assert_eq!(trace.map_err(|error| error.kind()), Err(ErrorKind::Unavailable));
    let local = tiered.engine.trace(trace_id(id(2, 4)).parse()?).await?.ok_or("no trace")?;
    assert_eq!(local.spans.len(), 1);
    tiered.bucket.off.store(false, Ordering::SeqCst);
    let outage = tiered.tables.outage().ok_or("there is a bucket")?;
    tiered.until(|_| !outage.lasts()).await?;
    let answer = tiered.answer(count).await?;
    assert_eq!((answer.rows, answer.damaged_files), (vec![vec![json!(30)]], Vec::new()));

    let gone = tiered.cold_files().remove(0);
    tiered.bucket.objects.delete(&gone).await?;
    let answer = tiered.answer("SELECT count(DISTINCT span_id) FROM spans").await?;
    assert_eq!((answer.rows, answer.damaged_files), (vec![vec![json!(20)]], vec![format!("cold/{gone}")]));
    assert!(!outage.lasts());
    tiered.store.close().await?;
    Ok(())
}
