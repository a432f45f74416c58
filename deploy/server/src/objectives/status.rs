//! The SLOs as the API tells them.

use std::cmp::Ordering;
use std::ops::Range;

use ingest_model::Nanos;
use query_api::{Budget, Objective, PairBurn, Slo, SloDetail, SloMinute, Slos};
use query_engine::Events;
use query_slo::{Evaluation, Exhaustion, Minute, Ratio, State, evaluate};

use super::ledger::{Entry, Ledger, Tracked};

/// Minutes of an objective that are told at most: eight days.
const MINUTES: usize = 8 * 24 * 60;

/// How fast an objective burns its budget.
#[derive(Debug, Clone)]
pub(crate) struct Burn {
    /// `metadata.name` of the SLO.
    pub(crate) slo: String,
    /// The SLO by the name people know.
    pub(crate) display_name: String,
    /// The service.
    pub(crate) service: String,
    /// Which objective, where the SLO has several.
    pub(crate) objective: Option<usize>,
    /// What it counts.
    pub(crate) events: Events,
    /// The burn rates and the budget.
    pub(crate) evaluation: Evaluation,
}

/// How fast every objective burns its budget.
pub(super) fn burns(ledger: &Ledger, now: Nanos) -> Vec<Burn> {
    let of_entry = |entry: &'_ Entry| {
        let several = entry.objectives.len() > 1;
        let burn = |(number, tracked): (usize, &Tracked)| Burn {
            slo: entry.slo.name.clone(),
            display_name: entry.slo.display_name.clone().unwrap_or_else(|| entry.slo.name.clone()),
            service: entry.slo.service.clone(),
            objective: several.then_some(number),
            events: tracked.events.clone(),
            evaluation: evaluate(&tracked.slices, tracked.objective.target, &tracked.pairs.usable, now),
        };
        entry.objectives.iter().enumerate().map(burn).collect::<Vec<_>>()
    };
    ledger.entries().iter().flat_map(of_entry).collect()
}

/// Every SLO, worst first.
pub(super) fn all(ledger: &Ledger, now: Nanos) -> Slos {
    let mut slos: Vec<Slo> = ledger.entries().iter().map(|entry| slo(entry, now)).collect();
    slos.sort_by(worse_first);
    Slos { slos, mistakes: ledger.documents().mistakes.clone() }
}

/// One SLO with its minutes.
pub(super) fn one(ledger: &Ledger, name: &str, range: Range<Nanos>, now: Nanos) -> Option<SloDetail> {
    let entry = ledger.entries().iter().find(|entry| entry.slo.name == name)?;
    let minutes = entry.objectives.iter().map(|tracked| minutes(tracked, &range)).collect();
    Some(SloDetail { slo: slo(entry, now), from: range.start, to: range.end, minutes })
}

fn slo(entry: &Entry, now: Nanos) -> Slo {
    let slo = &entry.slo;
    Slo {
        name: slo.name.clone(),
        display_name: slo.display_name.clone().unwrap_or_else(|| slo.name.clone()),
        description: slo.description.clone().unwrap_or_default(),
        service: slo.service.clone(),
        period: slo.window.to_string(),
        period_minutes: slo.window.longest().get(),
        position: format!("{}:{}", slo.position.file, slo.position.line),
        objectives: entry.objectives.iter().map(|tracked| objective(tracked, now)).collect(),
    }
}

fn objective(tracked: &Tracked, now: Nanos) -> Objective {
    let target = tracked.objective.target;
    let judged = evaluate(&tracked.slices, target, &tracked.pairs.usable, now);
    Objective {
        display_name: tracked.objective.display_name.clone().unwrap_or_default(),
        target: target.to_string(),
        threshold: tracked.objective.threshold.as_ref().map(ToString::to_string),
        state: judged.state().map(|state| state.as_str().to_owned()),
        until: judged.until,
        counted_from: tracked.counted_from,
        failure: tracked.failure.clone(),
        budget: budget(&judged),
        pairs: judged.pairs.iter().map(pair).collect(),
        refused_pairs: tracked.pairs.refused.iter().map(|refused| refused.reason.to_string()).collect(),
    }
}

fn budget(judged: &Evaluation) -> Option<Budget> {
    let budget = judged.budget?;
    let burn = judged.pairs.first().and_then(|pair| pair.long);
    let exhausted_in_s = match burn.map(|burn| budget.exhausted_in(burn)) {
        Some(Exhaustion::In(left)) => Some(left.as_secs()),
        Some(Exhaustion::Already | Exhaustion::Never) | None => None,
    };
    Some(Budget {
        total: budget.counts().total(),
        bad: budget.counts().bad(),
        allowed: budget.allowed().to_f64(),
        consumed: budget.consumed().to_f64(),
        remaining: budget.remaining().to_f64(),
        exhausted_in_s,
    })
}

fn pair(burn: &query_slo::PairBurn) -> PairBurn {
    PairBurn {
        severity: burn.pair.pair.severity.to_string(),
        long: burn.pair.pair.long.to_string(),
        short: burn.pair.pair.short.to_string(),
        factor: burn.pair.factor.to_f64(),
        long_burn: burn.long.map(Ratio::to_f64),
        short_burn: burn.short.map(Ratio::to_f64),
        breaches: burn.breaches(),
    }
}

fn minutes(tracked: &Tracked, range: &Range<Nanos>) -> Vec<SloMinute> {
    let bounds = Minute::of(range.start)..Minute::of(range.end);
    let minute = |(minute, counts): (Minute, query_slo::Counts)| SloMinute {
        minute_unix_nano: minute.start(),
        total: counts.total(),
        bad: counts.bad(),
    };
    tracked.slices.range(bounds).take(MINUTES).map(minute).collect()
}

/// By the worst state of an objective, then by the least budget left, then by name.
fn worse_first(one: &Slo, other: &Slo) -> Ordering {
    let rank = |slo: &Slo| {
        let states = slo.objectives.iter().map(|objective| rank(objective.state.as_deref()));
        states.max().unwrap_or(0)
    };
    let left = |slo: &Slo| {
        let budgets = slo.objectives.iter().filter_map(|objective| objective.budget);
        budgets.map(|budget| budget.remaining).fold(f64::INFINITY, f64::min)
    };
    let by_state = rank(other).cmp(&rank(one));
    by_state.then_with(|| left(one).total_cmp(&left(other))).then_with(|| one.name.cmp(&other.name))
}

fn rank(state: Option<&str>) -> usize {
    let order = [State::Ok, State::Recovering, State::Rising, State::Burning, State::Exhausted];
    state.and_then(|state| order.iter().position(|known| known.as_str() == state)).map_or(0, |place| place + 1)
}
