//! The page, as `cargo xtask ui` built it.
//!
//! The names of its files tell their content, so browsers keep them; every address that is no
//! file belongs to the page, which finds its own way.

use axum::body::Body;
use axum::http::header::{ACCEPT_ENCODING, ALLOW, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, HeaderMap, VARY};
use axum::http::{HeaderValue, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use rust_embed::{Embed, EmbeddedFile};

use crate::api::{self, Failure};

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
pub(crate) async fn serve(method: Method, uri: Uri, headers: HeaderMap) -> Response {
    if let Some(hint) = elsewhere(uri.path()) {
        return Failure::nothing_at(uri.path(), hint).into_response();
    }
    if method != Method::GET && method != Method::HEAD {
        let mut response = Failure::wrong_method(uri.path());
        response.headers_mut().insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
        return response;
    }
    let name = uri.path().trim_start_matches('/');
    let last = name.rsplit('/').next().unwrap_or_default();
    let is_file = last.contains('.');
    if !is_file {
        return file(INDEX, &headers).unwrap_or_else(unbuilt);
    }
    let hidden = name.split('/').any(|part| part.starts_with('.'));
    let found = if hidden { None } else { file(name, &headers) };
    found.unwrap_or_else(|| Failure::nothing_at(uri.path(), "").into_response())
}

/// Where to go instead, for addresses that programs ask and the page never shows.
fn elsewhere(path: &str) -> Option<&'static str> {
    let first = path.trim_start_matches('/').split('/').next().unwrap_or_default();
    if first.eq_ignore_ascii_case("api") {
        return Some(api::HINT);
    }
    let is_otlp = matches!(path.trim_end_matches('/'), "/v1/traces" | "/v1/logs" | "/v1/metrics");
    is_otlp.then_some("OTLP over HTTP is at the address of --otlp-http, by default port 4318")
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

    async fn asked(method: Method, path: &'static str) -> (u16, String) {
        let answer = serve(method, Uri::from_static(path), HeaderMap::new()).await;
        let status = answer.status().as_u16();
        let body = axum::body::to_bytes(answer.into_body(), 1 << 20).await.unwrap();
        (status, String::from_utf8_lossy(&body).into_owned())
    }

    #[tokio::test]
    async fn what_programs_ask_at_the_wrong_door_is_never_the_page() {
        for method in [Method::GET, Method::POST] {
            for (path, wanted) in [
                ("/v1/traces", "--otlp-http"),
                ("/v1/logs", "there is nothing at /v1/logs"),
                ("/v1/metrics", "port 4318"),
                ("/api", "/api/v1/sql"),
                ("/api/", "/api/v1/sql"),
                ("/API/v1/sql", "there is nothing at /API/v1/sql"),
            ] {
                let (status, body) = asked(method.clone(), path).await;
                assert!(status == 404 && body.starts_with('{') && body.contains(wanted), "{path}: {body}");
            }
        }
    }

    #[tokio::test]
    async fn the_page_is_only_read() {
        for method in [Method::POST, Method::PUT, Method::DELETE] {
            let (status, body) = asked(method, "/traces").await;
            assert!(status == 405 && body.contains("not allowed at /traces"), "{body}");
        }
        assert_ne!(asked(Method::HEAD, "/traces").await.0, 405);
    }
}
