mod wire;

use std::io::Write as _;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use http_body_util::BodyExt as _;
use ingest_store::{Decode as _, StoreError};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceResponse;
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::Span;
use prost::Message as _;
use tower::ServiceExt as _;

use super::*;
use crate::config::Config;
use crate::decode::Decoder;
use crate::fake::{FakeSink, NOW};
use crate::request::ExportRequest;
use crate::samples::{TIME, span, text_attribute, traces};

/// An answer, read to its end.
#[derive(Debug)]
struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
}

// === impl Answer ===

impl Answer {
    fn header(&self, name: HeaderName) -> &str {
        header(&self.headers, name)
    }

    fn text(&self) -> &str {
        std::str::from_utf8(&self.body).expect("JSON is UTF-8")
    }

    fn grpc_status(&self) -> answer::Status {
        answer::Status::decode(self.body.clone()).expect("a google.rpc.Status")
    }
}

async fn send(sink: &Arc<FakeSink>, config: Config, request: Request) -> Answer {
    let response = http_router(sink.receiver(config)).oneshot(request).await.expect("a router cannot fail");
    let (parts, body) = response.into_parts();
    let body = body.collect().await.expect("the body is whole").to_bytes();
    Answer { status: parts.status, headers: parts.headers, body }
}

fn post_to(path: &str, content_type: &str, body: impl Into<Body>) -> Request {
    Request::post(path).header(CONTENT_TYPE, content_type).body(body.into()).expect("a request")
}

async fn protobuf(sink: &Arc<FakeSink>, body: impl Into<Body>) -> Answer {
    send(sink, Config::default(), post_to("/v1/traces", PROTOBUF, body)).await
}

async fn json(sink: &Arc<FakeSink>, body: &str) -> Answer {
    send(sink, Config::default(), post_to("/v1/traces", JSON, body.to_owned())).await
}

