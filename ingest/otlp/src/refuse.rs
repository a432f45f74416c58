//! Why a request is refused as a whole, and what each transport says about it.
//!
//! | reason | HTTP | gRPC | sent again? |
//! |---|---|---|---|
//! | no OTLP, damaged, wrong signal | 400 | INVALID_ARGUMENT | never |
//! | no known key, or of another role | 401, 403 | UNAUTHENTICATED, PERMISSION_DENIED | never |
//! | unknown path, wrong method | 404, 405 | UNIMPLEMENTED | never |
//! | larger than the limit, or once it is decoded | 413 | RESOURCE_EXHAUSTED without RetryInfo | never |
//! | unknown content type or compression | 415 | UNIMPLEMENTED | never |
//! | over the tenant's rate | 429 and Retry-After | RESOURCE_EXHAUSTED and RetryInfo | yes |
//! | a fault of ours | 500 | INTERNAL | never |
//! | did not arrive in time | 503 and Retry-After | DEADLINE_EXCEEDED and RetryInfo | yes |
//! | no memory, or the store cannot write now | 503 and Retry-After | UNAVAILABLE and RetryInfo | yes |
//!
//! 500 is for mistakes in slowburn only: OTLP clients drop what was answered with it.

use std::time::Duration;

use axum::http::StatusCode;
use ingest_model::Tenant;
use ingest_store::{ErrorKind, StoreError};
use tonic::Code;

use crate::deny::Denied;
use crate::error::DecodeError;

