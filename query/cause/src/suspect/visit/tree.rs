//! Spans as trees, parents before children.

use std::collections::{BTreeSet, HashMap};

use super::super::SeenSpan;

/// A span in its tree.
pub(super) struct Node<'t, 'a> {
    pub(super) span: &'t SeenSpan<'a>,
    /// Its parent, where it was seen.
    pub(super) parent: Option<&'t SeenSpan<'a>>,
    /// Whether a child belongs to another service.
    pub(super) is_answered: bool,
    /// Time in it that no child covers, nanoseconds.
    pub(super) own_ns: i64,
}

/// The spans of a window, each once.
pub(super) struct Tree<'a> {
    spans: Vec<SeenSpan<'a>>,
    parents: Vec<Option<usize>>,
    children: Vec<Vec<usize>>,
}

// === impl Node ===

impl Node<'_, '_> {
    /// What the calling span of another service took longer than this one: the wire and the queues, there and back. Clocks of
    /// two hosts are not compared, only durations.
    pub(super) fn way_ns(&self) -> Option<i64> {
        let caller = self.parent.filter(|parent| parent.calls && parent.service != self.span.service)?;
        let took = |span: &SeenSpan<'_>| span.end_ns.saturating_sub(span.start_ns).max(0);
        Some(took(caller).saturating_sub(took(self.span)).max(0))
    }
}

// === impl Tree ===

impl<'a> Tree<'a> {
    pub(super) fn new(spans: &[SeenSpan<'a>]) -> Self {
        let mut spans = spans.to_vec();
        spans.sort_unstable_by_key(|span| {
            (
                span.trace,
                span.id,
                span.start_ns,
                span.end_ns,
                span.service,
                span.name,
                span.peer,
                span.parent,
                span.failed,
            )
        });
        spans.dedup();
        let places: HashMap<(u128, u64), usize> =
            spans.iter().enumerate().rev().map(|(place, span)| ((span.trace, span.id), place)).collect();
        let mut children = vec![Vec::new(); spans.len()];
        let parents: Vec<Option<usize>> = spans
            .iter()
            .map(|span| places.get(&(span.trace, span.parent.filter(|parent| *parent != span.id)?)).copied())
            .collect();
        for (place, parent) in parents.iter().enumerate() {
            if let Some(parent) = parent {
                children[*parent].push(place);
            }
        }
        Self { spans, parents, children }
    }

    pub(super) const fn len(&self) -> usize {
        self.spans.len()
    }

    /// How many traces there are.
    pub(super) fn traces(&self) -> usize {
        self.spans.iter().map(|span| span.trace).collect::<BTreeSet<_>>().len()
    }

    /// Shows every span after its parent. Spans whose parents go round in a circle are not shown.
    pub(super) fn walk(&self, mut show: impl FnMut(Node<'_, 'a>)) {
        let mut next: Vec<usize> = (0..self.spans.len()).rev().filter(|place| self.parents[*place].is_none()).collect();
        while let Some(place) = next.pop() {
            show(self.node(place));
            next.extend(self.children[place].iter().rev());
        }
    }

    fn node(&self, place: usize) -> Node<'_, 'a> {
        let span = &self.spans[place];
        let is_other = |child: &usize| self.spans[*child].service != span.service;
        Node {
            span,
            parent: self.parents[place].map(|parent| &self.spans[parent]),
            is_answered: self.children[place].iter().any(is_other),
            own_ns: self.own_ns(place),
        }
    }

    /// A span's duration without the union of its children's intervals.
    fn own_ns(&self, place: usize) -> i64 {
        let span = &self.spans[place];
        let child = |child: &usize| (self.spans[*child].start_ns, self.spans[*child].end_ns);
        let mut intervals: Vec<(i64, i64)> = self.children[place].iter().map(child).collect();
        intervals.sort_unstable();
        let (mut until, mut covered) = (span.start_ns, 0_i64);
        for (start, end) in intervals {
            let (start, end) = (start.max(until), end.min(span.end_ns));
            if end > start {
                covered = covered.saturating_add(end.saturating_sub(start));
                until = end;
            }
        }
        span.end_ns.saturating_sub(span.start_ns).saturating_sub(covered).max(0)
    }
}
