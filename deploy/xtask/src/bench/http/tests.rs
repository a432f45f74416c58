use std::net::TcpListener;
use std::thread;

use super::*;

/// Answers one connection with the bytes and tells what was asked.
fn serve_once(answer: &'static [u8]) -> (String, thread::JoinHandle<Vec<u8>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let host = listener.local_addr().unwrap().to_string();
    let asked = thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut request = vec![0; 4096];
        let read = stream.read(&mut request).unwrap();
        stream.write_all(answer).unwrap();
        request.truncate(read);
        request
    });
    (host, asked)
}

#[test]
fn an_answer_with_a_length_is_read_to_its_end() {
    let (host, asked) = serve_once(b"HTTP/1.1 404 Not Found\r\nContent-Length: 3\r\n\r\nno!");
    let answer = Connection::open(&host).unwrap().get("/x").unwrap();
    assert_eq!((answer.status, answer.body.as_slice()), (404, b"no!".as_slice()));
    assert!(asked.join().unwrap().starts_with(b"GET /x HTTP/1.1\r\nHost: 127.0.0.1"));
}

#[test]
fn an_answer_in_chunks_is_put_together() {
    let (host, _) =
        serve_once(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\nA\r\n0123456789\r\n0\r\n\r\n");
    let answer = Connection::open(&host).unwrap().get("/").unwrap();
    assert_eq!((answer.status, answer.body.as_slice()), (200, b"abc0123456789".as_slice()));
}

#[test]
fn a_connection_that_ends_early_is_an_error() {
    let (host, _) = serve_once(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc");
    assert!(Connection::open(&host).unwrap().get("/").is_err());
}
