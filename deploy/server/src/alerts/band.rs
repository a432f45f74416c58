//! Verdicts of baseline rules.

use alerting_notify::{Rule, RuleKind};
use alerting_rules::{AlertKey, Band, Condition, Figures, Proof, Severity, Verdict};
use ingest_model::{Nanos, Tenant};
use query_baseline::{GoldenSignal, Judgement};
use query_engine::{AttributeQuestion, Selection, Windows};

use super::Judged;
use crate::baselines::{Key, signal_name, unit};

const MINUTE_NS: i64 = 60 * 1_000_000_000;
const HOUR_NS: i64 = 60 * MINUTE_NS;

/// A judgement older than this says nothing about now.
const STALE_NS: i64 = 4 * MINUTE_NS;

/// What of a breach is compared with the hour before.
const MATTER_NS: i64 = 3 * MINUTE_NS;

/// What a rule looks at.
#[derive(Debug, Clone, Copy)]
pub(super) struct Among<'a> {
    pub(super) services: &'a [String],
    pub(super) signals: &'a [String],
    pub(super) severity: Severity,
}

/// One verdict a series: whether it is in breach of its band.
pub(super) fn judge(rule: &Rule, among: &Among<'_>, newest: &[(Key, Judgement)], now: Nanos) -> Vec<Judged> {
    let among_it = |(key, _): &&(Key, Judgement)| looks_at(among.services, among.signals, &key.0, signal_name(key.1));
    newest.iter().filter(among_it).map(|(key, judgement)| verdict(rule, among.severity, key, judgement, now)).collect()
}

/// Whether a rule still looks at what an alert is about.
pub(super) fn covers(services: &[String], signals: &[String], key: &AlertKey) -> bool {
    let label = |name: &str| key.labels.get(name).map_or("", String::as_str);
    looks_at(services, signals, label("service"), label("signal"))
}

fn looks_at(services: &[String], signals: &[String], service: &str, signal: &str) -> bool {
    let of_service = services.is_empty() || services.iter().any(|one| one == service);
    let of_signal = if signals.is_empty() {
        RuleKind::ALERTING_SIGNALS.contains(&signal)
    } else {
        signals.iter().any(|one| one == signal)
    };
    of_service && of_signal
}

fn verdict(rule: &Rule, severity: Severity, key: &Key, judgement: &Judgement, now: Nanos) -> Judged {
    let (service, signal) = key;
    let stale = now.since(judgement.minute) > STALE_NS;
    let condition = if stale { Condition::NoData } else { Condition::from(judgement.breached) };
    let labels = [("service", service.as_str()), ("signal", signal_name(*signal))];
    let key = AlertKey::new(Tenant::default(), rule.name.as_str(), labels);
    let verdict = Verdict { key, severity, condition, proof: proof(service, *signal, judgement), at: now };
    let from = now.plus(-MATTER_NS);
    let windows = Windows { from, to: now, baseline_from: from.plus(-HOUR_NS), baseline_to: from };
    let matter = AttributeQuestion { events: Selection::Service(service.clone()), windows };
    Judged { verdict, timing: rule.timing.clone(), matter }
}

fn proof(service: &str, signal: GoldenSignal, judgement: &Judgement) -> Proof {
    let (unit, size) = unit(signal);
    let figures = Figures::Band(Band {
        value: judgement.value / size,
        expected: judgement.band.expected / size,
        lower: judgement.band.lower / size,
        upper: judgement.band.upper / size,
        unit: unit.to_owned(),
    });
    Proof {
        subject: signal_name(signal).replace('_', " "),
        service: service.to_owned(),
        figures,
        budget_remaining: None,
        exhausted_in: None,
        trace_ids: Vec::new(),
        causes: Vec::new(),
        link: String::new(),
    }
}
