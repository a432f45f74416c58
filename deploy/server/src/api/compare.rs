//! `POST /api/v1/compare`.

use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::{Extension, Json};
use ingest_model::{Tenant, TraceId};
use query_api::{CompareQuestion, Compared, ErrorKind, Sides, SpanGroup};

use super::questions::{Outcome, whole_body};
use super::{Api, Failure};
use crate::compare;

const HINT: &str = r#"send {"traces": {"left": "…", "right": "…"}}, or {"groups": {"left": {"filter": "…", "from": "…", "to": "…"}, "right": {…}}}"#;

/// What differs between two traces, or between two groups of spans.
pub(super) async fn compare(
    State(api): State<Api>,
    Extension(tenant): Extension<Tenant>,
    body: Result<Bytes, BytesRejection>,
) -> Outcome<Json<Compared>> {
    let question: CompareQuestion = serde_json::from_slice(&whole_body(body)?)
        .map_err(|error| Failure::new(ErrorKind::BadRequest, format!("the body is no question: {error}"), HINT))?;
    let engine = api.engines.of(&tenant).await?;
    let compared = match question {
        CompareQuestion::Traces(ids) => {
            Compared::Traces(compare::traces(&engine, ids).await?.map_err(|id| not_stored(&id))?)
        }
        CompareQuestion::Groups(groups) => {
            check(&groups)?;
            Compared::Groups(compare::groups(&engine, groups).await?)
        }
    };
    Ok(Json(compared))
}

fn not_stored(id: &TraceId) -> Failure {
    let hint = "it may not have arrived yet, or its exporter sends to another server";
    Failure::new(ErrorKind::NotFound, format!("no span and no log record of trace {id} is stored"), hint)
}

fn check(groups: &Sides<SpanGroup>) -> Outcome<()> {
    if [&groups.left, &groups.right].into_iter().all(|group| group.from < group.to) {
        return Ok(());
    }
    Err(Failure::new(ErrorKind::BadRequest, "the time range of a group is empty", "from is before to"))
}
