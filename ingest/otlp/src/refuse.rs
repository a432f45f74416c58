//! Why a request is refused as a whole, and what each transport says about it.
//!
//! | reason | HTTP | gRPC | sent again? |
//! |---|---|---|---|
//! | no OTLP, damaged, wrong signal | 400 | INVALID_ARGUMENT | never |
//! | no known key, or of another role | 401, 403 | UNAUTHENTICATED, PERMISSION_DENIED | never |
//! | unknown path, wrong method | 404, 405 | UNIMPLEMENTED | never |
//! | did not arrive in time | 408 | DEADLINE_EXCEEDED | HTTP: never |
//! | larger than the limit, or once it is decoded | 413 | RESOURCE_EXHAUSTED without RetryInfo | never |
//! | unknown content type or compression | 415 | UNIMPLEMENTED | never |
//! | over the tenant's rate | 429 and Retry-After | RESOURCE_EXHAUSTED and RetryInfo | yes |
//! | a fault of ours | 500 | INTERNAL | never |
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
    #[error("Content-Encoding {found:?} is not supported; send gzip or identity")]
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
    #[error("the body is no gzip: {0}")]
    Gzip(String),
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
        matches!(self, Self::Busy | Self::Rate { .. } | Self::Store(_))
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
            Self::Slow { .. } => StatusCode::REQUEST_TIMEOUT,
            Self::Broken(_) | Self::Gzip(_) | Self::Framing(_) | Self::Decode(_) => StatusCode::BAD_REQUEST,
            Self::Rate { .. } => StatusCode::TOO_MANY_REQUESTS,
            Self::Busy | Self::Store(_) => StatusCode::SERVICE_UNAVAILABLE,
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
            Self::Broken(_) | Self::Gzip(_) | Self::Framing(_) | Self::Decode(_) => Code::InvalidArgument,
            Self::Busy | Self::Store(_) => Code::Unavailable,
            Self::Internal => Code::Internal,
        }
    }
}

/// Seconds, rounded up: whoever comes back then is let in.
fn whole_seconds(wait: Duration) -> u64 {
    wait.as_millis().div_ceil(1_000).max(1).try_into().unwrap_or(u64::MAX)
}
