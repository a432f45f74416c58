//! The SLOs as the API tells them.

mod answers;

use std::cmp::Ordering;
use std::ops::Range;

use ingest_model::Nanos;
use query_api::{
    CompositeBudget, GroupBudget, Objective, Slo, SloDetail, SloHistory, SloHistoryObjective, SloHistoryStep,
    SloMinute, SloStep, Slos,
};
use query_slo::{Confidence, Minute, Minutes, Pair, Promise, Ratio, Slices, Standing, State};

use super::burns::group_text;
use super::ledger::{Entry, Ledger, Tracked};

/// Minutes of an objective that are told at most: eight days.
const MINUTES: usize = 8 * 24 * 60;

const HOUR_NS: i64 = 60 * 60 * 1_000_000_000;

/// Groups of an objective that are told, those that do worst.
const GROUPS: usize = 50;

/// What a forecast looks back on.
const BACK: Option<Minutes> = Minutes::new(24 * 60);

/// Every SLO, worst first.
pub(super) fn all(ledger: &Ledger, now: Nanos) -> Slos {
    let mut slos: Vec<Slo> = ledger.entries().iter().map(|entry| slo(ledger, entry, now)).collect();
    slos.sort_by(worse_first);
    let documents = ledger.documents();
    Slos { slos, mistakes: documents.mistakes.clone(), notes: documents.notes.clone() }
}

/// One SLO with its minutes.
pub(super) fn one(ledger: &Ledger, name: &str, range: Range<Nanos>, now: Nanos) -> Option<SloDetail> {
    let entry = ledger.entry(name)?;
    let minutes = entry.objectives.iter().map(|tracked| minutes(tracked, &range)).collect();
    Some(SloDetail { slo: slo(ledger, entry, now), from: range.start, to: range.end, minutes })
}

/// What an SLO counted in the steps of a range.
pub(super) fn history(ledger: &Ledger, name: &str, range: Range<Nanos>, step: SloStep) -> Option<SloHistory> {
    let entry = ledger.entry(name)?;
    let step_ns = HOUR_NS * if step == SloStep::Hour { 1 } else { 24 };
    let of_objective = |tracked: &Tracked| {
        let (steps, complete) = tracked.counted.history.steps(&range, step_ns);
        let budget = tracked.promise.target.error_budget().to_f64();
        let told = |(time, counts): (Nanos, query_slo::Counts)| SloHistoryStep {
            time_unix_nano: time,
            total: counts.total(),
            bad: counts.bad(),
            burn: counts.bad() as f64 / counts.total() as f64 / budget,
        };
        SloHistoryObjective { complete, steps: steps.into_iter().map(told).collect() }
    };
    let objectives = entry.objectives.iter().map(of_objective).collect();
    Some(SloHistory { slo: name.to_owned(), from: range.start, to: range.end, step, objectives })
}

fn slo(ledger: &Ledger, entry: &Entry, now: Nanos) -> Slo {
    let slo = &entry.slo;
    let corrections = ledger.corrections(&slo.name);
    Slo {
        name: slo.name.clone(),
        display_name: slo.display_name.clone().unwrap_or_else(|| slo.name.clone()),
        description: slo.description.clone().unwrap_or_default(),
        service: slo.service.clone(),
        period: slo.window.to_string(),
        period_minutes: slo.window.period(now).get(),
        position: format!("{}:{}", slo.position.file, slo.position.line),
        objectives: entry.objectives.iter().map(|tracked| objective(tracked, now)).collect(),
        composite: composite(entry, now),
        corrections: corrections.as_slice().iter().map(answers::correction).collect(),
    }
}

fn objective(tracked: &Tracked, now: Nanos) -> Objective {
    let (promise, slices) = (&tracked.promise, &tracked.counted.slices);
    let standing = tracked.stand(now);
    let mut groups = groups(tracked, now);
    let groups_total = groups.len();
    groups.truncate(GROUPS);
    Objective {
        display_name: tracked.objective.display_name.clone().unwrap_or_default(),
        target: promise.target.to_string(),
        threshold: tracked.objective.threshold.as_ref().map(ToString::to_string),
        method: promise.method.to_string(),
        weight: tracked.objective.weight.map(|weight| weight.number().to_string()),
        state: worst(&standing, &groups),
        frozen: standing.frozen,
        until: Minute::of(now).start(),
        counted_from: tracked.counted_from,
        failure: tracked.failure.clone(),
        budget: answers::budget(&standing),
        forecast: forecast(promise, slices, now),
        pairs: standing.pairs.iter().map(answers::pair).collect(),
        refused_pairs: standing.refused.iter().map(|refused| refused.reason.to_string()).collect(),
        groups,
        groups_total,
        left_out_events: tracked.counted.groups.left_out(),
    }
}

fn forecast(promise: &Promise, slices: &Slices, now: Nanos) -> Option<query_api::Forecast> {
    promise.forecast(slices, BACK?, Confidence::P95, now).as_ref().map(answers::forecast)
}

/// The word for an objective: of its groups that of the worst, because each keeps a promise of its own.
fn worst(standing: &Standing, groups: &[GroupBudget]) -> Option<String> {
    match groups.first() {
        Some(worst) => worst.state.clone(),
        None => standing.state().map(|state| state.as_str().to_owned()),
    }
}

/// Every group, worst first.
fn groups(tracked: &Tracked, now: Nanos) -> Vec<GroupBudget> {
    let group = |(group, slices): (&query_slo::Group, &Slices)| {
        let standing = tracked.stand_of(group, slices, now);
        GroupBudget {
            group: group.clone(),
            name: group_text(group),
            state: standing.state().map(|state| state.as_str().to_owned()),
            frozen: standing.frozen,
            budget: answers::budget(&standing),
            pairs: standing.pairs.iter().map(answers::pair).collect(),
        }
    };
    let mut groups: Vec<GroupBudget> = tracked.counted.groups.iter().map(group).collect();
    let left = |group: &GroupBudget| group.budget.map_or(f64::INFINITY, |budget| budget.remaining);
    groups.sort_by(|one, other| {
        let by_state = rank(other.state.as_deref()).cmp(&rank(one.state.as_deref()));
        by_state.then_with(|| left(one).total_cmp(&left(other))).then_with(|| one.name.cmp(&other.name))
    });
    groups
}

fn composite(entry: &Entry, now: Nanos) -> Option<CompositeBudget> {
    let composite = entry.composite()?;
    let (pairs, scaled) = composite.pairs(&Pair::WORKBOOK, now);
    let consumed = composite.consumed(now);
    Some(CompositeBudget {
        consumed: consumed.map(Ratio::to_f64),
        remaining: consumed.map(|consumed| consumed.one_minus().to_f64()),
        max_burn: composite.max_burn_rate().to_f64(),
        pairs: pairs.iter().map(answers::burn).collect(),
        refused_pairs: scaled.refused.iter().map(|refused| refused.reason.to_string()).collect(),
    })
}

fn minutes(tracked: &Tracked, range: &Range<Nanos>) -> Vec<SloMinute> {
    let bounds = Minute::of(range.start)..Minute::of(range.end);
    let minute = |(minute, counts): (Minute, query_slo::Counts)| SloMinute {
        minute_unix_nano: minute.start(),
        total: counts.total(),
        bad: counts.bad(),
    };
    tracked.counted.slices.range(bounds).take(MINUTES).map(minute).collect()
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
