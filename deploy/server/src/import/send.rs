//! One line becomes one request, which is sent until it is answered for good.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use ingest_model::Signal;
use ingest_otlp::{read_accepted, read_refused, request_from_json, signal_of_json};
use query_api::ErrorAnswer;
use reqwest::header::{CONTENT_TYPE, RETRY_AFTER};
use reqwest::{Client, Response, StatusCode, Url};
use tokio::sync::Semaphore;

use super::files::Line;

/// How long a server may ask to wait, all in all, before a request is given up.
const PATIENCE: Duration = Duration::from_secs(120);
/// How long to wait when the server does not say.
const RETRY_DELAY: Duration = Duration::from_secs(1);

/// Characters of a refusal in plain text that are shown.
const MAX_REASON: usize = 200;

/// Sends lines to one server.
#[derive(Debug)]
pub(super) struct Sender {
    client: Client,
    endpoint: Url,
    key: Option<String>,
    /// Decoding takes many times the memory of a line, so only as many are decoded as there are
    /// processors.
    decoding: Semaphore,
    answered: AtomicU64,
    started: Instant,
}

/// What became of a line.
#[derive(Debug)]
pub(super) enum Outcome {
    /// The server took it, wholly or in part, or refused it for good.
    Answered { signal: Signal, items: u64, rejected: u64, reason: String },
    /// It is no OTLP/JSON.
    Unreadable { reason: String },
    /// Nobody knows what the server did with it.
    Unanswered { signal: Signal, items: u64, reason: String },
    /// There was no server to send it to.
    Unsent { reason: String },
}

/// Why a request has no answer.
struct Silence {
    reached: bool,
    reason: String,
}

/// A line as protobuf.
struct Request {
    signal: Signal,
    items: u64,
    body: bytes::Bytes,
}

// === impl Sender ===

impl Sender {
    /// A sender to `endpoint`, such as `http://127.0.0.1:4318`.
    ///
    /// # Errors
    ///
    /// When `endpoint` is no URL of HTTP.
    pub(super) fn new(endpoint: &str, key: Option<&str>) -> Result<Self> {
        let wrong = || format!("--endpoint {endpoint} is no URL, such as http://127.0.0.1:4318");
        let url = Url::parse(&format!("{}/", endpoint.trim_end_matches('/'))).with_context(wrong)?;
        ensure!(
            matches!(url.scheme(), "http" | "https"),
            "--endpoint {endpoint} does not begin with http:// or https://: give a URL such as http://127.0.0.1:4318"
        );
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Ok(Self {
            client: Client::builder().no_proxy().build()?,
            endpoint: url,
            key: key.map(str::to_owned),
            decoding: Semaphore::new(cores),
            answered: AtomicU64::new(0),
            started: Instant::now(),
        })
    }

    /// How much was answered, and how fast.
    pub(super) fn pace(&self) -> String {
        let items = self.answered.load(Ordering::Relaxed);
        format!("{items} items, {:.0} items/s", items as f64 / self.started.elapsed().as_secs_f64())
    }

    /// Sends a line.
    pub(super) async fn send(&self, line: Line) -> Outcome {
        let request = {
            let _slot = self.decoding.acquire().await;
            tokio::task::spawn_blocking(move || read(&line.text)).await
        };
        match request {
            Ok(Ok(request)) => self.deliver(request).await,
            Ok(Err(reason)) => Outcome::Unreadable { reason },
            Err(error) => Outcome::Unreadable { reason: format!("it could not be decoded: {error}") },
        }
    }

    async fn deliver(&self, request: Request) -> Outcome {
        let Request { signal, items, body } = request;
        let started = Instant::now();
        loop {
            let answer = match self.post(signal, body.clone()).await {
                Ok(answer) => answer,
                Err(Silence { reached: true, reason }) => return Outcome::Unanswered { signal, items, reason },
                Err(Silence { reason, .. }) => return Outcome::Unsent { reason },
            };
            let Some(delay) = retry_delay(&answer) else {
                self.answered.fetch_add(items, Ordering::Relaxed);
                return judge(signal, items, answer).await;
            };
            if started.elapsed() + delay > PATIENCE {
                let reason = format!("the server asked to wait for more than {} s", PATIENCE.as_secs());
                return Outcome::Unanswered { signal, items, reason };
            }
            tokio::time::sleep(delay).await;
        }
    }

    async fn post(&self, signal: Signal, body: bytes::Bytes) -> Result<Response, Silence> {
        let silence = |error: reqwest::Error| {
            let cause =
                std::error::Error::source(&error).map_or_else(|| error.to_string(), |cause| root(cause).to_string());
            let endpoint = self.endpoint.as_str().trim_end_matches('/');
            let reason = format!(
                "{endpoint} does not answer ({cause}): start `slowburn serve`, or give its OTLP/HTTP address with --endpoint"
            );
            Silence { reached: !error.is_connect(), reason }
        };
        let url = self.endpoint.join(&format!("v1/{signal}"));
        let url = url.map_err(|error| Silence { reached: false, reason: error.to_string() })?;
        let mut request = self.client.post(url).header(CONTENT_TYPE, "application/x-protobuf").body(body);
        if let Some(key) = &self.key {
            request = request.bearer_auth(key);
        }
        request.send().await.map_err(silence)
    }
}

