//! Series that a query in PromQL gives.

use std::collections::BTreeMap;

use ingest_model::Nanos;
use query_baseline::series::Sample;
use query_promql::{Data, PromqlError, Query, Series, Value};

use super::{Collected, SeriesQuestion};
use crate::cooperate::Wanted;
use crate::error::QueryError;
use crate::prometheus::{self, PromqlQuestion};
use crate::session::Session;

const MILLI_NS: i64 = 1_000_000;

/// Moments of one question: PromQL evaluates at most 11,000 of a series.
const MOMENTS: i64 = 10_000;

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
    let (step, last) = (question.step_ns / MILLI_NS, millis(question.to));
    // What is said at the end of a step is about that step.
    let mut start = millis(question.from).saturating_add(step);
    while start <= last {
        let end = last.min(start.saturating_add((MOMENTS - 1) * step));
        let asked = PromqlQuestion { query: query.clone(), start, end, step: Some(step) };
        let answer = prometheus::answer_in(session, &asked, wanted).await?.map_err(wrong)?;
        if let Data::Matrix(series) = answer.data {
            series.iter().try_for_each(|one| add(one, step, collected))?;
        }
        start = end.saturating_add(step);
    }
    Ok(())
}

fn add(series: &Series, step: i64, collected: &mut Collected) -> Result<(), QueryError> {
    let labels = series.labels.unnamed();
    let labels: BTreeMap<_, _> = labels.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    for sample in &series.samples {
        let Value::Float(value) = sample.value else { continue };
        let at = Nanos(sample.at.saturating_sub(step).saturating_mul(MILLI_NS));
        collected.add(labels.clone(), Sample { at, value })?;
    }
    Ok(())
}
