//! OTLP/gRPC: the unary `Export` of the three collector services.
//!
//! A unary call is one length-prefixed message each way, so the framing is done here and not by
//! `tonic::server`: the body then passes the same admission as one over HTTP, the bytes that were
//! sent are the bytes that are logged, and a message beyond the limit is answered with
//! RESOURCE_EXHAUSTED. (`tonic` answers OUT_OF_RANGE when it is not compressed, which OTLP clients
//! send again, forever.) The status and its trailers are `tonic`'s.

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::header::{CONTENT_TYPE, HeaderMap, HeaderName};
use axum::http::{HeaderValue, StatusCode};
use axum::response::Response;
use axum::routing::post;
use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use ingest_model::{Signal, Tenant};
use ingest_store::Encoding;
use prost::Message as _;
use tonic::metadata::{MetadataMap, MetadataValue};
use tonic::{Code, Status};

use crate::admit::Admitted;
use crate::answer::{self, RetryInfo};
use crate::http::header;
use crate::receive::{Delivery, Receiver};
use crate::refuse::Refusal;
use crate::rows::Rejected;
use crate::unpack::Packing;

const GRPC: &str = "application/grpc";
const GRPC_ENCODING: HeaderName = HeaderName::from_static("grpc-encoding");
const GRPC_ACCEPT_ENCODING: HeaderName = HeaderName::from_static("grpc-accept-encoding");
const GRPC_STATUS: HeaderName = HeaderName::from_static("grpc-status");

/// Where Python's exporter looks for the delay; `grpc-status-details-bin` has it for the others.
const RETRY_INFO: &str = "google.rpc.retryinfo-bin";

/// One byte that says whether the message is compressed, four that say how long it is.
const PREFIX: usize = 5;

/// The routes of OTLP/gRPC; any other method is answered with UNIMPLEMENTED.
///
/// A request belongs to the [`Tenant`] among its extensions, or to the default one.
pub fn grpc_router(receiver: Receiver) -> Router {
    let mut router = Router::new();
    for signal in Signal::ALL {
        let export = move |State(receiver): State<Receiver>, request: Request| export(receiver, signal, request);
        router = router.route(path(signal), post(export));
    }
    router.fallback(unimplemented).with_state(receiver)
}

const fn path(signal: Signal) -> &'static str {
    match signal {
        Signal::Traces => "/opentelemetry.proto.collector.trace.v1.TraceService/Export",
        Signal::Logs => "/opentelemetry.proto.collector.logs.v1.LogsService/Export",
        Signal::Metrics => "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export",
    }
}

async fn export(receiver: Receiver, signal: Signal, request: Request) -> Response {
    if !is_grpc(request.headers()) {
        return not_grpc();
    }
    let (code, response) = match accept(&receiver, signal, request).await {
        Ok(rejected) => (Code::Ok, respond(&answer::accepted(signal, Encoding::Protobuf, &rejected))),
        Err(refusal) => (refusal.grpc_code(), refuse(&receiver, &refusal)),
    };
    count_request(signal, code);
    response
}

async fn accept(receiver: &Receiver, signal: Signal, request: Request) -> Result<Rejected, Refusal> {
    let packing = Packing::named(header(request.headers(), GRPC_ENCODING))?;
    let tenant = request.extensions().get::<Tenant>().cloned().unwrap_or_default();
    // Some exporters never send again what gRPC refused, so they are made to wait first.
    let patience = receiver.config.grpc_admission_wait;
    let framed = receiver.admission.read(request.into_body(), PREFIX, message_length, patience).await?;
    let (compressed, mut admitted) = message(framed)?;
    if compressed {
        let packing = packing.ok_or(Refusal::Framing("it is compressed but grpc-encoding does not say how"))?;
        admitted = receiver.admission.unpack(admitted, packing).await?;
    }
    receiver.receive(Delivery { tenant, signal, encoding: Encoding::Protobuf, admitted, patience }).await
}

/// OTLP over HTTP that came to the wrong door must not take a gRPC answer, whose HTTP status is
/// always 200, for a success.
fn not_grpc() -> Response {
    let text = "this is OTLP over gRPC; send OTLP over HTTP to the address of --otlp-http, by default port 4318\n";
    let mut response = Response::new(Body::from(text));
    *response.status_mut() = StatusCode::UNSUPPORTED_MEDIA_TYPE;
    response
}

async fn unimplemented(request: Request) -> Response {
    if !is_grpc(request.headers()) {
        return not_grpc();
    }
    let told = format!("there is no method {}", request.uri().path());
    Status::unimplemented(answer::message(&told)).into_http()
}

/// What the prefix announces, once it was read.
fn message_length(read: &[u8]) -> Option<usize> {
    let length: [u8; 4] = read.get(1..PREFIX)?.try_into().ok()?;
    usize::try_from(u32::from_be_bytes(length)).ok()
}

/// The one message of a unary request, and whether it is compressed.
fn message(framed: Admitted) -> Result<(bool, Admitted), Refusal> {
    let Admitted { body, share } = framed;
    let Some(length) = message_length(&body) else {
        return Err(Refusal::Framing("it ends within the length prefix"));
    };
    if body.len() - PREFIX != length {
        return Err(Refusal::Framing("it is not as long as its prefix says"));
    }
    Ok((body[0] == 1, Admitted { body: body.slice(PREFIX..), share }))
}

fn respond(message: &[u8]) -> Response {
    let mut framed = Vec::with_capacity(PREFIX + message.len());
    framed.push(0);
    framed.extend_from_slice(&u32::try_from(message.len()).unwrap_or(u32::MAX).to_be_bytes());
    framed.extend_from_slice(message);
    let mut trailers = HeaderMap::new();
    trailers.insert(GRPC_STATUS, HeaderValue::from_static("0"));
    let body = Full::new(Bytes::from(framed)).with_trailers(std::future::ready(Some(Ok(trailers))));
    let mut response = Response::new(Body::new(body));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(GRPC));
    response
}

fn refuse(receiver: &Receiver, refusal: &Refusal) -> Response {
    let retry_after = refusal.retry_after(receiver.config.retry_after);
    let mut metadata = MetadataMap::new();
    if refusal.is_retryable() {
        let delay = RetryInfo::new(retry_after).encode_to_vec();
        metadata.insert_bin(RETRY_INFO, MetadataValue::from_bytes(&delay));
    }
    let details = answer::status(refusal, retry_after).encode_to_vec();
    let status =
        Status::with_details_and_metadata(refusal.grpc_code(), answer::message(refusal), details.into(), metadata);
    let mut response = status.into_http();
    if matches!(refusal, Refusal::ContentEncoding { .. }) {
        response.headers_mut().insert(GRPC_ACCEPT_ENCODING, HeaderValue::from_static(Packing::NAMES));
    }
    response
}

fn is_grpc(headers: &HeaderMap) -> bool {
    let found = header(headers, CONTENT_TYPE).to_ascii_lowercase();
    found == GRPC || found.starts_with("application/grpc+proto") || found.starts_with("application/grpc;")
}

fn count_request(signal: Signal, code: Code) {
    let status = (code as i32).to_string();
    let labels = [("signal", signal.as_str().to_owned()), ("protocol", "grpc".to_owned()), ("status", status)];
    metrics::counter!("ingest_otlp_requests_total", &labels).increment(1);
}

#[cfg(test)]
mod tests;
