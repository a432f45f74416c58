//! Keeps what was acknowledged: write-ahead log, hot rows, Parquet under Delta logs.

pub mod schema;
mod snapshot;

pub use snapshot::{DataFile, TableSnapshot, Tables};
