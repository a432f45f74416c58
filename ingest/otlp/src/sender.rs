//! The sender's side: what a receiver's answer over HTTP, in protobuf, says.

use ingest_model::Signal;
use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceResponse;
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceResponse;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceResponse;
use prost::Message;

use crate::answer::Status;
use crate::error::DecodeError;

/// What a receiver left out of a request that it accepted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LeftOut {
    /// How many items.
    pub items: u64,
    /// Why, in the receiver's words.
    pub reason: String,
}

/// Reads the body of an answer with status 200.
///
/// # Errors
///
/// [`DecodeError::Protobuf`] when it is no answer to a request of the signal.
pub fn read_accepted(signal: Signal, body: &[u8]) -> Result<LeftOut, DecodeError> {
    let partial = match signal {
        Signal::Traces => ExportTraceServiceResponse::decode(body)
            .map(|answer| answer.partial_success.map(|partial| (partial.rejected_spans, partial.error_message))),
        Signal::Logs => ExportLogsServiceResponse::decode(body)
            .map(|answer| answer.partial_success.map(|partial| (partial.rejected_log_records, partial.error_message))),
        Signal::Metrics => ExportMetricsServiceResponse::decode(body)
            .map(|answer| answer.partial_success.map(|partial| (partial.rejected_data_points, partial.error_message))),
    }
    .map_err(|source| DecodeError::Protobuf { signal, source })?;
    let (items, reason) = partial.unwrap_or_default();
    Ok(LeftOut { items: u64::try_from(items).unwrap_or_default(), reason })
}

/// The reason in the body of any other answer; `None` when it is not a `google.rpc.Status`.
#[must_use]
pub fn read_refused(body: &[u8]) -> Option<String> {
    Status::decode(body).ok().map(|status| status.message).filter(|message| !message.is_empty())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use ingest_store::Encoding;
    use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsPartialSuccess;

    use super::*;
    use crate::answer;
    use crate::refuse::Refusal;

    #[test]
    fn what_was_left_out_is_read_with_its_reason() {
        let partial = ExportLogsPartialSuccess { rejected_log_records: 2, error_message: "both late".to_owned() };
        let body = ExportLogsServiceResponse { partial_success: Some(partial) }.encode_to_vec();
        let left_out = LeftOut { items: 2, reason: "both late".to_owned() };
        assert_eq!(read_accepted(Signal::Logs, &body).unwrap(), left_out);
        assert_eq!(read_accepted(Signal::Traces, b"").unwrap(), LeftOut::default());
        assert!(read_accepted(Signal::Logs, b"<html>").is_err());
    }

    #[test]
    fn a_refusal_has_its_reason() {
        let body = answer::refused(&Refusal::Busy, Duration::from_secs(2), Encoding::Protobuf);
        assert_eq!(read_refused(&body).unwrap(), Refusal::Busy.to_string());
        assert_eq!(read_refused(b"<html>"), None);
    }
}
