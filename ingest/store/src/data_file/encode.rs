//! One Parquet file.

use std::sync::Arc;

use arrow::datatypes::DataType;
use arrow::error::ArrowError;
use arrow::record_batch::RecordBatch;
use bytes::Bytes;
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, Encoding, ZstdLevel};
use parquet::file::metadata::SortingColumn;
use parquet::file::properties::{EnabledStatistics, WriterProperties, WriterPropertiesBuilder};
use parquet::schema::types::ColumnPath;

use crate::schema::TableSpec;

/// A lookup by id reads whole row groups, so they are kept small enough to skip most of a file.
const ROW_GROUP_ROWS: usize = 128 * 1024;

/// Rows a page, the unit of the page index.
const PAGE_ROWS: usize = 20_000;

/// At one in a hundred, a lookup by id reads one row group too many out of a hundred.
const BLOOM_FALSE_POSITIVES: f64 = 0.01;

/// Encodes sorted rows.
pub(super) fn parquet(rows: &RecordBatch, spec: &TableSpec) -> Result<Bytes, ArrowError> {
    let mut writer = ArrowWriter::try_new(Vec::new(), Arc::clone(&spec.schema), Some(properties(spec)?))?;
    writer.write(rows)?;
    Ok(writer.into_inner()?.into())
}

fn properties(spec: &TableSpec) -> Result<WriterProperties, ArrowError> {
    let mut properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::try_new(1)?))
        .set_max_row_group_row_count(Some(ROW_GROUP_ROWS))
        .set_data_page_row_count_limit(PAGE_ROWS)
        .set_write_batch_size(PAGE_ROWS / 4)
        .set_statistics_enabled(EnabledStatistics::Page)
        .set_sorting_columns(Some(sorting_columns(spec)?));
    for field in spec.schema.fields() {
        properties = column(properties, field.name(), field.data_type(), spec);
    }
    Ok(properties.build())
}

fn column(
    properties: WriterPropertiesBuilder,
    name: &str,
    data_type: &DataType,
    spec: &TableSpec,
) -> WriterPropertiesBuilder {
    let path = ColumnPath::from(name);
    if spec.bloom.contains(&name) {
        // Ids hardly repeat within a file's sort order: a dictionary of them is only overhead.
        return properties
            .set_column_dictionary_enabled(path.clone(), false)
            .set_column_bloom_filter_enabled(path.clone(), true)
            .set_column_bloom_filter_fpp(path, BLOOM_FALSE_POSITIVES);
    }
    let is_time = matches!(data_type, DataType::Timestamp(..)) || name.ends_with("_unix_nano");
    if is_time {
        return properties
            .set_column_dictionary_enabled(path.clone(), false)
            .set_column_encoding(path, Encoding::DELTA_BINARY_PACKED);
    }
    properties
}

fn sorting_columns(spec: &TableSpec) -> Result<Vec<SortingColumn>, ArrowError> {
    let column = |name: &&str| {
        let index = spec.schema.index_of(name)?;
        let column_idx = i32::try_from(index).map_err(|error| ArrowError::SchemaError(error.to_string()))?;
        Ok(SortingColumn { column_idx, descending: false, nulls_first: true })
    };
    spec.sort.iter().map(column).collect()
}
