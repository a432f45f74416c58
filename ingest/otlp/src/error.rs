//! What can be wrong with a request, by whose fault it is.

use ingest_model::Signal;

use crate::rows::Reason;

/// A request did not become rows.
#[derive(Debug, thiserror::Error)]
pub enum DecodeError {
    /// The bytes are no protobuf message of the signal.
    #[error("the body is no OTLP {signal} request in protobuf: {source}")]
    Protobuf {
        /// The signal it was sent as.
        signal: Signal,
        /// What is wrong.
        source: prost::DecodeError,
    },
    /// The bytes are no OTLP/JSON of the signal.
    #[error("the body is no OTLP {signal} request in JSON: {path}: {reason}")]
    Json {
        /// The signal it was sent as.
        signal: Signal,
        /// Where, such as `resourceSpans[0].scopeSpans[0].spans[3].traceId`.
        path: String,
        /// What is wrong.
        reason: String,
    },
    /// The request has more items than can be told apart.
    #[error("the request has more than 4294967295 items; send smaller ones")]
    Items,
    /// A recorded verdict lets pass what cannot be stored.
    #[error("item {ordinal} was accepted when it was received but cannot be stored: {reason}")]
    Unstorable {
        /// The item's position in the request.
        ordinal: u32,
        /// Why.
        reason: Reason,
    },
    /// A recorded verdict refuses an item the request does not have.
    #[error("item {ordinal} was refused when it was received but the request has no such item")]
    Ordinal {
        /// The position in the request.
        ordinal: u32,
    },
    /// What this process encoded it cannot read.
    #[error("the {signal} request was decoded, but its own encoding cannot be read")]
    Own {
        /// The signal.
        signal: Signal,
    },
    /// The stored schema is not the one known here.
    #[error("rows do not fit the schema of {table}: {reason}")]
    Schema {
        /// The table's name.
        table: &'static str,
        /// What does not fit.
        reason: String,
    },
}

// === impl DecodeError ===

impl DecodeError {
    /// Whether the sender is at fault, rather than this process or the log it reads.
    #[must_use]
    pub const fn is_bad_request(&self) -> bool {
        matches!(self, Self::Protobuf { .. } | Self::Json { .. } | Self::Items)
    }
}
