//! The store: the life of a request from its log record to its Parquet file.

mod budget;
mod compactor;
mod flusher;
mod indexer;
mod keeper;
mod maintenance;
mod mover;
mod recover;
mod tenants;
mod writer;

use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use arrow::record_batch::RecordBatch;
use async_trait::async_trait;
use ingest_model::{Judgement, Nanos, Tenant};
use tokio::sync::{Notify, mpsc, oneshot};
use tokio::task::JoinHandle;

use crate::append::{Append, Decode, Record, RecordedRows, Sink};
use crate::cold::{self, Cold};
use crate::derive::Derivations;
use crate::disk::{Disk, LocalDisk};
use crate::error::StoreError;
use crate::own_rows;
use crate::retention::Retention;
use crate::snapshot::Tables;
use crate::table::Table;
use crate::wal::Wal;

use budget::Budget;
use compactor::Compactor;
use indexer::Indexer;
use keeper::Keeper;
use tenants::{ColdTables, Tenants};
use writer::{Message, Pending};

/// Requests that may wait for the writer. Each waits in memory anyway, held by its receiver; the
/// bound only keeps the queue's own memory small.
const QUEUE_REQUESTS: usize = 4096;

/// Settings of the store. `docs/memory.md` adds them up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoreConfig {
    /// A table is flushed when its hot rows take this many bytes. Larger files compress better and
    /// are fewer; 32 MiB of rows make a Parquet file of some megabytes, and the flush of them takes as much again.
    pub flush_bytes: usize,
    /// A table is flushed when its oldest hot row is this old. It bounds replay after a crash, not
    /// what a crash can lose.
    pub flush_age: Duration,
    /// Bytes all hot rows may take. Above, requests wait; after [`StoreConfig::patience`] they are
    /// refused.
    pub hot_limit_bytes: usize,
    /// How long a request waits for room.
    pub patience: Duration,
    /// Files of one hour of a derived table from which on they are merged into one. Fewer would write
    /// the same sums anew too often, more would make readers open more files. Files of other tables, whose
    /// rows do not become fewer, are merged from twice as many of like size on.
    pub compact_files: usize,
    /// An hour is merged for good when it has been over, and without a new file, for so long.
    pub settle_after: Duration,
    /// How long a file stays on disk after another has replaced it, for questions that began before.
    /// Much longer than any question may take.
    pub replaced_grace: Duration,
    /// How long a file that no commit names stays on disk. Much longer than writing and committing one takes.
    pub orphan_grace: Duration,
    /// What is kept for how long.
    pub retention: Retention,
    /// How often it is looked for files to index. Oftener would make more small parts of an index.
    pub index_every: Duration,
    /// How long a new file waits to be indexed. While much comes in it is merged within that time, and listed once instead of
    /// twice; longer would leave more files that lookups ask directly.
    pub index_after: Duration,
    /// How often it is looked for files to move to the bucket, if there is one.
    pub move_every: Duration,
}

/// A clock: the time now.
pub type Clock = fn() -> Nanos;

/// What the store does not know itself.
#[derive(Debug, Clone, Copy)]
pub struct Meaning<'a> {
    /// Makes rows of recorded requests.
    pub decode: &'a dyn Decode,
    /// Says what is derived from the rows of a signal.
    pub derivations: Derivations,
    /// Tells the time.
    pub clock: Clock,
}

/// The store of one data folder.
#[derive(Debug)]
pub struct Store {
    shared: Arc<Shared>,
    queue: mpsc::Sender<Message>,
    running: Mutex<Option<Running>>,
}

/// What the writer, the flusher, the compactor and the indexer share.
#[derive(Debug)]
struct Shared {
    config: StoreConfig,
    clock: Clock,
    disk: Arc<dyn Disk>,
    wal: Mutex<Wal>,
    tenants: Tenants,
    cold: Option<Cold>,
    budget: Budget,
    /// Number of the newest request whose rows, and those of all before it, are readable.
    published: AtomicU64,
    /// Whether the last flush failed, as on a full disk.
    flush_fails: AtomicBool,
    /// Wakes the flusher.
    flush_due: Notify,
    /// Wakes the compactor.
    compaction_due: Notify,
    stop: Notify,
}

/// What runs until the store is closed.
#[derive(Debug)]
struct Running {
    writer_done: oneshot::Receiver<()>,
    flusher: JoinHandle<()>,
    compactor: Compactor,
    indexer: Indexer,
    keeper: Option<Keeper>,
}

// === impl StoreConfig ===

