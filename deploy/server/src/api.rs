//! The HTTP API: questions in, answers out. The engine does the work; this is only the door.

mod compare;
mod exhaustion;
mod failure;
mod gate;
mod jaeger;
mod judgements;
mod prometheus;
mod questions;
mod tail;

use std::sync::Arc;

use axum::Router;
use axum::extract::{OriginalUri, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post, put};
use metrics_exporter_prometheus::PrometheusHandle;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::set_header::SetResponseHeaderLayer;

use crate::audit::Audit;
use crate::demo::Catcher;
use crate::engines::Engines;
use crate::guard::{self, Guard};
use crate::judges::Judges;
use crate::page;

pub(crate) use failure::Failure;
pub(crate) use tail::streams;

/// What there is below `/api`.
pub(crate) const HINT: &str = "the API is /api/v1/sql, /schema, /services, /signals, /service-map, /slos, /slos/{name}, /slos/backtest, /series, /exhaustion, /gate, /alerts, /alerts/{id}, \
     /causes, /compare, /catcher, /tail, /traces and /traces/{trace_id}";

/// What the doors behind `--http` need.
#[derive(Debug, Clone)]
pub(crate) struct Api {
    /// Who answers questions.
    pub(crate) engines: Arc<Engines>,
    /// Who judges what is stored.
    pub(crate) judges: Judges,
    /// Who catches webhooks, in a demo.
    pub(crate) catcher: Option<Arc<Catcher>>,
    /// Who comes in.
    pub(crate) guard: Guard,
    /// Where it is told what was done.
    pub(crate) audit: Audit,
    /// Where `/metrics` comes from.
    pub(crate) metrics: PrometheusHandle,
    /// How many may still watch rows as they come.
    pub(crate) tails: Arc<Semaphore>,
    /// Whether the process is about to stop.
    pub(crate) stopping: CancellationToken,
}

/// Everything behind `--http`: the API, the page and what monitors the process.
pub(crate) fn router(api: Api) -> Router {
    Router::new()
        .nest("/api", questions(&api))
        .nest("/jaeger/api", jaeger::routes(&api).layer(CompressionLayer::new()))
        .nest("/prometheus/api", prometheus_api(&api))
        .route("/healthz", get(|| async { "ok\n" }))
        .route("/readyz", get(ready))
        .merge(own_metrics(&api))
        .fallback(page::serve)
        .method_not_allowed_fallback(wrong_method)
        .layer(CatchPanicLayer::custom(|_| Failure::bug().into_response()))
        .layer(always(CONTENT_SECURITY_POLICY, page::POLICY))
        .layer(always(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")))
        .layer(always(REFERRER_POLICY, HeaderValue::from_static("no-referrer")))
        .with_state(api)
}

/// The API below `/api`; answers are never kept by a cache, because telemetry keeps coming.
fn questions(api: &Api) -> Router<Api> {
    Router::new()
        .route("/v1/sql", post(questions::sql))
        .route("/v1/schema", get(questions::schema))
        .route("/v1/services", get(questions::services))
        .route("/v1/signals", get(questions::signals))
        .route("/v1/service-map", get(judgements::service_map))
        .route("/v1/slos", get(judgements::slos))
        .route("/v1/slos/{name}/spenders", get(judgements::spenders))
        .route("/v1/slos/{name}/history", get(judgements::history))
        .route("/v1/slos/backtest", post(judgements::backtest))
        .route("/v1/slos/{name}", get(judgements::slo))
        .route("/v1/alerts", get(judgements::alerts))
        .route("/v1/alerts/{id}", get(judgements::alert))
        .route("/v1/causes", get(judgements::causes))
        .route("/v1/series", get(judgements::series))
        .route("/v1/exhaustion", get(exhaustion::exhaustion))
        .route("/v1/gate", get(gate::gate))
        .route("/v1/compare", post(compare::compare))
        .route("/v1/catcher", get(judgements::catcher))
        .route("/v1/tail", get(tail::tail))
        .route("/v1/traces", get(questions::traces))
        .route("/v1/traces/{trace_id}", get(questions::trace))
        .layer(from_fn_with_state(api.guard.clone(), guard::read))
        .merge(writing(api))
        .fallback(nothing_here)
        .layer(CompressionLayer::new())
        .layer(always(CACHE_CONTROL, HeaderValue::from_static("no-store")))
}

/// The query API of Prometheus, for whoever may ask.
fn prometheus_api(api: &Api) -> Router<Api> {
    prometheus::routes()
        .layer(from_fn_with_state(api.guard.clone(), guard::read))
        .layer(CompressionLayer::new())
        .layer(always(CACHE_CONTROL, HeaderValue::from_static("no-store")))
}

/// What changes something, for admins.
fn writing(api: &Api) -> Router<Api> {
    Router::new()
        .route("/v1/slos/{name}", put(judgements::put_slo).delete(judgements::delete_slo))
        .route(
            "/v1/slos/{name}/corrections/{correction}",
            put(judgements::put_correction).delete(judgements::delete_correction),
        )
        .layer(from_fn_with_state(api.guard.clone(), guard::admin))
}

fn own_metrics(api: &Api) -> Router<Api> {
    Router::new()
        .route("/metrics", get(|State(api): State<Api>| async move { api.metrics.render() }))
        .layer(from_fn_with_state(api.guard.clone(), guard::admin))
}

async fn ready(State(api): State<Api>) -> (StatusCode, &'static str) {
    if api.stopping.is_cancelled() { (StatusCode::SERVICE_UNAVAILABLE, "stopping\n") } else { (StatusCode::OK, "ok\n") }
}

async fn nothing_here(OriginalUri(uri): OriginalUri) -> Failure {
    Failure::nothing_at(uri.path(), HINT)
}

async fn wrong_method(OriginalUri(uri): OriginalUri) -> Response {
    Failure::wrong_method(uri.path())
}

fn always(name: HeaderName, value: HeaderValue) -> SetResponseHeaderLayer<HeaderValue> {
    SetResponseHeaderLayer::if_not_present(name, value)
}
