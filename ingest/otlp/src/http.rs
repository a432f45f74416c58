//! OTLP/HTTP: protobuf and JSON on the same paths, told apart by `Content-Type`.

use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::header::{ALLOW, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, HeaderMap, HeaderName, RETRY_AFTER};
use axum::http::{HeaderValue, StatusCode};
use axum::response::Response;
use axum::routing::post;
use ingest_model::{Signal, Tenant};
use ingest_store::Encoding;

use crate::answer;
use crate::receive::{Delivery, Receiver};
use crate::refuse::Refusal;
use crate::rows::Rejected;

const PROTOBUF: &str = "application/x-protobuf";
const JSON: &str = "application/json";

/// The routes of OTLP/HTTP: `POST /v1/traces`, `/v1/logs` and `/v1/metrics`.
///
/// A request belongs to the [`Tenant`] among its extensions, or to the default one.
pub fn http_router(receiver: Receiver) -> Router {
    let mut router = Router::new();
    for signal in Signal::ALL {
        let export = move |State(receiver): State<Receiver>, request: Request| export(receiver, signal, request);
        router = router.route(&format!("/v1/{signal}"), post(export).fallback(wrong_method));
    }
    router.fallback(wrong_path).with_state(receiver)
}

async fn export(receiver: Receiver, signal: Signal, request: Request) -> Response {
    let encoding = encoding_of(request.headers());
    let outcome = accept(&receiver, signal, request).await;
    let response = match outcome {
        Ok(rejected) => respond(StatusCode::OK, encoding, answer::accepted(signal, encoding, &rejected)),
        Err(refusal) => refuse(&receiver, encoding, &refusal),
    };
    count_request(signal, response.status());
    response
}

async fn accept(receiver: &Receiver, signal: Signal, request: Request) -> Result<Rejected, Refusal> {
    let encoding = supported_encoding(request.headers())?;
    let compressed = is_gzip(request.headers())?;
    let length = header(request.headers(), CONTENT_LENGTH).parse().ok();
    let tenant = request.extensions().get::<Tenant>().cloned().unwrap_or_default();
    let mut admitted = receiver.admission.read(request.into_body(), 0, |_| length).await?;
    if compressed {
        admitted = receiver.admission.gunzip(admitted).await?;
    }
    receiver.receive(Delivery { tenant, signal, encoding, admitted, patience: Duration::ZERO }).await
}

async fn wrong_method(State(receiver): State<Receiver>, request: Request) -> Response {
    let refusal = Refusal::Method { method: request.method().to_string() };
    let mut response = refuse(&receiver, encoding_of(request.headers()), &refusal);
    response.headers_mut().insert(ALLOW, HeaderValue::from_static("POST"));
    response
}

async fn wrong_path(State(receiver): State<Receiver>, request: Request) -> Response {
    let refusal = Refusal::Path { path: request.uri().path().to_owned() };
    refuse(&receiver, encoding_of(request.headers()), &refusal)
}

fn refuse(receiver: &Receiver, encoding: Encoding, refusal: &Refusal) -> Response {
    let retry_after = refusal.retry_after(receiver.config.retry_after);
    let body = answer::refused(refusal, retry_after, encoding);
    let mut response = respond(refusal.http_status(), encoding, body);
    if refusal.is_retryable() {
        response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(retry_after.as_secs()));
    }
    response
}

fn respond(status: StatusCode, encoding: Encoding, body: Vec<u8>) -> Response {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, content_type(encoding));
    response
}

pub(crate) const fn content_type(encoding: Encoding) -> HeaderValue {
    HeaderValue::from_static(match encoding {
        Encoding::Protobuf => PROTOBUF,
        Encoding::Json => JSON,
    })
}

/// The encoding of the answer: the request's, and JSON where that is unknown, which people and
/// machines can read.
pub(crate) fn encoding_of(headers: &HeaderMap) -> Encoding {
    supported_encoding(headers).unwrap_or(Encoding::Json)
}

fn supported_encoding(headers: &HeaderMap) -> Result<Encoding, Refusal> {
    let found = header(headers, CONTENT_TYPE);
    let media_type = found.split(';').next().unwrap_or_default().trim();
    if media_type.eq_ignore_ascii_case(PROTOBUF) || media_type.eq_ignore_ascii_case("application/protobuf") {
        Ok(Encoding::Protobuf)
    } else if media_type.eq_ignore_ascii_case(JSON) {
        Ok(Encoding::Json)
    } else {
        Err(Refusal::ContentType { found: found.to_owned() })
    }
}

fn is_gzip(headers: &HeaderMap) -> Result<bool, Refusal> {
    let found = header(headers, CONTENT_ENCODING).trim();
    if found.is_empty() || found.eq_ignore_ascii_case("identity") {
        Ok(false)
    } else if found.eq_ignore_ascii_case("gzip") {
        Ok(true)
    } else {
        Err(Refusal::ContentEncoding { found: found.to_owned() })
    }
}

/// A header's text; empty when it is missing or no text.
pub(crate) fn header(headers: &HeaderMap, name: impl Into<HeaderName>) -> &str {
    headers.get(name.into()).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

fn count_request(signal: Signal, status: StatusCode) {
    let status = status.as_u16().to_string();
    let labels = [("signal", signal.as_str().to_owned()), ("protocol", "http".to_owned()), ("status", status)];
    metrics::counter!("ingest_otlp_requests_total", &labels).increment(1);
}

#[cfg(test)]
mod tests;
