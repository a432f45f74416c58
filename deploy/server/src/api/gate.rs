//! `GET /api/v1/gate`: may a version go on beside its baseline?

use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::{Extension, Json};
use ingest_model::Tenant;
use query_api::{ErrorKind, Gate, GateQuestion, GateReason, GateSide};
use query_engine::{Events, Good, Selection, predicate};
use query_slo::{Bearable, Confidence, Question, Side};

use super::questions::{Outcome, bad_parameters};
use super::{Api, Failure};
use crate::app;

const HOUR_NS: i64 = 60 * 60 * 1_000_000_000;

/// Share of events that may fail on top of the baseline's, where no SLO says how many.
const ERRORS: f64 = 0.01;

/// A small effect, by Vargha and Delaney.
const SLOWER: f64 = 0.06;

const HINT: &str = "ask with service=… or slo=…, and version=…, environment=… or candidate=…";

pub(super) async fn gate(
    State(api): State<Api>,
    Extension(tenant): Extension<Tenant>,
    question: Result<Query<GateQuestion>, QueryRejection>,
) -> Outcome<Json<Gate>> {
    let Query(question) = question.map_err(|error| bad_parameters(&error))?;
    let (events, budget) = events(&api, &tenant, &question)?;
    let (candidate, baseline) = sides(&question)?;
    let bearable = Bearable {
        errors: share(question.errors, budget.unwrap_or(ERRORS), 1.0)?,
        slower: share(question.slower, SLOWER, 0.5)?,
        confidence: Confidence::P95,
    };
    let to = question.to.unwrap_or_else(app::now);
    let from = question.from.unwrap_or_else(|| to.plus(-HOUR_NS));
    let before = (question.baseline_from.unwrap_or(from), question.baseline_to.unwrap_or(to));
    for (from, to) in [(from, to), before] {
        if from >= to {
            return Err(Failure::new(ErrorKind::BadRequest, "a window is empty", "from is before to"));
        }
    }
    let engine = api.engines.of(&tenant).await?;
    let among = |filter: &str| -> Outcome<Events> {
        let among = format!("{} AND {}", predicate(&events.among)?, predicate(filter)?);
        Ok(Events { among, ..events.clone() })
    };
    let candidate = engine.side(&among(&candidate)?, from, to).await?;
    let baseline = engine.side(&among(&baseline)?, before.0, before.1).await?;
    Ok(Json(answer(&candidate, &baseline, &bearable)))
}

/// The events that are compared, and the error budget of their SLO.
fn events(api: &Api, tenant: &Tenant, question: &GateQuestion) -> Outcome<(Events, Option<f64>)> {
    match (&question.slo, &question.service) {
        (Some(slo), None) => {
            let found = (*tenant == Tenant::default()).then(|| api.judges.objectives.matter(slo)).flatten();
            let budget = api.judges.objectives.error_budget(slo);
            match found {
                Some(Selection::Indicator(events)) => Ok((events, budget)),
                Some(_) => Err(wrong(format!("the SLO {slo} counts no spans"))),
                None => Err(Failure::new(ErrorKind::NotFound, format!("there is no SLO {slo}"), HINT)),
            }
        }
        (None, Some(service)) => {
            let among = format!("service_name = {} AND kind IN ('SERVER', 'CONSUMER')", quoted(service));
            Ok((Events { among, good: Good::Fails("status_code = 'ERROR'".to_owned()) }, None))
        }
        (Some(_), Some(_)) | (None, None) => Err(wrong("either service or slo has to be given".to_owned())),
    }
}

/// The predicates of both sides.
fn sides(question: &GateQuestion) -> Outcome<(String, String)> {
    let of = |attribute: &str, value: &str| {
        let is = |value: &str| format!("resource_attributes ->> '{attribute}' = {}", quoted(value));
        let others = || format!("resource_attributes ->> '{attribute}' <> {}", quoted(value));
        (is(value), question.against.as_deref().map_or_else(others, is))
    };
    match (&question.version, &question.environment, &question.candidate) {
        (Some(version), None, None) => Ok(of("service.version", version)),
        (None, Some(environment), None) => Ok(of("deployment.environment.name", environment)),
        (None, None, Some(candidate)) => {
            let candidate = predicate(candidate)?;
            let others = || format!("NOT coalesce({candidate}, false)");
            let baseline = question.baseline.clone().unwrap_or_else(others);
            Ok((candidate, baseline))
        }
        _ => Err(wrong("one of version, environment and candidate has to be given".to_owned())),
    }
}

fn share(given: Option<f64>, otherwise: f64, most: f64) -> Outcome<f64> {
    let share = given.unwrap_or(otherwise);
    let is_share = (0.0..=most).contains(&share);
    is_share.then_some(share).ok_or_else(|| wrong(format!("{share} is no share from 0 to {most}")))
}

fn wrong(message: String) -> Failure {
    Failure::new(ErrorKind::BadRequest, message, HINT)
}

/// A text as SQL writes it.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

fn answer(candidate: &Side, baseline: &Side, bearable: &Bearable) -> Gate {
    let judged = query_slo::Gate::judge(candidate, baseline, bearable);
    let side = |side: &Side| GateSide { total: side.counts.total(), bad: side.counts.bad() };
    let reason = |reason: &query_slo::Reason| GateReason {
        question: match reason.question {
            Question::Errors => "errors".to_owned(),
            Question::Latency => "latency".to_owned(),
        },
        verdict: reason.pass.to_string(),
        harm: reason.harm,
        lower: reason.interval.lower,
        upper: reason.interval.upper,
        bearable: reason.bearable,
        chance: reason.chance,
        words: reason.to_string(),
    };
    Gate {
        verdict: judged.pass.to_string(),
        reasons: judged.reasons.iter().map(reason).collect(),
        candidate: side(candidate),
        baseline: side(baseline),
    }
}