impl Default for StoreConfig {
    fn default() -> Self {
        Self {
            flush_bytes: 32 << 20,
            flush_age: Duration::from_mins(1),
            hot_limit_bytes: 128 << 20,
            patience: Duration::from_secs(5),
            compact_files: 8,
            settle_after: Duration::from_mins(10),
            replaced_grace: Duration::from_mins(10),
            orphan_grace: Duration::from_hours(24),
            retention: Retention::default(),
            index_every: Duration::from_secs(2),
            index_after: Duration::from_secs(10),
            move_every: Duration::from_secs(5),
        }
    }
}

// === impl Store ===

impl Store {
    /// Opens a data folder: locks it, replays what its log holds beyond the tables, and starts to
    /// take requests.
    ///
    /// # Errors
    ///
    /// [`StoreError::InUse`] when another process holds the folder; any other [`StoreError`] when
    /// it cannot be read.
    pub async fn open(folder: &Path, config: StoreConfig, meaning: Meaning<'_>) -> Result<Self, StoreError> {
        Self::open_on(Arc::new(LocalDisk::open(folder)?), config, meaning).await
    }

    /// Opens a data folder whose older files are in a bucket.
    ///
    /// # Errors
    ///
    /// As [`Store::open_with`].
    pub async fn open_tiered(
        folder: &Path,
        cold: Option<Cold>,
        config: StoreConfig,
        meaning: Meaning<'_>,
    ) -> Result<Self, StoreError> {
        Self::open_with(Arc::new(LocalDisk::open(folder)?), cold, config, meaning).await
    }

    /// Opens the store on any disk.
    ///
    /// # Errors
    ///
    /// As [`Store::open`].
    pub async fn open_on(disk: Arc<dyn Disk>, config: StoreConfig, meaning: Meaning<'_>) -> Result<Self, StoreError> {
        Self::open_with(disk, None, config, meaning).await
    }

    /// Opens the store on any disk, with a bucket for older files. A bucket that cannot be reached keeps nobody from
    /// starting: what readers see is then without the files in it and says so, until it can be reached.
    ///
    /// # Errors
    ///
    /// As [`Store::open`]; [`StoreError::OtherBucket`] when older files of this folder are in another bucket.
    pub async fn open_with(
        disk: Arc<dyn Disk>,
        cold: Option<Cold>,
        config: StoreConfig,
        meaning: Meaning<'_>,
    ) -> Result<Self, StoreError> {
        let Meaning { decode, derivations, clock } = meaning;
        let budget = Budget::new(config.hot_limit_bytes);
        let cold_tables = cold_tables(disk.as_ref(), cold.as_ref())?;
        let tenants = Tenants::open(Arc::clone(&disk), derivations, clock, cold_tables).await?;
        let wal = Mutex::new(Wal::open(Arc::clone(&disk))?);
        let (flush_due, compaction_due, stop) = (Notify::new(), Notify::new(), Notify::new());
        let shared = Arc::new(Shared {
            config,
            clock,
            disk,
            wal,
            tenants,
            cold,
            budget,
            published: AtomicU64::new(0),
            flush_fails: AtomicBool::new(false),
            flush_due,
            compaction_due,
            stop,
        });
        recover::recover(&shared, decode).await?;
        let keeper = Keeper::start(Arc::clone(&shared)).await;
        let (queue, requests) = mpsc::channel(QUEUE_REQUESTS);
        let writer_done = writer::start(Arc::clone(&shared), requests)?;
        let flusher = tokio::spawn(flusher::run(Arc::clone(&shared)));
        let compactor = Compactor::start(Arc::clone(&shared), queue.clone());
        let indexer = Indexer::start(Arc::clone(&shared));
        let running = Running { writer_done, flusher, compactor, indexer, keeper };
        Ok(Self { shared, queue, running: Mutex::new(Some(running)) })
    }

    /// The tables of a tenant, made if they do not exist.
    ///
    /// # Errors
    ///
    /// [`StoreError::Table`] when their logs cannot be read or made.
    pub async fn tables(&self, tenant: &Tenant) -> Result<Arc<dyn Tables>, StoreError> {
        let tables: Arc<dyn Tables> = self.shared.tenants.get_or_open(tenant).await?;
        Ok(tables)
    }

    /// Keeps rows of our own, in the schema of [`judgement`](crate::schema::judgement). They go the way of requests:
    /// once this returns they are on disk and can be queried.
    ///
    /// # Errors
    ///
    /// Any [`StoreError`]; then nothing was kept.
    pub async fn record(&self, tenant: &Tenant, kind: Judgement, rows: RecordBatch) -> Result<(), StoreError> {
        record(&self.shared, &self.queue, tenant, kind, rows).await
    }