fn read(text: &[u8]) -> Result<Request, String> {
    if text.starts_with(b"\xef\xbb\xbf") {
        return Err("it begins with a byte order mark: save the file as UTF-8 without one".to_owned());
    }
    let Some(signal) = signal_of_json(text) else {
        return Err("it is no OTLP/JSON: it has none of resourceSpans, resourceLogs, resourceMetrics".to_owned());
    };
    let request = request_from_json(signal, text).map_err(|error| error.to_string())?;
    Ok(Request { signal, items: request.items() as u64, body: request.encode() })
}

/// How long to wait when the server is busy; `None` when its answer is final.
fn retry_delay(answer: &Response) -> Option<Duration> {
    let busy = [
        StatusCode::TOO_MANY_REQUESTS,
        StatusCode::BAD_GATEWAY,
        StatusCode::SERVICE_UNAVAILABLE,
        StatusCode::GATEWAY_TIMEOUT,
    ];
    if !busy.contains(&answer.status()) {
        return None;
    }
    let seconds = answer.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok()?.parse().ok());
    Some(seconds.map_or(RETRY_DELAY, Duration::from_secs))
}

async fn judge(signal: Signal, items: u64, answer: Response) -> Outcome {
    let status = answer.status();
    let content_type = answer.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let plain = content_type.is_some_and(|value| value.starts_with("text/plain"));
    let body = match answer.bytes().await {
        Ok(body) => body,
        Err(error) => {
            let reason = format!("the server's answer broke off: {error}");
            return Outcome::Unanswered { signal, items, reason };
        }
    };
    if !status.is_success() {
        let reason = refusal(&body, plain);
        return Outcome::Answered {
            signal,
            items,
            rejected: items,
            reason: format!("refused with status {status}: {reason}"),
        };
    }
    match read_accepted(signal, &body) {
        Ok(left_out) => Outcome::Answered { signal, items, rejected: left_out.items, reason: left_out.reason },
        Err(_) => {
            let reason = "the answer is not OTLP; is this the address of --otlp-http?".to_owned();
            Outcome::Unanswered { signal, items, reason }
        }
    }
}

/// Why a server refused a request, from its answer: as OTLP says it, as the API does, or in plain
/// text.
fn refusal(body: &[u8], plain: bool) -> String {
    let text = if plain { one_line(body) } else { String::new() };
    if !text.is_empty() {
        return text;
    }
    if let Ok(ErrorAnswer { error }) = serde_json::from_slice(body) {
        return format!("{}: {}", error.message, error.hint).trim_end_matches(": ").to_owned();
    }
    read_refused(body).unwrap_or_else(|| "it gave no reason".to_owned())
}

/// The beginning of a text, without what a terminal would obey.
fn one_line(text: &[u8]) -> String {
    let text = String::from_utf8_lossy(text);
    let words = text.split(|letter: char| letter.is_whitespace() || letter.is_control());
    let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
    words.join(" ").chars().take(MAX_REASON).collect()
}

fn root<'a>(error: &'a (dyn std::error::Error + 'static)) -> &'a (dyn std::error::Error + 'static) {
    error.source().map_or(error, root)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_that_is_no_otlp_is_shown_all_the_same() {
        assert_eq!(refusal(b"404 page\r\n\x1b[2J not found\n", true), "404 page [2J not found");
        assert_eq!(refusal("ä".repeat(300).as_bytes(), true), "ä".repeat(200));
        let api = br#"{"error":{"kind":"not_found","message":"there is nothing at /v1/logs","hint":"go on"}}"#;
        assert_eq!(refusal(api, false), "there is nothing at /v1/logs: go on");
        for (body, plain) in [(&b"<html>"[..], false), (&b""[..], true), (&b" \n"[..], true)] {
            assert_eq!(refusal(body, plain), "it gave no reason");
        }
    }

    #[test]
    fn an_endpoint_is_a_url_of_http() {
        let mistake = |endpoint| format!("{:#}", Sender::new(endpoint, None).unwrap_err());
        assert!(mistake("ftp://here").contains("--endpoint ftp://here does not begin with http://"));
        assert!(mistake("localhost:4318").contains("does not begin with http://"));
        assert!(mistake("127.0.0.1:4318").contains("is no URL"));
    }

    #[test]
    fn a_byte_order_mark_is_named() {
        assert!(read(b"\xef\xbb\xbf{}").is_err_and(|reason| reason.contains("byte order mark")));
    }
}
