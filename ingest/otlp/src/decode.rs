//! Recovery's way from recorded requests back to rows.

use arrow::record_batch::RecordBatch;
use ingest_store::{Decode, RecordedRequest};

use crate::rows::{Verdict, rows};

/// Makes the rows of requests that were recorded in the write-ahead log.
#[derive(Debug, Clone, Copy, Default)]
pub struct Decoder;

// === impl Decoder ===

impl Decode for Decoder {
    fn rows(&self, request: &RecordedRequest) -> Result<RecordBatch, String> {
        let verdict = Verdict::Recorded(&request.rejected);
        rows(request.signal, request.encoding, &request.body, request.received, verdict)
            .map(|rows| rows.batch)
            .map_err(|error| error.to_string())
    }
}
