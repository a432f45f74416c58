//! The physical scan of a stored table.

use std::sync::Arc;

use arrow::datatypes::{Schema, SchemaRef};
use arrow::record_batch::RecordBatch;
use datafusion::catalog::Session;
use datafusion::catalog::memory::{DataSourceExec, MemorySourceConfig};
use datafusion::common::Result;
use datafusion::datasource::listing::PartitionedFile;
use datafusion::datasource::physical_plan::{FileGroup, FileScanConfigBuilder, ParquetSource};
use datafusion::logical_expr::expr::InList;
use datafusion::logical_expr::{BinaryExpr, Expr, Operator};
use datafusion::physical_plan::ExecutionPlan;
use ingest_model::TraceId;
use ingest_store::DataFile;

use super::chosen::{self, Chosen};
use super::dense::ReadDense;
use super::{StoredTable, needles, statistics};
use crate::has_word;

/// Values of an `IN` list a Bloom filter is asked for; the engine's own bound.
const NEEDLES: usize = 20;

/// Rows of a trace that are read before the question runs.
const TRACE_ROWS: usize = 10_000;

/// One scan of a table: what is asked of it.
pub(super) struct Scan<'a> {
    pub(super) table: &'a StoredTable,
    pub(super) state: &'a dyn Session,
    /// Indexes into the stored schema, in the order of the answer.
    pub(super) columns: Vec<usize>,
    pub(super) filters: &'a [Expr],
    pub(super) limit: Option<usize>,
}

// === impl Scan ===