/// A request is refused as a whole.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Refusal {
    #[error(transparent)]
    Denied(Denied),
    #[error("there is nothing at {path}; OTLP/HTTP is POST /v1/traces, /v1/logs and /v1/metrics")]
    Path { path: String },
    #[error("{method} is not allowed here; send POST")]
    Method { method: String },
    #[error("Content-Type {found:?} is not supported; send application/x-protobuf or application/json")]
    ContentType { found: String },
    #[error("Content-Encoding {found:?} is not supported; send gzip, deflate, zstd or identity")]
    ContentEncoding { found: String },
    #[error("the request is larger than {limit} bytes, compressed or not; send smaller batches")]
    TooLarge { limit: usize },
    #[error("the request would take more than {limit} bytes once it is decoded; send smaller batches")]
    Expands { limit: usize },
    #[error(
        "the rows of the request would have more than {limit} bytes of text; send smaller batches, or shorter attributes"
    )]
    Repeats { limit: usize },
    #[error("the body did not arrive within {} s", within.as_secs())]
    Slow { within: Duration },
    #[error("the body broke off: {0}")]
    Broken(String),
    #[error("the body is no {by}: {reason}")]
    Packed { by: &'static str, reason: String },
    #[error("the gRPC message is not framed as it should be: {0}")]
    Framing(&'static str),
    #[error(transparent)]
    Decode(DecodeError),
    #[error("too many requests are in flight; send again in a moment")]
    Busy,
    #[error("tenant {tenant} sends more than {per_second} {limit} a second; send again in {} s", whole_seconds(*wait))]
    Rate { tenant: Tenant, limit: &'static str, per_second: u64, wait: Duration },
    #[error("{0}")]
    Store(StoreError),
    #[error("slowburn made a mistake; its log has the details")]
    Internal,
}

// === impl Refusal ===

impl Refusal {
    /// Tells the sender's mistakes from ours, which are logged here and not told in detail.
    pub(crate) fn of_decode(error: DecodeError) -> Self {
        if error.is_bad_request() {
            return Self::Decode(error);
        }
        tracing::error!(%error, "a request could not be turned into rows");
        Self::Internal
    }

    /// Tells what passes from what does not. What an operator must mend passes as well: telemetry
    /// that is sent again until then is not lost.
    pub(crate) fn of_store(error: StoreError) -> Self {
        match error.kind() {
            ErrorKind::Retry => Self::Store(error),
            ErrorKind::Operator => {
                tracing::error!(%error, "the store cannot take requests");
                Self::Store(error)
            }
            ErrorKind::Bug => {
                tracing::error!(%error, "the store refused the rows of a request");
                Self::Internal
            }
        }
    }

    pub(crate) const fn is_retryable(&self) -> bool {
        matches!(self, Self::Slow { .. } | Self::Busy | Self::Rate { .. } | Self::Store(_))
    }

    /// After how long a sender should try again, in whole seconds; `otherwise` where nothing is known.
    pub(crate) fn retry_after(&self, otherwise: Duration) -> Duration {
        match self {
            Self::Rate { wait, .. } => Duration::from_secs(whole_seconds(*wait)),
            _ => otherwise,
        }
    }

    pub(crate) const fn http_status(&self) -> StatusCode {
        match self {
            Self::Denied(Denied::Key) => StatusCode::UNAUTHORIZED,
            Self::Denied(Denied::Role) => StatusCode::FORBIDDEN,
            Self::Path { .. } => StatusCode::NOT_FOUND,
            Self::Method { .. } => StatusCode::METHOD_NOT_ALLOWED,
            Self::ContentType { .. } | Self::ContentEncoding { .. } => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::TooLarge { .. } | Self::Expands { .. } | Self::Repeats { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Broken(_) | Self::Packed { .. } | Self::Framing(_) | Self::Decode(_) => StatusCode::BAD_REQUEST,
            Self::Rate { .. } => StatusCode::TOO_MANY_REQUESTS,
            Self::Slow { .. } | Self::Busy | Self::Store(_) => StatusCode::SERVICE_UNAVAILABLE,
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    pub(crate) const fn grpc_code(&self) -> Code {
        match self {
            Self::Denied(Denied::Key) => Code::Unauthenticated,
            Self::Denied(Denied::Role) => Code::PermissionDenied,
            Self::Path { .. } | Self::Method { .. } | Self::ContentType { .. } | Self::ContentEncoding { .. } => {
                Code::Unimplemented
            }
            Self::TooLarge { .. } | Self::Expands { .. } | Self::Repeats { .. } | Self::Rate { .. } => {
                Code::ResourceExhausted
            }
            Self::Slow { .. } => Code::DeadlineExceeded,
            Self::Broken(_) | Self::Packed { .. } | Self::Framing(_) | Self::Decode(_) => Code::InvalidArgument,
            Self::Busy | Self::Store(_) => Code::Unavailable,
            Self::Internal => Code::Internal,
        }
    }
}

/// Seconds, rounded up: whoever comes back then is let in.
fn whole_seconds(wait: Duration) -> u64 {
    wait.as_millis().div_ceil(1_000).max(1).try_into().unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use ingest_model::Signal;

    use super::*;

    fn every_refusal() -> Vec<Refusal> {
        let text = String::new;
        let json = DecodeError::Json { signal: Signal::Traces, path: text(), reason: text() };
        vec![
            Refusal::Denied(Denied::Key),
            Refusal::Denied(Denied::Role),
            Refusal::Path { path: text() },
            Refusal::Method { method: text() },
            Refusal::ContentType { found: text() },
            Refusal::ContentEncoding { found: text() },
            Refusal::TooLarge { limit: 1 },
            Refusal::Expands { limit: 1 },
            Refusal::Repeats { limit: 1 },
            Refusal::Rate { tenant: Tenant::default(), limit: "items", per_second: 1, wait: Duration::ZERO },
            Refusal::Slow { within: Duration::ZERO },
            Refusal::Broken(text()),
            Refusal::Packed { by: "gzip", reason: text() },
            Refusal::Framing(""),
            Refusal::Decode(json),
            Refusal::Busy,
            Refusal::Store(StoreError::QueueFull),
            Refusal::Internal,
        ]
    }

    /// The pairs of the table in errors.go of the Collector; what it does not tell apart in HTTP has
    /// the more exact status here.
    fn fits(status: u16, code: Code) -> bool {
        match code {
            Code::InvalidArgument => status == 400,
            Code::Unauthenticated => status == 401,
            Code::PermissionDenied => status == 403,
            Code::Unimplemented => [404, 405, 415].contains(&status),
            Code::ResourceExhausted => [413, 429].contains(&status),
            Code::DeadlineExceeded | Code::Unavailable => status == 503,
            _ => status == 500,
        }
    }

    #[test]
    fn otlp_031_a_fault_has_the_same_class_on_both_transports() {
        for refusal in every_refusal() {
            let (status, code) = (refusal.http_status().as_u16(), refusal.grpc_code());
            assert!(fits(status, code), "{refusal:?}: {status}, {code:?}");
        }
    }

    #[test]
    fn otlp_028_029_what_is_sent_again_is_what_may_pass() {
        for refusal in every_refusal() {
            let again = [429, 502, 503, 504].contains(&refusal.http_status().as_u16());
            assert_eq!(again, refusal.is_retryable(), "{refusal:?}");
            let codes = [Code::Cancelled, Code::DeadlineExceeded, Code::Aborted, Code::OutOfRange];
            let mut again = [Code::Unavailable, Code::DataLoss].into_iter().chain(codes);
            // RESOURCE_EXHAUSTED is sent again where RetryInfo says so only, which a rate does.
            let again = again.any(|code| code == refusal.grpc_code()) || matches!(refusal, Refusal::Rate { .. });
            assert_eq!(again, refusal.is_retryable(), "{refusal:?}");
        }
    }
}
