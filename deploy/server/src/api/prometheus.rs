//! The query API of Prometheus below `/prometheus/api/v1`: parameters, answers and errors in its form.

mod parameters;

use std::collections::{BTreeMap, BTreeSet};

use axum::extract::{OriginalUri, Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Extension, Json, Router};
use ingest_model::{Nanos, Tenant};
use query_api::ErrorKind;
use query_engine::{ExemplarsQuestion, LabelsQuestion, PromqlQuestion, QueryError};
use query_promql::json::{self, Metric, Success};
use query_promql::{Labels, METRIC_NAME, PromqlError, Query, number, parse_matchers};
use serde::Serialize;

use super::Api;
use parameters::Parameters;

/// The Prometheus whose rules PromQL follows here: clients ask to know what they may ask.
const LANGUAGE: &str = "3.0.0";

type Outcome<T> = Result<Json<Success<T>>, Refused>;

/// An answer that is no success.
#[derive(Debug)]
struct Refused(StatusCode, json::Failure);

/// The routes below `/prometheus/api`.
pub(super) fn routes() -> Router<Api> {
    Router::new()
        .route("/v1/query", get(query).post(query))
        .route("/v1/query_range", get(query_range).post(query_range))
        .route("/v1/query_exemplars", get(exemplars).post(exemplars))
        .route("/v1/series", get(series).post(series))
        .route("/v1/labels", get(labels).post(labels))
        .route("/v1/label/{name}/values", get(label_values))
        .route("/v1/metadata", get(metadata))
        .route("/v1/status/buildinfo", get(build_info))
        .fallback(nothing_here)
}

/// `query`: PromQL at one moment.
async fn query(
    State(api): State<Api>,
    Extension(tenant): Extension<Tenant>,
    parameters: Parameters,
) -> Result<Response, Refused> {
    let start = parameters.time("time")?.unwrap_or_else(now);
    let question = PromqlQuestion { query: parsed(&parameters)?, start, end: start, step: None };
    evaluated(&api, &tenant, &question).await
}

/// `query_range`: PromQL at every step of a range.
async fn query_range(
    State(api): State<Api>,
    Extension(tenant): Extension<Tenant>,
    parameters: Parameters,
) -> Result<Response, Refused> {
    let (start, end) = (parameters.needed_time("start")?, parameters.needed_time("end")?);
    let step = parameters.step()?;
    let question = PromqlQuestion { query: parsed(&parameters)?, start, end, step: Some(step) };
    evaluated(&api, &tenant, &question).await
}

fn parsed(parameters: &Parameters) -> Result<Query, Refused> {
    if parameters.one("lookback_delta").is_some() {
        return Err(PromqlError::NotSupported("lookback_delta".to_owned()).into());
    }
    let text = parameters.one("query").ok_or_else(|| Refused::bad("the parameter query is missing"))?;
    Ok(Query::parse(text)?)
}

async fn evaluated(api: &Api, tenant: &Tenant, question: &PromqlQuestion) -> Result<Response, Refused> {
    let answer = api.engines.of(tenant).await?.promql(question).await??;
    let at = question.start;
    // A large answer is written beside the threads that serve others.
    let body = tokio::task::spawn_blocking(move || serde_json::to_vec(&json::success(answer, at)));
    let body = body.await.map_err(Refused::bug)?.map_err(Refused::bug)?;
    Ok(([(axum::http::header::CONTENT_TYPE, "application/json")], body).into_response())
}

/// `series`: the labels of series that fit one of `match[]`.
async fn series(
    State(api): State<Api>,
    Extension(tenant): Extension<Tenant>,
    parameters: Parameters,
) -> Outcome<Vec<Metric>> {
    let question = labels_question(&parameters)?;
    if question.selectors.is_empty() {
        return Err(Refused::bad("no match[] parameter provided"));
    }
    let found = api.engines.of(&tenant).await?.metric_labels(&question).await?;
    listed(found.into_iter().map(Metric).collect(), &parameters)
}

