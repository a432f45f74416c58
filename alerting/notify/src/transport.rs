//! The one place that talks to the network.

use std::time::Duration;

use async_trait::async_trait;
use reqwest::header::RETRY_AFTER;
use reqwest::redirect::Policy;
use reqwest::{Client, Response};

use crate::http::{Answer, HttpRequest};

/// How long a request may take with its answer. Chat services answer within a second or not.
const TIMEOUT: Duration = Duration::from_secs(10);

/// Bytes of an answer that are read; the longest ones known here have a few hundred.
const MAX_ANSWER_BYTES: usize = 64 << 10;

/// Posts requests.
#[async_trait]
pub trait Transport: Send + Sync + 'static {
    /// Sends a request and waits for the answer.
    ///
    /// # Errors
    ///
    /// When there is no answer: the receiver cannot be reached, or is too slow. It may have got
    /// the request all the same.
    async fn post(&self, request: HttpRequest) -> Result<Answer, SendError>;
}

/// There was no answer. The text holds no address, because that may be a secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no answer: {reason}")]
pub struct SendError {
    /// Why, for a human.
    pub reason: String,
}

/// HTTP by reqwest: 10 s for everything, no redirects, 64 KiB of answer. Proxies come from
/// `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY`.
#[derive(Debug, Clone)]
pub struct Http {
    client: Client,
}

// === impl Http ===

impl Http {
    /// A client with a connection pool of its own.
    ///
    /// # Errors
    ///
    /// When the client cannot be set up.
    ///
    /// # Panics
    ///
    /// When the process has no default rustls provider; the binary installs one first.
    pub fn new() -> Result<Self, SendError> {
        let client = Client::builder()
            .timeout(TIMEOUT)
            .redirect(Policy::none())
            .user_agent("slowburn")
            .build()
            .map_err(SendError::of)?;
        Ok(Self { client })
    }
}

#[async_trait]
impl Transport for Http {
    async fn post(&self, request: HttpRequest) -> Result<Answer, SendError> {
        let mut post = self.client.post(request.url).body(request.body);
        for (name, value) in request.headers {
            post = post.header(name, value);
        }
        let response = post.send().await.map_err(SendError::of)?;
        let status = response.status().as_u16();
        let retry_after = response.headers().get(RETRY_AFTER);
        let retry_after = retry_after.and_then(|value| value.to_str().ok()).map(str::to_owned);
        Ok(Answer { status, retry_after, body: bounded(response).await? })
    }
}

/// The beginning of a body. The rest is not waited for: the connection is dropped.
async fn bounded(mut response: Response) -> Result<String, SendError> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(SendError::of)? {
        let room = MAX_ANSWER_BYTES - body.len();
        body.extend_from_slice(&chunk[..chunk.len().min(room)]);
        if body.len() == MAX_ANSWER_BYTES {
            break;
        }
    }
    Ok(String::from_utf8_lossy(&body).into_owned())
}

// === impl SendError ===

impl SendError {
    /// The whole chain of causes, without the address.
    fn of(error: reqwest::Error) -> Self {
        let error = error.without_url();
        if error.is_timeout() {
            return Self { reason: format!("none within {} s", TIMEOUT.as_secs()) };
        }
        let mut reason = error.to_string();
        let mut cause = std::error::Error::source(&error);
        while let Some(inner) = cause {
            reason = format!("{reason}: {inner}");
            cause = inner.source();
        }
        Self { reason }
    }
}
