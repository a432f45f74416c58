//! OTLP/HTTP: protobuf and JSON on the same paths, told apart by `Content-Type`.

use std::collections::BTreeSet;
use std::io::Read as _;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::header::{
    ACCEPT_ENCODING, ALLOW, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, HeaderMap, HeaderName, RETRY_AFTER, VARY,
};
use axum::http::{HeaderValue, StatusCode};
use axum::response::Response;
use axum::routing::post;
use flate2::Compression;
use flate2::bufread::GzEncoder;
use http_body_util::{BodyExt as _, Collected};
use ingest_model::{Signal, Tenant};
use ingest_store::Encoding;

use crate::answer;
use crate::receive::{Delivery, Receiver};
use crate::refuse::Refusal;
use crate::rows::Rejected;
use crate::unpack::Packing;

const PROTOBUF: &str = "application/x-protobuf";
const JSON: &str = "application/json";

/// Answers below this many bytes are not compressed.
const SHORT: usize = 64;

/// The routes of OTLP/HTTP: `POST /v1/traces`, `/v1/logs` and `/v1/metrics`, and below the prefix.
///
/// A request belongs to the [`Tenant`] among its extensions, or to the default one.
pub fn http_router(receiver: Receiver) -> Router {
    let mut router = Router::new();
    let prefixes = BTreeSet::from(["", receiver.config.http_prefix.trim_end_matches('/')]);
    for signal in Signal::ALL {
        let export = move |State(receiver): State<Receiver>, request: Request| export(receiver, signal, request);
        for prefix in &prefixes {
            router = router.route(&format!("{prefix}/v1/{signal}"), post(export).fallback(wrong_method));
        }
    }
    router.fallback(wrong_path).with_state(receiver)
}

async fn export(receiver: Receiver, signal: Signal, request: Request) -> Response {
    let encoding = encoding_of(request.headers());
    let gzip = wants_gzip(request.headers());
    let outcome = accept(&receiver, signal, request).await;
    let response = match outcome {
        Ok(rejected) => respond(StatusCode::OK, encoding, answer::accepted(signal, encoding, &rejected)),
        Err(refusal) => refuse(&receiver, encoding, &refusal),
    };
    count_request(signal, response.status());
    if gzip { compressed(response).await } else { response }
}

async fn accept(receiver: &Receiver, signal: Signal, request: Request) -> Result<Rejected, Refusal> {
    let encoding = supported_encoding(request.headers())?;
    let packing = packing(request.headers())?;
    let length = header(request.headers(), CONTENT_LENGTH).parse().ok();
    let tenant = request.extensions().get::<Tenant>().cloned().unwrap_or_default();
    let wait = receiver.config.http_admission_wait;
    let mut admitted = receiver.admission.read(request.into_body(), 0, |_| length, wait).await?;
    if let Some(packing) = packing {
        admitted = receiver.admission.unpack(admitted, packing).await?;
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

/// Whether the sender takes an answer in gzip.
fn wants_gzip(headers: &HeaderMap) -> bool {
    let names = headers.get_all(ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    names.flat_map(|names| names.split(',')).any(|name| {
        let mut words = name.split(';').map(str::trim);
        let named = words.next().is_some_and(|name| name.eq_ignore_ascii_case("gzip"));
        let weight = words.next().and_then(|word| word.strip_prefix("q=")).map_or(Ok(1.0), str::parse::<f32>);
        named && weight.is_ok_and(|weight| weight > 0.0)
    })
}

/// The answer in gzip, unless it is so short that gzip would make it longer.
async fn compressed(response: Response) -> Response {
    let (mut parts, body) = response.into_parts();
    let plain = body.collect().await.map(Collected::to_bytes).unwrap_or_default();
    parts.headers.insert(VARY, HeaderValue::from_static("accept-encoding"));
    if plain.len() < SHORT {
        return Response::from_parts(parts, Body::from(plain));
    }
    parts.headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    Response::from_parts(parts, Body::from(gzip(&plain)))
}

fn gzip(plain: &[u8]) -> Vec<u8> {
    let mut packed = Vec::new();
    let mut from = GzEncoder::new(plain, Compression::fast());
    // Reading from memory into memory does not fail.
    from.read_to_end(&mut packed).ok();
    packed
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

/// A second header of the name says that the body was compressed twice, as a list in one would.
fn packing(headers: &HeaderMap) -> Result<Option<Packing>, Refusal> {
    let mut found = headers.get_all(CONTENT_ENCODING).iter().map(|value| value.to_str().unwrap_or("no text"));
    let packing = Packing::named(found.next().unwrap_or_default())?;
    match found.next() {
        None => Ok(packing),
        Some(second) => Err(Refusal::ContentEncoding { found: second.to_owned() }),
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
