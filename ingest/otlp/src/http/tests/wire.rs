//! Compressions, limits and paths.

use flate2::read::MultiGzDecoder;
use opentelemetry_proto::tonic::collector::metrics::v1::{ExportMetricsServiceRequest, ExportMetricsServiceResponse};
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::{Gauge, Metric, NumberDataPoint, ResourceMetrics, ScopeMetrics};
use tokio::task::JoinSet;

use super::*;

const MIB: usize = 1 << 20;

fn zstd(bytes: &[u8]) -> Vec<u8> {
    zstd::encode_all(bytes, 3).expect("a vector takes all")
}

fn packed(encoding: &'static str, body: Vec<u8>) -> Request {
    with_encoding(post_to("/v1/traces", PROTOBUF, body), encoding)
}

#[tokio::test]
async fn otlp_003_paths_below_the_prefix_are_taken_as_well() {
    let sink = FakeSink::new(None);
    let config = Config { http_prefix: "/otlp/".to_owned(), ..Config::default() };
    for (path, status) in [("/otlp/v1/logs", 200), ("/v1/logs", 200), ("/other/v1/logs", 404), ("/otlp", 404)] {
        let answer = send(&sink, config.clone(), post_to(path, PROTOBUF, "")).await;
        assert_eq!(answer.status.as_u16(), status, "{path}");
    }
    let get = Request::get("/otlp/v1/logs").body(Body::empty()).expect("a request");
    assert_eq!(send(&sink, config, get).await.status, StatusCode::METHOD_NOT_ALLOWED);
}

#[tokio::test]
async fn otlp_005_zstd_and_deflate_are_read() {
    let sink = FakeSink::new(None);
    let body = traces(vec![span(1)]).encode();
    let mut deflated = flate2::write::ZlibEncoder::new(Vec::new(), Compression::default());
    deflated.write_all(&body).expect("a vector takes all");
    let deflated = deflated.finish().expect("a vector takes all");
    for (encoding, packed_body) in [("zstd", zstd(&body)), ("deflate", deflated)] {
        assert_eq!(send(&sink, Config::default(), packed(encoding, packed_body.clone())).await.status, StatusCode::OK);
        assert_eq!(sink.appended().pop().expect("a request").request.body, body);
        let cut = packed_body[..packed_body.len() - 3].to_vec();
        let answer = send(&sink, Config::default(), packed(encoding, cut)).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST);
        assert!(answer.grpc_status().message.contains(encoding));
    }
    let large = traces(vec![span(1); 20_000]).encode();
    let answer = send(&sink, Config::default(), packed("zstd", zstd(&large))).await;
    assert_eq!((answer.status, sink.appended().pop().expect("a request").rows.num_rows()), (StatusCode::OK, 20_000));
}

