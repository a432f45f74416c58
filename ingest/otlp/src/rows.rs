//! From a request to its rows in the stored schema.

mod attributes;
mod columns;
mod logs;
mod metrics;
mod origin;
mod points;
mod spans;
mod value;
mod verdict;

use arrow::record_batch::RecordBatch;
use ingest_model::Nanos;

pub use verdict::{Reason, Rejected, Verdict};

use crate::error::DecodeError;
use crate::request::ExportRequest;

/// What became of a request's items.
#[derive(Debug, Clone)]
pub struct Rows {
    /// The accepted ones, in the order of the request.
    pub batch: RecordBatch,
    /// The refused ones.
    pub rejected: Rejected,
}

/// Makes the rows of a request that was received at `received`.
///
/// The same request, time and recorded verdict make the same rows, always.
///
/// # Errors
///
/// When a recorded verdict does not fit the request, and when the stored schema has columns that
/// are not known here.
pub fn rows(request: &ExportRequest, received: Nanos, verdict: Verdict<'_>) -> Result<Rows, DecodeError> {
    match request {
        ExportRequest::Traces(request) => spans::rows(&request.resource_spans, verdict),
        ExportRequest::Logs(request) => logs::rows(&request.resource_logs, received, verdict),
        ExportRequest::Metrics(request) => metrics::rows(&request.resource_metrics, verdict),
    }
}

/// Whether an unsigned number can be stored, which is as a signed one.
fn fits(number: u64, otherwise: Reason) -> Result<(), Reason> {
    if i64::try_from(number).is_ok() { Ok(()) } else { Err(otherwise) }
}

/// A number that [`fits`].
fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests;
