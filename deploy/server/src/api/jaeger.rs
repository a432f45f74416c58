//! The query API of Jaeger under `/jaeger`, as its UI and Grafana's data source ask it: the same traces as `/api/v1`, in
//! Jaeger's form.

mod model;
mod search;

use std::collections::BTreeSet;

use axum::extract::rejection::QueryRejection;
use axum::extract::{Extension, Path, Query, State};
use axum::http::StatusCode;
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use ingest_model::{Nanos, Tenant, TraceId};
use query_engine::{Engine, QueryError};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Api, Failure};
use crate::guard;
use crate::{app, ask, edges};
use model::Trace;
use search::Search;

/// The answer of every route.
#[derive(Debug, Serialize)]
struct Answer<T> {
    data: T,
    total: usize,
    limit: usize,
    offset: usize,
    errors: Option<Vec<Mistake>>,
}

/// What is wrong, in Jaeger's form.
#[derive(Debug, Serialize)]
struct Mistake {
    code: u16,
    msg: String,
}

/// A question without an answer.
#[derive(Debug)]
struct Refused(StatusCode, String);

type Outcome<T> = Result<Json<Answer<Vec<T>>>, Refused>;

/// The routes below `/jaeger/api`.
pub(super) fn routes(api: &Api) -> Router<Api> {
    Router::new()
        .route("/services", get(services))
        .route("/services/{service}/operations", get(operation_names))
        .route("/operations", get(operations))
        .route("/traces", get(traces))
        .route("/traces/{trace_id}", get(trace))
        .route("/dependencies", get(dependencies))
        .layer(from_fn_with_state(api.guard.clone(), guard::read))
}

// === impl Answer ===

fn answer<T>(data: Vec<T>) -> Json<Answer<Vec<T>>> {
    Json(Answer { total: data.len(), data, limit: 0, offset: 0, errors: None })
}

// === impl Refused ===

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let mistake = Mistake { code: self.0.as_u16(), msg: self.1 };
        let body = Answer { data: Value::Null, total: 0, limit: 0, offset: 0, errors: Some(vec![mistake]) };
        (self.0, Json(body)).into_response()
    }
}

