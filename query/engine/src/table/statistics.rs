//! What is known of a file without opening it: its rows and the range of its time column.

use std::collections::HashSet;
use std::sync::Arc;

use arrow::array::{ArrayRef, BooleanArray, TimestampMicrosecondArray, UInt64Array};
use arrow::datatypes::SchemaRef;
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
    let Some(filter) = conjunction(filters.iter().cloned()) else {
        return Ok(files.iter().collect());
    };
    let schema = DFSchema::try_from(Arc::clone(&spec.schema))?;
    let filter = state.create_physical_expr(filter, &schema)?;
    let predicate = PruningPredicateBuilder::new().with_file_schema(Arc::clone(&spec.schema)).try_build(filter)?;
    let keep = predicate.prune(&Times { files, column: spec.time_column })?;
    Ok(files.iter().zip(keep).filter_map(|(file, keep)| keep.then_some(file)).collect())
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

/// The time ranges of files, as the pruning predicate asks for them.
struct Times<'a> {
    files: &'a [DataFile],
    column: &'a str,
}

// === impl Times ===

impl Times<'_> {
    fn times(&self, column: &Column, time: impl Fn(&DataFile) -> i64) -> Option<ArrayRef> {
        (column.name() == self.column).then(|| {
            let times = TimestampMicrosecondArray::from_iter_values(self.files.iter().map(time));
            Arc::new(times.with_timezone("UTC")) as ArrayRef
        })
    }
}

impl PruningStatistics for Times<'_> {
    fn min_values(&self, column: &Column) -> Option<ArrayRef> {
        self.times(column, |file| file.min_time_us)
    }

    fn max_values(&self, column: &Column) -> Option<ArrayRef> {
        self.times(column, |file| file.max_time_us)
    }

    fn num_containers(&self) -> usize {
        self.files.len()
    }

    fn null_counts(&self, column: &Column) -> Option<ArrayRef> {
        let none = || Arc::new(UInt64Array::from_value(0, self.files.len())) as ArrayRef;
        (column.name() == self.column).then(none)
    }

    fn row_counts(&self) -> Option<ArrayRef> {
        Some(Arc::new(UInt64Array::from_iter_values(self.files.iter().map(|file| file.rows))))
    }

    fn contained(&self, _: &Column, _: &HashSet<ScalarValue>) -> Option<BooleanArray> {
        None
    }
}
