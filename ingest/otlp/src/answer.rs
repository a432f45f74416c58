//! The messages of answers, in protobuf and JSON.

use std::fmt::Display;
use std::time::Duration;

use ingest_model::Signal;
use ingest_store::Encoding;
use opentelemetry_proto::tonic::collector::logs::v1::{ExportLogsPartialSuccess, ExportLogsServiceResponse};
use opentelemetry_proto::tonic::collector::metrics::v1::{ExportMetricsPartialSuccess, ExportMetricsServiceResponse};
use opentelemetry_proto::tonic::collector::trace::v1::{ExportTracePartialSuccess, ExportTraceServiceResponse};
use prost::Message;
use serde_json::json;

use crate::error::DecodeError;
use crate::refuse::Refusal;
use crate::rows::Rejected;

/// Bytes that a message to a sender may have. Some quote what was sent, which may be long; over gRPC
/// a message stands three times among headers, of which clients take 8 KiB.
const MESSAGE_BYTES: usize = 1_000;

/// `google.rpc.Status`.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct Status {
    #[prost(int32, tag = "1")]
    pub(crate) code: i32,
    #[prost(string, tag = "2")]
    pub(crate) message: String,
    #[prost(message, repeated, tag = "3")]
    pub(crate) details: Vec<Any>,
}

/// `google.protobuf.Any`.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct Any {
    #[prost(string, tag = "1")]
    pub(crate) type_url: String,
    #[prost(bytes = "vec", tag = "2")]
    pub(crate) value: Vec<u8>,
}

/// `google.rpc.RetryInfo`.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct RetryInfo {
    #[prost(message, optional, tag = "1")]
    pub(crate) retry_delay: Option<Seconds>,
}

/// `google.protobuf.Duration`, whole seconds only.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct Seconds {
    #[prost(int64, tag = "1")]
    pub(crate) seconds: i64,
}

/// `google.rpc.BadRequest`.
#[derive(Clone, PartialEq, Message)]
struct BadRequest {
    #[prost(message, repeated, tag = "1")]
    field_violations: Vec<FieldViolation>,
}

/// `google.rpc.BadRequest.FieldViolation`.
#[derive(Clone, PartialEq, Message)]
struct FieldViolation {
    #[prost(string, tag = "1")]
    field: String,
    #[prost(string, tag = "2")]
    description: String,
}

// === impl RetryInfo ===

impl RetryInfo {
    pub(crate) fn new(after: Duration) -> Self {
        Self { retry_delay: Some(Seconds { seconds: i64::try_from(after.as_secs()).unwrap_or(i64::MAX) }) }
    }
}

/// The answer to a request that was accepted, wholly or in part.
pub(crate) fn accepted(signal: Signal, encoding: Encoding, rejected: &Rejected) -> Vec<u8> {
    match encoding {
        Encoding::Protobuf => accepted_protobuf(signal, rejected),
        Encoding::Json => accepted_json(signal, rejected),
    }
}

fn accepted_protobuf(signal: Signal, rejected: &Rejected) -> Vec<u8> {
    let (count, error_message) = (i64::try_from(rejected.count()).unwrap_or(i64::MAX), rejected.message());
    let partial = count > 0;
    match signal {
        Signal::Traces => {
            let partial_success = ExportTracePartialSuccess { rejected_spans: count, error_message };
            ExportTraceServiceResponse { partial_success: partial.then_some(partial_success) }.encode_to_vec()
        }
        Signal::Logs => {
            let partial_success = ExportLogsPartialSuccess { rejected_log_records: count, error_message };
            ExportLogsServiceResponse { partial_success: partial.then_some(partial_success) }.encode_to_vec()
        }
        Signal::Metrics => {
            let partial_success = ExportMetricsPartialSuccess { rejected_data_points: count, error_message };
            ExportMetricsServiceResponse { partial_success: partial.then_some(partial_success) }.encode_to_vec()
        }
    }
}

/// 64-bit integers are strings in proto3 JSON.
fn accepted_json(signal: Signal, rejected: &Rejected) -> Vec<u8> {
    if rejected.count() == 0 {
        return b"{}".to_vec();
    }
    let count = match signal {
        Signal::Traces => "rejectedSpans",
        Signal::Logs => "rejectedLogRecords",
        Signal::Metrics => "rejectedDataPoints",
    };
    let partial_success = json!({ count: rejected.count().to_string(), "errorMessage": rejected.message() });
    json!({ "partialSuccess": partial_success }).to_string().into_bytes()
}

/// What a sender is told of a refusal, shortened.
pub(crate) fn message(refusal: &impl Display) -> String {
    let mut message = refusal.to_string();
    if message.len() > MESSAGE_BYTES {
        message.truncate(message.floor_char_boundary(MESSAGE_BYTES));
        message.push('…');
    }
    message
}

/// The body of a refusal: `google.rpc.Status`.
pub(crate) fn refused(refusal: &Refusal, retry_after: Duration, encoding: Encoding) -> Vec<u8> {
    match encoding {
        Encoding::Protobuf => status(refusal, retry_after).encode_to_vec(),
        Encoding::Json => {
            let code = refusal.grpc_code() as i32;
            json!({ "code": code, "message": message(refusal) }).to_string().into_bytes()
        }
    }
}

/// `google.rpc.Status` with what a machine may want to know: when to try again, or what is wrong.
pub(crate) fn status(refusal: &Refusal, retry_after: Duration) -> Status {
    let details = match refusal {
        Refusal::Decode(error) => vec![any("google.rpc.BadRequest", &bad_request(error))],
        _ if refusal.is_retryable() => vec![any("google.rpc.RetryInfo", &RetryInfo::new(retry_after))],
        _ => Vec::new(),
    };
    Status { code: refusal.grpc_code() as i32, message: message(refusal), details }
}

fn bad_request(error: &DecodeError) -> BadRequest {
    let field = match error {
        DecodeError::Json { path, .. } => message(path),
        _ => String::new(),
    };
    BadRequest { field_violations: vec![FieldViolation { field, description: message(error) }] }
}

fn any(name: &str, message: &impl Message) -> Any {
    Any { type_url: format!("type.googleapis.com/{name}"), value: message.encode_to_vec() }
}
