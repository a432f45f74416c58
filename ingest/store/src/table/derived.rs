//! A derived table in step with its source.
//!
//! Its share of a flush is committed before the flush itself, with the same position. So it is
//! never behind its source: after a crash in between, the rows that are replayed are those it has
//! already, and they are left out by their position.

use std::path::PathBuf;
use std::sync::Arc;

use arrow::record_batch::RecordBatch;
use ingest_model::{Nanos, Tenant};
use object_store::ObjectStore;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

use super::encoding::Encoding;
use super::files::{TableFiles, misfit};
use crate::derive::Derive;
use crate::disk::Disk;
use crate::error::StoreError;
use crate::snapshot::DataFile;

/// What readers see of a derived table.
#[derive(Debug, Clone)]
pub(super) struct Shares {
    pub(super) files: Arc<[DataFile]>,
    /// The position of the log up to which the files hold the share of every row.
    pub(super) position: u64,
}

/// A derived table of a tenant.
#[derive(Debug)]
pub(super) struct DerivedTable {
    pub(super) derive: Arc<dyn Derive>,
    pub(super) files: TableFiles,
}

// === impl DerivedTable ===

impl DerivedTable {
    /// Opens a derived table. One that is new is made from the files its source has.
    ///
    /// # Errors
    ///
    /// Any [`StoreError`] of its log or of a file of the source.
    pub(super) async fn open(
        objects: Arc<dyn ObjectStore>,
        disk: &Arc<dyn Disk>,
        tenant: &Tenant,
        derive: Arc<dyn Derive>,
        source: Source<'_>,
    ) -> Result<(Self, Shares), StoreError> {
        let mut files = TableFiles::open(objects, tenant, derive.spec()).await?;
        files.sync_log(disk)?;
        files.recall_removed(disk).await;
        let (listed, position) = (files.list().await?.into(), files.watermark().await?);
        let mut table = Self { derive, files };
        let mut shares = Shares { files: listed, position };
        if position == 0 && source.watermark > 0 {
            table.make_up(disk, &source, &mut shares).await?;
        } else {
            table.remember(disk, &source)?;
        }
        Ok((table, shares))
    }

    /// Commits the share of rows that reach `watermark`, unless it is there already.
    ///
    /// # Errors
    ///
    /// Any [`StoreError`]; then nothing was committed, and trying again is safe.
    pub(super) async fn commit(
        &mut self,
        disk: &Arc<dyn Disk>,
        source: &[RecordBatch],
        watermark: u64,
        shares: &Shares,
        now: Nanos,
    ) -> Result<Shares, StoreError> {
        if shares.position >= watermark {
            return Ok(shares.clone());
        }
        let (derive, rows, position) = (Arc::clone(&self.derive), source.to_vec(), shares.position);
        let share = tokio::task::spawn_blocking(move || derive.share(&rows, position)).await;
        let share = share.map_err(|error| error.to_string()).and_then(|share| share);
        let share = share.map_err(|reason| misfit(self.derive.spec(), &reason))?;
        let encoded = Encoding::start(vec![share.rows], self.derive.spec()).finish().await?;
        let committed = self.files.commit(disk, encoded, watermark, now).await?;
        self.derive.committed(&share.counted, watermark);
        Ok(Shares { files: committed.all(&shares.files), position: watermark })
    }

    /// Derives what the source stored before this table was there.
    async fn make_up(
        &mut self,
        disk: &Arc<dyn Disk>,
        source: &Source<'_>,
        shares: &mut Shares,
    ) -> Result<(), StoreError> {
        let spec = self.derive.spec();
        tracing::info!(table = spec.name, files = source.files.len(), "deriving a table from what is stored");
        let mut rows = Vec::new();
        for file in source.files {
            let batches = read(disk.as_ref(), file, Some(self.derive.recall().columns))?;
            let share = self.derive.share(&batches, source.watermark).map_err(|reason| misfit(spec, &reason))?;
            self.derive.committed(&share.counted, source.watermark);
            rows.push(share.rows);
        }
        let encoded = Encoding::start(rows, spec).finish().await?;
        let committed = self.files.commit(disk, encoded, source.watermark, source.now).await?;
        *shares = Shares { files: committed.all(&shares.files), position: source.watermark };
        Ok(())
    }

    /// Tells of the newest stored rows, whose share is in the table.
    fn remember(&self, disk: &Arc<dyn Disk>, source: &Source<'_>) -> Result<(), StoreError> {
        let recall = self.derive.recall();
        let mut newest: Vec<&DataFile> = source.files.iter().collect();
        newest.sort_unstable_by_key(|file| std::cmp::Reverse(file.max_time_us));
        let mut told = 0;
        let wanted = newest.into_iter().take_while(|file| {
            let more = told < recall.rows;
            told += file.rows;
            more
        });
        // The oldest first, so that they are also the first to be forgotten.
        for file in wanted.collect::<Vec<_>>().into_iter().rev() {
            let batches = read(disk.as_ref(), file, Some(recall.columns))?;
            let told = self.derive.fingerprints(&batches).map_err(|reason| misfit(self.derive.spec(), &reason))?;
            self.derive.committed(&told, source.watermark);
        }
        Ok(())
    }
}

/// What a derived table is derived from.
#[derive(Debug, Clone, Copy)]
pub(super) struct Source<'a> {
    pub(super) files: &'a [DataFile],
    pub(super) watermark: u64,
    pub(super) now: Nanos,
}

/// Some columns of a stored file, or all.
pub(super) fn read(disk: &dyn Disk, file: &DataFile, columns: Option<&[&str]>) -> Result<Vec<RecordBatch>, StoreError> {
    let path = PathBuf::from(file.path.as_ref());
    let damaged = |reason: String| StoreError::Damaged { path: path.display().to_string(), reason };
    let bytes = disk.read(&path, None);
    let bytes = bytes.map_err(|source| StoreError::Io { action: "read", path: path.display().to_string(), source })?;
    let builder = ParquetRecordBatchReaderBuilder::try_new(bytes).map_err(|error| damaged(error.to_string()))?;
    let some = |columns: &[&str]| ProjectionMask::columns(builder.parquet_schema(), columns.iter().copied());
    let mask = columns.map_or_else(ProjectionMask::all, some);
    let reader = builder.with_projection(mask).build().map_err(|error| damaged(error.to_string()))?;
    reader.collect::<Result<Vec<_>, _>>().map_err(|error| damaged(error.to_string()))
}
