//! Verdicts of rules over watched series.

use alerting_notify::Rule;
use alerting_rules::{AlertKey, Band, Condition, Figures, Proof, Severity, Verdict};
use ingest_model::{Nanos, Tenant};
use query_engine::{AttributeQuestion, Selection, Windows};

use super::Judged;
use crate::series::NewestStep;

const MINUTE_NS: i64 = 60 * 1_000_000_000;
const HOUR_NS: i64 = 60 * MINUTE_NS;

/// A judgement that many steps old says nothing about now, and so much longer as a step takes to settle.
const STALE_STEPS: i64 = 3;
const SETTLING_NS: i64 = 2 * MINUTE_NS;

/// What a rule looks at.
#[derive(Debug, Clone, Copy)]
pub(super) struct Among<'a> {
    pub(super) series: &'a [String],
    pub(super) services: &'a [String],
    pub(super) severity: Severity,
}

/// One verdict a series: whether an alarm began that has not ended. Where a rule names no queries it looks at those that somebody
/// wrote.
pub(super) fn judge(rule: &Rule, among: &Among<'_>, newest: &[NewestStep], now: Nanos) -> Vec<Judged> {
    let of_query = |step: &&NewestStep| {
        if among.series.is_empty() { step.declared } else { among.series.contains(&step.name) }
    };
    let of_service = |step: &&NewestStep| among.services.is_empty() || among.services.contains(&step.service);
    newest.iter().filter(of_query).filter(of_service).map(|step| verdict(rule, among.severity, step, now)).collect()
}

/// Whether a rule still looks at what an alert is about.
pub(super) fn covers(series: &[String], services: &[String], key: &AlertKey) -> bool {
    let is_among = |names: &[String], label: &str| {
        names.is_empty() || key.labels.get(label).is_some_and(|value| names.contains(value))
    };
    is_among(series, "series") && is_among(services, "service")
}

fn verdict(rule: &Rule, severity: Severity, step: &NewestStep, now: Nanos) -> Judged {
    let stale = now.since(step.judged.at) > (STALE_STEPS + 1) * step.step_ns + SETTLING_NS;
    let condition = if stale { Condition::NoData } else { Condition::from(step.alarmed) };
    let labels = [("service", step.service.as_str()), ("series", &step.name), ("signal", &step.signal)];
    let key =
        AlertKey::new(Tenant::default(), rule.name.as_str(), labels.into_iter().filter(|(_, value)| !value.is_empty()));
    let verdict = Verdict { key, severity, condition, proof: proof(step), at: now };
    let from = step.judged.at;
    let to = from.plus(step.step_ns);
    let windows = Windows { from, to, baseline_from: from.plus(-HOUR_NS), baseline_to: from };
    let matter = AttributeQuestion { events: Selection::Service(step.service.clone()), windows };
    Judged { verdict, timing: rule.timing.clone(), matter }
}

fn proof(step: &NewestStep) -> Proof {
    let NewestStep { judged, service, signal, .. } = step;
    let figures = Figures::Band(Band {
        value: judged.value,
        expected: judged.band.expected,
        lower: judged.band.lower,
        upper: judged.band.upper,
        unit: String::new(),
    });
    Proof {
        subject: signal.clone(),
        service: service.clone(),
        figures,
        budget_remaining: None,
        exhausted_in: None,
        trace_ids: Vec::new(),
        causes: Vec::new(),
        link: String::new(),
    }
}
