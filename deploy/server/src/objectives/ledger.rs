//! The SLOs with what was counted for them.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use ingest_model::Nanos;
use query_engine::{EventMinute, Indicator};
use query_slo::openslo::{Objective, Slo};
use query_slo::{Composite, Corrections, Counts, Floor, Group, Member, Minute, Promise, Slices, Standing};
use sha2::{Digest as _, Sha256};

use super::counted::Counted;
use super::indicator::indicator;
use super::standings::Standings;
use super::{CHUNK_NS, Documents, MINUTE_NS, NEWEST_NS, RECENT_NS, TICKS_A_MINUTE, TICKS_AN_HOUR, Task};

/// How long after its end a minute is stored.
const SETTLED_NS: i64 = 20 * 1_000_000_000;

/// A minute of an objective, or of a group of it, that is to be stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Settled {
    pub(super) minute: Minute,
    pub(super) group: Group,
    pub(super) counts: Counts,
}

/// An objective whose minutes are stored.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Definition {
    pub(super) slo: String,
    pub(super) service: String,
    pub(super) objective: usize,
    /// In 16 hex digits that change with what is counted.
    pub(super) id: String,
    pub(super) promise: Promise,
}

/// All SLOs.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    documents: Documents,
    entries: Vec<Entry>,
    corrections: BTreeMap<String, Corrections>,
}

/// An SLO.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) slo: Slo,
    pub(super) objectives: Vec<Tracked>,
}

/// An objective with what was counted for it.
#[derive(Debug)]
pub(super) struct Tracked {
    pub(super) objective: Objective,
    pub(super) promise: Promise,
    pub(super) indicator: Indicator,
    pub(super) counted: Counted,
    /// What was judged last, by `promise`.
    standings: Standings,
    /// From here on every minute was counted.
    pub(super) counted_from: Option<Nanos>,
    /// Why the last count failed.
    pub(super) failure: Option<String>,
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
        self.correct();
    }

    /// Takes all corrections, by SLO.
    pub(super) fn take_corrections(&mut self, corrections: BTreeMap<String, Corrections>) {
        self.corrections = corrections;
        self.correct();
    }

    /// The corrections of an SLO.
    pub(super) fn corrections(&self, slo: &str) -> Corrections {
        self.corrections.get(slo).cloned().unwrap_or_default()
    }

    fn correct(&mut self) {
        for entry in &mut self.entries {
            let corrections = self.corrections.get(&entry.slo.name).cloned().unwrap_or_default();
            for tracked in &mut entry.objectives {
                if tracked.promise.corrections != corrections {
                    tracked.promise.corrections.clone_from(&corrections);
                    tracked.standings = Standings::default();
                }
            }
        }
    }

    /// An SLO.
    pub(super) fn entry(&self, name: &str) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.slo.name == name)
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
                    indicator: tracked.indicator.clone(),
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
        if tracked.indicator != task.indicator {
            return;
        }
        match counted {
            Err(reason) => tracked.failure = Some(reason),
            Ok(minutes) => {
                tracked.failure = None;
                tracked.counted.enter(minutes, revision, now);
                tracked.standings.retain(|group| tracked.counted.groups.get(group).is_some());
                let reaches = tracked.counted_from.is_none_or(|from| task.from < from && task.to >= from);
                if reaches {
                    tracked.counted_from = Some(task.from);
                }
            }
        }
    }
}

impl Ledger {
    /// The minutes of a task that are over and not stored as they are now, and what they are of.
    pub(super) fn settle(&mut self, task: &Task, now: Nanos) -> Option<(Definition, Vec<Settled>)> {
        let entry = self.entries.iter_mut().find(|entry| entry.slo.name == task.slo)?;
        let tracked = entry.objectives.get_mut(task.objective)?;
        let over = Minute::of(now.plus(-SETTLED_NS));
        let range = Minute::of(task.from)..Minute::of(task.to).min(over);
        let oldest = Minute::of(now).minus(entry.slo.window.longest());
        let settled = tracked.counted.settle(&range, oldest).into_iter();
        let settled = settled.map(|(minute, group, counts)| Settled { minute, group, counts }).collect();
        Some((definition(&entry.slo, task.objective, tracked), settled))
    }

    /// The objectives whose hours of before the start are to be read, and which.
    pub(super) fn unread(&self, now: Nanos) -> Vec<(Definition, Range<Nanos>)> {
        let of_entry = |entry: &Entry| {
            let objectives = entry.objectives.iter().enumerate();
            let unread = objectives.filter_map(|(number, tracked)| {
                Some((definition(&entry.slo, number, tracked), tracked.counted.history.unread(now)?))
            });
            unread.collect::<Vec<_>>()
        };
        self.entries.iter().flat_map(of_entry).collect()
    }

    /// Takes hours that were read, where the objective is still what it was; `None` where they could not be.
    pub(super) fn take_history(&mut self, of: &Definition, hours: Option<Vec<(Nanos, Counts)>>, now: Nanos) {
        let entry = self.entries.iter_mut().find(|entry| entry.slo.name == of.slo);
        let Some(tracked) = entry.and_then(|entry| entry.objectives.get_mut(of.objective)) else { return };
        if id_of(&tracked.indicator, &tracked.promise) == of.id {
            match hours {
                Some(hours) => tracked.counted.history.take(hours),
                None => tracked.counted.history.give_up(now),
            }
        }
    }
}

fn definition(slo: &Slo, objective: usize, tracked: &Tracked) -> Definition {
    Definition {
        slo: slo.name.clone(),
        service: slo.service.clone(),
        objective,
        id: id_of(&tracked.indicator, &tracked.promise),
        promise: tracked.promise.clone(),
    }
}

/// What is counted, in 16 hex digits that change with it.
fn id_of(indicator: &Indicator, promise: &Promise) -> String {
    let text = format!("{indicator:?} {} {}", promise.window, promise.method);
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
    /// Nothing counted yet. [`Documents`] lets no objective through that has nothing to count.
    pub(super) fn new(slo: Slo) -> Self {
        let tracked = |objective: &Objective| {
            let mut promise = Promise::new(objective.target, slo.window.clone());
            promise.method = objective.method;
            promise.floor = Floor::LOW_TRAFFIC;
            Some(Tracked {
                objective: objective.clone(),
                promise,
                indicator: indicator(&slo, objective)?,
                counted: Counted::new(slo.window.longest()),
                standings: Standings::default(),
                counted_from: None,
                failure: None,
            })
        };
        let objectives = slo.objectives.iter().filter_map(tracked).collect();
        Self { slo, objectives }
    }

    /// Its objectives as those that spend one budget together; `None` where each has its own.
    pub(super) fn composite(&self) -> Option<Composite<'_>> {
        let first = self.objectives.first().filter(|_| self.slo.indicator.is_none())?;
        let members = self.objectives.iter().map(Tracked::member).collect();
        Some(Composite { method: first.promise.method, window: &self.slo.window, members })
    }
}

// === impl Tracked ===

impl Tracked {
    /// Where the whole stands.
    pub(super) fn stand(&self, now: Nanos) -> Arc<Standing> {
        self.standings.of(&self.promise, &self.counted.slices, &[], now)
    }

    /// Where a group stands, which has these slices.
    pub(super) fn stand_of(&self, group: &[Option<String>], slices: &Slices, now: Nanos) -> Arc<Standing> {
        self.standings.of(&self.promise, slices, group, now)
    }

    fn member(&self) -> Member<'_> {
        let (weight, target) = (self.objective.weight.unwrap_or_default(), self.objective.target);
        Member { weight, target, slices: &self.counted.slices }
    }
}

#[cfg(test)]
mod tests;
