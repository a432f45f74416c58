//! What a reader sees of a table at one moment.

use std::fmt::Debug;
use std::sync::Arc;

use arrow::record_batch::RecordBatch;
use ingest_model::{Judgement, Nanos, Signal};
use object_store::ObjectStore;
use object_store::path::Path;

use crate::cold::{self, Outage};
use crate::derive::Derive;
use crate::error::StoreError;
use crate::follow::Follower;
use crate::index::{Index, IndexKind};

/// A Parquet file of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DataFile {
    /// What it is called for good, wherever it lies: its path in the data folder, and in the bucket.
    pub path: Path,
    /// Whether it lies in the bucket.
    pub is_cold: bool,
    /// Its size.
    pub size_bytes: u64,
    /// Its rows.
    pub rows: u64,
    /// Smallest value of the table's time column, in microseconds since 1970.
    pub min_time_us: i64,
    /// Largest value of the table's time column, in microseconds since 1970.
    pub max_time_us: i64,
}

// === impl DataFile ===

impl DataFile {
    /// Where it lies, relative to the root of [`Tables::objects`].
    #[must_use]
    pub fn location(&self) -> Path {
        if self.is_cold { cold::location(&self.path) } else { self.path.clone() }
    }
}

/// A table at one moment: every acknowledged row is in exactly one file or one hot batch.
#[derive(Debug, Clone)]
pub struct TableSnapshot {
    /// The committed files.
    pub files: Arc<[DataFile]>,
    /// Rows that are not in a file yet, in the table's stored schema.
    pub hot: Vec<RecordBatch>,
    /// When the newest request was acknowledged by this process, if one was.
    pub last_received: Option<Nanos>,
    /// The table's older files, when it is not known which they are: whoever asks now does without them. A path as in
    /// [`DataFile::location`].
    pub unread: Option<Path>,
}

// === impl TableSnapshot ===

impl TableSnapshot {
    /// A table without rows.
    #[must_use]
    pub fn empty() -> Self {
        Self { files: Arc::new([]), hot: Vec::new(), last_received: None, unread: None }
    }
}

/// A derived table at one moment: the shares of every acknowledged row of its source, committed or
/// still to be computed.
#[derive(Debug, Clone)]
pub struct DerivedSnapshot {
    /// Which table, and how its rows are computed.
    pub derive: Arc<dyn Derive>,
    /// The committed files.
    pub files: Arc<[DataFile]>,
    /// The position of the log up to which the files hold the share of every row of the source.
    pub position: u64,
    /// The rows of the source whose share is not in a file yet.
    pub source: Vec<RecordBatch>,
    /// When the newest request of the source was acknowledged by this process, if one was.
    pub last_received: Option<Nanos>,
}

// === impl DerivedSnapshot ===

impl DerivedSnapshot {
    /// The same as a table: the rest of the shares computed.
    ///
    /// # Errors
    ///
    /// [`StoreError::Rows`] when the rows of the source are not of its schema, which is a bug.
    pub fn into_table(self) -> Result<TableSnapshot, StoreError> {
        let misfit = |reason| StoreError::Rows { table: self.derive.spec().name, reason };
        let rows = self.derive.rows(&self.source, self.position).map_err(misfit)?;
        // Rows that are not there would be made anew by each question, and none could be answered as before.
        let hot = Vec::from_iter(Some(rows).filter(|rows| rows.num_rows() > 0));
        Ok(TableSnapshot { files: self.files, hot, last_received: self.last_received, unread: None })
    }
}

/// The tables of one tenant, for reading.
pub trait Tables: Debug + Send + Sync {
    /// Everything acknowledged so far in the table of a signal. Cheap: no I/O, no copies of rows.
    fn snapshot(&self, signal: Signal) -> TableSnapshot;

    /// Everything kept so far of a kind of judgement. Cheap as well.
    fn judgement(&self, kind: Judgement) -> TableSnapshot;

    /// Everything acknowledged so far as the derived tables show it. Cheap as well.
    fn derived(&self) -> Vec<DerivedSnapshot>;

    /// Rows of a signal from now on, as they are acknowledged; `None` where nothing comes.
    fn follow(&self, _: Signal) -> Option<Follower> {
        None
    }

    /// An index of the table of a signal, if there is one. Cheap as well.
    fn index(&self, _: Signal, _: IndexKind) -> Option<Arc<Index>> {
        None
    }

    /// The object store the files lie in, each at its [`DataFile::location`].
    fn objects(&self) -> Arc<dyn ObjectStore>;

    /// Whether the bucket of older files cannot be reached, if there is one.
    fn outage(&self) -> Option<Arc<Outage>> {
        None
    }
}
