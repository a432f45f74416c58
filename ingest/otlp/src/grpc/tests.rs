use std::io::Write as _;
use std::sync::Arc;
use std::time::Duration;

use flate2::Compression;
use flate2::write::{GzEncoder, ZlibEncoder};
use ingest_store::StoreError;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceResponse;
use opentelemetry_proto::tonic::trace::v1::Span;
use tower::ServiceExt as _;

use super::*;
use crate::config::Config;
use crate::fake::FakeSink;
use crate::samples::{span, traces};

/// The end of a call: its status, and the message when there is one.
struct Outcome {
    status: Status,
    message: Bytes,
}

async fn call(sink: &Arc<FakeSink>, config: Config, request: Request) -> Outcome {
    let response = grpc_router(sink.receiver(config)).oneshot(request).await.expect("a router cannot fail");
    assert_eq!(header(response.headers(), CONTENT_TYPE), GRPC);
    let in_headers = Status::from_header_map(response.headers());
    let collected = response.into_body().collect().await.expect("the body is whole");
    let in_trailers = collected.trailers().and_then(Status::from_header_map);
    let status = in_headers.or(in_trailers).expect("every call ends with a status");
    let body = collected.to_bytes();
    Outcome { status, message: if body.is_empty() { body } else { body.slice(PREFIX..) } }
}

fn framed(flag: u8, message: &[u8]) -> Vec<u8> {
    let mut framed = vec![flag];
    framed.extend_from_slice(&u32::try_from(message.len()).expect("it is short").to_be_bytes());
    framed.extend_from_slice(message);
    framed
}

fn export(signal: Signal, encoding: &'static str, body: Vec<u8>) -> Request {
    let request = Request::post(path(signal)).header(CONTENT_TYPE, GRPC).header(GRPC_ENCODING, encoding);
    request.body(Body::from(body)).expect("a request")
}

async fn send(sink: &Arc<FakeSink>, message: &[u8]) -> Outcome {
    call(sink, Config::default(), export(Signal::Traces, "identity", framed(0, message))).await
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut to = GzEncoder::new(Vec::new(), Compression::default());
    to.write_all(bytes).expect("a vector takes all");
    to.finish().expect("a vector takes all")
}

#[tokio::test]
async fn otlp_001_export_stores_the_bytes_that_were_sent() {
    let sink = FakeSink::new(None);
    let message = traces(vec![span(1)]).encode();
    let outcome = send(&sink, &message).await;
    assert_eq!((outcome.status.code(), outcome.message.len()), (Code::Ok, 0));
    assert_eq!(sink.appended()[0].request.body, message);
    for signal in Signal::ALL {
        let outcome = call(&sink, Config::default(), export(signal, "identity", framed(0, b""))).await;
        assert_eq!(outcome.status.code(), Code::Ok, "{signal}");
    }
}

#[tokio::test]
async fn otlp_004_gzip_messages_are_read() {
    let sink = FakeSink::new(None);
    let message = traces(vec![span(1)]).encode();
    let sent = |encoding, flag, body: &[u8]| export(Signal::Traces, encoding, framed(flag, body));
    let code = |request| {
        let sink = Arc::clone(&sink);
        async move { call(&sink, Config::default(), request).await.status.code() }
    };
    assert_eq!(code(sent("gzip", 1, &gzip(&message))).await, Code::Ok);
    assert_eq!(sink.appended()[0].request.body, message);
    assert_eq!(code(sent("gzip", 0, &message)).await, Code::Ok);
    assert_eq!(code(sent("identity", 1, &gzip(&message))).await, Code::InvalidArgument);
    assert_eq!(code(sent("snappy", 1, &message)).await, Code::Unimplemented);
}

#[tokio::test]
async fn otlp_014_015_029_a_message_over_the_limit_is_exhausted_and_never_sent_again() {
    let sink = FakeSink::new(None);
    let config = Config { max_request_bytes: 1_000, ..Config::default() };
    let large = vec![0; 2_000];
    for body in [framed(0, &large), framed(0, &large)[..PREFIX].to_vec(), framed(1, &gzip(&large))] {
        let outcome = call(&sink, config.clone(), export(Signal::Traces, "gzip", body)).await;
        assert_eq!(outcome.status.code(), Code::ResourceExhausted);
        assert!(outcome.status.metadata().get_bin(RETRY_INFO).is_none());
        let details = answer::Status::decode(outcome.status.details()).expect("a google.rpc.Status");
        assert_eq!(details.details, vec![]);
    }
}

#[tokio::test]
async fn a_message_of_exactly_the_limit_is_not_too_large() {
    let message = traces(vec![span(1)]).encode();
    let config = Config { max_request_bytes: message.len(), ..Config::default() };
    let request = export(Signal::Traces, "identity", framed(0, &message));
    assert_eq!(call(&FakeSink::new(None), config, request).await.status.code(), Code::Ok);
}

#[tokio::test]
async fn otlp_022_partial_success_counts_exactly() {
    let message = traces(vec![span(1), Span { span_id: vec![], ..span(2) }]).encode();
    let outcome = send(&FakeSink::new(None), &message).await;
    let response = ExportTraceServiceResponse::decode(outcome.message).expect("a response");
    assert_eq!(response.partial_success.map(|partial| partial.rejected_spans), Some(1));
}

