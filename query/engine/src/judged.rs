//! Judgements as tables of a question's own: `burn('slo')`, `baseline('service', 'signal')`, `suspects('from', 'to')`,
//! `differences('among', 'failing')` and `exhaustion('service', 'signal', 'limit')`.
//!
//! What they judge is what is stored, at the moment the question is asked.

mod baseline;
mod burn;
mod calls;
mod differences;
mod exhaustion;
mod objectives;
mod series;
mod suspects;

use arrow::record_batch::RecordBatch;
use ingest_model::Nanos;

use crate::error::QueryError;
use crate::session::Session;

pub(crate) use calls::{Answers, provide};
use exhaustion::Asked;
pub(crate) use objectives::corrections;

/// The functions, and what they take.
const FUNCTIONS: [(&str, &str); 5] = [
    ("burn", "burn('slo')"),
    ("baseline", "baseline('service', 'signal') or baseline('service', 'signal', 'from', 'to')"),
    ("differences", "differences('condition of spans', 'condition of failing ones') or the same and 'columns'"),
    ("exhaustion", "exhaustion('service', 'signal', 'limit') or exhaustion('service', 'signal', 'limit', 'lower')"),
    ("suspects", "suspects('from', 'to') or suspects('from', 'to', 'baseline from', 'baseline to')"),
];

/// Whether a table function is one of these.
pub(crate) fn is_function(name: &str) -> bool {
    FUNCTIONS.iter().any(|(function, _)| *function == name)
}

/// What a function gives for arguments that are texts.
///
/// # Errors
///
/// `BadRequest` for arguments it does not take, and for what is not there.
pub(crate) async fn rows(
    session: &Session,
    function: &str,
    args: &[String],
    now: Nanos,
) -> Result<RecordBatch, QueryError> {
    match (function, args) {
        ("burn", [slo]) => burn::rows(session, slo, now).await,
        ("baseline", [service, signal]) => baseline::rows(session, service, signal, None, now).await,
        ("baseline", [service, signal, from, to]) => {
            let range = (moment(from)?, moment(to)?);
            baseline::rows(session, service, signal, Some(range), now).await
        }
        ("suspects", [from, to]) => suspects::rows(session, (moment(from)?, moment(to)?), None).await,
        ("suspects", [from, to, baseline_from, baseline_to]) => {
            let baseline = (moment(baseline_from)?, moment(baseline_to)?);
            suspects::rows(session, (moment(from)?, moment(to)?), Some(baseline)).await
        }
        ("exhaustion", [service, signal, limit]) => {
            exhaustion::rows(session, Asked { service, signal, limit, side: "upper" }, now).await
        }
        ("exhaustion", [service, signal, limit, side]) => {
            exhaustion::rows(session, Asked { service, signal, limit, side }, now).await
        }
        ("differences", [among, failing]) => differences::rows(session, among, failing, "all").await,
        ("differences", [among, failing, attributes]) => differences::rows(session, among, failing, attributes).await,
        _ => {
            let takes = FUNCTIONS.iter().find(|(name, _)| *name == function).map_or(function, |(_, takes)| takes);
            let message = format!("{function} does not take {} arguments", args.len());
            Err(QueryError::bad(message, format!("ask {takes}, with texts in quotes")))
        }
    }
}

fn moment(text: &str) -> Result<Nanos, QueryError> {
    let wrong = || QueryError::bad(format!("{text} is no time"), "write it as 2026-11-20T08:00:00Z");
    arrow::compute::kernels::cast_utils::string_to_timestamp_nanos(text).map(Nanos).map_err(|_| wrong())
}