#[tokio::test]
async fn otlp_005_014_015_bombs_of_any_compression_are_refused() {
    let sink = FakeSink::new(None);
    let config = Config { max_request_bytes: MIB, ..Config::default() };
    let zeros = vec![0; 64 * MIB];
    let bomb = zstd(&zeros);
    assert!(bomb.len() * 10_000 < zeros.len(), "{}", bomb.len());
    let many_frames = zstd(&zeros[..MIB / 2]).repeat(3);
    let nested = zstd(&bomb);
    for (encoding, body, status) in [
        ("zstd", bomb, 413),
        ("zstd", many_frames, 413),
        // Packed twice, it is unpacked once: what comes out is no protobuf.
        ("zstd", nested, 400),
        ("gzip", gzip(&zeros), 413),
        ("deflate", zstd(b"x"), 400),
        ("zstd, zstd", zstd(b"x"), 415),
    ] {
        let answer = send(&sink, config.clone(), packed(encoding, body)).await;
        assert_eq!(answer.status.as_u16(), status, "{encoding}: {:?}", answer.grpc_status());
    }
    let mut twice = packed("gzip", gzip(&gzip(b"")));
    twice.headers_mut().append(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    assert_eq!(send(&sink, config, twice).await.status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
}

#[tokio::test]
async fn otlp_014_015_bombs_that_come_together_wait_for_each_other_and_not_for_ever() {
    let sink = FakeSink::new(None);
    let http_admission_wait = Duration::from_millis(100);
    let config =
        Config { max_request_bytes: MIB, max_in_flight_bytes: 4 * MIB, http_admission_wait, ..Config::default() };
    let router = http_router(sink.receiver(config));
    let bomb = gzip(&vec![0; 8 * MIB]);
    let mut together = JoinSet::new();
    for _ in 0..200 {
        together.spawn(router.clone().oneshot(packed("gzip", bomb.clone())));
    }
    let statuses: Vec<u16> = together
        .join_all()
        .await
        .into_iter()
        .map(|answer| answer.expect("a router cannot fail").status().as_u16())
        .collect();
    assert!(statuses.contains(&413) && statuses.iter().all(|status| [413, 503].contains(status)), "{statuses:?}");
    let good = packed("gzip", gzip(&traces(vec![span(1)]).encode()));
    assert_eq!(router.oneshot(good).await.expect("a router cannot fail").status(), StatusCode::OK);
}

#[tokio::test]
async fn otlp_014_a_length_that_is_declared_wrongly_changes_nothing() {
    let sink = FakeSink::new(None);
    let config = Config { max_request_bytes: MIB, ..Config::default() };
    // A frame that declares a content of 16 EiB and holds none.
    let greedy = [0x28, 0xb5, 0x2f, 0xfd, 0xe0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f, 0x01, 0x00, 0x00];
    let answer = send(&sink, config, packed("zstd", greedy.to_vec())).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{:?}", answer.grpc_status());
}

#[tokio::test]
async fn otlp_014_millions_of_empty_parts_hold_up_nobody() {
    let sink = FakeSink::new(None);
    let parts = gzip(b"").repeat(100_000);
    assert!(parts.len() > 256 << 10);
    let slow = tokio::spawn({
        let sink = Arc::clone(&sink);
        async move { send(&sink, Config::default(), packed("gzip", parts)).await.status }
    });
    tokio::task::yield_now().await;
    assert_eq!(protobuf(&sink, traces(vec![span(1)]).encode()).await.status, StatusCode::OK);
    assert_eq!(slow.await.expect("no panic"), StatusCode::OK);
}

#[tokio::test]
async fn otlp_006_an_answer_is_compressed_where_that_is_asked_for() {
    let sink = FakeSink::new(None);
    let ask = |accepted: &'static str, body: &'static str| {
        let mut request = post_to("/v1/traces", JSON, body);
        request.headers_mut().insert(ACCEPT_ENCODING, HeaderValue::from_static(accepted));
        let sink = Arc::clone(&sink);
        async move { send(&sink, Config::default(), request).await }
    };
    const MISTAKE: &str = r#"{"resourceSpans":[{"scopeSpans":7}]}"#;
    for accepted in ["gzip", "br, gzip;q=0.5", "GZIP"] {
        let answer = ask(accepted, MISTAKE).await;
        assert_eq!((answer.header(CONTENT_ENCODING), answer.header(VARY)), ("gzip", "accept-encoding"), "{accepted}");
        let text = std::io::read_to_string(MultiGzDecoder::new(&answer.body[..])).expect("gzip");
        assert!(text.contains("resourceSpans[0].scopeSpans"), "{text}");
    }
    for accepted in ["", "br", "gzip;q=0", "identity"] {
        let answer = ask(accepted, MISTAKE).await;
        assert_eq!(answer.header(CONTENT_ENCODING), "", "{accepted}");
        assert!(answer.text().contains("resourceSpans[0].scopeSpans"));
    }
    assert_eq!(ask("gzip", "{}").await.text(), "{}", "gzip would make it longer");
}

#[tokio::test]
async fn otlp_007_011_many_requests_of_both_encodings_are_in_flight_at_once() {
    let sink = FakeSink::new(None);
    sink.gate.forget_permits(1_000);
    let router = http_router(sink.receiver(Config::default()));
    let mut waiting = JoinSet::new();
    for number in 0..100 {
        let request = if number % 2 == 0 {
            post_to("/v1/traces", PROTOBUF, traces(vec![span(1)]).encode())
        } else {
            post_to("/v1/traces", JSON, json_span("0000000000000001"))
        };
        waiting.spawn(router.clone().oneshot(request));
    }
    tokio::time::sleep(Duration::from_millis(20)).await;
    assert!(waiting.try_join_next().is_none(), "all of them wait for the store");
    sink.gate.add_permits(100);
    for answer in waiting.join_all().await {
        assert_eq!(answer.expect("a router cannot fail").status(), StatusCode::OK);
    }
    assert_eq!(sink.appended().len(), 100);
}

#[tokio::test]
async fn otlp_016_messages_are_shortened_however_long_what_they_quote_is() {
    let sink = FakeSink::new(None);
    let long = "é".repeat(5 << 20);
    let answer =
        json(&sink, &format!(r#"{{"resourceSpans":[{{"scopeSpans":[{{"spans":[{{"kind":"{long}"}}]}}]}}]}}"#)).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    assert!(answer.text().contains("éé") && answer.text().contains('…'));
    assert!(answer.body.len() < 4_096, "{}", answer.body.len());
    let answer = json(&sink, &format!(r#"{{"{long}":1,"resourceSpans":[{{"{long}":1,"scopeSpans":7}}]}}"#)).await;
    assert!(answer.body.len() < 4_096, "{}", answer.body.len());
    let answer = send(&sink, Config::default(), post_to(&format!("/{}", "x".repeat(60_000)), PROTOBUF, "")).await;
    assert!(answer.body.len() < 4_096, "{}", answer.body.len());
}

#[tokio::test]
async fn otlp_024_data_points_are_counted_and_not_metrics() {
    let point = |time_unix_nano| NumberDataPoint { time_unix_nano, ..NumberDataPoint::default() };
    let gauge = Gauge { data_points: vec![point(0), point(0), point(TIME)] };
    let metric = Metric { name: "m".to_owned(), data: Some(Data::Gauge(gauge)), ..Metric::default() };
    let scope_metrics = vec![ScopeMetrics { metrics: vec![metric], ..ScopeMetrics::default() }];
    let resource_metrics = vec![ResourceMetrics { scope_metrics, ..ResourceMetrics::default() }];
    let body = ExportMetricsServiceRequest { resource_metrics }.encode_to_vec();
    let answer = send(&FakeSink::new(None), Config::default(), post_to("/v1/metrics", PROTOBUF, body)).await;
    let partial = ExportMetricsServiceResponse::decode(answer.body).expect("a response").partial_success;
    // Two without a time, one without a value.
    assert_eq!(partial.map(|partial| partial.rejected_data_points), Some(3));
}

#[tokio::test]
async fn otlp_035_fields_of_later_versions_are_ignored() {
    let sink = FakeSink::new(None);
    // Field 1000 of every wire type, before and behind what is known.
    let unknown = [
        &[0xc0, 0x3e, 0x07][..],
        &[0xc1, 0x3e, 1, 2, 3, 4, 5, 6, 7, 8],
        &[0xc2, 0x3e, 2, 1, 2],
        &[0xc5, 0x3e, 1, 2, 3, 4],
    ];
    let known = traces(vec![span(1)]).encode();
    let body = [&unknown.concat()[..], &known, &unknown.concat()].concat();
    assert_eq!(protobuf(&sink, body).await.status, StatusCode::OK);
    let ExportRequest::Traces(request) = traces(vec![span(1)]) else { panic!("traces") };
    let span = [&request.resource_spans[0].scope_spans[0].spans[0].encode_to_vec()[..], &unknown.concat()].concat();
    let nested = |tag: u8, content: &[u8]| {
        let mut outer = vec![tag];
        prost::encoding::encode_varint(content.len() as u64, &mut outer);
        [outer, content.to_vec()].concat()
    };
    let body = nested(0x0a, &nested(0x12, &nested(0x12, &span)));
    assert_eq!(protobuf(&sink, body).await.status, StatusCode::OK);
    let (first, second) = (sink.appended().remove(0), sink.appended().remove(1));
    assert_eq!(first.rows.num_rows(), 1);
    assert_eq!(first.rows.column_by_name("span_id"), second.rows.column_by_name("span_id"));
}
