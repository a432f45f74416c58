//! The routes of what is judged: SLOs, alerts, causes, the service map.

use axum::extract::rejection::{BytesRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::{Extension, Json};
use ingest_model::{Nanos, Tenant};
use ingest_store::AuditAction;
use query_api::{
    AlertDetail, Alerts, Backtest, CaughtMessages, Causes, CausesQuestion, CorrectionQuestion, ErrorKind,
    SeriesQuestion, ServiceMap, ServiceMapQuestion, SloDetail, SloHistory, SloStep, Slos, Spenders, WatchedSeriesList,
};
use query_engine::Selection;
use serde::Deserialize;

use super::questions::{Outcome, Range, bad_parameters, whole_body};
use super::{Api, Failure};
use crate::audit::Actor;
use crate::objectives::Refused;
use crate::{app, causes, edges, spenders};

const HOUR_NS: i64 = 60 * 60 * 1_000_000_000;

/// `GET /api/v1/slos`.
pub(super) async fn slos(State(api): State<Api>, Extension(tenant): Extension<Tenant>) -> Json<Slos> {
    Json(if judged(&tenant) { api.judges.objectives.all() } else { Slos::default() })
}

/// `GET /api/v1/slos/{name}`.
pub(super) async fn slo(
    State(api): State<Api>,
    Extension(tenant): Extension<Tenant>,
    Path(name): Path<String>,
    range: Result<Query<Range>, QueryRejection>,
) -> Outcome<Json<SloDetail>> {
    let Query(range) = range.map_err(|error| bad_parameters(&error))?;
    let found = judged(&tenant).then(|| api.judges.objectives.one(&name, range.from, range.to)).flatten();
    found.map(Json).ok_or_else(|| no_slo(&name))
}

/// `PUT /api/v1/slos/{name}`: an OpenSLO document, YAML or JSON, that defines the SLO `name` and what it needs.
pub(super) async fn put_slo(
    State(api): State<Api>,
    Extension(tenant): Extension<Tenant>,
    Extension(actor): Extension<Actor>,
    Path(name): Path<String>,
    body: Result<String, axum::extract::rejection::StringRejection>,
) -> Outcome<StatusCode> {
    let text =
        body.map_err(|error| Failure::new(ErrorKind::BadRequest, error.body_text(), "send the document as UTF-8"))?;
    only_default(&tenant)?;
    let objectives = std::sync::Arc::clone(&api.judges.objectives);
    let object = name.clone();
    let put = tokio::task::spawn_blocking(move || objectives.put(&name, &text)).await.map_err(anyhow::Error::from)?;
    told(&api, &actor, AuditAction::PutSlo, &object, put.is_ok()).await;
    put.map(|()| StatusCode::NO_CONTENT).map_err(refused)
}

/// `DELETE /api/v1/slos/{name}`: of those that came by `PUT`.
pub(super) async fn delete_slo(
    State(api): State<Api>,
    Extension(tenant): Extension<Tenant>,
    Extension(actor): Extension<Actor>,
    Path(name): Path<String>,
    _body: Result<axum::body::Bytes, BytesRejection>,
) -> Outcome<StatusCode> {
    only_default(&tenant)?;
    let objectives = std::sync::Arc::clone(&api.judges.objectives);
    let object = name.clone();
    let deleted = tokio::task::spawn_blocking(move || objectives.delete(&name)).await.map_err(anyhow::Error::from)?;
    told(&api, &actor, AuditAction::DeleteSlo, &object, deleted.is_ok()).await;
    deleted.map(|()| StatusCode::NO_CONTENT).map_err(refused)
}

/// What is asked of the history of an SLO.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct HistoryQuestion {
    from: Option<Nanos>,
    to: Option<Nanos>,
    step: SloStep,
}

/// `GET /api/v1/slos/{name}/history?from=&to=&step=hour|day`: the days of the last year where nothing else is said.
pub(super) async fn history(
    State(api): State<Api>,
    Extension(tenant): Extension<Tenant>,
    Path(name): Path<String>,
    question: Result<Query<HistoryQuestion>, QueryRejection>,
) -> Outcome<Json<SloHistory>> {
    let Query(HistoryQuestion { from, to, step }) = question.map_err(|error| bad_parameters(&error))?;
    let found = judged(&tenant).then(|| api.judges.objectives.history(&name, (from, to), step)).flatten();
    found.map(Json).ok_or_else(|| no_slo(&name))
}

