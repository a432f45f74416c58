//! The routes of the API, one function each.

use axum::body::Body;
use axum::extract::rejection::{BytesRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::http::header::{ACCEPT, CONTENT_TYPE, HeaderMap};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use ingest_model::{Nanos, Tenant, TraceId};
use query_api::{ErrorKind, Schema, Services, Signals, SignalsQuestion, SqlQuestion, TraceList, TraceQuestion};
use query_engine::{Answer, Format};
use serde::Deserialize;

use super::{Api, Failure};

/// What an answer that is no JSON says beside its rows.
const ROWS: HeaderName = HeaderName::from_static("slowburn-rows");
const TRUNCATED: HeaderName = HeaderName::from_static("slowburn-truncated");
const INCOMPLETE: HeaderName = HeaderName::from_static("slowburn-damaged-files");
const CACHE: HeaderName = HeaderName::from_static("slowburn-cache");
const ELAPSED_MS: HeaderName = HeaderName::from_static("slowburn-elapsed-ms");

pub(super) type Outcome<T> = Result<T, Failure>;

/// `POST /api/v1/sql`.
pub(super) async fn sql(
    State(api): State<Api>,
    Extension(tenant): Extension<Tenant>,
    headers: HeaderMap,
    body: Result<axum::body::Bytes, BytesRejection>,
) -> Outcome<Response> {
    let question = question(body)?;
    let format = format(&headers);
    let answer = api.engines.of(&tenant).await?.sql(&question, format).await?;
    Ok(respond(answer, format))
}

/// `GET /api/v1/schema`.
pub(super) async fn schema(State(api): State<Api>, Extension(tenant): Extension<Tenant>) -> Outcome<Json<Schema>> {
    Ok(Json(api.engines.of(&tenant).await?.schema().await?))
}

/// The range of `GET /api/v1/services`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Range {
    pub(super) from: Option<Nanos>,
    pub(super) to: Option<Nanos>,
}

/// `GET /api/v1/services`.
pub(super) async fn services(
    State(api): State<Api>,
    Extension(tenant): Extension<Tenant>,
    range: Result<Query<Range>, QueryRejection>,
) -> Outcome<Json<Services>> {
    let Query(range) = range.map_err(|error| bad_parameters(&error))?;
    Ok(Json(api.engines.of(&tenant).await?.services(range.from, range.to).await?))
}

/// `GET /api/v1/signals`.
pub(super) async fn signals(
    State(api): State<Api>,
    Extension(tenant): Extension<Tenant>,
    question: Result<Query<SignalsQuestion>, QueryRejection>,
) -> Outcome<Json<Signals>> {
    let Query(question) = question.map_err(|error| bad_parameters(&error))?;
    let mut signals = api.engines.of(&tenant).await?.signals(&question).await?;
    if tenant == Tenant::default() {
        signals.bands = api.judges.baselines.bands(&signals);
    }
    Ok(Json(signals))
}

/// `GET /api/v1/traces`.
pub(super) async fn traces(
    State(api): State<Api>,
    Extension(tenant): Extension<Tenant>,
    question: Result<Query<TraceQuestion>, QueryRejection>,
) -> Outcome<Json<TraceList>> {
    let Query(question) = question.map_err(|error| bad_parameters(&error))?;
    Ok(Json(api.engines.of(&tenant).await?.traces(&question).await?))
}

/// `GET /api/v1/traces/{trace_id}`: sent at once where it is small, else piece by piece as it is taken.
pub(super) async fn trace(
    State(api): State<Api>,
    Extension(tenant): Extension<Tenant>,
    Path(id): Path<String>,
) -> Outcome<Response> {
    let id: TraceId = id
        .parse()
        .map_err(|error| Failure::new(ErrorKind::BadRequest, format!("{error}"), "a trace id is 32 hex digits"))?;
    let trace = api.engines.of(&tenant).await?.trace_body(id).await?;
    let missing = || {
        let hint = "it may not have arrived yet, or its exporter sends to another server";
        Failure::new(ErrorKind::NotFound, format!("no span and no log record of trace {id} is stored"), hint)
    };
    let body = match trace.ok_or_else(missing)?.whole() {
        Ok(whole) => Body::from(whole),
        Err(pieces) => Body::from_stream(pieces),
    };
    Ok(([(CONTENT_TYPE, HeaderValue::from_static(Format::Json.content_type()))], body).into_response())
}