#[tokio::test]
async fn otlp_027_what_cannot_be_decoded_is_an_invalid_argument() {
    let sink = FakeSink::new(None);
    assert_eq!(send(&sink, b"no protobuf").await.status.code(), Code::InvalidArgument);
    for damaged in [vec![], vec![0, 0], framed(0, b"ab")[..6].to_vec(), [framed(0, b""), framed(0, b"")].concat()] {
        let outcome = call(&sink, Config::default(), export(Signal::Traces, "identity", damaged)).await;
        assert_eq!(outcome.status.code(), Code::InvalidArgument);
    }
}

#[tokio::test]
async fn otlp_029_030_a_store_that_cannot_write_now_says_when_to_try_again_in_both_trailers() {
    let sink = FakeSink::new(Some(|| StoreError::Closed));
    let status = send(&sink, &traces(vec![span(1)]).encode()).await.status;
    assert_eq!(status.code(), Code::Unavailable);
    let delay = status.metadata().get_bin(RETRY_INFO).and_then(|value| value.to_bytes().ok()).expect("a delay");
    let delay = RetryInfo::decode(delay).expect("a RetryInfo").retry_delay.map(|delay| delay.seconds);
    let details = answer::Status::decode(status.details()).expect("a google.rpc.Status");
    assert_eq!((delay, details.code), (Some(2), 14));
    assert!(details.details[0].type_url.ends_with("google.rpc.RetryInfo"));
}

#[tokio::test]
async fn otlp_087_methods_that_are_not_there_are_unimplemented() {
    let path = "/opentelemetry.proto.collector.profiles.v1development.ProfilesService/Export";
    let request = Request::post(path).header(CONTENT_TYPE, GRPC).body(Body::empty()).expect("a request");
    assert_eq!(call(&FakeSink::new(None), Config::default(), request).await.status.code(), Code::Unimplemented);
}

#[tokio::test]
async fn otlp_019_what_is_no_grpc_is_told_so_in_http() {
    let request = Request::post(path(Signal::Traces)).header(CONTENT_TYPE, "application/json").body(Body::empty());
    let router = grpc_router(FakeSink::new(None).receiver(Config::default()));
    let response = router.oneshot(request.expect("a request")).await.expect("a router cannot fail");
    assert_eq!(response.status(), StatusCode::UNSUPPORTED_MEDIA_TYPE);
}

#[tokio::test]
async fn otlp_005_zstd_and_deflate_messages_are_read() {
    let sink = FakeSink::new(None);
    let message = traces(vec![span(1)]).encode();
    let mut deflated = ZlibEncoder::new(Vec::new(), Compression::default());
    deflated.write_all(&message).expect("a vector takes all");
    let deflated = deflated.finish().expect("a vector takes all");
    let zstd = zstd::encode_all(&message[..], 3).expect("a vector takes all");
    for (encoding, body) in [("zstd", zstd), ("deflate", deflated)] {
        let request = export(Signal::Traces, encoding, framed(1, &body));
        assert_eq!(call(&sink, Config::default(), request).await.status.code(), Code::Ok, "{encoding}");
        assert_eq!(sink.appended().pop().expect("a request").request.body, message);
    }
}

#[tokio::test]
async fn otlp_030_under_overload_a_reply_is_held_before_it_is_refused() {
    let sink = FakeSink::new(None);
    sink.gate.forget_permits(1_000);
    let grpc_admission_wait = Duration::from_millis(500);
    let config =
        Config { max_request_bytes: 4_096, max_in_flight_bytes: 8_192, grpc_admission_wait, ..Config::default() };
    let router = grpc_router(sink.receiver(config));
    let message = traces(vec![Span { name: "n".repeat(3_500), ..span(1) }]).encode();
    let send = || {
        let request = export(Signal::Traces, "identity", framed(0, &message));
        tokio::spawn(router.clone().oneshot(request))
    };
    let status = |response: Response| Status::from_header_map(response.headers()).map(|status| status.code());
    let (first, second) = (send(), send());
    tokio::time::sleep(Duration::from_millis(50)).await;
    let started = tokio::time::Instant::now();
    let refused = send().await.expect("no panic").expect("a router cannot fail");
    assert_eq!(status(refused), Some(Code::Unavailable));
    assert!(started.elapsed() >= grpc_admission_wait);

    let held = send();
    tokio::time::sleep(Duration::from_millis(50)).await;
    sink.gate.add_permits(3);
    for waiting in [first, second, held] {
        // The status of a success is in the trailers.
        assert_eq!(status(waiting.await.expect("no panic").expect("a router cannot fail")), None);
    }
}

#[tokio::test]
async fn otlp_016_a_refusal_fits_the_headers_that_clients_take() {
    let path = format!("/{}", "x".repeat(20_000));
    let request = Request::post(path).header(CONTENT_TYPE, GRPC).body(Body::empty()).expect("a request");
    let router = grpc_router(FakeSink::new(None).receiver(Config::default()));
    let response = router.oneshot(request).await.expect("a router cannot fail");
    let size: usize = response.headers().iter().map(|(name, value)| name.as_str().len() + value.len() + 32).sum();
    assert!(size < 8_192, "{size}");
}