impl Scan<'_> {
    /// The schema of the answer.
    pub(super) fn schema(&self) -> Result<SchemaRef> {
        Ok(Arc::new(self.table.spec.schema.project(&self.columns)?))
    }

    /// The rows of the one trace that the filters leave, already read; `None` when they leave others, or when reading them
    /// is for a scan: they are many, or something is wrong with a file.
    pub(super) async fn trace(&self) -> Result<Option<Arc<dyn ExecutionPlan>>> {
        let ids = needles::needles(self.filters, chosen::TRACE_ID);
        let one = ids.as_deref().and_then(|ids| match ids {
            [id] => TraceId::from_bytes(id),
            _ => None,
        });
        let (Some(trace), Some(_)) = (one, &self.table.indexes.traces) else { return Ok(None) };
        let schema = self.schema()?;
        let Ok(rows) = self.table.columns_of_trace(trace, &schema, TRACE_ROWS).await else { return Ok(None) };
        let source = MemorySourceConfig::try_new(&[vec![rows]], schema, None)?.with_limit(self.limit);
        Ok(Some(DataSourceExec::from_data_source(source)))
    }

    /// The scan of the hot rows; `None` when there are none.
    pub(super) fn hot(&self) -> Result<Option<Arc<dyn ExecutionPlan>>> {
        let table = self.table;
        let hot = statistics::prune_hot(table.spec, &table.snapshot.hot, self.filters, self.state)?;
        hot.iter().for_each(|batch| table.files.notes.hot(batch));
        if hot.iter().all(|batch| batch.num_rows() == 0) {
            return Ok(None);
        }
        let mut parts: Vec<Vec<RecordBatch>> = vec![Vec::new(); self.parts().min(hot.len())];
        let count = parts.len();
        for (index, batch) in hot.iter().enumerate() {
            parts[index % count].push((*batch).clone());
        }
        let schema = Arc::clone(&table.spec.schema);
        let source = MemorySourceConfig::try_new(&parts, schema, Some(self.columns.clone()))?.with_limit(self.limit);
        Ok(Some(DataSourceExec::from_data_source(source)))
    }

    /// The scan of the files that may hold an answer; `None` when there are none.
    pub(super) async fn files(&self) -> Result<Option<Arc<dyn ExecutionPlan>>> {
        let table = self.table;
        let files = statistics::prune(table.spec, &table.snapshot.files, self.filters, self.state)?;
        let files = table.sound_files(files);
        let chosen = chosen::choose(&table.indexes, self.filters, files, &table.files.tally).await?;
        table.files.tally.add_skipped(table.snapshot.files.len() - chosen.len());
        let files: Vec<&DataFile> = chosen.iter().map(|chosen| chosen.file).collect();
        files.iter().for_each(|file| table.files.notes.file(&table.files.hashes, &file.location()));
        if files.is_empty() {
            return Ok(None);
        }
        let read = self.read_schema();
        let positions = self.columns.iter().map(|column| read.index_of(table.spec.schema.field(*column).name()));
        let positions = positions.collect::<Result<Vec<_>, _>>()?;
        let is_narrow = chosen.iter().any(Chosen::is_narrow);
        let config = FileScanConfigBuilder::new(table.files.url.clone(), Arc::new(self.source(&read, is_narrow)))
            .with_statistics(statistics::total(table.spec, &read, &files))
            .with_file_groups(self.groups(&read, &chosen))
            .with_projection_indices(Some(positions))?
            .with_expr_adapter(Some(Arc::new(ReadDense)))
            .with_limit(self.limit)
            .build();
        Ok(Some(DataSourceExec::from_data_source(config)))
    }

    /// The columns of the answer and the time column, which carries the statistics of a file.
    /// Leaving the others out keeps statistics small where files are many.
    fn read_schema(&self) -> SchemaRef {
        let spec = self.table.spec;
        let wanted = |index: usize| self.columns.contains(&index);
        let fields = spec.schema.fields().iter().enumerate();
        let fields = fields.filter(|(index, field)| wanted(*index) || field.name() == spec.time_column);
        Arc::new(Schema::new(fields.map(|(_, field)| Arc::clone(field)).collect::<Vec<_>>()))
    }

    /// Few rows of a file are read page by page, and what of them the filters leave once more: kept between the two would be whole
    /// batches, with all of their pages.
    fn source(&self, read: &SchemaRef, is_narrow: bool) -> ParquetSource {
        let mut options = self.state.default_table_options().parquet;
        if is_narrow {
            options.global.max_predicate_cache_size = Some(0);
        }
        ParquetSource::new(Arc::clone(read))
            .with_table_parquet_options(options)
            .with_parquet_file_reader_factory(Arc::clone(&self.table.files.reader) as _)
            .with_pushdown_filters(self.filters.iter().any(|filter| self.is_needle(filter)))
    }

    /// Whether a filter keeps so few rows that decoding the other columns for those rows alone
    /// is cheaper than decoding them all: it names values of a column with a Bloom filter, or words.
    fn is_needle(&self, filter: &Expr) -> bool {
        let has_bloom = |expr: &Expr| match expr {
            Expr::Column(column) => self.table.spec.bloom.contains(&column.name()),
            _ => false,
        };
        match filter {
            _ if has_word::asked(filter).is_some() => true,
            Expr::BinaryExpr(BinaryExpr { left, op: Operator::Eq, .. }) => has_bloom(left),
            Expr::BinaryExpr(BinaryExpr { left, op: Operator::Or, right }) => {
                self.is_needle(left) && self.is_needle(right)
            }
            Expr::InList(InList { expr, list, negated: false }) => list.len() <= NEEDLES && has_bloom(expr),
            _ => false,
        }
    }

    fn groups(&self, read: &SchemaRef, files: &[Chosen<'_>]) -> Vec<FileGroup> {
        let statistics = statistics::PerFile::new(self.table.spec, read, files.len());
        let files = files.iter().map(|chosen| {
            let file = chosen.file;
            let mut part = PartitionedFile::new("", file.size_bytes);
            part.object_meta.location = file.location();
            part.statistics = statistics.of(file);
            if let Some(access) = chosen.access() {
                part.extensions.insert(access);
            }
            part
        });
        FileGroup::new(files.collect()).split_files(self.parts())
    }

    fn parts(&self) -> usize {
        self.state.config().target_partitions().max(1)
    }
}
