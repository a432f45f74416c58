use std::sync::Arc;

use axum::routing::get;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::sync::Notify;
use tokio::time::timeout;

use super::*;

#[tokio::test]
async fn an_address_that_cannot_be_had_comes_with_the_remedy() {
    let (_taken, address) = listen("http", "127.0.0.1:0".parse().unwrap()).await.unwrap();
    let mistake = listen("http", address).await.unwrap_err().to_string();
    assert!(mistake.contains("another slowburn running") && mistake.contains("--http"), "{mistake}");
    // An address for documentation, which no machine has.
    let mistake = listen("http", "192.0.2.1:0".parse().unwrap()).await.unwrap_err().to_string();
    assert!(mistake.ends_with("choose an address of this machine with --http"), "{mistake}");
}

/// A door to a room whose answer waits until it is let go.
async fn door() -> (Doors, SocketAddr, Arc<Notify>) {
    let go = Arc::new(Notify::new());
    let waiting = Arc::clone(&go);
    let slow = get(move || async move {
        waiting.notified().await;
        "done"
    });
    let (listener, address) = listen("http", "127.0.0.1:0".parse().unwrap()).await.unwrap();
    let mut doors = Doors::default();
    doors.open(listener, Router::new().route("/", get(|| async { "ok" })).route("/slow", slow));
    (doors, address, go)
}

async fn send(address: SocketAddr, request: &str) -> TcpStream {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    stream
}

async fn rest(mut stream: TcpStream) -> String {
    let mut text = String::new();
    stream.read_to_string(&mut text).await.unwrap();
    text
}

#[tokio::test]
async fn otlp_033_a_door_that_closes_finishes_what_was_begun_and_takes_no_more() {
    let (doors, address, go) = door().await;
    let begun = send(address, "GET /slow HTTP/1.1\r\nhost: x\r\n\r\n").await;
    let idle = send(address, "GET / HTTP/1.1\r\nhost: x\r\n\r\n").await;
    // The first request is in its handler once a later one was answered.
    let mut first = [0; 12];
    let mut idle = idle;
    idle.read_exact(&mut first).await.unwrap();
    let closing = tokio::spawn(doors.close());
    assert!(rest(idle).await.ends_with("ok"), "an idle connection ends at once");
    while TcpStream::connect(address).await.is_ok() {
        tokio::task::yield_now().await;
    }
    go.notify_one();
    assert!(rest(begun).await.ends_with("done"));
    timeout(PATIENCE, closing).await.expect("nothing is left to wait for").unwrap();
}

#[tokio::test]
async fn otlp_010_connections_are_kept_between_requests() {
    let (_doors, address, _) = door().await;
    let mut stream = TcpStream::connect(address).await.unwrap();
    for _ in 0..3 {
        stream.write_all(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
        let mut answer = Vec::new();
        while !answer.ends_with(b"\r\n\r\nok") {
            answer.push(stream.read_u8().await.unwrap());
        }
    }
}
