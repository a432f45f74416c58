//! Series that a query in PromQL gives.

use query_baseline::series::Sample;
use query_promql::{Data, PromqlError, Query, Value};

use ingest_model::Nanos;

use super::{Collected, SeriesQuestion};
use crate::cooperate::Wanted;
use crate::error::QueryError;
use crate::prometheus::{self, PromqlQuestion};
use crate::session::Session;

const MILLI_NS: i64 = 1_000_000;

pub(super) async fn read(
    session: &Session,
    text: &str,
    question: &SeriesQuestion,
    wanted: &Wanted,
    collected: &mut Collected,
) -> Result<(), QueryError> {
    let wrong = |error: PromqlError| QueryError::bad(format!("{text:?}: {error}"), "correct the query");
    let query = Query::parse(text).map_err(wrong)?;
    let millis = |time: Nanos| time.0.div_euclid(MILLI_NS);
    let step = question.step_ns / MILLI_NS;
    // What is said at the end of a step is about that step.
    let asked = PromqlQuestion {
        query,
        start: millis(question.from).saturating_add(step),
        end: millis(question.to),
        step: Some(step),
    };
    let answer = prometheus::answer_in(session, &asked, wanted).await?.map_err(wrong)?;
    let Data::Matrix(series) = answer.data else { return Ok(()) };
    for one in series {
        let labels = one.labels.unnamed();
        let labels: std::collections::BTreeMap<_, _> =
            labels.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        for sample in &one.samples {
            let Value::Float(value) = sample.value else { continue };
            let at = Nanos(sample.at.saturating_sub(step).saturating_mul(MILLI_NS));
            collected.add(labels.clone(), Sample { at, value })?;
        }
    }
    Ok(())
}