/// The exemplars of a series, as `query_exemplars` tells them.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct OfSeries {
    series_labels: Metric,
    exemplars: Vec<Exemplar>,
}

#[derive(Debug, Serialize)]
struct Exemplar {
    labels: Metric,
    value: String,
    timestamp: f64,
}

/// `query_exemplars`: what was sampled of the series that a question selects.
async fn exemplars(
    State(api): State<Api>,
    Extension(tenant): Extension<Tenant>,
    parameters: Parameters,
) -> Outcome<Vec<OfSeries>> {
    let now = now();
    let end = parameters.time("end")?.unwrap_or(now);
    let start = parameters.time("start")?.unwrap_or_else(|| end.saturating_sub(DAY_MS));
    if end < start {
        return Err(Refused::bad("end timestamp must not be before start timestamp"));
    }
    let question = ExemplarsQuestion { query: parsed(&parameters)?, start, end };
    let found = api.engines.of(&tenant).await?.metric_exemplars(&question).await?;
    let told = |one: query_engine::Exemplar| Exemplar {
        labels: Metric(one.labels),
        value: number(one.value),
        timestamp: one.at as f64 / 1e3,
    };
    let series = found.into_iter().map(|found| OfSeries {
        series_labels: Metric(found.series),
        exemplars: found.exemplars.into_iter().map(told).collect(),
    });
    Ok(Json(Success::new(series.collect())))
}

/// `labels`: the names of labels.
async fn labels(
    State(api): State<Api>,
    Extension(tenant): Extension<Tenant>,
    parameters: Parameters,
) -> Outcome<Vec<String>> {
    let found = api.engines.of(&tenant).await?.metric_labels(&labels_question(&parameters)?).await?;
    let names: BTreeSet<&str> = found.iter().flat_map(Labels::iter).map(|(name, _)| name).collect();
    listed(names.into_iter().map(str::to_owned).collect(), &parameters)
}

/// `label/{name}/values`: the values of a label.
async fn label_values(
    State(api): State<Api>,
    Extension(tenant): Extension<Tenant>,
    Path(name): Path<String>,
    parameters: Parameters,
) -> Outcome<Vec<String>> {
    let question = labels_question(&parameters)?;
    let engine = api.engines.of(&tenant).await?;
    let values: BTreeSet<String> = if name == METRIC_NAME && question.selectors.is_empty() {
        // Which metrics there are is known without reading any series.
        let families = engine.metric_families(question.from, question.to).await?;
        families.into_iter().flat_map(|family| family.series).collect()
    } else {
        let found = engine.metric_labels(&question).await?;
        found.iter().map(|labels| labels.get(&name).to_owned()).filter(|value| !value.is_empty()).collect()
    };
    listed(values.into_iter().collect(), &parameters)
}

/// What a metric is, as `metadata` tells it.
#[derive(Debug, Serialize)]
struct Metadata {
    #[serde(rename = "type")]
    kind: &'static str,
    help: String,
    unit: String,
}

/// `metadata`: the kind, help and unit of metrics seen in the last day.
async fn metadata(
    State(api): State<Api>,
    Extension(tenant): Extension<Tenant>,
    parameters: Parameters,
) -> Outcome<BTreeMap<String, Vec<Metadata>>> {
    let (from, to) = parameters.range(now())?;
    let families = api.engines.of(&tenant).await?.metric_families(from, to).await?;
    let wanted = parameters.one("metric");
    let limit = parameters.limit()?;
    let mut metadata: BTreeMap<String, Vec<Metadata>> = BTreeMap::new();
    for family in families.into_iter().filter(|family| wanted.is_none_or(|wanted| family.name == wanted)) {
        if metadata.len() < limit || metadata.contains_key(&family.name) {
            let told = Metadata { kind: family.kind, help: family.help, unit: family.unit };
            metadata.entry(family.name).or_default().push(told);
        }
    }
    Ok(Json(Success::new(metadata)))
}

