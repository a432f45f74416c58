//! One Parquet file.

use std::io::Write;
use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray};
use arrow::datatypes::{DataType, Schema, SchemaRef};
use arrow::error::ArrowError;
use arrow::record_batch::RecordBatch;
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, Encoding, ZstdLevel};
use parquet::file::metadata::{KeyValue, SortingColumn};
use parquet::file::properties::{EnabledStatistics, WriterProperties, WriterPropertiesBuilder};
use parquet::schema::types::ColumnPath;

use crate::dense::{self, CENSUS, Census, Dense, Taking};
use crate::nulls::is_null;
use crate::schema::TableSpec;

/// A lookup by id reads whole row groups, so they are kept small enough to skip most of a file.
const ROW_GROUP_ROWS: usize = 128 * 1024;

/// Rows a page, the unit of the page index.
const PAGE_ROWS: usize = 8_192;

/// Bytes a page may have before it is written.
const PAGE_BYTES: u64 = 1 << 20;

/// A filter has a power of two of bytes: at three in a hundred a full row group of different ids takes a byte for each, at one in a
/// hundred two. Traces are found by their index first, so a row group read too many is rare either way.
const BLOOM_FALSE_POSITIVES: f64 = 0.03;

/// Zstandard levels: rows just flushed are compressed in passing, merged ones for good.
const FLUSHED: i32 = 1;
const MERGED: i32 = 2;

/// The level for times of no rhythm: Zstandard finds more in them than their differences have in common, from here on.
const IRREGULAR: i32 = 3;

/// Encoded bytes a row group of a merged file has at most, because it is held until it is whole.
const MERGED_GROUP_BYTES: usize = 32 << 20;

/// A Parquet file in the making, of sorted rows that come one batch after another.
pub(super) struct Encoder<W: Write + Send> {
    writer: ArrowWriter<W>,
    schema: SchemaRef,
    dense: Vec<Dense>,
    census: Taking,
}

// === impl Encoder ===

impl<W: Write + Send> Encoder<W> {
    /// For so many rows just flushed.
    pub(super) fn flushed(out: W, spec: &TableSpec, rows: u64) -> Result<Self, ArrowError> {
        Self::new(out, spec, properties(spec, FLUSHED)?, rows, Vec::new())
    }

    /// For so many rows of files that are merged, with columns of dense keys.
    pub(super) fn merged(out: W, spec: &TableSpec, rows: u64, dense: Vec<Dense>) -> Result<Self, ArrowError> {
        let properties = properties(spec, MERGED)?.set_max_row_group_bytes(Some(MERGED_GROUP_BYTES));
        Self::new(out, spec, properties, rows, dense)
    }

    fn new(
        out: W,
        spec: &TableSpec,
        properties: WriterPropertiesBuilder,
        rows: u64,
        dense: Vec<Dense>,
    ) -> Result<Self, ArrowError> {
        let fields = spec.schema.fields().iter().cloned();
        let schema =
            Arc::new(Schema::new(fields.chain(dense.iter().map(|dense| Arc::new(dense.field()))).collect::<Vec<_>>()));
        let writer = ArrowWriter::try_new(out, Arc::clone(&schema), Some(properties.build()))?;
        Ok(Self { writer, schema, dense, census: Census::take(rows) })
    }

    /// Adds the next rows. Where they are wide the size of a page is looked at more often, so that it does not become many
    /// times its limit.
    pub(super) fn write(&mut self, rows: &RecordBatch) -> Result<(), ArrowError> {
        self.census.look(rows);
        let rows = self.with_dense(rows)?;
        let step = step_rows(&rows);
        for start in (0..rows.num_rows()).step_by(step) {
            self.writer.write(&rows.slice(start, step.min(rows.num_rows() - start)))?;
        }
        Ok(())
    }

    fn with_dense(&self, rows: &RecordBatch) -> Result<RecordBatch, ArrowError> {
        if self.dense.is_empty() {
            return Ok(rows.clone());
        }
        let columns = rows.columns().iter().cloned().chain(dense::texts(rows, &self.dense)).collect();
        RecordBatch::try_new(Arc::clone(&self.schema), columns)
    }

