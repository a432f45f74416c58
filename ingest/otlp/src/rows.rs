//! From a request to its rows in the stored schema.
//!
//! A request in protobuf is read where it lies ([`proto`](crate::proto)). One in JSON, or in a form of protobuf that
//! is not read there, is decoded and encoded anew first, so that there is one way to rows.

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
use ingest_model::{Nanos, Signal};
use ingest_store::Encoding;

pub use verdict::{Reason, Rejected, Verdict};

use crate::error::DecodeError;
use crate::proto::{NESTING, OWN_NESTING, Odd, Request};
use crate::request::ExportRequest;

/// What became of a request's items.
#[derive(Debug, Clone)]
pub struct Rows {
    /// The accepted ones, in the order of the request.
    pub batch: RecordBatch,
    /// The refused ones.
    pub rejected: Rejected,
}

/// Makes the rows of a request body that was received at `received`.
///
/// The same body, time and recorded verdict make the same rows, always.
///
/// # Errors
///
/// When the body is no request of that signal and encoding, when a recorded verdict does not fit the request, and
/// when the stored schema has columns that are not known here.
pub fn rows(
    signal: Signal,
    encoding: Encoding,
    body: &[u8],
    received: Nanos,
    verdict: Verdict<'_>,
) -> Result<Rows, DecodeError> {
    if encoding == Encoding::Protobuf
        && let Ok(rows) = plain(signal, body, NESTING, received, verdict)
    {
        return rows;
    }
    let own = ExportRequest::decode(signal, encoding, body)?.encode();
    plain(signal, &own, OWN_NESTING, received, verdict).unwrap_or(Err(DecodeError::Own { signal }))
}

/// The rows of a request in the plain form of protobuf.
fn plain(
    signal: Signal,
    body: &[u8],
    nesting: usize,
    received: Nanos,
    verdict: Verdict<'_>,
) -> Result<Result<Rows, DecodeError>, Odd> {
    Ok(match signal {
        Signal::Traces => spans::rows(&Request::read(body, nesting)?, verdict),
        Signal::Logs => logs::rows(&Request::read(body, nesting)?, received, verdict),
        Signal::Metrics => metrics::rows(&Request::read(body, nesting)?, verdict),
    })
}

/// Whether an unsigned number can be stored, which is as a signed one.
fn fits(number: u64, otherwise: Reason) -> Result<(), Reason> {
    if i64::try_from(number).is_ok() { Ok(()) } else { Err(otherwise) }
}

/// A number that [`fits`].
fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// The nanoseconds of a time past its last whole microsecond: 0 to 999.
const fn past_micros(nanos: i64) -> i64 {
    nanos.rem_euclid(Nanos::PER_MICRO)
}

#[cfg(test)]
mod tests;