    /// Writes all hot rows to Parquet.
    ///
    /// # Errors
    ///
    /// The first [`StoreError`] of a table; the others are flushed all the same.
    pub async fn flush(&self) -> Result<(), StoreError> {
        flusher::flush_all(&self.shared).await
    }

    /// Takes no more requests, finishes those it has, writes everything to Parquet and empties the
    /// log. Closing twice does nothing.
    ///
    /// # Errors
    ///
    /// Any [`StoreError`] of the last flush; what is not in Parquet is then still in the log.
    pub async fn close(&self) -> Result<(), StoreError> {
        let running = self.running.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(running) = running else { return Ok(()) };
        self.queue.send(Message::Close).await.ok();
        running.writer_done.await.ok();
        self.shared.stop.notify_one();
        running.flusher.await.ok();
        running.compactor.stop().await;
        running.indexer.stop().await;
        if let Some(keeper) = running.keeper {
            keeper.stop().await;
        }
        self.shared.wal.lock().unwrap_or_else(PoisonError::into_inner).close_active();
        // A former flush that failed left rows apart from those that came after it: both are due.
        while self.shared.tenants.all().iter().any(|table| table.first_unflushed().is_some()) {
            flusher::flush_all(&self.shared).await?;
        }
        flusher::flush_all(&self.shared).await
    }
}

/// Where the older files are, by what is named and what this folder knows.
fn cold_tables(disk: &dyn Disk, cold: Option<&Cold>) -> Result<ColdTables, StoreError> {
    match (cold, cold::known(disk)?) {
        (Some(cold), Some(known)) if known != cold.bucket.url() => {
            Err(StoreError::OtherBucket { known, given: cold.bucket.url().to_owned() })
        }
        (Some(cold), _) => Ok(ColdTables::In(cold.bucket.clone())),
        (None, Some(known)) => {
            tracing::warn!(
                bucket = known,
                "older files are in a bucket and --cold-url names none; answers do without them"
            );
            Ok(ColdTables::Unnamed)
        }
        (None, None) => Ok(ColdTables::Nowhere),
    }
}

/// As [`Store::record`].
async fn record(
    shared: &Shared,
    queue: &mpsc::Sender<Message>,
    tenant: &Tenant,
    kind: Judgement,
    rows: RecordBatch,
) -> Result<(), StoreError> {
    if rows.num_rows() == 0 {
        return Ok(());
    }
    let tables = shared.tenants.get_or_open(tenant).await?;
    let table = Arc::clone(tables.judgement(kind));
    let misfit = |error: arrow::error::ArrowError| StoreError::Rows { table: kind.table(), reason: error.to_string() };
    let body = own_rows::encode(&rows).map_err(misfit)?;
    let recorded = RecordedRows { tenant: tenant.clone(), kind, received: (shared.clock)(), body };
    enqueue(queue, table, Record::Rows(recorded), rows).await
}

/// Hands rows to the writer and waits until they are durable and readable.
async fn enqueue(
    queue: &mpsc::Sender<Message>,
    table: Arc<Table>,
    record: Record,
    rows: RecordBatch,
) -> Result<(), StoreError> {
    if rows.schema_ref() != &table.spec.schema {
        let reason = "another schema was used to make it".to_owned();
        return Err(StoreError::Rows { table: table.spec.name, reason });
    }
    let (done, answer) = oneshot::channel();
    let pending = Message::Append(Box::new(Pending { record, rows, table, done }));
    queue.send(pending).await.map_err(|_| StoreError::Closed)?;
    answer.await.map_err(|_| StoreError::Closed)?
}

/// Ends the process when a part that everything depends on panics. What was acknowledged is in the
/// log; a process that takes requests and never writes them would do more harm than one that is
/// started again.
struct FailStop(&'static str);

// === impl FailStop ===

impl Drop for FailStop {
    fn drop(&mut self) {
        if std::thread::panicking() {
            tracing::error!(part = self.0, "a part of the store panicked; the process ends, a start replays the log");
            std::process::abort();
        }
    }
}

#[async_trait]
impl Sink for Store {
    async fn append(&self, append: Append) -> Result<(), StoreError> {
        if append.rows.num_rows() == 0 {
            return Ok(());
        }
        let tables = self.shared.tenants.get_or_open(&append.request.tenant).await?;
        let table = Arc::clone(tables.table(append.request.signal));
        enqueue(&self.queue, table, Record::Request(append.request), append.rows).await
    }
}

#[cfg(test)]
mod tests;
