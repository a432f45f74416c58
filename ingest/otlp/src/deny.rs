//! The answer to a sender without the right to send. Whoever checks keys gives it, in the words
//! of the transport, before the request comes here.

use std::time::Duration;

use axum::body::Body;
use axum::http::HeaderValue;
use axum::http::header::{CONTENT_TYPE, HeaderMap, WWW_AUTHENTICATE};
use axum::response::Response;
use tonic::Status;

use crate::answer;
use crate::http::{content_type, encoding_of};
use crate::refuse::Refusal;

/// Why a sender may not send.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Denied {
    /// No key was sent, or one that nobody knows.
    #[error("a known key is needed; send the header Authorization: Bearer KEY")]
    Key,
    /// The key is for other doors.
    #[error("this key may not send telemetry; use one with the role ingest or admin")]
    Role,
}

/// Denies a request over HTTP: 401 or 403, in the encoding of the request.
#[must_use]
pub fn deny_http(headers: &HeaderMap, denied: Denied) -> Response {
    let (encoding, refusal) = (encoding_of(headers), Refusal::Denied(denied));
    let mut response = Response::new(Body::from(answer::refused(&refusal, Duration::ZERO, encoding)));
    *response.status_mut() = refusal.http_status();
    response.headers_mut().insert(CONTENT_TYPE, content_type(encoding));
    if denied == Denied::Key {
        response.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    response
}

/// Denies a call over gRPC: UNAUTHENTICATED or PERMISSION_DENIED.
#[must_use]
pub fn deny_grpc(denied: Denied) -> Response {
    let refusal = Refusal::Denied(denied);
    Status::new(refusal.grpc_code(), refusal.to_string()).into_http()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn otlp_031_032_a_sender_without_a_key_is_told_so_on_both_transports() {
        let json = HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static("application/json"))]);
        let response = deny_http(&json, Denied::Key);
        assert_eq!(
            (response.status().as_u16(), &response.headers()[WWW_AUTHENTICATE]),
            (401, &"Bearer".parse().unwrap())
        );
        assert_eq!(deny_http(&json, Denied::Role).status().as_u16(), 403);
        assert_eq!(deny_grpc(Denied::Key).headers()["grpc-status"], "16");
        assert_eq!(deny_grpc(Denied::Role).headers()["grpc-status"], "7");
    }
}
