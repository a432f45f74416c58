//! The page, as `cargo xtask ui` built it.
//!
//! The names of its files tell their content, so browsers keep them; every address that is no
//! file belongs to the page, which finds its own way.

use axum::body::Body;
use axum::http::header::{ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, HeaderMap, VARY};
use axum::http::{HeaderValue, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use query_api::ErrorKind;
use rust_embed::{Embed, EmbeddedFile};

use crate::api::Failure;

const INDEX: &str = "index.html";

/// What the page may load and do: its own files and our API, nothing else.
pub(crate) const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; connect-src 'self'; \
     img-src 'self' data:; font-src 'self'; base-uri 'none'; frame-ancestors 'none'; form-action 'none'",
);

#[derive(Embed)]
#[folder = "../../web/dist"]
struct Dist;

/// Answers every address that is not the API's.
pub(crate) async fn serve(uri: Uri, headers: HeaderMap) -> Response {
    let name = uri.path().trim_start_matches('/');
    let last = name.rsplit('/').next().unwrap_or_default();
    let is_file = last.contains('.');
    if !is_file {
        return file(INDEX, &headers).unwrap_or_else(unbuilt);
    }
    let hidden = name.split('/').any(|part| part.starts_with('.'));
    let found = if hidden { None } else { file(name, &headers) };
    found.unwrap_or_else(|| {
        Failure::new(ErrorKind::NotFound, format!("there is nothing at {}", uri.path()), "").into_response()
    })
}

fn file(name: &str, headers: &HeaderMap) -> Option<Response> {
    let (content, encoding) = best(name, headers)?;
    let mut response = Response::new(Body::from(content.data));
    let answer = response.headers_mut();
    answer.insert(CONTENT_TYPE, media_type(name));
    answer.insert(VARY, HeaderValue::from_static("accept-encoding"));
    let keep = if name == INDEX { "no-cache" } else { "public, max-age=31536000, immutable" };
    answer.insert(CACHE_CONTROL, HeaderValue::from_static(keep));
    if let Some(encoding) = encoding {
        answer.insert(CONTENT_ENCODING, HeaderValue::from_static(encoding));
    }
    Some(response)
}

/// The smallest form of a file that the browser takes.
fn best(name: &str, headers: &HeaderMap) -> Option<(EmbeddedFile, Option<&'static str>)> {
    let plain = Dist::get(name)?;
    let forms = [("br", "br"), ("gz", "gzip")].into_iter().filter(|(_, encoding)| takes(headers, encoding));
    let packed =
        forms.filter_map(|(end, encoding)| Some((Dist::get(&format!("{name}.{end}"))?, Some(encoding)))).next();
    Some(packed.unwrap_or((plain, None)))
}

fn takes(headers: &HeaderMap, encoding: &str) -> bool {
    let accepted = headers.get(ACCEPT_ENCODING).and_then(|value| value.to_str().ok()).unwrap_or_default();
    accepted.split(',').any(|choice| {
        let (name, quality) = choice.split_once(';').unwrap_or((choice, ""));
        name.trim().eq_ignore_ascii_case(encoding) && !matches!(quality.trim(), "q=0" | "q=0.0")
    })
}

fn media_type(name: &str) -> HeaderValue {
    HeaderValue::from_static(match name.rsplit('.').next() {
        Some("html") => "text/html; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("wasm") => "application/wasm",
        Some("svg") => "image/svg+xml",
        _ => "application/octet-stream",
    })
}

fn unbuilt() -> Response {
    let text = "This binary was built without the page. Build it with `cargo xtask build`. The API is at /api/v1.\n";
    (StatusCode::NOT_FOUND, text).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_encoding_is_used_only_where_it_is_taken() {
        let headers = |value| HeaderMap::from_iter([(ACCEPT_ENCODING, HeaderValue::from_static(value))]);
        assert!(takes(&headers("gzip, deflate, br"), "br"));
        assert!(takes(&headers("br;q=0.5"), "br"));
        assert!(!takes(&headers("br;q=0, gzip"), "br"));
        assert!(!takes(&headers("gzip"), "br"));
        assert!(!takes(&HeaderMap::new(), "gzip"));
    }
}
