//! Rows of our own as bytes of the log, and back: an Arrow IPC stream of one batch.

use arrow::error::ArrowError;
use arrow::ipc::reader::StreamReader;
use arrow::ipc::writer::StreamWriter;
use arrow::record_batch::RecordBatch;
use bytes::Bytes;

/// The bytes of a batch.
///
/// # Errors
///
/// When Arrow cannot encode it, which is a bug.
pub(crate) fn encode(rows: &RecordBatch) -> Result<Bytes, ArrowError> {
    let mut writer = StreamWriter::try_new(Vec::new(), rows.schema_ref())?;
    writer.write(rows)?;
    writer.finish()?;
    Ok(writer.into_inner()?.into())
}

/// The batch of such bytes.
///
/// # Errors
///
/// A text saying why they are none.
pub(crate) fn decode(bytes: &[u8]) -> Result<RecordBatch, String> {
    let batch = StreamReader::try_new(bytes, None).and_then(|mut reader| reader.next().transpose());
    batch.map_err(|error| error.to_string())?.ok_or_else(|| "the stream holds no rows".to_owned())
}
