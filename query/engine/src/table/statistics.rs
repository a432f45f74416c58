//! What is known of a file without opening it: its rows and the range of its time column.

use std::collections::HashSet;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, TimestampMicrosecondArray, UInt64Array};
use arrow::compute::{max, min};
use arrow::datatypes::{SchemaRef, TimestampMicrosecondType};
use arrow::record_batch::RecordBatch;
use datafusion::catalog::Session;
use datafusion::common::pruning::PruningStatistics;
use datafusion::common::stats::Precision;
use datafusion::common::{Column, ColumnStatistics, DFSchema, Result, Statistics};
use datafusion::logical_expr::Expr;
use datafusion::logical_expr::utils::conjunction;
use datafusion::physical_optimizer::pruning::PruningPredicateBuilder;
use datafusion::scalar::ScalarValue;
use ingest_store::DataFile;
use ingest_store::schema::TableSpec;

/// Column statistics a scan may carry, some 300 bytes each. A scan of more files and columns
/// goes without statistics per file, which costs pruning by what is learned while it runs.
const COLUMN_STATISTICS: usize = 100_000;

/// The files that may hold rows the filters keep, by the range of their time column.
///
/// # Errors
///
/// When a filter does not fit the table's schema.
pub(super) fn prune<'a>(
    spec: &TableSpec,
    files: &'a [DataFile],
    filters: &[Expr],
    state: &dyn Session,
) -> Result<Vec<&'a DataFile>> {
    let times = |file: &DataFile| TimeRange { oldest: file.min_time_us, newest: file.max_time_us, rows: file.rows };
    let keep = kept(spec, files.iter().map(times).collect(), filters, state)?;
    Ok(files.iter().zip(keep).filter_map(|(file, keep)| keep.then_some(file)).collect())
}

/// The hot rows that may be among those the filters keep, likewise. All of them where no filter asks for the time.
///
/// # Errors
///
/// As [`prune`].
pub(super) fn prune_hot<'a>(
    spec: &TableSpec,
    hot: &'a [RecordBatch],
    filters: &[Expr],
    state: &dyn Session,
) -> Result<Vec<&'a RecordBatch>> {
    let asks = |filter: &Expr| filter.column_refs().iter().any(|column| column.name == spec.time_column);
    let times: Vec<_> = hot.iter().filter_map(|batch| time_range_of(spec, batch)).collect();
    // A batch without times, or with rows without one, says nothing of its time.
    if !filters.iter().any(asks) || times.len() < hot.len() {
        return Ok(hot.iter().collect());
    }
    let keep = kept(spec, times, filters, state)?;
    Ok(hot.iter().zip(keep).filter_map(|(batch, keep)| keep.then_some(batch)).collect())
}

fn time_range_of(spec: &TableSpec, batch: &RecordBatch) -> Option<TimeRange> {
    let times = batch.column_by_name(spec.time_column)?.as_primitive_opt::<TimestampMicrosecondType>()?;
    let rows = (times.null_count() == 0).then_some(batch.num_rows() as u64)?;
    Some(TimeRange { oldest: min(times)?, newest: max(times)?, rows })
}

/// Which of these may hold rows the filters keep.
fn kept(spec: &TableSpec, times: Vec<TimeRange>, filters: &[Expr], state: &dyn Session) -> Result<Vec<bool>> {
    let Some(filter) = conjunction(filters.iter().cloned()) else { return Ok(vec![true; times.len()]) };
    let schema = DFSchema::try_from(Arc::clone(&spec.schema))?;
    let filter = state.create_physical_expr(filter, &schema)?;
    let predicate = PruningPredicateBuilder::new().with_file_schema(Arc::clone(&spec.schema)).try_build(filter)?;
    predicate.prune(&Times { times, column: spec.time_column })
}

/// The statistics of all scanned files together.
pub(super) fn total(spec: &TableSpec, read: &SchemaRef, files: &[&DataFile]) -> Statistics {
    let rows = files.iter().map(|file| file.rows).sum();
    let oldest = files.iter().map(|file| file.min_time_us).min();
    let newest = files.iter().map(|file| file.max_time_us).max();
    statistics(spec, read, rows, oldest.zip(newest))
}

fn statistics(spec: &TableSpec, read: &SchemaRef, rows: u64, times: Option<(i64, i64)>) -> Statistics {
    let columns = read.fields().iter().map(|field| match times {
        Some((oldest, newest)) if field.name() == spec.time_column => time_range(oldest, newest),
        _ => ColumnStatistics::new_unknown(),
    });
    Statistics {
        num_rows: usize::try_from(rows).map_or(Precision::Absent, Precision::Exact),
        total_byte_size: Precision::Absent,
        column_statistics: columns.collect(),
    }
}

fn time_range(oldest: i64, newest: i64) -> ColumnStatistics {
    let time = |micros| ScalarValue::TimestampMicrosecond(Some(micros), Some(Arc::from("UTC")));
    ColumnStatistics {
        null_count: Precision::Exact(0),
        min_value: Precision::Exact(time(oldest)),
        max_value: Precision::Exact(time(newest)),
        ..ColumnStatistics::new_unknown()
    }
}

/// Makes the statistics of single files, as long as they stay few.
pub(super) struct PerFile<'a> {
    spec: &'a TableSpec,
    read: &'a SchemaRef,
    affordable: bool,
}

// === impl PerFile ===

impl<'a> PerFile<'a> {
    pub(super) fn new(spec: &'a TableSpec, read: &'a SchemaRef, files: usize) -> Self {
        let affordable = files.saturating_mul(read.fields().len()) <= COLUMN_STATISTICS;
        Self { spec, read, affordable }
    }

    pub(super) fn of(&self, file: &DataFile) -> Option<Arc<Statistics>> {
        let times = Some((file.min_time_us, file.max_time_us));
        self.affordable.then(|| Arc::new(statistics(self.spec, self.read, file.rows, times)))
    }
}

/// From when to when the rows of a file or a batch are, in microseconds, and how many they are.
struct TimeRange {
    oldest: i64,
    newest: i64,
    rows: u64,
}

/// The time ranges of files or batches, as the pruning predicate asks for them.
struct Times<'a> {
    times: Vec<TimeRange>,
    column: &'a str,
}

// === impl Times ===

impl Times<'_> {
    fn times(&self, column: &Column, time: impl Fn(&TimeRange) -> i64) -> Option<ArrayRef> {
        (column.name() == self.column).then(|| {
            let times = TimestampMicrosecondArray::from_iter_values(self.times.iter().map(time));
            Arc::new(times.with_timezone("UTC")) as ArrayRef
        })
    }
}

impl PruningStatistics for Times<'_> {
    fn min_values(&self, column: &Column) -> Option<ArrayRef> {
        self.times(column, |range| range.oldest)
    }

    fn max_values(&self, column: &Column) -> Option<ArrayRef> {
        self.times(column, |range| range.newest)
    }

    fn num_containers(&self) -> usize {
        self.times.len()
    }

    fn null_counts(&self, column: &Column) -> Option<ArrayRef> {
        let none = || Arc::new(UInt64Array::from_value(0, self.times.len())) as ArrayRef;
        (column.name() == self.column).then(none)
    }

    fn row_counts(&self) -> Option<ArrayRef> {
        Some(Arc::new(UInt64Array::from_iter_values(self.times.iter().map(|range| range.rows))))
    }

    fn contained(&self, _: &Column, _: &HashSet<ScalarValue>) -> Option<BooleanArray> {
        None
    }
}
