//! OTLP receivers.
mod error;
mod json;
mod request;
mod rows;
pub use error::DecodeError;
pub use json::signal_of_json;
pub use request::{ExportRequest, request_from_json};
pub use rows::{Reason, Rejected, Rows, Verdict, rows};
