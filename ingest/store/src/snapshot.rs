//! What a reader sees of a table at one moment.

use std::fmt::Debug;
use std::sync::Arc;

use arrow::record_batch::RecordBatch;
use ingest_model::{Nanos, Signal};
use object_store::ObjectStore;
use object_store::path::Path;

/// A Parquet file of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DataFile {
    /// Where it lies, relative to the root of [`Tables::objects`].
    pub path: Path,
    /// Its size.
    pub size_bytes: u64,
    /// Its rows.
    pub rows: u64,
    /// Smallest value of the table's time column, in microseconds since 1970.
    pub min_time_us: i64,
    /// Largest value of the table's time column, in microseconds since 1970.
    pub max_time_us: i64,
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
}

/// The tables of one tenant, for reading.
pub trait Tables: Debug + Send + Sync {
    /// Everything acknowledged so far in the table of a signal. Cheap: no I/O, no copies of rows.
    fn snapshot(&self, signal: Signal) -> TableSnapshot;

    /// The object store the files lie in.
    fn objects(&self) -> Arc<dyn ObjectStore>;
}
