//! `POST /api/v1/sql`.

use serde::{Deserialize, Serialize};

/// A read-only SQL query with its limits.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SqlQuestion {
    /// One `SELECT`, `WITH` or `EXPLAIN`.
    pub query: String,
    /// Rows to answer at most; the server's own limit when absent or larger.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_rows: Option<usize>,
    /// Milliseconds the query may take; the server's own limit when absent or larger.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout_ms: Option<u64>,
}

/// The answer as JSON.
///
/// Integers are JSON numbers with every digit; NaN and the infinities are the strings `"NaN"`,
/// `"Infinity"` and `"-Infinity"`; timestamps are RFC 3339 in UTC; binary is lower-case hex.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct SqlAnswer {
    /// The columns, in order.
    pub columns: Vec<Column>,
    /// The rows; each has one value a column.
    pub rows: Vec<Vec<serde_json::Value>>,
    /// Whether the query had more rows than were answered.
    pub truncated: bool,
    /// Files that cannot be read and may hold more of the answer, which is complete when there are none.
    #[serde(default)]
    pub damaged_files: Vec<String>,
    /// What it took.
    pub stats: SqlStats,
}

/// A column of an answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// Its SQL type, such as `BIGINT`.
    #[serde(rename = "type")]
    pub sql_type: String,
}

/// What a query took.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SqlStats {
    /// Milliseconds from the question to the last row.
    pub elapsed_ms: u64,
    /// Parquet files opened.
    pub files_read: u64,
    /// Bytes read of those files.
    pub bytes_read: u64,
    /// Those of the opened files that lie in the bucket of older files.
    #[serde(default)]
    pub cold_files_read: u64,
    /// Bytes read of those.
    #[serde(default)]
    pub cold_bytes_read: u64,
    /// Files of the tables that were left unopened, by their time range or by an index.
    #[serde(default)]
    pub files_skipped: u64,
    /// Pieces of an index that were read to know that.
    #[serde(default)]
    pub index_reads: u64,
    /// Bytes of these pieces.
    #[serde(default)]
    pub index_bytes: u64,
    /// Whether the answer is the one of before, because nothing it was made of has changed.
    #[serde(default)]
    pub cached: bool,
}
