//! Verdicts of burn rules.

use alerting_notify::Rule;
use alerting_rules::{AlertKey, Burn as Rates, Condition, Figures, Proof, Severity, Verdict};
use ingest_model::{Nanos, Tenant};
use query_engine::{AttributeQuestion, Selection, Windows};
use query_slo::{Exhaustion, Ratio, exhausted_in};

use super::Judged;
use crate::objectives::{Burn, JudgedPair};

const HOUR_NS: i64 = 60 * 60 * 1_000_000_000;

/// Two verdicts an objective, for pages and for tickets, as the SRE Workbook has it: each by its own pairs of windows.
///
/// While a page holds, a ticket of the same objective is not begun (`has_ticket` tells whether there is one already):
/// one thing goes wrong, so one person is told once.
pub(super) fn judge(
    rule: &Rule,
    slos: &[String],
    burns: &[Burn],
    has_ticket: impl Fn(&AlertKey) -> bool,
    now: Nanos,
) -> Vec<Judged> {
    let among = |burn: &&Burn| slos.is_empty() || slos.contains(&burn.slo);
    let mut judged = Vec::new();
    for burn in burns.iter().filter(among) {
        let page = verdict(rule, burn, Severity::Page, now);
        let paged = page.as_ref().is_some_and(|page| page.verdict.condition == Condition::Holds);
        let ticket = verdict(rule, burn, Severity::Ticket, now);
        judged.extend(page);
        judged.extend(ticket.filter(|ticket| !paged || has_ticket(&ticket.verdict.key)));
    }
    judged
}

/// The verdict of one severity: by the pair that breaches, of several the one with the shortest long window, which is
/// the fastest; or by the pair that is nearest to it. `None` where no pair can fire.
fn verdict(rule: &Rule, burn: &Burn, severity: Severity, now: Nanos) -> Option<Judged> {
    let pairs = || burn.pairs.iter().filter(|pair| self::severity(pair) == severity);
    let breaching =
        pairs().filter(|pair| pair.breaches == Some(true)).min_by_key(|pair| pair.burn.pair.pair.long.duration());
    let shown = breaching.or_else(|| pairs().max_by(|one, other| nearness(one).total_cmp(&nearness(other))))?;
    let unknown = pairs().all(|pair| pair.breaches.is_none());
    let condition = if unknown { Condition::NoData } else { Condition::from(breaching.is_some()) };
    let severity_label = ("severity", severity.to_string());
    let mut labels = vec![("slo", burn.slo.clone()), ("service", burn.service.clone()), severity_label];
    labels.extend(burn.objective.map(|number| ("objective", number.to_string())));
    labels.extend(burn.group.clone().map(|group| ("group", group)));
    let key = AlertKey::new(Tenant::default(), rule.name.as_str(), labels);
    let verdict = Verdict { key, severity, condition, proof: proof(burn, shown), at: now };
    let from = now.plus(-i64::try_from(shown.burn.pair.pair.short.duration().as_nanos()).unwrap_or(HOUR_NS));
    let windows = Windows { from, to: now, baseline_from: from.plus(-HOUR_NS), baseline_to: from };
    let of_service = || Selection::Service(burn.service.clone());
    let matter =
        AttributeQuestion { events: burn.events.clone().map_or_else(of_service, Selection::Indicator), windows };
    Some(Judged { verdict, timing: rule.timing.clone(), matter })
}

fn severity(pair: &JudgedPair) -> Severity {
    match pair.burn.pair.pair.severity {
        query_slo::Severity::Page => Severity::Page,
        query_slo::Severity::Ticket => Severity::Ticket,
    }
}

/// How near the slower of both windows is to the factor.
fn nearness(pair: &JudgedPair) -> f64 {
    let rate = |burn: Option<Ratio>| burn.map_or(0.0, Ratio::to_f64);
    rate(pair.burn.long).min(rate(pair.burn.short)) / pair.burn.pair.factor.to_f64()
}

fn proof(burn: &Burn, JudgedPair { burn: pair, .. }: &JudgedPair) -> Proof {
    let rate = |burn: Option<Ratio>| burn.map_or(0.0, Ratio::to_f64);
    let windows = pair.pair.pair;
    let figures = Figures::Burn(Rates {
        long: rate(pair.long),
        long_window: windows.long.duration(),
        short: rate(pair.short),
        short_window: windows.short.duration(),
        factor: pair.pair.factor.to_f64(),
    });
    let exhausted_in =
        burn.remaining.zip(pair.long).map(|(remaining, rate)| exhausted_in(burn.period, remaining, rate));
    let subject = burn.group.as_ref().map(|group| format!("{} ({group})", burn.display_name));
    Proof {
        subject: subject.unwrap_or_else(|| burn.display_name.clone()),
        service: burn.service.clone(),
        figures,
        budget_remaining: burn.remaining.map(Ratio::to_f64),
        exhausted_in: exhausted_in.and_then(|exhaustion| match exhaustion {
            Exhaustion::In(left) => Some(left),
            Exhaustion::Already | Exhaustion::Never => None,
        }),
        trace_ids: Vec::new(),
        causes: Vec::new(),
        link: String::new(),
    }
}
