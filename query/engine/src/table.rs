//! A stored table as DataFusion sees it: Parquet files and hot rows of one snapshot.

mod chosen;
mod dense;
mod lookup;
mod needles;
mod scan;
mod statistics;
mod tally;

use std::sync::Arc;

use arrow::datatypes::SchemaRef;
use async_trait::async_trait;
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::Result;
use datafusion::datasource::TableType;
use datafusion::datasource::listing::PartitionedFile;
use datafusion::datasource::physical_plan::parquet::{CachedParquetFileReaderFactory, ParquetFileReaderFactory};
use datafusion::execution::object_store::ObjectStoreUrl;
use datafusion::logical_expr::{Expr, TableProviderFilterPushDown};
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::empty::EmptyExec;
use datafusion::physical_plan::metrics::ExecutionPlanMetricsSet;
use datafusion::physical_plan::union::UnionExec;
use ingest_store::schema::TableSpec;
use ingest_store::{DataFile, Index, TableSnapshot};

pub(crate) use tally::Tally;

use crate::answer::cache::{Hashes, Notes};
use crate::damage::LeftOut;

/// Where the files of all tables are read from, and how: footers are cached between questions.
#[derive(Debug, Clone)]
pub(crate) struct Files {
    /// The name the object store is registered under.
    pub(crate) url: ObjectStoreUrl,
    /// Reads through the footer cache.
    pub(crate) reader: Arc<CachedParquetFileReaderFactory>,
    /// Damaged files that the session does without; new for each.
    pub(crate) left_out: Arc<LeftOut>,
    /// What the session has read; new for each.
    pub(crate) tally: Arc<Tally>,
    /// Which files and hot rows the session reads; new for each.
    pub(crate) notes: Arc<Notes>,
    /// How files are hashed for that.
    pub(crate) hashes: Arc<Hashes>,
}

/// What is known of where things lie in a table's files.
#[derive(Debug, Clone, Default)]
pub(crate) struct Indexes {
    pub(crate) traces: Option<Arc<Index>>,
    pub(crate) words: Option<Arc<Index>>,
}

/// One snapshot of a stored table.
#[derive(Debug)]
pub(crate) struct StoredTable {
    spec: &'static TableSpec,
    snapshot: TableSnapshot,
    indexes: Indexes,
    files: Files,
}

// === impl Files ===

impl Files {
    /// The names of the columns that a file has.
    ///
    /// # Errors
    ///
    /// When its footer cannot be read.
    pub(crate) async fn columns_of(&self, file: PartitionedFile) -> Result<Vec<String>> {
        let mut reader = self.reader.create_reader(0, file, None, &ExecutionPlanMetricsSet::new())?;
        let footer = reader.get_metadata(None).await?;
        let names = footer.file_metadata().schema_descr().columns().iter();
        Ok(names.filter_map(|column| column.path().parts().first().cloned()).collect())
    }
}

// === impl StoredTable ===

impl StoredTable {
    pub(crate) fn new(spec: &'static TableSpec, snapshot: TableSnapshot, files: Files) -> Self {
        Self { spec, snapshot, indexes: Indexes::default(), files }
    }

    /// What the session has read.
    pub(crate) fn tally(&self) -> &Tally {
        &self.files.tally
    }

    /// Those files that can be read, as far as is known; the others are told.
    fn sound_files<'f>(&self, files: Vec<&'f DataFile>) -> Vec<&'f DataFile> {
        if let Some(unread) = &self.snapshot.unread {
            self.files.left_out.add(unread);
        }
        self.files.left_out.sound(files)
    }

    /// The same table with indexes.
    pub(crate) fn with_indexes(self, indexes: Indexes) -> Self {
        Self { indexes, ..self }
    }
}

#[async_trait]
impl TableProvider for StoredTable {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.spec.schema)
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    async fn scan(
        &self,
        state: &dyn Session,
        projection: Option<&Vec<usize>>,
        filters: &[Expr],
        limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let columns = projection.cloned().unwrap_or_else(|| (0..self.spec.schema.fields().len()).collect());
        let scan = scan::Scan { table: self, state, columns, filters, limit };
        if let Some(rows) = scan.trace().await? {
            self.files.notes.read_already();
            return Ok(rows);
        }
        let mut parts: Vec<_> = [scan.files().await?, scan.hot()?].into_iter().flatten().collect();
        match parts.len() {
            0 => Ok(Arc::new(EmptyExec::new(scan.schema()?))),
            1 => Ok(parts.swap_remove(0)),
            _ => UnionExec::try_new(parts),
        }
    }

    /// Filters choose files, row groups and pages; rows are filtered above the scan, unless the
    /// scan says otherwise.
    fn supports_filters_pushdown(&self, filters: &[&Expr]) -> Result<Vec<TableProviderFilterPushDown>> {
        Ok(vec![TableProviderFilterPushDown::Inexact; filters.len()])
    }
}
