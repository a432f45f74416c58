//! Visits: what one service did for one call, and the signs it shows.

mod names;
mod silence;
mod slow;
mod tree;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::{Seen, SeenRecord};
pub(super) use names::Names;
use tree::Tree;

/// A sign that comes this often, or more often, in a visit is the same sign.
const MOST_TIMES: u8 = 8;

/// Records without a span are put together by second.
const SLICE_NS: i64 = 1_000_000_000;

/// The operation of a service, by numbers of [`Names`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Operation {
    pub(super) service: u32,
    pub(super) name: u32,
}

/// Something a visit shows. What can come several times is shown once at least 1, 2, 4 and 8 times.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Sign {
    /// Log records of a wording.
    Records { class: u8, wording: u32, times: u8 },
    /// Visits of another service below it.
    Calls { callee: Operation, times: u8 },
    /// Spans of its own, other than the outermost.
    Spans { name: u32, times: u8 },
    /// A failed span.
    Failed { name: u32 },
    /// Time of its own far beyond the usual.
    Slow,
    /// The caller had no answer.
    Silent,
    /// The way from a service and back took far longer than usual.
    Far { from: u32 },
}

/// A span or record that says where a visit failed.
#[derive(Debug, Clone, Copy)]
pub(super) struct Failing {
    pub(super) span: u64,
    pub(super) name: u32,
    pub(super) start_ns: i64,
}

/// What one service did for one call.
#[derive(Debug, Clone)]
pub(super) struct Visit {
    pub(super) trace: u128,
    pub(super) operation: Operation,
    /// The operation that called it.
    pub(super) caller: Option<Operation>,
    /// The visit that called it.
    pub(super) parent: Option<usize>,
    /// Sorted, each once.
    pub(super) signs: Vec<Sign>,
    /// Where it failed first, else where it began.
    pub(super) first: Failing,
    /// Whether a span of it failed or an error was recorded.
    pub(super) in_trouble: bool,
    /// Whether that holds for it or a visit below it.
    pub(super) troubled: bool,
    has_records: bool,
    own_ns: i64,
    /// What the caller waited longer than the visit took, where both ends were seen.
    way_ns: Option<i64>,
}

/// The visits of a window.
#[derive(Debug, Default)]
pub(super) struct Visits {
    pub(super) visits: Vec<Visit>,
    /// Traces of the window.
    pub(super) traces: usize,
    /// Operations of which some visits have records.
    recorded: BTreeSet<Operation>,
    calls: silence::Calls,
}

/// The visits of both windows, and the names in them.
pub(super) fn visits<'a>(baseline: &Seen<'a>, fault: &Seen<'a>) -> (Names<'a>, Visits, Visits) {
    let names = Names::of([baseline, fault]);
    let mut both = [baseline, fault].map(|seen| Visits::new(seen, &names));
    let answers = both[0].calls.answers();
    for window in &mut both {
        silence::mark(window, &answers);
        window.spread_trouble();
    }
    let limits = slow::limits(&both[0]);
    for window in &mut both {
        slow::mark(window, &limits);
        window.visits.iter_mut().for_each(Visit::count_signs);
    }
    let [before, during] = both;
    (names, before, during)
}

// === impl Sign ===

impl Sign {
    /// Whether it is bad in itself.
    pub(super) const fn is_trouble(self) -> bool {
        match self {
            Self::Failed { .. } | Self::Silent => true,
            Self::Records { class, .. } => class >= names::ERROR_CLASS,
            Self::Calls { .. } | Self::Spans { .. } | Self::Slow | Self::Far { .. } => false,
        }
    }

    /// The same sign, so many times.
    pub(super) const fn at_least(self, least: u8) -> Self {
        match self {
            Self::Records { class, wording, .. } => Self::Records { class, wording, times: least },
            Self::Calls { callee, .. } => Self::Calls { callee, times: least },
            Self::Spans { name, .. } => Self::Spans { name, times: least },
            other @ (Self::Failed { .. } | Self::Slow | Self::Silent | Self::Far { .. }) => other,
        }
    }
}

// === impl Visit ===

impl Visit {
    /// Whether it shows a sign.
    pub(super) fn shows(&self, sign: &Sign) -> bool {
        self.signs.binary_search(sign).is_ok()
    }

    /// The services at the ends of the way to it, where both were seen.
    pub(super) fn way(&self) -> Option<(u32, u32)> {
        self.way_ns.and(self.caller).map(|caller| (caller.service, self.operation.service))
    }

    /// Sorts its signs and counts those that come several times.
    fn count_signs(&mut self) {
        self.signs.sort_unstable();
        let mut counted = Vec::with_capacity(self.signs.len());
        for same in self.signs.chunk_by(|left, right| left == right) {
            let mut least = 1_u8;
            while usize::from(least) <= same.len() && least <= MOST_TIMES {
                counted.push(same[0].at_least(least));
                least *= 2;
            }
        }
        counted.sort_unstable();
        counted.dedup();
        self.signs = counted;
    }
}

// === impl Visits ===