fn json_span(span_id: &str) -> String {
    let span = format!(r#"{{"traceId":"{}","spanId":"{span_id}","startTimeUnixNano":"{TIME}"}}"#, "01".repeat(16));
    format!(r#"{{"resourceSpans":[{{"scopeSpans":[{{"spans":[{span}]}}]}}]}}"#)
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut to = GzEncoder::new(Vec::new(), Compression::default());
    to.write_all(bytes).expect("a vector takes all");
    to.finish().expect("a vector takes all")
}

fn with_encoding(mut request: Request, encoding: &'static str) -> Request {
    request.headers_mut().insert(CONTENT_ENCODING, HeaderValue::from_static(encoding));
    request
}

#[tokio::test]
async fn otlp_002_009_020_023_full_success_is_an_empty_message_and_the_bytes_are_stored() {
    let sink = FakeSink::new(None);
    let body = traces(vec![span(1), span(2)]).encode();
    let answer = protobuf(&sink, body.clone()).await;
    assert_eq!((answer.status, answer.header(CONTENT_TYPE), answer.body.len()), (StatusCode::OK, PROTOBUF, 0));
    let stored = sink.appended().remove(0);
    assert_eq!((stored.rows.num_rows(), stored.request.received, &stored.request.body), (2, NOW, &body));
    assert_eq!((stored.request.tenant.as_str(), stored.request.signal), ("default", Signal::Traces));
    assert_eq!(Decoder.rows(&stored.request), Ok(stored.rows));

    let answer = json(&sink, &json_span("0000000000000001")).await;
    assert_eq!((answer.status, answer.header(CONTENT_TYPE), answer.text()), (StatusCode::OK, JSON, "{}"));
}

#[tokio::test]
async fn otlp_021_empty_requests_succeed_and_leave_nothing_behind() {
    let sink = FakeSink::new(None);
    assert_eq!(protobuf(&sink, Body::empty()).await.status, StatusCode::OK);
    assert_eq!(json(&sink, "{}").await.text(), "{}");
    for path in ["/v1/logs", "/v1/metrics"] {
        assert_eq!(send(&sink, Config::default(), post_to(path, PROTOBUF, "")).await.status, StatusCode::OK);
    }
    assert!(sink.appended().is_empty());
}

#[tokio::test]
async fn otlp_022_partial_success_counts_exactly_and_says_why() {
    let sink = FakeSink::new(None);
    let request = traces(vec![span(1), Span { trace_id: vec![], ..span(2) }, span(3)]);
    let answer = protobuf(&sink, request.encode()).await;
    let partial =
        ExportTraceServiceResponse::decode(answer.body).expect("a response").partial_success.expect("partial");
    assert_eq!((answer.status, partial.rejected_spans), (StatusCode::OK, 1));
    assert_eq!(partial.error_message, "1 of 3 spans were rejected (1: trace_id is not 16 bytes, or all zero)");
    let stored = sink.appended().remove(0);
    assert_eq!((stored.request.rejected.clone(), stored.rows.num_rows()), (vec![1], 2));
    assert_eq!(Decoder.rows(&stored.request), Ok(stored.rows));

    let answer = json(&sink, &json_span("")).await;
    assert!(answer.text().starts_with(r#"{"partialSuccess":{"errorMessage":"1 of 1 spans"#), "{}", answer.text());
    assert!(answer.text().ends_with(r#""rejectedSpans":"1"}}"#));
}

#[tokio::test]
async fn otlp_025_026_what_cannot_be_decoded_is_a_bad_request_in_the_encoding_of_the_request() {
    let sink = FakeSink::new(None);
    let answer = protobuf(&sink, "no protobuf").await;
    let status = answer.grpc_status();
    assert_eq!((answer.status, answer.header(CONTENT_TYPE), status.code), (StatusCode::BAD_REQUEST, PROTOBUF, 3));
    assert!(status.message.contains("protobuf") && status.details[0].type_url.ends_with("google.rpc.BadRequest"));

    let answer = json(&sink, r#"{"resourceSpans":[{"scopeSpans":7}]}"#).await;
    let status: serde_json::Value = serde_json::from_slice(&answer.body).expect("JSON");
    assert_eq!((answer.status, status["code"].as_i64()), (StatusCode::BAD_REQUEST, Some(3)));
    assert!(status["message"].as_str().is_some_and(|text| text.contains("resourceSpans[0].scopeSpans")));
}

#[tokio::test]
async fn otlp_004_gzip_is_read_and_other_compressions_are_named() {
    let sink = FakeSink::new(None);
    let body = traces(vec![span(1)]).encode();
    let send_as = |encoding, body: Vec<u8>| {
        let request = with_encoding(post_to("/v1/traces", PROTOBUF, body), encoding);
        let sink = Arc::clone(&sink);
        async move { send(&sink, Config::default(), request).await }
    };
    assert_eq!(send_as("GZIP", gzip(&body)).await.status, StatusCode::OK);
    assert_eq!(sink.appended()[0].request.body, body);
    assert_eq!(send_as("identity", body.to_vec()).await.status, StatusCode::OK);
    assert_eq!(send_as("gzip", body.to_vec()).await.status, StatusCode::BAD_REQUEST);
    let answer = send_as("br", body.to_vec()).await;
    assert_eq!(answer.status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
    assert!(answer.grpc_status().message.contains("send gzip, deflate, zstd or identity"));
}

#[tokio::test]
async fn otlp_008_content_types_may_have_parameters_and_any_case() {
    let sink = FakeSink::new(None);
    for content_type in ["application/json; charset=utf-8", "APPLICATION/JSON", "application/X-Protobuf ;x=y"] {
        let body = if content_type.to_lowercase().contains("json") { "{}" } else { "" };
        let answer = send(&sink, Config::default(), post_to("/v1/traces", content_type, body)).await;
        assert_eq!(answer.status, StatusCode::OK, "{content_type}");
    }
}

#[tokio::test]
async fn otlp_014_015_the_size_limit_holds_before_and_after_decompression() {
    let sink = FakeSink::new(None);
    let config = Config { max_request_bytes: 1_000, ..Config::default() };
    let sent = |body: Vec<u8>| post_to("/v1/traces", PROTOBUF, body);
    let status = |request: Request| {
        let (sink, config) = (Arc::clone(&sink), config.clone());
        async move { send(&sink, config, request).await.status }
    };
    assert_eq!(status(sent(vec![0; 1_001])).await, StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(status(sent(vec![0; 1_000])).await, StatusCode::BAD_REQUEST);
    assert_eq!(status(with_encoding(sent(gzip(&[0; 1_001])), "gzip")).await, StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(status(with_encoding(sent(gzip(&[0; 1_000])), "gzip")).await, StatusCode::BAD_REQUEST);
    let mut announced = Request::post("/v1/traces").header(CONTENT_TYPE, PROTOBUF).header(CONTENT_LENGTH, 1_001);
    announced = announced.header(CONTENT_ENCODING, "identity");
    assert_eq!(status(announced.body(never()).expect("a request")).await, StatusCode::PAYLOAD_TOO_LARGE);
}

#[tokio::test]
async fn otlp_014_a_small_body_that_would_become_large_is_refused() {
    let sink = FakeSink::new(None);
    let config = Config { max_decoded_bytes: 1 << 20, ..Config::default() };
    let spans = |count| traces(vec![Span::default(); count]).encode();
    assert!(spans(10_000).len() < 100_000);
    let answer = send(&sink, config.clone(), post_to("/v1/traces", PROTOBUF, spans(10_000))).await;
    assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert!(answer.grpc_status().message.contains("1048576 bytes once it is decoded"));
    assert_eq!(send(&sink, config, post_to("/v1/traces", PROTOBUF, spans(1_000))).await.status, StatusCode::OK);

    let text = format!(r#"{{"resourceSpans":[{{"scopeSpans":[{{"spans":[{}{{}}]}}]}}]}}"#, "{},".repeat(10_000));
    let answer = json(&sink, &text).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    assert!(answer.text().contains("too many elements for its size"), "{}", answer.text());
}

#[tokio::test]
async fn a_long_text_that_many_rows_would_share_is_refused() {
    let sink = FakeSink::new(None);
    let config = Config { max_stored_bytes: 1 << 20, ..Config::default() };
    let ExportRequest::Traces(mut request) = traces((1..=200).map(span).collect()) else { panic!("traces") };
    let long = text_attribute("service.name", &"n".repeat(10_000));
    request.resource_spans[0].resource = Some(Resource { attributes: vec![long], ..Resource::default() });
    let answer = send(&sink, config, post_to("/v1/traces", PROTOBUF, request.encode_to_vec())).await;
    assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert!(answer.grpc_status().message.contains("1048576 bytes of text"), "{}", answer.grpc_status().message);
    assert!(sink.appended().is_empty());
}

#[tokio::test]
async fn otlp_012_a_body_without_a_length_is_read_to_its_end() {
    let sink = FakeSink::new(None);
    let body = traces(vec![span(1)]).encode();
    let chunks = [body.slice(..10), body.slice(10..)].map(Ok::<_, std::io::Error>);
    let chunked = Body::from_stream(futures::stream::iter(chunks));
    assert_eq!(protobuf(&sink, chunked).await.status, StatusCode::OK);
    assert_eq!(sink.appended()[0].request.body, body);
}

#[tokio::test]
async fn otlp_019_wrong_methods_paths_and_types_are_told_apart() {
    let sink = FakeSink::new(None);
    let get = Request::get("/v1/traces").body(Body::empty()).expect("a request");
    let answer = send(&sink, Config::default(), get).await;
    assert_eq!((answer.status, answer.header(ALLOW)), (StatusCode::METHOD_NOT_ALLOWED, "POST"));
    assert_eq!(answer.headers.get_all(ALLOW).iter().count(), 1);
    let answer = send(&sink, Config::default(), post_to("/v1/profiles", PROTOBUF, "")).await;
    assert_eq!((answer.status, answer.grpc_status().code), (StatusCode::NOT_FOUND, 12));
    let answer = send(&sink, Config::default(), post_to("/v1/traces", "text/plain", "")).await;
    assert_eq!(answer.status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
    assert!(answer.text().contains("application/x-protobuf"));
}

#[tokio::test]
async fn otlp_030_a_store_that_cannot_write_now_is_tried_again_later() {
    let sink = FakeSink::new(Some(|| StoreError::QueueFull));
    let answer = protobuf(&sink, traces(vec![span(1)]).encode()).await;
    assert_eq!((answer.status, answer.header(RETRY_AFTER)), (StatusCode::SERVICE_UNAVAILABLE, "2"));
    assert_eq!(answer.grpc_status().code, 14);
}

#[tokio::test]
async fn otlp_028_only_a_mistake_of_ours_is_an_internal_error() {
    let wrong = || StoreError::Rows { table: "spans", reason: "a secret".to_owned() };
    let answer = protobuf(&FakeSink::new(Some(wrong)), traces(vec![span(1)]).encode()).await;
    assert_eq!((answer.status, answer.header(RETRY_AFTER)), (StatusCode::INTERNAL_SERVER_ERROR, ""));
    assert!(!answer.grpc_status().message.contains("secret"));
}

#[tokio::test]
async fn otlp_031_a_body_that_does_not_arrive_in_time_is_given_up_and_may_be_sent_again() {
    let config = Config { read_timeout: Duration::from_millis(20), ..Config::default() };
    let answer = send(&FakeSink::new(None), config, post_to("/v1/traces", PROTOBUF, never())).await;
    assert_eq!((answer.status, answer.header(RETRY_AFTER)), (StatusCode::SERVICE_UNAVAILABLE, "2"));
}

#[tokio::test]
async fn otlp_030_without_free_memory_a_request_waits_and_is_then_tried_again_later() {
    let sink = FakeSink::new(None);
    sink.gate.forget_permits(1_000);
    let http_admission_wait = Duration::from_millis(200);
    let config =
        Config { max_request_bytes: 4_096, max_in_flight_bytes: 8_192, http_admission_wait, ..Config::default() };
    let router = http_router(sink.receiver(config));
    let body = traces(vec![Span { name: "n".repeat(3_500), ..span(1) }]).encode();
    let send = || tokio::spawn(router.clone().oneshot(post_to("/v1/traces", PROTOBUF, body.clone())));
    let (first, second) = (send(), send());
    tokio::time::sleep(Duration::from_millis(50)).await;
    let refused = send().await.expect("no panic").expect("a router cannot fail");
    assert_eq!(refused.status(), StatusCode::SERVICE_UNAVAILABLE);
    sink.gate.add_permits(3);
    for waiting in [first, second, send()] {
        assert_eq!(waiting.await.expect("no panic").expect("a router cannot fail").status(), StatusCode::OK);
    }
}

#[tokio::test]
async fn otlp_010_a_client_that_leaves_does_not_undo_the_append() {
    let sink = FakeSink::new(None);
    sink.gate.forget_permits(1_000);
    let router = http_router(sink.receiver(Config::default()));
    let request = post_to("/v1/traces", PROTOBUF, traces(vec![span(1)]).encode());
    let client = tokio::spawn(router.oneshot(request));
    tokio::time::sleep(Duration::from_millis(50)).await;
    client.abort();
    assert!(client.await.is_err_and(|error| error.is_cancelled()));
    sink.gate.add_permits(1);
    while sink.appended().is_empty() {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_large_body_is_decoded_as_a_small_one_is() {
    let sink = FakeSink::new(None);
    let body = traces(vec![span(1); 6_000]).encode();
    assert!(body.len() > 256 << 10);
    assert_eq!(protobuf(&sink, body).await.status, StatusCode::OK);
    assert_eq!(sink.appended()[0].rows.num_rows(), 6_000);
}

/// A body of which nothing ever arrives.
fn never() -> Body {
    Body::from_stream(futures::stream::pending::<Result<Bytes, std::io::Error>>())
}
