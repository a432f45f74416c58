//! The rows of one trace, read without a plan.
//!
//! A person waits for a trace, and its rows are few: planning a question over all columns and opening those without a value
//! takes longer than reading the others. What is read is what a scan with the filter `trace_id = …` reads, by the same
//! indexes and through the same cache of footers.

mod lean;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use arrow::array::{ArrayRef, AsArray, BinaryViewArray, BooleanArray, Scalar, new_null_array};
use arrow::compute::kernels::cmp::eq;
use arrow::compute::{cast, concat_batches, filter_record_batch};
use arrow::datatypes::{DataType, FieldRef, SchemaRef};
use arrow::error::ArrowError;
use arrow::record_batch::{RecordBatch, RecordBatchOptions};
use datafusion::common::Result;
use datafusion::datasource::listing::PartitionedFile;
use datafusion::datasource::physical_plan::parquet::ParquetFileReaderFactory;
use datafusion::logical_expr::Expr;
use datafusion::physical_plan::metrics::ExecutionPlanMetricsSet;
use datafusion::prelude::{col, lit};
use datafusion::scalar::ScalarValue;
use futures::TryStreamExt;
use futures::future::try_join_all;
use ingest_model::TraceId;
use ingest_store::DataFile;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{ArrowPredicateFn, ArrowReaderOptions, RowFilter};
use parquet::arrow::async_reader::{AsyncFileReader, ParquetRecordBatchStreamBuilder};
use parquet::errors::ParquetError;
use parquet::file::metadata::{PageIndexPolicy, RowGroupMetaData};
use query_api::ErrorKind;

use super::StoredTable;
use super::chosen::{self, TRACE_ID};
use crate::answer::Scanned;
use crate::error::QueryError;
use lean::{has_a_value, lean};

/// A file that is read row group by row group.
type Opened = ParquetRecordBatchStreamBuilder<Box<dyn AsyncFileReader>>;

/// What becomes of the rows of a trace as they are read, a batch at a time.
type Taken<'a> = &'a (dyn Fn(RecordBatch) -> Result<RecordBatch, QueryError> + Send + Sync);

// === impl StoredTable ===

impl StoredTable {
    /// The rows of a trace in the stored schema, as one batch; at most `most`.
    ///
    /// # Errors
    ///
    /// `ResourceLimit` when there are more than `most`.
    pub(crate) async fn of_trace(&self, trace: TraceId, most: usize) -> Result<RecordBatch, QueryError> {
        self.columns_of_trace(trace, &self.spec.schema, most).await
    }

    /// The same with some columns of the stored schema.
    ///
    /// # Errors
    ///
    /// As [`Self::of_trace`].
    pub(super) async fn columns_of_trace(
        &self,
        trace: TraceId,
        wanted: &SchemaRef,
        most: usize,
    ) -> Result<RecordBatch, QueryError> {
        let read = AtomicUsize::new(0);
        let taken = |batch: RecordBatch| {
            let rows = batch.num_rows();
            if read.fetch_add(rows, Ordering::Relaxed) + rows > most {
                return Err(too_many(most));
            }
            Ok(with_all_columns(&batch, trace, wanted)?)
        };
        let batches = self.each_of_trace(trace, wanted, &taken).await?;
        Ok(concat_batches(wanted, &batches)?)
    }

    /// The rows of a trace in the types of the stored schema, in batches of those columns alone that have a value in them,
    /// but for that of trace ids. They hold nothing but their own values. `count` is told the bytes of each batch.
    ///
    /// # Errors
    ///
    /// Those of `count`.
    pub(crate) async fn lean_of_trace(
        &self,
        trace: TraceId,
        count: &(dyn Fn(usize) -> Result<(), QueryError> + Send + Sync),
    ) -> Result<Vec<RecordBatch>, QueryError> {
        let taken = |batch: RecordBatch| {
            let lean = lean(&batch, &self.spec.schema)?;
            count(lean.get_array_memory_size())?;
            Ok(lean)
        };
        self.each_of_trace(trace, &self.spec.schema, &taken).await
    }

    /// The rows with a trace's id, from files and then from hot rows. Columns without a value may be left out of them.
    async fn each_of_trace(
        &self,
        trace: TraceId,
        wanted: &SchemaRef,
        taken: Taken<'_>,
    ) -> Result<Vec<RecordBatch>, QueryError> {
        let id = ScalarValue::BinaryView(Some(trace.as_bytes().to_vec()));
        let filter: Expr = col(TRACE_ID).eq(lit(id));
        let files = self.sound_files(self.snapshot.files.iter().collect());
        let chosen = chosen::choose(&self.indexes, &[filter], files, &self.files.tally).await?;
        self.files.tally.add_skipped(self.snapshot.files.len() - chosen.len());
        chosen.iter().for_each(|chosen| self.files.notes.file(&self.files.hashes, &chosen.file.location()));
        self.snapshot.hot.iter().for_each(|batch| self.files.notes.hot(batch));
        let read = chosen.iter().map(|chosen| self.of_trace_in(chosen.file, trace, wanted, taken));
        let mut batches: Vec<RecordBatch> = try_join_all(read).await?.into_iter().flatten().collect();
        for hot in &self.snapshot.hot {
            if let Some(rows) = hot_rows(hot, trace, wanted)? {
                batches.push(taken(rows)?);
            }
        }
        Ok(batches)
    }

