//! What goes in: a request that was decoded, and the way back from its bytes to its rows.

use std::fmt::Debug;

use arrow::record_batch::RecordBatch;
use async_trait::async_trait;
use bytes::Bytes;
use ingest_model::{Judgement, Nanos, Signal, Tenant};

use crate::error::StoreError;

/// How a request body is encoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// OTLP protobuf.
    Protobuf,
    /// OTLP/JSON.
    Json,
}

/// A request as it stands in the write-ahead log: all that is needed to make its rows again,
/// whatever limits and clocks say by then.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordedRequest {
    /// Whose it is.
    pub tenant: Tenant,
    /// Which OTLP service it was sent to.
    pub signal: Signal,
    /// How `body` is encoded.
    pub encoding: Encoding,
    /// When it was received.
    pub received: Nanos,
    /// The items that were refused when it was received, as ordinals in the order of the
    /// request, ascending.
    pub rejected: Vec<u32>,
    /// The request's bytes, decompressed.
    pub body: Bytes,
}

/// Rows of our own, as they stand in the write-ahead log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RecordedRows {
    pub(crate) tenant: Tenant,
    pub(crate) kind: Judgement,
    /// When they were handed over.
    pub(crate) received: Nanos,
    /// An Arrow IPC stream.
    pub(crate) body: Bytes,
}

/// What a record of the log holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Record {
    Request(RecordedRequest),
    Rows(RecordedRows),
}

// === impl Record ===

impl Record {
    pub(crate) const fn tenant(&self) -> &Tenant {
        match self {
            Self::Request(request) => &request.tenant,
            Self::Rows(rows) => &rows.tenant,
        }
    }

    pub(crate) const fn received(&self) -> Nanos {
        match self {
            Self::Request(request) => request.received,
            Self::Rows(rows) => rows.received,
        }
    }

    pub(crate) const fn body(&self) -> &Bytes {
        match self {
            Self::Request(request) => &request.body,
            Self::Rows(rows) => &rows.body,
        }
    }

    /// The items that were refused; none of rows of our own.
    pub(crate) fn rejected(&self) -> &[u32] {
        match self {
            Self::Request(request) => &request.rejected,
            Self::Rows(_) => &[],
        }
    }

    /// The name of the table it belongs to.
    pub(crate) const fn table(&self) -> &'static str {
        match self {
            Self::Request(request) => request.signal.table(),
            Self::Rows(rows) => rows.kind.table(),
        }
    }
}

/// A decoded request, ready to be made durable.
#[derive(Debug, Clone)]
pub struct Append {
    /// What the log keeps.
    pub request: RecordedRequest,
    /// Its rows in the table's stored schema, the refused ones left out.
    pub rows: RecordBatch,
}

/// Where requests are made durable.
#[async_trait]
pub trait Sink: Debug + Send + Sync {
    /// Returns once the request is on disk and its rows can be queried.
    ///
    /// # Errors
    ///
    /// On an error nothing was acknowledged; `StoreError::kind` says what the sender should do.
    async fn append(&self, append: Append) -> Result<(), StoreError>;
}

/// Makes rows from recorded requests; recovery's way back.
pub trait Decode: Debug + Send + Sync {
    /// The rows of a recorded request: the same, in the same order, as when it was received.
    ///
    /// # Errors
    ///
    /// A text saying why the bytes are no request of that signal and encoding.
    fn rows(&self, request: &RecordedRequest) -> Result<RecordBatch, String>;
}
