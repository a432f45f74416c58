//! The SLOs with what was counted for them.

use std::collections::BTreeMap;

use ingest_model::Nanos;
use query_engine::{EventMinute, Events, Good};
use query_slo::openslo::{Metric, MetricSource, Objective, Rows, Slo};
use query_slo::{Counts, Minute, Minutes, Pairs, Slices};
use sha2::{Digest as _, Sha256};

use super::{CHUNK_NS, Documents, MINUTE_NS, NEWEST_NS, RECENT_NS, TICKS_A_MINUTE, TICKS_AN_HOUR, Task};

/// How long after its end a minute is stored.
const SETTLED_NS: i64 = 20 * 1_000_000_000;

/// A minute of an objective that is to be stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Settled {
    pub(super) minute: Minute,
    pub(super) counts: Counts,
    pub(super) slo: String,
    pub(super) service: String,
    pub(super) objective: usize,
    pub(super) target: String,
    pub(super) definition: String,
    pub(super) period: Minutes,
}

/// All SLOs.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    documents: Documents,
    entries: Vec<Entry>,
}

/// An SLO.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) slo: Slo,
    pub(super) objectives: Vec<Tracked>,
}

/// An objective with its slices.
#[derive(Debug)]
pub(super) struct Tracked {
    pub(super) objective: Objective,
    pub(super) pairs: Pairs,
    pub(super) slices: Slices,
    /// From here on every minute was counted.
    pub(super) counted_from: Option<Nanos>,
    /// Why the last count failed.
    pub(super) failure: Option<String>,
    pub(super) events: Events,
    /// What was stored of each minute.
    stored: BTreeMap<Minute, Counts>,
}

// === impl Ledger ===

impl Ledger {
    /// The documents that were taken last.
    pub(super) const fn documents(&self) -> &Documents {
        &self.documents
    }

    /// The SLOs, in the order of their documents.
    pub(super) fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// Takes new documents. What did not change keeps its counts; an SLO that is gone stays while there
    /// are mistakes, because one of them may have hidden it.
    pub(super) fn take(&mut self, documents: Documents) {
        let mut former = std::mem::take(&mut self.entries);
        for slo in &documents.slos {
            let known = former.iter().position(|entry| entry.slo.name == slo.name);
            let known = known.map(|index| former.swap_remove(index));
            let same = |entry: &Entry| same_counts(&entry.slo, slo);
            match known.filter(same) {
                Some(entry) => self.entries.push(Entry { slo: slo.clone(), ..entry }),
                None => self.entries.push(Entry::new(slo.clone())),
            }
        }
        if !documents.mistakes.is_empty() {
            self.entries.append(&mut former);
        }
        self.documents = documents;
    }

    /// What is to be counted at a tick, the newest minutes of all objectives first. Whole minutes: a part of one would
    /// replace the count of all of it.
    pub(super) fn tasks(&self, tick: u64, now: Nanos) -> Vec<Task> {
        let mut tasks = Vec::new();
        let mut older = Vec::new();
        for entry in &self.entries {
            let oldest = Minute::of(now).minus(entry.slo.window.longest()).start();
            for (number, tracked) in entry.objectives.iter().enumerate() {
                let task = |from: Nanos, to: Nanos| Task {
                    slo: entry.slo.name.clone(),
                    objective: number,
                    events: tracked.events.clone(),
                    from: Minute::of(from.max(oldest)).start(),
                    to: Minute::of(to).start(),
                };
                let end = now.plus(MINUTE_NS);
                match tracked.counted_from {
                    None => tasks.push(task(now.plus(-CHUNK_NS), end)),
                    Some(_) if tick.is_multiple_of(TICKS_A_MINUTE) => tasks.push(task(now.plus(-RECENT_NS), end)),
                    Some(_) => tasks.push(task(now.plus(-NEWEST_NS), end)),
                }
                let hourly = tick > 0 && tick.is_multiple_of(TICKS_AN_HOUR);
                let reached = if hourly { Some(now) } else { tracked.counted_from };
                older.extend(chunks(oldest, reached, hourly).map(|(from, to)| task(from, to)));
            }
        }
        tasks.append(&mut older);
        tasks.retain(|task| task.from < task.to);
        tasks
    }

    /// Enters what a task counted.
    pub(super) fn enter(&mut self, task: &Task, revision: u64, counted: Result<Vec<EventMinute>, String>, now: Nanos) {
        let entry = self.entries.iter_mut().find(|entry| entry.slo.name == task.slo);
        let Some(tracked) = entry.and_then(|entry| entry.objectives.get_mut(task.objective)) else { return };
        if tracked.events != task.events {
            return;
        }
        match counted {
            Err(reason) => tracked.failure = Some(reason),
            Ok(minutes) => {
                tracked.failure = None;
                for minute in minutes {
                    if let Ok(counts) = Counts::of_good(minute.good, minute.total) {
                        tracked.slices.put(Minute::of(minute.minute), revision, counts, now);
                    }
                }
                let reaches = tracked.counted_from.is_none_or(|from| task.from < from && task.to >= from);
                if reaches {
                    tracked.counted_from = Some(task.from);
                }
            }
        }
    }
}

