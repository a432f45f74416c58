//! Verdicts of burn rules.

use std::time::Duration;

use alerting_notify::Rule;
use alerting_rules::{AlertKey, Burn as Rates, Condition, Figures, Proof, Severity, Verdict};
use ingest_model::{Nanos, Tenant};
use query_engine::{AttributeQuestion, Selection, Windows};
use query_slo::{Exhaustion, PairBurn, Ratio};

use super::Judged;
use crate::objectives::Burn;

const HOUR_NS: i64 = 60 * 60 * 1_000_000_000;

/// One verdict an objective: its pair of windows that breaches with the highest severity, or the one that is nearest
/// to it.
pub(super) fn judge(rule: &Rule, slos: &[String], burns: &[Burn], now: Nanos) -> Vec<Judged> {
    let among = |burn: &&Burn| slos.is_empty() || slos.contains(&burn.slo);
    burns.iter().filter(among).filter_map(|burn| verdict(rule, burn, now)).collect()
}

fn verdict(rule: &Rule, burn: &Burn, now: Nanos) -> Option<Judged> {
    let pairs = &burn.evaluation.pairs;
    let breaching = pairs.iter().filter(|pair| pair.breaches() == Some(true)).max_by_key(|pair| rank(pair));
    let shown = breaching.or_else(|| pairs.iter().max_by(|one, other| nearness(one).total_cmp(&nearness(other))))?;
    let unknown = pairs.iter().all(|pair| pair.breaches().is_none());
    let condition = if unknown { Condition::NoData } else { Condition::from(breaching.is_some()) };
    let mut labels = vec![("slo", burn.slo.clone()), ("service", burn.service.clone())];
    labels.extend(burn.objective.map(|number| ("objective", number.to_string())));
    let key = AlertKey::new(Tenant::default(), rule.name.as_str(), labels);
    let severity = severity(shown);
    let verdict = Verdict { key, severity, condition, proof: proof(burn, shown), at: now };
    let from = now.plus(-i64::try_from(shown.pair.pair.short.duration().as_nanos()).unwrap_or(HOUR_NS));
    let windows = Windows { from, to: now, baseline_from: from.plus(-HOUR_NS), baseline_to: from };
    let matter = AttributeQuestion { events: Selection::Indicator(burn.events.clone()), windows };
    Some(Judged { verdict, timing: rule.timing.clone(), matter })
}

/// Pages before tickets; of several the one with the shortest long window, which is the fastest.
fn rank(pair: &PairBurn) -> (Severity, std::cmp::Reverse<Duration>) {
    (severity(pair), std::cmp::Reverse(pair.pair.pair.long.duration()))
}

fn severity(pair: &PairBurn) -> Severity {
    match pair.pair.pair.severity {
        query_slo::Severity::Page => Severity::Page,
        query_slo::Severity::Ticket => Severity::Ticket,
    }
}

/// How near the slower of both windows is to the factor.
fn nearness(pair: &PairBurn) -> f64 {
    let rate = |burn: Option<Ratio>| burn.map_or(0.0, Ratio::to_f64);
    rate(pair.long).min(rate(pair.short)) / pair.pair.factor.to_f64()
}

fn proof(burn: &Burn, pair: &PairBurn) -> Proof {
    let rate = |burn: Option<Ratio>| burn.map_or(0.0, Ratio::to_f64);
    let windows = pair.pair.pair;
    let figures = Figures::Burn(Rates {
        long: rate(pair.long),
        long_window: windows.long.duration(),
        short: rate(pair.short),
        short_window: windows.short.duration(),
        factor: pair.pair.factor.to_f64(),
    });
    let budget = burn.evaluation.budget.as_ref();
    let exhausted_in = budget.zip(pair.long).map(|(budget, burn)| budget.exhausted_in(burn));
    Proof {
        subject: burn.display_name.clone(),
        service: burn.service.clone(),
        figures,
        budget_remaining: budget.map(|budget| budget.remaining().to_f64()),
        exhausted_in: exhausted_in.and_then(|exhaustion| match exhaustion {
            Exhaustion::In(left) => Some(left),
            Exhaustion::Already | Exhaustion::Never => None,
        }),
        trace_ids: Vec::new(),
        causes: Vec::new(),
        link: String::new(),
    }
}