fn question(body: Result<axum::body::Bytes, BytesRejection>) -> Outcome<SqlQuestion> {
    let hint = r#"send {"query": "SELECT …", "max_rows": 100, "timeout_ms": 10000}; the last two may be left out"#;
    serde_json::from_slice(&whole_body(body)?)
        .map_err(|error| Failure::new(ErrorKind::BadRequest, format!("the body is no question: {error}"), hint))
}

/// The body of a question, if it came whole.
pub(super) fn whole_body(body: Result<axum::body::Bytes, BytesRejection>) -> Outcome<axum::body::Bytes> {
    body.map_err(|error| match error.status() {
        StatusCode::PAYLOAD_TOO_LARGE => {
            Failure::new(ErrorKind::TooLarge, "the question is larger than 2 MiB", "send a shorter query")
        }
        _ => Failure::new(ErrorKind::BadRequest, error.body_text(), "send the whole body"),
    })
}

/// The first form of `Accept` that is known; JSON otherwise.
fn format(headers: &HeaderMap) -> Format {
    let accepted = headers.get(ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let known = |choice: &str| {
        let name = choice.split(';').next().unwrap_or_default().trim();
        [Format::Json, Format::Csv, Format::ArrowStream].into_iter().find(|format| {
            format.content_type().split(';').next().is_some_and(|known| known.eq_ignore_ascii_case(name))
        })
    };
    accepted.split(',').find_map(known).unwrap_or(Format::Json)
}

fn respond(answer: Answer, format: Format) -> Response {
    let mut response = Response::new(Body::from(answer.body));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(format.content_type()));
    headers.insert(ROWS, HeaderValue::from(answer.rows));
    headers.insert(TRUNCATED, HeaderValue::from_static(if answer.truncated { "true" } else { "false" }));
    headers.insert(INCOMPLETE, HeaderValue::from(answer.left_out.len()));
    headers.insert(CACHE, HeaderValue::from_static(if answer.stats.cached { "hit" } else { "miss" }));
    headers.insert(ELAPSED_MS, HeaderValue::from(answer.stats.elapsed_ms));
    response
}

pub(super) fn bad_parameters(error: &QueryRejection) -> Failure {
    let text = error.body_text();
    let hint = parameter_hint(&text);
    Failure::new(ErrorKind::BadRequest, text, hint)
}

/// What helps against a mistake in a query string, by the words that follow its general part.
fn parameter_hint(text: &str) -> &'static str {
    let detail = text.split_once(": ").map_or(text, |(_, detail)| detail);
    let mut words = detail.split(|letter: char| !letter.is_alphanumeric());
    if words.any(|word| matches!(word, "from" | "to" | "time")) {
        "times are RFC 3339, such as 2026-11-20T08:30:00Z, or integer nanoseconds since 1970"
    } else {
        "limit is 1 to 1000"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hint_is_about_the_parameter_that_is_mistaken() {
        let hint = |query: &str| {
            let uri: axum::http::Uri = format!("/api/v1/traces?{query}").parse().unwrap();
            let mistake = Query::<TraceQuestion>::try_from_uri(&uri).unwrap_err();
            parameter_hint(&mistake.body_text())
        };
        assert!(hint("from=yesterday").starts_with("times are RFC 3339"));
        assert!(hint("limit=20&to=soon").starts_with("times are RFC 3339"));
        assert_eq!(hint("limit=many"), "limit is 1 to 1000");
        assert_eq!(hint("limit=-1"), "limit is 1 to 1000");
    }

    #[test]
    fn the_form_is_what_accept_names_first_and_else_json() {
        let format = |value| format(&HeaderMap::from_iter([(ACCEPT, HeaderValue::from_static(value))]));
        assert_eq!(format("text/csv"), Format::Csv);
        assert_eq!(format("text/html, application/vnd.apache.arrow.stream;q=0.9"), Format::ArrowStream);
        assert_eq!(format("*/*"), Format::Json);
        assert_eq!(super::format(&HeaderMap::new()), Format::Json);
    }
}
