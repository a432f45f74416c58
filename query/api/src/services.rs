//! `GET /api/v1/services`: who sends telemetry, and how fresh it is.

use ingest_model::{Nanos, Signal};
use serde::{Deserialize, Serialize};

/// The services seen in a time range, and the freshness of each signal.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Services {
    /// Start of the range looked at, inclusive.
    pub from: Nanos,
    /// End of the range looked at, exclusive.
    pub to: Nanos,
    /// One entry a service, most spans first.
    pub services: Vec<Service>,
    /// One entry a signal, in the order of [`Signal::ALL`].
    pub freshness: Vec<Freshness>,
}

/// What one service sent in the range.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Service {
    /// `service.name`; empty when the resource has none.
    pub service_name: String,
    /// Spans that started in the range.
    pub spans: i64,
    /// Those of them with status `ERROR`.
    pub error_spans: i64,
    /// Log records in the range.
    pub logs: i64,
    /// Start of its newest span or time of its newest log record in the range.
    pub last_seen_unix_nano: Nanos,
}

/// How much of a signal is stored and how new it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Freshness {
    /// The signal.
    pub signal: Signal,
    /// Rows stored, hot rows included.
    pub rows: i64,
    /// Rows that are in the write-ahead log and in memory, not yet in Parquet.
    pub hot_rows: i64,
    /// Parquet files of the table.
    pub files: i64,
    /// Bytes of those files.
    pub file_bytes: i64,
    /// Time of the oldest row; `None` when the table is empty.
    pub oldest_unix_nano: Option<Nanos>,
    /// Time of the newest row; `None` when the table is empty.
    pub newest_unix_nano: Option<Nanos>,
    /// When the last request of the signal was acknowledged by this process.
    pub last_received_unix_nano: Option<Nanos>,
}
