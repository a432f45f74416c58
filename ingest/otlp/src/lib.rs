//! OTLP receivers: admit, decode, answer.
//!
//! The life of a request, the same over HTTP ([`http_router`]) and gRPC ([`grpc_router`]):
//!
//! 1. **Admit.** The body is read within a limit of size (before and after decompression), of
//!    memory shared by all requests, and of time. What does not fit is refused before it is held.
//! 2. **Decode.** The bytes become one batch in the stored schema of its signal ([`rows()`]):
//!    protobuf is read where it lies, JSON becomes protobuf first. Items that OTLP calls invalid
//!    are left out and counted, each with its [`Reason`].
//! 3. **Store.** The raw bytes, the verdict and the rows go to the store, which returns once they
//!    are on disk and can be queried. [`Decoder`] is the way back: the same rows from the recorded
//!    bytes, whatever rules and clocks say by then.
//! 4. **Answer.** Success, partial success with exact counts, or a refusal that tells the sender
//!    whether to send again.
//!
//! What holds always: nothing is answered before the store has it; no failure is answered as
//! success; sent = stored + rejected, by the item; a passing fault is answered as one, so that
//! clients send again, and a lasting one never is.
//!
//! Keys are checked before a request comes here: either it is denied ([`deny_http`],
//! [`deny_grpc`]), or a [`Tenant`](ingest_model::Tenant) is among its extensions.

mod admit;
mod answer;
mod config;
mod decode;
mod deny;
mod error;
mod expand;
#[cfg(test)]
mod fake;
#[cfg(test)]
mod fuzz;
mod grpc;
mod http;
mod json;
mod proto;
mod receive;
mod refuse;
mod request;
mod rows;
#[cfg(test)]
mod samples;
mod sender;

pub use config::Config;
pub use decode::Decoder;
pub use deny::{Denied, deny_grpc, deny_http};
pub use error::DecodeError;
pub use grpc::grpc_router;
pub use http::http_router;
pub use json::signal_of_json;
pub use receive::{Clock, Receiver};
pub use request::{ExportRequest, request_from_json};
pub use rows::{Reason, Rejected, Rows, Verdict, rows};
pub use sender::{LeftOut, read_accepted, read_refused};
