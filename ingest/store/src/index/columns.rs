//! Some columns of a stored file, read in the ranges they lie in.

use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::record_batch::RecordBatch;
use bytes::{Buf, Bytes, buf::Reader};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder,
};
use parquet::errors::ParquetError;
use parquet::file::metadata::{ParquetMetaDataReader, RowGroupMetaData};
use parquet::file::reader::{ChunkReader, Length};

use crate::disk::Disk;
use crate::error::StoreError;
use crate::snapshot::DataFile;

/// Rows that are decoded at once.
const BATCH_ROWS: usize = 8 * 1024;

/// The parts of a file that were read before; anything else is read when it is asked for.
#[derive(Debug)]
struct Parts {
    disk: Arc<dyn Disk>,
    path: PathBuf,
    len: u64,
    parts: Vec<(u64, Bytes)>,
}

/// Gives the named columns of a file to `each`, with the number of their row group, so that no more than those of one row
/// group are held; says how many rows each row group has.
///
/// # Errors
///
/// What `each` says; [`StoreError::Io`] when the file cannot be read, [`StoreError::Damaged`] when it is no Parquet file.
/// Columns the file lacks are left out.
pub(super) fn read(
    disk: &Arc<dyn Disk>,
    file: &DataFile,
    columns: &[&str],
    mut each: impl FnMut(usize, &RecordBatch) -> Result<(), StoreError>,
) -> Result<Vec<u32>, StoreError> {
    let path = PathBuf::from(file.path.as_ref());
    let failed = |error: ParquetError| failed(&path, error);
    let whole = Parts { disk: Arc::clone(disk), path: path.clone(), len: file.size_bytes, parts: Vec::new() };
    let metadata = ParquetMetaDataReader::new().parse_and_finish(&whole).map_err(failed)?;
    let metadata = ArrowReaderMetadata::try_new(Arc::new(metadata), ArrowReaderOptions::new()).map_err(failed)?;
    for group in 0..metadata.metadata().num_row_groups() {
        for batch in row_group(disk, &path, file.size_bytes, &metadata, group, columns).map_err(failed)? {
            each(group, &batch.map_err(|error| failed(error.into()))?)?;
        }
    }
    // The footer was read, so no row group has more rows than fit.
    let rows = |group: &RowGroupMetaData| u32::try_from(group.num_rows()).unwrap_or(u32::MAX);
    Ok(metadata.metadata().row_groups().iter().map(rows).collect())
}

fn row_group(
    disk: &Arc<dyn Disk>,
    path: &Path,
    len: u64,
    metadata: &ArrowReaderMetadata,
    group: usize,
    columns: &[&str],
) -> Result<ParquetRecordBatchReader, ParquetError> {
    let read = |range: Range<u64>| Ok((range.start, disk.read(path, Some(range))?));
    let parts = ranges(metadata.metadata().row_group(group), columns).map(read).collect::<io::Result<Vec<_>>>()?;
    let parts = Parts { disk: Arc::clone(disk), path: path.to_owned(), len, parts };
    let mask = ProjectionMask::columns(metadata.parquet_schema(), columns.iter().copied());
    ParquetRecordBatchReaderBuilder::new_with_metadata(parts, metadata.clone())
        .with_row_groups(vec![group])
        .with_projection(mask)
        .with_batch_size(BATCH_ROWS)
        .build()
}

/// Where the columns of a row group lie.
fn ranges(group: &RowGroupMetaData, columns: &[&str]) -> impl Iterator<Item = Range<u64>> {
    let wanted = group.columns().iter().filter(|column| {
        let name = column.column_path().parts().first();
        name.is_some_and(|name| columns.contains(&name.as_str()))
    });
    wanted.filter_map(|column| {
        let start = column.dictionary_page_offset().unwrap_or_else(|| column.data_page_offset());
        let (start, len) = (u64::try_from(start).ok()?, u64::try_from(column.compressed_size()).ok()?);
        Some(start..start.checked_add(len)?)
    })
}

fn failed(path: &Path, error: ParquetError) -> StoreError {
    let path = path.display().to_string();
    match error {
        ParquetError::External(source) => match source.downcast::<io::Error>() {
            Ok(source) => StoreError::Io { action: "read", path, source: *source },
            Err(other) => StoreError::Damaged { path, reason: other.to_string() },
        },
        other => StoreError::Damaged { path, reason: other.to_string() },
    }
}

// === impl Parts ===

impl Parts {
    fn bytes(&self, range: Range<u64>) -> Result<Bytes, ParquetError> {
        let within = |(start, bytes): &(u64, Bytes)| {
            let end = start + bytes.len() as u64;
            let (from, to) = (range.start.checked_sub(*start)?, range.end.checked_sub(*start)?);
            (range.end <= end).then(|| bytes.slice(from as usize..to as usize))
        };
        match self.parts.iter().find_map(within) {
            Some(bytes) => Ok(bytes),
            None => Ok(self.disk.read(&self.path, Some(range))?),
        }
    }
}

impl Length for Parts {
    fn len(&self) -> u64 {
        self.len
    }
}

impl ChunkReader for Parts {
    type T = Reader<Bytes>;

    fn get_read(&self, start: u64) -> Result<Self::T, ParquetError> {
        let around = self.parts.iter().find(|(from, bytes)| (*from..from + bytes.len() as u64).contains(&start));
        let end = around.map_or(self.len, |(from, bytes)| from + bytes.len() as u64);
        Ok(self.bytes(start..end)?.reader())
    }

    fn get_bytes(&self, start: u64, length: usize) -> Result<Bytes, ParquetError> {
        let bytes = self.bytes(start..start + length as u64)?;
        if bytes.len() < length {
            return Err(ParquetError::EOF(format!("{length} bytes at {start} of a file of {}", self.len)));
        }
        Ok(bytes)
    }
}