/// `GET /api/v1/slos/{name}/spenders?from=&to=`: of the period so far where the range is left out.
pub(super) async fn spenders(
    State(api): State<Api>,
    Extension(tenant): Extension<Tenant>,
    Path(name): Path<String>,
    range: Result<Query<Range>, QueryRejection>,
) -> Outcome<Json<Spenders>> {
    let Query(range) = range.map_err(|error| bad_parameters(&error))?;
    let objectives = &api.judges.objectives;
    let matter = judged(&tenant).then(|| objectives.matter(&name)).flatten().ok_or_else(|| no_slo(&name))?;
    let (period, allowed) = objectives.period(&name).ok_or_else(|| no_slo(&name))?;
    let range = (range.from.unwrap_or(period.start), range.to.unwrap_or(period.end));
    let engine = api.engines.of(&tenant).await?;
    Ok(Json(spenders::spenders(&engine, &name, matter, range, allowed).await?))
}

/// `GET /api/v1/series?service=&alarmed=`: the watched series.
pub(super) async fn series(
    State(api): State<Api>,
    Extension(tenant): Extension<Tenant>,
    question: Result<Query<SeriesQuestion>, QueryRejection>,
) -> Outcome<Json<WatchedSeriesList>> {
    let Query(question) = question.map_err(|error| bad_parameters(&error))?;
    Ok(Json(if judged(&tenant) { api.judges.series.list(&question) } else { WatchedSeriesList::default() }))
}

/// `POST /api/v1/slos/backtest?from=&to=`: OpenSLO documents, judged over a range of what is stored; the last day where it is
/// left out.
pub(super) async fn backtest(
    State(api): State<Api>,
    Extension(tenant): Extension<Tenant>,
    range: Result<Query<Range>, QueryRejection>,
    body: Result<String, axum::extract::rejection::StringRejection>,
) -> Outcome<Json<Backtest>> {
    let Query(range) = range.map_err(|error| bad_parameters(&error))?;
    let text =
        body.map_err(|error| Failure::new(ErrorKind::BadRequest, error.body_text(), "send the document as UTF-8"))?;
    only_default(&tenant)?;
    let to = range.to.unwrap_or_else(app::now);
    let from = range.from.unwrap_or_else(|| to.plus(-24 * HOUR_NS));
    api.judges.objectives.backtest(&text, from..to).await.map(Json).map_err(refused)
}

/// `PUT /api/v1/slos/{name}/corrections/{correction}`.
pub(super) async fn put_correction(
    State(api): State<Api>,
    Extension(tenant): Extension<Tenant>,
    Extension(actor): Extension<Actor>,
    Path((slo, name)): Path<(String, String)>,
    body: Result<axum::body::Bytes, BytesRejection>,
) -> Outcome<StatusCode> {
    only_default(&tenant)?;
    let hint =
        r#"send {"effect": "excluded", "from": "2026-11-22T08:00:00Z", "to": "2026-11-22T09:00:00Z", "reason": "…"}"#;
    let question: CorrectionQuestion = serde_json::from_slice(&whole_body(body)?)
        .map_err(|error| Failure::new(ErrorKind::BadRequest, format!("the body is no correction: {error}"), hint))?;
    let put = api.judges.objectives.correct((&slo, &name), &question, &actor.id).await;
    told(&api, &actor, AuditAction::PutCorrection, &format!("{slo}/{name}"), put.is_ok()).await;
    put.map(|()| StatusCode::NO_CONTENT).map_err(refused)
}

/// `DELETE /api/v1/slos/{name}/corrections/{correction}`.
pub(super) async fn delete_correction(
    State(api): State<Api>,
    Extension(tenant): Extension<Tenant>,
    Extension(actor): Extension<Actor>,
    Path((slo, name)): Path<(String, String)>,
) -> Outcome<StatusCode> {
    only_default(&tenant)?;
    let withdrawn = api.judges.objectives.withdraw((&slo, &name), &actor.id).await;
    told(&api, &actor, AuditAction::DeleteCorrection, &format!("{slo}/{name}"), withdrawn.is_ok()).await;
    withdrawn.map(|()| StatusCode::NO_CONTENT).map_err(refused)
}

async fn told(api: &Api, actor: &Actor, action: AuditAction, object: &str, done: bool) {
    let outcome = if done { "done" } else { "failed" };
    api.audit.tell(actor, action, object, outcome, serde_json::json!({})).await;
}