impl Ledger {
    /// The minutes of a task that are over and not stored as they are now.
    pub(super) fn settle(&mut self, task: &Task, now: Nanos) -> Vec<Settled> {
        let Some(entry) = self.entries.iter_mut().find(|entry| entry.slo.name == task.slo) else { return Vec::new() };
        let Some(tracked) = entry.objectives.get_mut(task.objective) else { return Vec::new() };
        let over = Minute::of(now.plus(-SETTLED_NS));
        let range = Minute::of(task.from)..Minute::of(task.to).min(over);
        let changed = |(minute, counts): &(Minute, Counts)| tracked.stored.get(minute) != Some(counts);
        let changed: Vec<(Minute, Counts)> = tracked.slices.range(range).filter(changed).collect();
        tracked.stored.extend(changed.iter().copied());
        let oldest = Minute::of(now).minus(entry.slo.window.longest());
        tracked.stored = tracked.stored.split_off(&oldest);
        let settled = |(minute, counts)| Settled {
            minute,
            counts,
            slo: entry.slo.name.clone(),
            service: entry.slo.service.clone(),
            objective: task.objective,
            target: tracked.objective.target.to_string(),
            definition: definition(&entry.slo, &tracked.events),
            period: entry.slo.window.longest(),
        };
        changed.into_iter().map(settled).collect()
    }
}

/// What was counted, in 16 hex digits that change with it.
fn definition(slo: &Slo, events: &Events) -> String {
    let text = format!("{events:?} {}", slo.window);
    hex::encode(&Sha256::digest(text.as_bytes())[..8])
}

/// The stretches before `reached`, newest first: the next one, or all of them.
fn chunks(oldest: Nanos, reached: Option<Nanos>, all: bool) -> impl Iterator<Item = (Nanos, Nanos)> {
    let start = reached.filter(|reached| *reached > oldest);
    let next = move |to: &Nanos| Some(to.plus(-CHUNK_NS)).filter(|to| *to > oldest);
    let ends = std::iter::successors(start, next).take(if all { usize::MAX } else { 1 });
    ends.map(move |to| (to.plus(-CHUNK_NS).max(oldest), to))
}

/// Whether counts of one hold for the other.
fn same_counts(one: &Slo, other: &Slo) -> bool {
    let metric = |slo: &Slo| slo.indicator.as_ref().map(|indicator| indicator.metric.clone());
    metric(one) == metric(other) && one.window == other.window && one.objectives == other.objectives
}

// === impl Entry ===

impl Entry {
    fn new(slo: Slo) -> Self {
        let tracked = |objective: &Objective| Tracked {
            objective: objective.clone(),
            pairs: Pairs::workbook(slo.window.longest(), objective.target),
            slices: Slices::new(slo.window.longest()),
            counted_from: None,
            failure: None,
            events: events(&slo, objective),
            stored: BTreeMap::new(),
        };
        let objectives = slo.objectives.iter().map(tracked).collect();
        Self { slo, objectives }
    }
}

/// What is counted for an objective: nothing where [`Documents`] let no such SLO through.
fn events(slo: &Slo, objective: &Objective) -> Events {
    let counted = slo.indicator_of(objective).and_then(|indicator| match &indicator.metric {
        Metric::Good { good, total } => {
            Some(Events { among: rows(total)?.events.clone(), good: Good::Holds(rows(good)?.events.clone()) })
        }
        Metric::Bad { bad, total } => {
            Some(Events { among: rows(total)?.events.clone(), good: Good::Fails(rows(bad)?.events.clone()) })
        }
        Metric::Threshold(source) => {
            let (rows, threshold) = (rows(source)?, objective.threshold?);
            let value = rows.value.clone()?;
            let good = Good::Compares { value, op: threshold.op.sql(), with: threshold.value.to_string() };
            Some(Events { among: rows.events.clone(), good })
        }
        Metric::Raw { .. } => None,
    });
    let nothing = || Events { among: "false".to_owned(), good: Good::Holds("false".to_owned()) };
    counted.unwrap_or_else(nothing)
}

const fn rows(source: &MetricSource) -> Option<&Rows> {
    match source {
        MetricSource::Rows(rows) => Some(rows),
        MetricSource::Sql(_) | MetricSource::Promql(_) | MetricSource::Foreign { .. } => None,
    }
}

#[cfg(test)]
mod tests;