/// `status/buildinfo`: by its version clients know what they may ask.
async fn build_info() -> Json<Success<BTreeMap<&'static str, &'static str>>> {
    let told = [("version", LANGUAGE), ("revision", "slowburn"), ("branch", ""), ("buildUser", ""), ("buildDate", "")];
    Json(Success::new(told.into_iter().collect()))
}

async fn nothing_here(OriginalUri(uri): OriginalUri) -> Refused {
    Refused(StatusCode::NOT_FOUND, json::Failure::new("not_found", format!("there is nothing at {}", uri.path())))
}

fn labels_question(parameters: &Parameters) -> Result<LabelsQuestion, Refused> {
    let selectors = parameters.all("match[]").map(parse_matchers).collect::<Result<_, _>>()?;
    let (from, to) = parameters.range(now())?;
    Ok(LabelsQuestion { selectors, from, to })
}

/// At most `limit` of what was found, with a warning where there is more.
fn listed<T>(mut found: Vec<T>, parameters: &Parameters) -> Outcome<Vec<T>> {
    let limit = parameters.limit()?;
    let mut notes = query_promql::Notes::default();
    if found.len() > limit {
        found.truncate(limit);
        notes.warnings.insert("results truncated due to limit".to_owned());
    }
    Ok(Json(Success::new(found).with_notes(notes)))
}

/// Milliseconds since 1970.
fn now() -> i64 {
    crate::app::now().0 / 1_000_000
}

// === impl Refused ===

impl Refused {
    fn bad(text: impl Into<String>) -> Self {
        Self(StatusCode::BAD_REQUEST, json::Failure::new("bad_data", text))
    }

    /// A mistake of ours; the log has the cause.
    fn bug(cause: impl std::fmt::Display) -> Self {
        tracing::error!("a question in PromQL failed: {cause:#}");
        let text = "the question could not be answered because of a fault inside slowburn";
        Self(StatusCode::INTERNAL_SERVER_ERROR, json::Failure::new("internal", text))
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        (self.0, Json(self.1)).into_response()
    }
}

impl From<PromqlError> for Refused {
    fn from(error: PromqlError) -> Self {
        let status = match error {
            PromqlError::Parse(_) => StatusCode::BAD_REQUEST,
            PromqlError::Canceled => StatusCode::SERVICE_UNAVAILABLE,
            PromqlError::NotSupported(_) | PromqlError::Execution(_) | PromqlError::TooMuch(_) => {
                StatusCode::UNPROCESSABLE_ENTITY
            }
        };
        Self(status, json::Failure::of(&error))
    }
}

impl From<QueryError> for Refused {
    fn from(error: QueryError) -> Self {
        let (status, error_type) = match error.kind() {
            ErrorKind::BadRequest => (StatusCode::BAD_REQUEST, "bad_data"),
            ErrorKind::Timeout => (StatusCode::SERVICE_UNAVAILABLE, "timeout"),
            ErrorKind::Unavailable => (StatusCode::SERVICE_UNAVAILABLE, "unavailable"),
            ErrorKind::ResourceLimit => (StatusCode::UNPROCESSABLE_ENTITY, "execution"),
            _ => (StatusCode::INTERNAL_SERVER_ERROR, "internal"),
        };
        Self(status, json::Failure::new(error_type, error.to_string()))
    }
}

impl From<anyhow::Error> for Refused {
    fn from(error: anyhow::Error) -> Self {
        match error.downcast::<QueryError>() {
            Ok(error) => error.into(),
            Err(error) => Self::bug(error),
        }
    }
}

/// A day before a moment in milliseconds, for questions that tell no start.
const DAY_MS: i64 = 24 * 60 * 60 * 1_000;

const fn nanos(millis: i64) -> Nanos {
    Nanos(millis.saturating_mul(1_000_000))
}