/// `GET /api/v1/alerts`.
pub(super) async fn alerts(State(api): State<Api>, Extension(tenant): Extension<Tenant>) -> Outcome<Json<Alerts>> {
    Ok(Json(if judged(&tenant) { api.judges.alerts.all().await? } else { Alerts::default() }))
}

/// `GET /api/v1/alerts/{id}`.
pub(super) async fn alert(
    State(api): State<Api>,
    Extension(tenant): Extension<Tenant>,
    Path(id): Path<String>,
) -> Outcome<Json<AlertDetail>> {
    let missing = || {
        let hint = "GET /api/v1/alerts lists the newest";
        Failure::new(ErrorKind::NotFound, format!("there is no alert {id}"), hint)
    };
    let parsed = id.parse().ok().filter(|_| judged(&tenant));
    let found = match parsed {
        Some(id) => api.judges.alerts.one(id).await?,
        None => None,
    };
    found.map(Json).ok_or_else(missing)
}

/// `GET /api/v1/causes`.
pub(super) async fn causes(
    State(api): State<Api>,
    Extension(tenant): Extension<Tenant>,
    question: Result<Query<CausesQuestion>, QueryRejection>,
) -> Outcome<Json<Causes>> {
    let Query(question) = question.map_err(|error| bad_parameters(&error))?;
    let CausesQuestion { from, to, baseline_from, baseline_to, service, slo } = question;
    let windows = causes::windows(from, to, baseline_from, baseline_to);
    if windows.from >= windows.to || windows.baseline_from >= windows.baseline_to {
        let hint = "from is before to, and baseline_from before baseline_to";
        return Err(Failure::new(ErrorKind::BadRequest, "a window is empty", hint));
    }
    let events = match (slo, service) {
        (Some(slo), _) => {
            let matter = judged(&tenant).then(|| api.judges.objectives.matter(&slo)).flatten();
            Some(matter.ok_or_else(|| no_slo(&slo))?)
        }
        (None, Some(service)) => Some(Selection::Service(service)),
        (None, None) => None,
    };
    let engine = api.engines.of(&tenant).await?;
    let mut causes = causes::causes(&engine, events, windows).await?;
    if judged(&tenant) {
        for suspect in &mut causes.suspects {
            suspect.runbook = api.judges.objectives.runbook(&suspect.service);
        }
    }
    Ok(Json(causes))
}

/// `GET /api/v1/service-map`.
pub(super) async fn service_map(
    State(api): State<Api>,
    Extension(tenant): Extension<Tenant>,
    question: Result<Query<ServiceMapQuestion>, QueryRejection>,
) -> Outcome<Json<ServiceMap>> {
    let Query(question) = question.map_err(|error| bad_parameters(&error))?;
    let to = question.to.unwrap_or_else(app::now);
    let from = question.from.unwrap_or_else(|| Nanos(to.0.saturating_sub(HOUR_NS)));
    let engine = api.engines.of(&tenant).await?;
    Ok(Json(edges::map(&engine, from, to).await?))
}

/// `GET /api/v1/catcher`.
pub(super) async fn catcher(State(api): State<Api>) -> Json<CaughtMessages> {
    Json(api.catcher.map(|catcher| catcher.messages()).unwrap_or_default())
}

/// Whether SLOs and alerts are about this tenant.
fn judged(tenant: &Tenant) -> bool {
    *tenant == Tenant::default()
}

fn only_default(tenant: &Tenant) -> Outcome<()> {
    if judged(tenant) {
        return Ok(());
    }
    let message = format!("SLOs are kept for the tenant {} only, and this key is of {tenant}", Tenant::default());
    Err(Failure::new(ErrorKind::BadRequest, message, "use a key of that tenant"))
}

fn no_slo(name: &str) -> Failure {
    let hint = "GET /api/v1/slos lists those there are, and what is wrong with their documents";
    Failure::new(ErrorKind::NotFound, format!("there is no SLO {name}"), hint)
}

fn refused(refused: Refused) -> Failure {
    match refused {
        Refused::Mistakes(mistakes) => {
            Failure::new(ErrorKind::BadRequest, mistakes.join("\n"), "correct the document; nothing was changed")
        }
        Refused::Unknown(what) => {
            Failure::new(ErrorKind::NotFound, what, "GET /api/v1/slos lists the SLOs and their corrections")
        }
        Refused::Io(error) => error.into(),
    }
}
