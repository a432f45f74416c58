//! What differs, and who is to blame: the engine counts, `query-cause` compares.

mod suspects;

use std::collections::{BTreeMap, BTreeSet};

use alerting_rules::{Cause, MAX_CAUSES, MAX_TRACE_IDS};
use anyhow::Result;
use ingest_model::{Nanos, TraceId};
use query_api::{AttributeCause, Causes, Evidence, ServiceCause};
use query_cause::{AttributeCauses, AttributeSettings, Populations, Role, ServiceSignal};
use query_engine::{AttributeCounts, AttributeQuestion, Engine, Selection, SeriesSignal, ServiceSeries, Windows};

/// Attribute values an answer lists at most.
const LISTED: usize = 20;

/// Services an answer shows traces of; the rest suffers or is as it was.
const SHOWN: usize = 3;

const HOUR_NS: i64 = 60 * 60 * 1_000_000_000;

/// What an alert says of its causes.
#[derive(Debug, Clone, Default)]
pub(crate) struct Found {
    pub(crate) trace_ids: Vec<TraceId>,
    pub(crate) causes: Vec<Cause>,
}

/// The windows of a question: the hour before the matter is the baseline unless told otherwise.
pub(crate) fn windows(from: Nanos, to: Nanos, baseline_from: Option<Nanos>, baseline_to: Option<Nanos>) -> Windows {
    let baseline_to = baseline_to.unwrap_or(from);
    let baseline_from = baseline_from.unwrap_or_else(|| baseline_to.plus(-HOUR_NS));
    Windows { from, to, baseline_from, baseline_to }
}

/// Causes and exemplar traces of an alert.
///
/// # Errors
///
/// When they cannot be read.
pub(crate) async fn explain(engine: &Engine, matter: &AttributeQuestion) -> Result<Found> {
    let trace_ids = engine.exemplars(matter, MAX_TRACE_IDS).await?;
    let ranked = rank(&engine.attribute_counts(matter).await?)?;
    let cause = |cause: &query_cause::AttributeCause| Cause {
        key: cause.key.clone(),
        value: cause.value.clone(),
        lift: cause.lift,
    };
    let causes = ranked.causes.iter().take(MAX_CAUSES).map(cause).collect();
    Ok(Found { trace_ids, causes })
}

/// The answer about some events, or about every service without them.
///
/// # Errors
///
/// When they cannot be read.
pub(crate) async fn causes(engine: &Engine, events: Option<Selection>, windows: Windows) -> Result<Causes> {
    let Windows { from, to, baseline_from, baseline_to } = windows;
    let mut answer = Causes { from, to, baseline_from, baseline_to, ..Causes::default() };
    let services =
        query_cause::services(&engine.service_series(&windows).await?.into_iter().map(series).collect::<Vec<_>>());
    for (place, found) in services.services.into_iter().enumerate() {
        let blamed = place < SHOWN && found.role != Role::Normal;
        let trace_ids = if blamed {
            let of_service = AttributeQuestion { events: Selection::Service(found.service.clone()), windows };
            engine.exemplars(&of_service, MAX_TRACE_IDS).await?
        } else {
            Vec::new()
        };
        answer.services.push(service(found, trace_ids));
    }
    let to_blame = answer.services.first().filter(|first| first.role != "normal");
    let events = events.or_else(|| to_blame.map(|first| Selection::Service(first.service.clone())));
    if let Some(events) = events {
        let counts = engine.attribute_counts(&AttributeQuestion { events, windows }).await?;
        (answer.failing, answer.baseline) = (counts.failing_total, counts.baseline_total);
        let ranked = rank(&counts)?;
        answer.left_out = ranked.left_out.iter().map(|key| key.key.clone()).chain(counts.left_out.clone()).collect();
        answer.attributes = attributes(ranked, &counts);
    }
    answer.suspects = suspects::suspects(engine, &windows).await?;
    let values: BTreeSet<String> = answer.attributes.iter().map(|one| format!("{}={}", one.key, one.value)).collect();
    suspects::remember(engine, &mut answer.suspects, &values, from).await?;
    Ok(answer)
}

/// The values that failing events have in common; none where there is nothing to compare.
fn rank(counts: &AttributeCounts) -> Result<AttributeCauses> {
    if counts.failing == 0 || counts.baseline == 0 {
        return Ok(AttributeCauses::default());
    }
    let each = counts.counts.iter().map(|count| query_cause::AttributeCount {
        key: count.key.clone(),
        value: count.value.clone(),
        failing: count.failing,
        baseline: count.baseline,
    });
    let populations = Populations { failing: counts.failing, baseline: counts.baseline };
    Ok(query_cause::attributes(&each.collect::<Vec<_>>(), populations, &AttributeSettings::default())?)
}

fn attributes(ranked: AttributeCauses, counts: &AttributeCounts) -> Vec<AttributeCause> {
    let key = |key: &str, value: &str| (key.to_owned(), value.to_owned());
    let traces: BTreeMap<(String, String), &Vec<TraceId>> =
        counts.counts.iter().map(|count| (key(&count.key, &count.value), &count.trace_ids)).collect();
    let cause = |cause: query_cause::AttributeCause| AttributeCause {
        trace_ids: traces.get(&key(&cause.key, &cause.value)).map_or_else(Vec::new, |ids| (*ids).clone()),
        key: cause.key,
        value: cause.value,
        failing: cause.failing,
        baseline: cause.baseline,
        support: cause.support,
        lift: cause.lift,
        effect: cause.effect,
        q_value: cause.q_value,
    };
    ranked.causes.into_iter().take(LISTED).map(cause).collect()
}

fn service(found: query_cause::ServiceCause, trace_ids: Vec<TraceId>) -> ServiceCause {
    let role = match found.role {
        Role::Origin => "origin",
        Role::Suffers => "suffers",
        Role::Normal => "normal",
    };
    let evidence = |one: &query_cause::Evidence| Evidence {
        signal: signal_name(one.signal).to_owned(),
        value: one.value,
        expected: one.expected,
        score: one.score,
    };
    let evidence = found.evidence.iter().map(evidence).collect();
    ServiceCause { service: found.service, role: role.to_owned(), score: found.score, evidence, trace_ids }
}

const fn signal_name(signal: ServiceSignal) -> &'static str {
    match signal {
        ServiceSignal::SelfTime => "self_time",
        ServiceSignal::OwnErrors => "own_errors",
        ServiceSignal::Saturation => "saturation",
        ServiceSignal::Latency => "latency",
        ServiceSignal::Errors => "errors",
    }
}

fn series(series: ServiceSeries) -> query_cause::ServiceSeries {
    let signal = match series.signal {
        SeriesSignal::SelfTime => ServiceSignal::SelfTime,
        SeriesSignal::OwnErrors => ServiceSignal::OwnErrors,
        SeriesSignal::Saturation => ServiceSignal::Saturation,
        SeriesSignal::Latency => ServiceSignal::Latency,
        SeriesSignal::Errors => ServiceSignal::Errors,
    };
    let ServiceSeries { service, baseline, fault, .. } = series;
    query_cause::ServiceSeries { service, signal, baseline, fault }
}