    /// The rows in a file.
    async fn of_trace_in(
        &self,
        file: &DataFile,
        trace: TraceId,
        wanted: &SchemaRef,
        taken: Taken<'_>,
    ) -> Result<Vec<RecordBatch>, QueryError> {
        let metrics = ExecutionPlanMetricsSet::new();
        let mut part = PartitionedFile::new("", file.size_bytes);
        part.object_meta.location = file.location();
        let reader: Box<dyn AsyncFileReader> = self.files.reader.create_reader(0, part, None, &metrics)?;
        let options = ArrowReaderOptions::new().with_page_index_policy(PageIndexPolicy::Optional);
        let mut opened = Opened::new_with_options(reader, options).await.map_err(|error| damaged(&error))?;
        let groups = groups(&mut opened, trace).await.map_err(|error| damaged(&error))?;
        let columns = columns_with_values(&opened, &groups, wanted);
        let mask = ProjectionMask::columns(opened.parquet_schema(), columns);
        let filter = RowFilter::new(vec![Box::new(is_of(&opened, trace))]);
        let stream = opened.with_row_groups(groups).with_projection(mask).with_row_filter(filter).build();
        let mut stream = stream.map_err(|error| damaged(&error))?;
        let mut batches = Vec::new();
        while let Some(batch) = stream.try_next().await.map_err(|error| damaged(&error))? {
            batches.push(taken(batch)?);
        }
        self.files.tally.add_read(Scanned::of(&metrics.clone_inner()));
        Ok(batches)
    }
}

/// The columns that have a value in some row group, but for that of trace ids, whose value is known.
fn columns_with_values<'a>(file: &Opened, groups: &[usize], wanted: &'a SchemaRef) -> Vec<&'a str> {
    let fields = wanted.fields().iter().map(|field| field.name().as_str());
    let metadata = file.metadata();
    fields
        .filter(|name| *name != TRACE_ID && groups.iter().any(|group| has_values(metadata.row_group(*group), name)))
        .collect()
}

/// The rows with the columns that were not read.
fn with_all_columns(read: &RecordBatch, trace: TraceId, wanted: &SchemaRef) -> Result<RecordBatch, ArrowError> {
    let rows = read.num_rows();
    let column = |field: &FieldRef| -> Result<ArrayRef, ArrowError> {
        match read.column_by_name(field.name()) {
            Some(column) => lean::typed(column, field.data_type()),
            None if field.name() == TRACE_ID => {
                Ok(Arc::new(BinaryViewArray::from_iter_values(std::iter::repeat_n(trace.as_bytes(), rows))))
            }
            None => Ok(new_null_array(field.data_type(), rows)),
        }
    };
    let columns = wanted.fields().iter().map(column).collect::<Result<_, _>>()?;
    let options = RecordBatchOptions::new().with_row_count(Some(rows));
    RecordBatch::try_new_with_options(Arc::clone(wanted), columns, &options)
}

/// The row groups that may have rows of the trace: an index names a file, Bloom filters the parts of it.
async fn groups(file: &mut Opened, trace: TraceId) -> Result<Vec<usize>, ParquetError> {
    let all = file.metadata().num_row_groups();
    let column = file.parquet_schema().columns().iter().position(|column| column.name() == TRACE_ID);
    let Some(column) = column.filter(|_| all > 1) else { return Ok((0..all).collect()) };
    let mut groups = Vec::new();
    for group in 0..all {
        let filter = file.get_row_group_column_bloom_filter(group, column).await?;
        if filter.is_none_or(|filter| filter.check(&trace.as_bytes()[..])) {
            groups.push(group);
        }
    }
    Ok(groups)
}

/// Whether a column has a value in a row group, as far as its statistics tell.
fn has_values(group: &RowGroupMetaData, name: &str) -> bool {
    let of_field = |path: &[String]| path.first().is_some_and(|field| field == name);
    let mut leaves = group.columns().iter().filter(|column| of_field(column.column_path().parts()));
    leaves.any(|leaf| {
        let nulls = leaf.statistics().and_then(|statistics| statistics.null_count_opt());
        nulls.is_none_or(|nulls| nulls != leaf.num_values().unsigned_abs())
    })
}

type Kept = Result<BooleanArray, ArrowError>;

/// Keeps the rows of the trace.
fn is_of(file: &Opened, trace: TraceId) -> ArrowPredicateFn<impl FnMut(RecordBatch) -> Kept + use<>> {
    let mask = ProjectionMask::columns(file.parquet_schema(), [TRACE_ID]);
    ArrowPredicateFn::new(mask, move |batch: RecordBatch| equal(batch.column(0), trace))
}

fn equal(ids: &ArrayRef, trace: TraceId) -> Kept {
    let id = Scalar::new(BinaryViewArray::from_iter_values([trace.as_bytes()]));
    match ids.as_binary_view_opt() {
        Some(ids) => eq(ids, &id),
        None => eq(&cast(ids, &DataType::BinaryView)?, &id),
    }
}

/// The hot rows of a trace, if there are any, with those wanted columns that have values somewhere.
fn hot_rows(hot: &RecordBatch, trace: TraceId, wanted: &SchemaRef) -> Result<Option<RecordBatch>, ArrowError> {
    let schema = hot.schema_ref();
    let kept = equal(hot.column(schema.index_of(TRACE_ID)?), trace)?;
    if kept.true_count() == 0 {
        return Ok(None);
    }
    let is_wanted = |index: &usize| {
        let name = schema.field(*index).name();
        name != TRACE_ID && has_a_value(hot.column(*index)) && wanted.column_with_name(name).is_some()
    };
    let columns: Vec<usize> = (0..hot.num_columns()).filter(is_wanted).collect();
    filter_record_batch(&hot.project(&columns)?, &kept).map(Some)
}

fn too_many(most: usize) -> QueryError {
    let message = format!("the trace has more than {most} rows");
    QueryError::new(ErrorKind::ResourceLimit, message, "narrow the question, or ask with SQL")
}

fn damaged(error: &ParquetError) -> QueryError {
    QueryError::internal(error)
}
