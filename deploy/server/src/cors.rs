//! Telemetry from pages in a browser: which of them may send.
//!
//! Off unless origins are listed. Cookies are never asked for or taken, so nothing is sent in a user's
//! name; a key goes in the header `Authorization`, which pages set themselves.

use std::str::FromStr;
use std::time::Duration;

use axum::http::header::RETRY_AFTER;
use axum::http::{HeaderValue, Method};
use serde::Deserialize;
use tower_http::cors::{AllowHeaders, AllowOrigin, CorsLayer};
use url::Url;

/// How long browsers keep the answer to their question; two hours is the most that Chromium does.
const MAX_AGE: Duration = Duration::from_secs(7200);

/// Where a page comes from, such as `https://shop.example`; `*` for anywhere.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct Origin(String);

/// The text is no origin.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} is no origin: give scheme and host, such as https://shop.example, and a port if it is not the usual one"
)]
pub(crate) struct ParseOriginError(String);

// === impl Origin ===

impl FromStr for Origin {
    type Err = ParseOriginError;

    /// Takes what browsers send, so that a slash at the end cannot make it fit nothing.
    fn from_str(text: &str) -> Result<Self, ParseOriginError> {
        let written = |url: Url| {
            let origin = url.origin().ascii_serialization();
            (matches!(url.scheme(), "http" | "https") && origin == text).then_some(origin)
        };
        if text == "*" {
            return Ok(Self(text.to_owned()));
        }
        text.parse().ok().and_then(written).map(Self).ok_or_else(|| ParseOriginError(text.to_owned()))
    }
}

impl TryFrom<String> for Origin {
    type Error = ParseOriginError;

    fn try_from(text: String) -> Result<Self, ParseOriginError> {
        text.parse()
    }
}

/// Answers browsers that ask before they send, and names the origin in other answers.
pub(crate) fn layer(origins: &[Origin]) -> CorsLayer {
    let listed = origins.iter().filter_map(|Origin(origin)| HeaderValue::from_str(origin).ok());
    let origins =
        if origins.iter().any(|origin| origin.0 == "*") { AllowOrigin::any() } else { AllowOrigin::list(listed) };
    CorsLayer::new()
        .allow_origin(origins)
        .allow_methods([Method::POST])
        .allow_headers(AllowHeaders::mirror_request())
        .expose_headers([RETRY_AFTER])
        .max_age(MAX_AGE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_written_as_browsers_write_it() {
        for origin in ["*", "https://shop.example", "http://localhost:3000"] {
            assert!(origin.parse::<Origin>().is_ok(), "{origin}");
        }
        for other in
            ["shop.example", "https://shop.example/", "https://Shop.example", "https://a:443", "null", "ftp://a"]
        {
            assert!(other.parse::<Origin>().is_err(), "{other}");
        }
    }
}
