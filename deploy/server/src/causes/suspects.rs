//! Suspects as the API tells them, with what happened before and what to do.

use std::collections::BTreeSet;

use alerting_rules::Proof;
use anyhow::Result;
use ingest_model::{Nanos, SpanId, TraceId};
use query_api::{Finding, FirstFailing, Incident, Suspect};
use query_engine::{Engine, Windows};

use crate::ask;

/// Suspects that earlier alerts are told of; below this score nobody is much of a suspect.
const SUSPICIOUS: f64 = 0.3;

/// Earlier alerts that are looked through, and told of each suspect.
const LOOKED_AT: usize = 500;
const TOLD: usize = 5;

/// The services, most suspicious first.
///
/// # Errors
///
/// When they cannot be read.
pub(super) async fn suspects(engine: &Engine, windows: &Windows) -> Result<Vec<Suspect>> {
    Ok(engine.suspects(windows).await?.services.into_iter().map(suspect).collect())
}

/// Tells the suspects of earlier alerts that were about them, or had values of attributes in common with what is the matter
/// now (`values`, as `key=value`).
///
/// # Errors
///
/// When the alerts cannot be read.
pub(super) async fn remember(
    engine: &Engine,
    suspects: &mut [Suspect],
    values: &BTreeSet<String>,
    before: Nanos,
) -> Result<()> {
    // They are sorted by their scores.
    let suspicious = suspects.partition_point(|suspect| suspect.score >= SUSPICIOUS);
    if suspicious == 0 {
        return Ok(());
    }
    let past = past(engine, values, before).await?;
    for suspect in suspects.iter_mut().take(suspicious) {
        let of_service =
            |(service, incident): &&(String, Incident)| *service == suspect.service || !incident.shared.is_empty();
        let mut incidents: Vec<Incident> =
            past.iter().filter(of_service).map(|(_, incident)| incident.clone()).collect();
        // Those that have most in common first, the newest of them.
        incidents.sort_by(|one, other| {
            other.shared.len().cmp(&one.shared.len()).then_with(|| other.fired_at.cmp(&one.fired_at))
        });
        incidents.truncate(TOLD);
        suspect.incidents = incidents;
    }
    Ok(())
}

/// Earlier alerts with their services, newest first.
async fn past(engine: &Engine, values: &BTreeSet<String>, before: Nanos) -> Result<Vec<(String, Incident)>> {
    let query = format!(
        "SELECT alert_id, CAST(time AS BIGINT) AS micros, rule, subject, service_name, proof FROM alert_events
         WHERE to_state = 'firing' AND CAST(time AS BIGINT) < {} ORDER BY time DESC LIMIT {LOOKED_AT}",
        before.micros()
    );
    let rows = ask::rows(engine, query).await?;
    let incident = |row: Vec<serde_json::Value>| {
        let text = |place: usize| row.get(place).and_then(|value| value.as_str()).unwrap_or_default().to_owned();
        let micros = row.get(1).and_then(serde_json::Value::as_i64).unwrap_or_default();
        let causes = serde_json::from_str::<Proof>(&text(5)).map(|proof| proof.causes).unwrap_or_default();
        let had = causes.iter().map(|cause| format!("{}={}", cause.key, cause.value));
        let shared = had.filter(|value| values.contains(value)).collect();
        let fired_at = Nanos(micros.saturating_mul(Nanos::PER_MICRO));
        (text(4), Incident { alert_id: text(0), fired_at, rule: text(2), subject: text(3), shared })
    };
    Ok(rows.into_iter().map(incident).collect())
}

fn suspect(found: query_cause::Suspect) -> Suspect {
    let query_cause::Suspect { service, score, findings, impact, first_failing, trace_ids } = found;
    Suspect {
        service,
        score,
        findings: findings.into_iter().map(finding).collect(),
        traces: impact.traces,
        traces_total: impact.traces_total,
        callers: impact.callers,
        first_failing: first_failing.and_then(first),
        trace_ids: trace_ids.into_iter().filter_map(|trace| TraceId::from_bytes(&trace.to_be_bytes())).collect(),
        incidents: Vec::new(),
        runbook: None,
    }
}

fn first(found: query_cause::FirstFailing) -> Option<FirstFailing> {
    Some(FirstFailing {
        trace_id: TraceId::from_bytes(&found.trace.to_be_bytes())?,
        span_id: SpanId::from_bytes(&found.span.to_be_bytes())?,
        name: found.name,
        start_time_unix_nano: Nanos(found.start_ns),
    })
}

fn finding(found: query_cause::Finding) -> Finding {
    Finding {
        words: found.words,
        kind: found.kind.as_str().to_owned(),
        operation: found.operation,
        score: found.score,
        fault: found.fault,
        fault_total: found.fault_total,
        baseline: found.baseline,
        baseline_total: found.baseline_total,
        effect: found.effect,
        deviations: found.deviations,
        q_value: found.q_value,
        unexplained: found.unexplained,
    }
}
