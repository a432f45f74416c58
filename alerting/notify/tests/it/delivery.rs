//! Delivery over HTTP to a server on this machine.

use std::convert::Infallible;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use alerting_notify::{Backoff, Http, HttpRequest, Lane, LaneParts, Language, ReceiverKind, Transport};
use alerting_rules::{Delivery, DeliveryState, Journal};
use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use ingest_model::Nanos;
use tokio::sync::{Notify, watch};
use url::Url;

use crate::samples::{burn, chat, fired};

/// reqwest sets TLS up for every client, also for those that never use it.
fn http() -> Http {
    let _ = rustls::crypto::ring::default_provider().install_default();
    Http::new().expect("a client")
}

/// A server that gives the answers of `answer` by the number of the request, and its address.
async fn server(answer: impl Fn(usize) -> Response + Clone + Send + Sync + 'static) -> (String, Received) {
    let received = Received::default();
    let keep = received.clone();
    let handler = move |headers: HeaderMap, body: String| {
        let (answer, keep) = (answer.clone(), keep.clone());
        async move {
            let number = keep.count.fetch_add(1, Ordering::SeqCst);
            keep.requests.lock().expect("a lock").push((headers, body));
            answer(number)
        }
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(async move { axum::serve(listener, Router::new().route("/hook", post(handler))).await });
    (format!("http://{address}/hook"), received)
}

#[derive(Clone, Default)]
struct Received {
    count: Arc<AtomicUsize>,
    requests: Arc<Mutex<Vec<(HeaderMap, String)>>>,
}

fn now() -> Nanos {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970");
    Nanos(i64::try_from(since.as_nanos()).expect("before 2262"))
}

/// Delivers one notification; what became of it, and after how long.
async fn deliver(kind: ReceiverKind, url: &str) -> (Delivery, Duration) {
    let folder = tempfile::tempdir().expect("a folder");
    let mut journal = Journal::open(&folder.path().join("state.sqlite")).expect("a journal");
    let step = fired(&burn());
    journal.record(&step, &["chat"]).expect("recorded");
    let outbox = Arc::new(Mutex::new(journal));
    let backoff = Backoff { first: Duration::from_millis(20), ..Backoff::default() };
    let parts = LaneParts {
        outbox: Arc::clone(&outbox),
        transport: Arc::new(http()),
        clock: Arc::new(now),
        backoff,
        wake: Arc::new(Notify::new()),
    };
    let wake = Arc::clone(&parts.wake);
    let lane = Lane::new(chat(kind, Language::En, url), parts);
    let (stop, stopped) = watch::channel(false);
    let start = Instant::now();
    let running = tokio::spawn(async move { lane.run(stopped).await });
    let settled = loop {
        tokio::time::sleep(Duration::from_millis(10)).await;
        wake.notify_waiters();
        let deliveries = outbox.lock().expect("a lock").deliveries(&step.alert.id).expect("read");
        if let Some(settled) = deliveries.into_iter().find(|one| one.state != DeliveryState::Waiting) {
            break settled;
        }
        assert!(start.elapsed() < Duration::from_secs(30), "nothing was settled");
    };
    stop.send(true).expect("the lane runs");
    running.await.expect("the lane ends");
    (settled, start.elapsed())
}

#[tokio::test]
async fn a_request_arrives_as_it_was_made_and_again_after_500() {
    let answer = |number| if number < 2 { StatusCode::INTERNAL_SERVER_ERROR } else { StatusCode::NO_CONTENT };
    let (url, received) = server(move |number| answer(number).into_response()).await;
    let (delivery, _) = deliver(ReceiverKind::Webhook, &url).await;
    assert_eq!((delivery.state, delivery.attempts), (DeliveryState::Delivered, 3));
    let requests = received.requests.lock().expect("a lock");
    assert_eq!(requests.len(), 3);
    for (headers, body) in requests.iter() {
        assert_eq!(headers["content-type"], "application/json; charset=utf-8");
        assert_eq!(headers["x-slowburn-id"], requests[0].0["x-slowburn-id"], "one id for every attempt");
        assert!(headers["x-slowburn-signature"].to_str().is_ok_and(|value| value.starts_with("sha256=")));
        assert!(body.contains("shop-availability"));
    }
}

#[tokio::test]
async fn retry_after_is_waited_for() {
    let answer = |number| match number {
        0 => (StatusCode::TOO_MANY_REQUESTS, [("retry-after", "1")], "").into_response(),
        _ => "ok".into_response(),
    };
    let (url, _) = server(answer).await;
    let (delivery, took) = deliver(ReceiverKind::Slack, &url).await;
    assert_eq!((delivery.state, delivery.attempts), (DeliveryState::Delivered, 2));
    assert!(took >= Duration::from_secs(1), "{took:?}");
}

#[tokio::test]
async fn an_error_inside_a_200_is_a_failure() {
    let (url, received) = server(|_| r#"{"errcode":310000,"errmsg":"sign not match"}"#.into_response()).await;
    let (delivery, _) = deliver(ReceiverKind::Dingtalk, &url).await;
    assert_eq!((delivery.state, delivery.attempts), (DeliveryState::Failed, 1));
    assert!(delivery.detail.contains("sign not match"), "{}", delivery.detail);
    assert_eq!(received.count.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn an_endless_answer_is_read_up_to_a_limit() {
    let chunk = || Ok::<_, Infallible>(vec![b'x'; 16 << 10]);
    let endless = move |_| Body::from_stream(futures::stream::repeat_with(chunk)).into_response();
    let (url, _) = server(endless).await;
    let request = request(&url);
    let answer = tokio::time::timeout(Duration::from_secs(5), http().post(request)).await.expect("it ends");
    assert_eq!(answer.expect("an answer").body.len(), 64 << 10);
}

fn request(url: &str) -> HttpRequest {
    HttpRequest { url: Url::parse(url).expect("an address"), headers: Vec::new(), body: "{}".to_owned() }
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let (url, received) =
        server(|_| (StatusCode::TEMPORARY_REDIRECT, [("location", "/hook")], "").into_response()).await;
    let (delivery, _) = deliver(ReceiverKind::Webhook, &url).await;
    assert_eq!(delivery.state, DeliveryState::Failed);
    assert!(delivery.detail.contains("redirects are not followed"), "{}", delivery.detail);
    assert_eq!(received.count.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn who_cannot_be_reached_is_told_without_the_address() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    drop(listener);
    let error =
        http().post(request(&format!("http://{address}/hook?access_token=hidden"))).await.expect_err("nobody is there");
    assert!(error.to_string().contains("refused"), "{error}");
    assert!(!error.to_string().contains("hidden"), "{error}");
}