impl Visits {
    fn new(seen: &Seen<'_>, names: &Names<'_>) -> Self {
        let tree = Tree::new(&seen.spans);
        let mut visits = Self { traces: tree.traces(), ..Self::default() };
        let mut visit_of: HashMap<(u128, u64), usize> = HashMap::with_capacity(tree.len());
        tree.walk(|node| visits.add_span(&node, names, &mut visit_of));
        let mut records = seen.records.clone();
        records.sort_unstable_by_key(|record| {
            (record.trace, record.span, record.time_ns, record.service, record.severity, record.exception, record.text)
        });
        records.dedup();
        visits.add_records(&records, names, &visit_of);
        visits
    }

    /// Whether a baseline visit is fit to be compared with: nothing at or below it was in trouble, and it has records if
    /// others of its operation do, as a visit at the edge of what was collected has not.
    pub(super) fn is_sound(&self, visit: &Visit) -> bool {
        !visit.troubled && (visit.has_records || !self.recorded.contains(&visit.operation))
    }

    /// Adds a span to the visit of its parent, or begins one.
    fn add_span(&mut self, node: &tree::Node<'_, '_>, names: &Names<'_>, visit_of: &mut HashMap<(u128, u64), usize>) {
        let span = node.span;
        let (service, name) = (names.number(span.service), names.number(span.name));
        let failing = Failing { span: span.id, name, start_ns: span.start_ns };
        let above = node.parent.and_then(|parent| visit_of.get(&(span.trace, parent.id)).copied());
        let same = above.filter(|above| self.visits[*above].operation.service == service);
        let index = same.unwrap_or(self.visits.len());
        if same.is_none() {
            let operation = Operation { service, name };
            let caller = above.map(|above| self.visits[above].operation);
            self.visits.push(Visit {
                trace: span.trace,
                operation,
                caller,
                parent: above,
                signs: Vec::new(),
                first: failing,
                in_trouble: false,
                troubled: false,
                has_records: false,
                own_ns: 0,
                way_ns: node.way_ns(),
            });
            if let (Some(above), Some(parent), Some(caller)) = (above, node.parent, caller) {
                self.visits[above].signs.push(Sign::Calls { callee: operation, times: 0 });
                self.calls.answered((caller, names.number(parent.name), names.number(parent.peer)), operation);
            }
        }
        visit_of.insert((span.trace, span.id), index);
        let visit = &mut self.visits[index];
        if same.is_some() {
            visit.signs.push(Sign::Spans { name, times: 0 });
        }
        if span.failed {
            visit.signs.push(Sign::Failed { name });
            visit.fails_at(failing);
        }
        if !(span.calls && node.is_answered) {
            visit.own_ns = visit.own_ns.saturating_add(node.own_ns);
        }
        if span.calls && !node.is_answered {
            self.calls.unanswered(index, (visit.operation, name, names.number(span.peer)), failing);
        }
    }

    fn add_records(&mut self, records: &[SeenRecord<'_>], names: &Names<'_>, visit_of: &HashMap<(u128, u64), usize>) {
        let mut slices: BTreeMap<(u32, i64), usize> = BTreeMap::new();
        for record in records {
            let Some((service, class, wording)) = names.wording(record) else { continue };
            let sign = Sign::Records { class, wording, times: 0 };
            let of_span = visit_of.get(&(record.trace, record.span)).copied();
            let of_span = of_span.filter(|index| self.visits[*index].operation.service == service);
            let index = of_span.unwrap_or_else(|| {
                let slice = (service, record.time_ns.div_euclid(SLICE_NS));
                *slices.entry(slice).or_insert_with(|| self.slice(service, record, names))
            });
            let visit = &mut self.visits[index];
            visit.has_records = true;
            // Without a call there is nothing a record is expected after, so only bad ones tell something.
            if of_span.is_some() || sign.is_trouble() {
                visit.signs.push(sign);
            }
            if of_span.is_some() && sign.is_trouble() {
                let failing = Failing { span: record.span, name: visit.operation.name, start_ns: record.time_ns };
                visit.fails_at(failing);
            }
            if of_span.is_some() {
                let operation = visit.operation;
                self.recorded.insert(operation);
            }
        }
    }

    /// Begins the visit that stands for a second of a service's records without a span.
    fn slice(&mut self, service: u32, record: &SeenRecord<'_>, names: &Names<'_>) -> usize {
        let name = names.number("");
        self.visits.push(Visit {
            trace: record.trace,
            operation: Operation { service, name },
            caller: None,
            parent: None,
            signs: Vec::new(),
            first: Failing { span: record.span, name, start_ns: record.time_ns },
            in_trouble: false,
            troubled: false,
            has_records: true,
            own_ns: 0,
            way_ns: None,
        });
        self.visits.len() - 1
    }

    /// Tells visits of the trouble below them.
    fn spread_trouble(&mut self) {
        for index in 0..self.visits.len() {
            let mut at = Some(index).filter(|_| self.visits[index].in_trouble);
            while let Some(visit) = at.and_then(|at| self.visits.get_mut(at)).filter(|visit| !visit.troubled) {
                visit.troubled = true;
                at = visit.parent;
            }
        }
    }
}

impl Visit {
    /// Takes note of a failure.
    fn fails_at(&mut self, failing: Failing) {
        if !self.in_trouble || failing.start_ns < self.first.start_ns {
            self.first = failing;
        }
        self.in_trouble = true;
    }
}
