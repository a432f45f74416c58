//! `GET /api/v1/exhaustion`: when a resource runs out.

use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::{Extension, Json};
use ingest_model::{Nanos, Tenant};
use query_api::{Exhaustion, ExhaustionQuestion, SqlAnswer, SqlQuestion};
use query_engine::Format;
use serde_json::Value;

use super::questions::{Outcome, bad_parameters};
use super::{Api, Failure};

/// `GET /api/v1/exhaustion?service=&signal=&limit=&side=`: what `exhaustion()` answers in SQL.
pub(super) async fn exhaustion(
    State(api): State<Api>,
    Extension(tenant): Extension<Tenant>,
    question: Result<Query<ExhaustionQuestion>, QueryRejection>,
) -> Outcome<Json<Exhaustion>> {
    let Query(question) = question.map_err(|error| bad_parameters(&error))?;
    let engine = api.engines.of(&tenant).await?;
    let asked = SqlQuestion { query: query(&question), ..SqlQuestion::default() };
    let answer = engine.sql(&asked, Format::Json).await?;
    let answer: SqlAnswer = serde_json::from_slice(&answer.body).map_err(anyhow::Error::from)?;
    answer.rows.first().and_then(|row| told(row)).map(Json).ok_or_else(Failure::bug)
}

fn query(question: &ExhaustionQuestion) -> String {
    let quoted = |text: &str| format!("'{}'", text.replace('\'', "''"));
    let (service, signal) = (quoted(&question.service), quoted(&question.signal));
    let (limit, side) = (quoted(&question.limit), quoted(question.side.as_deref().unwrap_or("upper")));
    let time = |column: &str| format!("CAST({column} AS BIGINT)");
    let times = ["earliest", "expected", "latest", "until", "since"].map(time).join(", ");
    format!(
        "SELECT service_name, signal, level, per_hour, per_hour_lower, per_hour_upper, outlook, confidence, samples, {times}
         FROM exhaustion({service}, {signal}, {limit}, {side})"
    )
}

fn told(row: &[Value]) -> Option<Exhaustion> {
    let text = |place: usize| Some(row.get(place)?.as_str()?.to_owned());
    let number = |place: usize| row.get(place)?.as_f64();
    let time = |place: usize| Some(Nanos(row.get(place)?.as_i64()?.checked_mul(Nanos::PER_MICRO)?));
    Some(Exhaustion {
        service: text(0)?,
        signal: text(1)?,
        level: number(2),
        per_hour: number(3),
        per_hour_lower: number(4),
        per_hour_upper: number(5),
        outlook: text(6)?,
        confidence: number(7)?,
        samples: row.get(8)?.as_u64().unwrap_or_default(),
        earliest: time(9),
        expected: time(10),
        latest: time(11),
        until: time(12),
        since: time(13),
    })
}
