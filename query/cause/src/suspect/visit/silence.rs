//! Calls that had no answer, held against the service that was called.
//!
//! A service that is gone shows no spans. Its callers still do: the calling span is there and the visit below it is not.
//! Whom a span without an answer called is told by the baseline, where the same span had one. Calls that are never
//! answered, as those of databases without spans, are nobody's silence.

use std::collections::BTreeMap;

use super::{Failing, Operation, Sign, Visit, Visits};

/// Share of a span's answers that come from one service, for its silence to be that service's.
const CLEAR: f64 = 0.9;

/// A calling span: the operation it belongs to, its name, and the peer it names.
pub(super) type Call = (Operation, u32, u32);

/// The operation that answers a calling span most often, where all answers come from one service.
pub(super) type Answers = BTreeMap<Call, Operation>;

/// The calls of a window.
#[derive(Debug, Default)]
pub(super) struct Calls {
    answered: BTreeMap<Call, BTreeMap<Operation, u64>>,
    unanswered: Vec<(usize, Call, Failing)>,
}

// === impl Calls ===

impl Calls {
    /// A span of an operation was answered.
    pub(super) fn answered(&mut self, call: Call, callee: Operation) {
        *self.answered.entry(call).or_default().entry(callee).or_default() += 1;
    }

    /// A calling span of a visit was not.
    pub(super) fn unanswered(&mut self, visit: usize, call: Call, span: Failing) {
        self.unanswered.push((visit, call, span));
    }

    /// Who answers what, where it is clear.
    pub(super) fn answers(&self) -> Answers {
        let clear = |callees: &BTreeMap<Operation, u64>| {
            let all: u64 = callees.values().sum();
            let (callee, _) = callees.iter().max_by_key(|(_, count)| **count)?;
            let same = callees.iter().filter(|(other, _)| other.service == callee.service);
            let of_service: u64 = same.map(|(_, count)| count).sum();
            (of_service as f64 >= CLEAR * all as f64).then_some(*callee)
        };
        self.answered.iter().filter_map(|(call, callees)| Some((*call, clear(callees)?))).collect()
    }
}

/// Adds a silent visit for every call whose answer is missing.
pub(super) fn mark(visits: &mut Visits, answers: &Answers) {
    for (parent, call, span) in std::mem::take(&mut visits.calls.unanswered) {
        let Some(callee) = answers.get(&call) else { continue };
        visits.visits.push(Visit {
            trace: visits.visits[parent].trace,
            operation: *callee,
            caller: Some(call.0),
            parent: Some(parent),
            signs: vec![Sign::Silent],
            first: span,
            in_trouble: true,
            troubled: false,
            has_records: true,
            own_ns: 0,
            way_ns: None,
        });
    }
}
