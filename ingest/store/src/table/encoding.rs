//! Rows that become files on a thread of their own, so that what comes before their commit can go on meanwhile.

use arrow::error::ArrowError;
use arrow::record_batch::RecordBatch;
use tokio::task::JoinHandle;

use super::files::misfit;
use crate::data_file::{self, Encoded};
use crate::error::StoreError;
use crate::schema::TableSpec;

/// Files in the making. Dropped, they are finished and forgotten.
#[derive(Debug)]
pub(super) struct Encoding {
    spec: &'static TableSpec,
    task: JoinHandle<Result<Vec<Encoded>, ArrowError>>,
}

/// Files of a part of the hot rows, which is told by the number of its newest request.
#[derive(Debug)]
pub(super) struct Ahead {
    pub(super) last_seq: u64,
    pub(super) encoding: Encoding,
}

// === impl Encoding ===

impl Encoding {
    /// Begins to encode rows.
    pub(super) fn start(rows: Vec<RecordBatch>, spec: &'static TableSpec) -> Self {
        let encode = move || data_file::encode(&rows, spec)?.collect();
        Self { spec, task: tokio::task::spawn_blocking(encode) }
    }

    /// The encoded files.
    ///
    /// # Errors
    ///
    /// [`StoreError::Rows`] when the rows are not of the table's schema.
    pub(super) async fn finish(self) -> Result<Vec<Encoded>, StoreError> {
        let encoded = self.task.await.map_err(|error| error.to_string());
        let encoded = encoded.and_then(|encoded| encoded.map_err(|error| error.to_string()));
        encoded.map_err(|reason| misfit(self.spec, &reason))
    }
}