    /// Ends the file.
    pub(super) fn finish(mut self) -> Result<W, ArrowError> {
        if let Some(census) = self.census.finish().footer() {
            self.writer.append_key_value_metadata(KeyValue::new(CENSUS.to_owned(), census));
        }
        Ok(self.writer.into_inner()?)
    }
}

/// Rows between two looks at the size of a page.
fn step_rows(rows: &RecordBatch) -> usize {
    let bytes = |column: &ArrayRef| -> u64 {
        let views = column.as_string_view_opt().filter(|_| !is_null(column)).map(|texts| texts.views());
        // The lowest 32 bits of a view are the length of its text.
        views.map_or(0, |views| views.iter().map(|view| (view & u128::from(u32::MAX)) as u64).sum())
    };
    let widest = rows.columns().iter().map(bytes).max().unwrap_or_default() / rows.num_rows().max(1) as u64;
    let fitting = usize::try_from(PAGE_BYTES / widest.max(1)).unwrap_or(usize::MAX);
    fitting.clamp(1, PAGE_ROWS / 4)
}

fn properties(spec: &TableSpec, level: i32) -> Result<WriterPropertiesBuilder, ArrowError> {
    let mut properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::try_new(level)?))
        .set_max_row_group_row_count(Some(ROW_GROUP_ROWS))
        .set_data_page_row_count_limit(PAGE_ROWS)
        .set_write_batch_size(PAGE_ROWS / 4)
        .set_statistics_enabled(EnabledStatistics::Page)
        .set_sorting_columns(Some(sorting_columns(spec)?));
    for field in spec.schema.fields() {
        properties = column(properties, field.name(), field.data_type(), spec)?;
    }
    Ok(properties)
}

fn column(
    properties: WriterPropertiesBuilder,
    name: &str,
    data_type: &DataType,
    spec: &TableSpec,
) -> Result<WriterPropertiesBuilder, ArrowError> {
    let path = ColumnPath::from(name);
    let is_time = matches!(data_type, DataType::Timestamp(..)) || name.ends_with("_unix_nano");
    let is_id = matches!(data_type, DataType::BinaryView);
    if matches!(data_type, DataType::Float64) {
        // Bounds leave NaN out, which is greater than any of them, so a filter would skip rows it should keep
        // (apache/datafusion issue 15812).
        return Ok(properties.set_column_statistics_enabled(path, EnabledStatistics::None));
    }
    if !is_time && !is_id && !name.ends_with("_ns") {
        return Ok(properties);
    }
    // Ids, times and durations hardly repeat within a file's sort order: a dictionary of them is only overhead.
    let properties = properties.set_column_dictionary_enabled(path.clone(), false);
    if is_id {
        let has_bloom = spec.bloom.contains(&name);
        let properties = properties.set_column_bloom_filter_enabled(path.clone(), has_bloom);
        return Ok(if has_bloom {
            // Without a length before each, ids that do not repeat are stored as they are and read three times as fast.
            let properties = properties.set_column_encoding(path.clone(), Encoding::DELTA_LENGTH_BYTE_ARRAY);
            properties.set_column_bloom_filter_fpp(path, BLOOM_FALSE_POSITIVES)
        } else {
            properties
        });
    }
    if is_time && spec.irregular {
        return Ok(properties.set_column_compression(path, Compression::ZSTD(ZstdLevel::try_new(IRREGULAR)?)));
    }
    Ok(properties.set_column_encoding(path, Encoding::DELTA_BINARY_PACKED))
}

fn sorting_columns(spec: &TableSpec) -> Result<Vec<SortingColumn>, ArrowError> {
    let column = |name: &&str| {
        let index = spec.schema.index_of(name)?;
        let column_idx = i32::try_from(index).map_err(|error| ArrowError::SchemaError(error.to_string()))?;
        Ok(SortingColumn { column_idx, descending: false, nulls_first: true })
    };
    spec.sort.iter().map(column).collect()
}
