//! A request to a receiver and its answer, without any I/O.

use std::fmt;

use url::Url;

/// A `POST` that delivers a notification.
///
/// Its `Debug` form leaves the address out but for the host, because chat services put their
/// secret there.
#[derive(Clone, PartialEq, Eq)]
pub struct HttpRequest {
    /// Where to.
    pub url: Url,
    /// Header names, in lower case, and values; `content-type` is among them.
    pub headers: Vec<(&'static str, String)>,
    /// The body.
    pub body: String,
}

/// What a receiver answered.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Answer {
    /// The HTTP status code.
    pub status: u16,
    /// The header `Retry-After` as it came.
    pub retry_after: Option<String>,
    /// The body; what is beyond the transport's limit is missing.
    pub body: String,
}

// === impl HttpRequest ===

impl HttpRequest {
    /// A request with a JSON body.
    pub(crate) fn json(url: Url, body: String) -> Self {
        Self { url, headers: vec![("content-type", "application/json; charset=utf-8".to_owned())], body }
    }
}

impl fmt::Debug for HttpRequest {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("HttpRequest")
            .field("host", &self.url.host_str())
            .field("body_bytes", &self.body.len())
            .finish_non_exhaustive()
    }
}
