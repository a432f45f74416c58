//! Keeps what was acknowledged: write-ahead log, hot rows, Parquet under Delta logs.

mod append;
mod error;
pub mod schema;
mod snapshot;

pub use append::{Append, Decode, Encoding, RecordedRequest, Sink};
pub use error::{ErrorKind, StoreError};
pub use snapshot::{DataFile, TableSnapshot, Tables};
