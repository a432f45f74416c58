//! How fast budgets burn, as alerts judge it.

use ingest_model::Nanos;
use query_engine::Events;
use query_slo::{Minutes, Pair, PairBurn, Ratio, Weighed};

use super::ledger::{Entry, Ledger, Tracked};

/// How fast one budget burns: that of an objective, of a group of it, or of a composite.
#[derive(Debug, Clone)]
pub(crate) struct Burn {
    /// `metadata.name` of the SLO.
    pub(crate) slo: String,
    /// The SLO by the name people know.
    pub(crate) display_name: String,
    /// The service.
    pub(crate) service: String,
    /// Which objective, where the SLO has several with budgets of their own.
    pub(crate) objective: Option<usize>,
    /// Which group, where each has a budget of its own.
    pub(crate) group: Option<String>,
    /// What it counts, where those are spans.
    pub(crate) events: Option<Events>,
    /// The pairs of windows that can alert.
    pub(crate) pairs: Vec<JudgedPair>,
    /// The length of the period.
    pub(crate) period: Minutes,
    /// The share of the budget that is left; `None` without events.
    pub(crate) remaining: Option<Ratio>,
}

/// A pair of windows, and whether it breaches; `None` where that cannot be told.
#[derive(Debug, Clone, Copy)]
pub(crate) struct JudgedPair {
    pub(crate) burn: PairBurn,
    pub(crate) breaches: Option<bool>,
}

/// Every budget.
pub(super) fn burns(ledger: &Ledger, now: Nanos) -> Vec<Burn> {
    ledger.entries().iter().flat_map(|entry| of_entry(entry, now)).collect()
}

/// A group as people read it.
pub(super) fn group_text(group: &[Option<String>]) -> String {
    group.iter().map(|value| value.as_deref().unwrap_or("-")).collect::<Vec<_>>().join(", ")
}

fn of_entry(entry: &Entry, now: Nanos) -> Vec<Burn> {
    if let Some(composite) = of_composite(entry, now) {
        return vec![composite];
    }
    let several = entry.objectives.len() > 1;
    let of_objective = |(number, tracked): (usize, &'_ Tracked)| {
        let number = several.then_some(number);
        if !tracked.counted.is_grouped() {
            return vec![of_budget(entry, tracked, (number, None), now)];
        }
        let groups = tracked.counted.groups.iter();
        groups.map(|(group, _)| of_budget(entry, tracked, (number, Some(group)), now)).collect()
    };
    entry.objectives.iter().enumerate().flat_map(of_objective).collect()
}

fn of_budget(
    entry: &Entry,
    tracked: &Tracked,
    (objective, group): (Option<usize>, Option<&query_slo::Group>),
    now: Nanos,
) -> Burn {
    let of_group = group.and_then(|group| Some((group, tracked.counted.groups.get(group)?)));
    let standing = of_group.map_or_else(|| tracked.stand(now), |(group, slices)| tracked.stand_of(group, slices, now));
    let pair = |pair: &Weighed| JudgedPair { burn: pair.burn, breaches: pair.breaches() };
    let events = group.map_or_else(|| tracked.indicator.spans(), |group| tracked.indicator.spans_of(group));
    Burn {
        objective,
        group: group.map(|group| group_text(group)),
        events,
        pairs: standing.pairs.iter().map(pair).collect(),
        remaining: standing.budget.as_ref().map(query_slo::Budget::remaining),
        ..named(entry, now)
    }
}

fn of_composite(entry: &Entry, now: Nanos) -> Option<Burn> {
    let composite = entry.composite()?;
    let (burns, _) = composite.pairs(&Pair::WORKBOOK, now);
    let pairs = burns.into_iter().map(|burn| JudgedPair { burn, breaches: burn.breaches() }).collect();
    let remaining = composite.consumed(now).map(Ratio::one_minus);
    Some(Burn { pairs, remaining, ..named(entry, now) })
}

/// What every budget of an SLO is called.
fn named(entry: &Entry, now: Nanos) -> Burn {
    let slo = &entry.slo;
    Burn {
        slo: slo.name.clone(),
        display_name: slo.display_name.clone().unwrap_or_else(|| slo.name.clone()),
        service: slo.service.clone(),
        objective: None,
        group: None,
        events: None,
        pairs: Vec::new(),
        period: slo.window.period(now),
        remaining: None,
    }
}