impl From<QueryError> for Refused {
    fn from(error: QueryError) -> Self {
        let status = StatusCode::from_u16(error.kind().status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let body = error.into_body();
        let text = [body.message, body.hint].into_iter().filter(|text| !text.is_empty()).collect::<Vec<_>>().join("; ");
        Self(status, text)
    }
}

impl From<anyhow::Error> for Refused {
    fn from(error: anyhow::Error) -> Self {
        match error.downcast::<QueryError>() {
            Ok(error) => error.into(),
            Err(error) => {
                let body = Failure::from(error).into_body();
                Self(StatusCode::INTERNAL_SERVER_ERROR, body.message)
            }
        }
    }
}

fn bad(text: impl Into<String>) -> Refused {
    Refused(StatusCode::BAD_REQUEST, text.into())
}

fn parameters<T>(query: Result<Query<T>, QueryRejection>) -> Result<T, Refused> {
    query.map(|Query(query)| query).map_err(|error| bad(error.body_text()))
}

/// `GET /services`: every service there are spans of.
async fn services(State(api): State<Api>, Extension(tenant): Extension<Tenant>) -> Outcome<String> {
    let services = api.engines.of(&tenant).await?.services(None, None).await?.services;
    let names: BTreeSet<String> = services
        .into_iter()
        .filter(|service| service.spans > 0)
        .map(|service| model::service_name(service.service_name))
        .collect();
    Ok(answer(names.into_iter().collect()))
}

/// `GET /services/{service}/operations`: names only.
async fn operation_names(
    State(api): State<Api>,
    Extension(tenant): Extension<Tenant>,
    Path(service): Path<String>,
) -> Outcome<String> {
    let engine = api.engines.of(&tenant).await?;
    let names: BTreeSet<String> = named(&engine, &service, None).await?.into_iter().map(|(name, _)| name).collect();
    Ok(answer(names.into_iter().collect()))
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct OfService {
    service: Option<String>,
    span_kind: Option<String>,
}

/// `GET /operations?service=&spanKind=`: names and kinds.
async fn operations(
    State(api): State<Api>,
    Extension(tenant): Extension<Tenant>,
    query: Result<Query<OfService>, QueryRejection>,
) -> Outcome<Value> {
    let OfService { service, span_kind } = parameters(query)?;
    let service = service.ok_or_else(|| bad("parameter 'service' is required"))?;
    let engine = api.engines.of(&tenant).await?;
    let named = named(&engine, &service, span_kind.as_deref()).await?;
    Ok(answer(named.into_iter().map(|(name, kind)| json!({ "name": name, "spanKind": kind })).collect()))
}

/// Names and kinds of a service's spans.
async fn named(engine: &Engine, service: &str, kind: Option<&str>) -> Result<Vec<(String, String)>, Refused> {
    let kind = kind.filter(|kind| !kind.is_empty());
    let of_kind =
        kind.map_or_else(String::new, |kind| format!(" AND lower(kind) = {}", search::quoted(&kind.to_lowercase())));
    let query = format!(
        "SELECT DISTINCT name, lower(kind) AS kind FROM spans WHERE {}{of_kind} ORDER BY name, kind",
        search::of_service(service)
    );
    let text = |value: Option<Value>| value.and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default();
    let rows = ask::rows(engine, query).await?;
    let named = rows.into_iter().map(|row| {
        let mut row = row.into_iter();
        (text(row.next()), text(row.next()))
    });
    Ok(named.collect())
}

/// `GET /traces/{trace_id}`.
async fn trace(State(api): State<Api>, Extension(tenant): Extension<Tenant>, Path(id): Path<String>) -> Outcome<Trace> {
    let engine = api.engines.of(&tenant).await?;
    let trace =
        whole(&engine, &id).await?.ok_or_else(|| Refused(StatusCode::NOT_FOUND, "trace not found".to_owned()))?;
    Ok(answer(vec![trace]))
}

/// A trace that has spans, by its id, which Jaeger's clients may shorten by leading zeros.
async fn whole(engine: &Engine, id: &str) -> Result<Option<Trace>, Refused> {
    let id: TraceId =
        format!("{id:0>32}").parse().map_err(|error| bad(format!("{error}: a trace id is up to 32 hex digits")))?;
    let trace = engine.trace(id).await?;
    Ok(trace.filter(|trace| !trace.spans.is_empty()).map(|trace| Trace::of(&trace)))
}

/// `GET /traces?service=…`: the newest traces that have such a span, or those named by `traceID`.
async fn traces(
    State(api): State<Api>,
    Extension(tenant): Extension<Tenant>,
    query: Result<Query<Vec<(String, String)>>, QueryRejection>,
) -> Outcome<Trace> {
    let search = Search::of(parameters(query)?).map_err(bad)?;
    let engine = api.engines.of(&tenant).await?;
    let mut traces = Vec::new();
    for id in found(&engine, search).await? {
        traces.extend(whole(&engine, &id).await?);
    }
    Ok(answer(traces))
}

async fn found(engine: &Engine, search: Search) -> Result<Vec<String>, Refused> {
    let query = match search {
        Search::Ids(ids) => return Ok(ids),
        Search::Spans(query) => query,
    };
    let rows = ask::rows(engine, query).await?;
    Ok(rows.iter().filter_map(|row| row.first()?.as_str().map(str::to_owned)).collect())
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Until {
    end_ts: Option<i64>,
    lookback: Option<i64>,
}

/// `GET /dependencies?endTs=&lookback=`, both in milliseconds: who calls whom how often.
async fn dependencies(
    State(api): State<Api>,
    Extension(tenant): Extension<Tenant>,
    query: Result<Query<Until>, QueryRejection>,
) -> Outcome<Value> {
    const DAY_MS: i64 = 24 * 3_600 * 1_000;
    const MS: i64 = 1_000_000;
    let Until { end_ts, lookback } = parameters(query)?;
    let to = end_ts.map_or_else(app::now, |end| Nanos(end.saturating_mul(MS)));
    let from = Nanos(to.0.saturating_sub(lookback.unwrap_or(DAY_MS).saturating_mul(MS)));
    let engine = api.engines.of(&tenant).await?;
    let map = edges::map(&engine, from, to).await?;
    let calls = map
        .edges
        .into_iter()
        .map(|edge| json!({ "parent": edge.client, "child": edge.server, "callCount": edge.requests }));
    Ok(answer(calls.collect()))
}
