//! The structure of a trace: whose child every span is.
//!
//! Spans name their parents, and nothing else is sent. A trace in which everything came is one tree. Parents go missing,
//! senders give one id to two spans or make circles of parents, and clocks differ; so a trace is a list of trees here:
//!
//! * A span whose parent is not in the trace is a root, and an orphan.
//! * Where parents form a circle, the span of it that started first is a root, and an orphan.
//! * Of several spans with one id, the children belong to the one that started first.
//! * A child is a child, whatever its times say; how far they lie outside the parent's is told.
//!
//! Spans are numbered as nested sets (Celko, "Trees and Hierarchies in SQL", 2004; Tempo does the same): one counter
//! goes through the trace, parents before children, children and roots by their start; a span's `left` is the count when
//! it is entered and `right` the count when it is left. A span is below another when its `left` lies between the other's two.
//!
//! Nothing here calls itself, so that no trace is too deep; time is `n log n` for `n` spans.

use std::collections::HashMap;

use ingest_model::{Nanos, SpanId};

/// What the structure of a trace needs of a span.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Interval {
    pub(crate) id: SpanId,
    pub(crate) parent: Option<SpanId>,
    pub(crate) start: Nanos,
    pub(crate) end: Nanos,
}

/// Who is whose child. Indexes are those of the spans it was made of.
#[derive(Debug)]
pub(crate) struct Family {
    /// By start.
    pub(crate) roots: Vec<usize>,
    /// Of every span, by start.
    pub(crate) children: Vec<Vec<usize>>,
    /// Of every span; `None` for a root.
    pub(crate) parents: Vec<Option<usize>>,
}

/// The place of a span in its trace.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Place {
    /// Index of the parent; `None` for a root.
    pub(crate) parent: Option<usize>,
    /// Index of the root above it, or its own.
    pub(crate) root: usize,
    /// 0 for a root.
    pub(crate) depth: i64,
    /// Nested-set numbers, from 1.
    pub(crate) left: i64,
    pub(crate) right: i64,
    /// Which child of its parent it is, or which root, by start, from 1.
    pub(crate) sibling: i64,
    /// Spans right below it.
    pub(crate) children: i64,
    /// Nanoseconds in which none of its children ran.
    pub(crate) self_time_ns: i64,
    /// It names a parent, and is a root nevertheless.
    pub(crate) is_orphan: bool,
    /// Nanoseconds of it before its parent started or after its parent ended; 0 for a root.
    pub(crate) outside_parent_ns: i64,
    /// It started before its parent did, which one clock cannot say.
    pub(crate) is_skewed: bool,
}

// === impl Interval ===

impl Interval {
    /// The bytes of the parent's id.
    pub(crate) fn parent_bytes(&self) -> Option<[u8; 8]> {
        self.parent.map(|parent| *parent.as_bytes())
    }

    /// Where it lies in time. One that ends before it starts has no length.
    fn range(&self) -> (i64, i64) {
        (self.start.0, self.end.0.max(self.start.0))
    }
}

// === impl Family ===

impl Family {
    /// Finds the parents.
    pub(crate) fn of(spans: &[Interval]) -> Self {
        let by_id = first_of_each_id(spans);
        let named = |span: &Interval| span.parent.filter(|parent| *parent != span.id).and_then(|id| by_id.get(&id));
        let mut family = Self {
            roots: Vec::new(),
            children: vec![Vec::new(); spans.len()],
            parents: spans.iter().map(|span| named(span).copied()).collect(),
        };
        for (index, parent) in family.parents.iter().enumerate() {
            parent.map_or(&mut family.roots, |parent| &mut family.children[parent]).push(index);
        }
        for start in family.circles(spans) {
            if let Some(parent) = family.parents[start].take() {
                family.children[parent].retain(|child| *child != start);
            }
            family.roots.push(start);
        }
        let by_start = |index: &usize| (spans[*index].start, *index);
        family.roots.sort_by_key(by_start);
        family.children.iter_mut().for_each(|children| children.sort_by_key(by_start));
        family
    }

    /// One span, the earliest, of every circle of parents.
    fn circles(&self, spans: &[Interval]) -> Vec<usize> {
        let mut reached = vec![false; spans.len()];
        self.roots.iter().for_each(|root| self.reach(*root, &mut reached));
        let mut order: Vec<usize> = (0..spans.len()).filter(|span| !reached[*span]).collect();
        order.sort_by_key(|span| spans[*span].start);
        let mut found = Vec::new();
        for span in order {
            // What hangs on a circle may have started before all of it.
            if !reached[span] {
                let start = self.earliest_of_circle(span, spans);
                found.push(start);
                self.reach(start, &mut reached);
            }
        }
        found
    }

    /// The earliest span of the circle that one comes to from `span`, going up.
    fn earliest_of_circle(&self, span: usize, spans: &[Interval]) -> usize {
        let mut seen = HashMap::new();
        let (mut path, mut at) = (Vec::new(), span);
        while !seen.contains_key(&at) {
            seen.insert(at, path.len());
            path.push(at);
            let Some(parent) = self.parents[at] else { return at };
            at = parent;
        }
        let circle = seen.get(&at).map_or(path.as_slice(), |begin| &path[*begin..]);
        circle.iter().copied().min_by_key(|span| (spans[*span].start, *span)).unwrap_or(span)
    }

    /// Marks everything below `root`.
    fn reach(&self, root: usize, reached: &mut [bool]) {
        let mut waiting = vec![root];
        while let Some(span) = waiting.pop() {
            if !std::mem::replace(&mut reached[span], true) {
                waiting.extend(&self.children[span]);
            }
        }
    }
}

fn first_of_each_id(spans: &[Interval]) -> HashMap<SpanId, usize> {
    let mut by_id: HashMap<SpanId, usize> = HashMap::with_capacity(spans.len());
    for (index, span) in spans.iter().enumerate() {
        let first = by_id.entry(span.id).or_insert(index);
        if span.start < spans[*first].start {
            *first = index;
        }
    }
    by_id
}

/// The place of every span; indexes are those of `spans`.
pub(crate) fn places(spans: &[Interval], family: &Family) -> Vec<Place> {
    let mut places = vec![Place::default(); spans.len()];
    number(family, &mut places);
    for (index, span) in spans.iter().enumerate() {
        let place = &mut places[index];
        place.children = count(family.children[index].len());
        place.self_time_ns = self_time(span, family.children[index].iter().map(|child| &spans[*child]));
        place.is_orphan = place.parent.is_none() && span.parent.is_some();
        if let Some(parent) = place.parent.map(|parent| &spans[parent]) {
            place.outside_parent_ns = outside(span, parent);
            place.is_skewed = span.start < parent.start;
        }
    }
    places
}

/// Goes through the trees and numbers the spans.
fn number(family: &Family, places: &mut [Place]) {
    let mut counter = 0;
    let mut next = || {
        counter += 1;
        counter
    };
    // The spans that were entered, and how many of their children were.
    let mut open: Vec<(usize, usize)> = Vec::new();
    for (nth, root) in family.roots.iter().enumerate() {
        places[*root] = Place { root: *root, left: next(), sibling: count(nth + 1), ..Place::default() };
        open.push((*root, 0));
        while let Some((span, entered)) = open.last_mut() {
            let (parent, nth) = (*span, *entered);
            *entered += 1;
            if let Some(child) = family.children[parent].get(nth) {
                let (root, depth) = (places[parent].root, places[parent].depth + 1);
                let place = Place { parent: Some(parent), root, depth, ..Place::default() };
                places[*child] = Place { left: next(), sibling: count(nth + 1), ..place };
                open.push((*child, 0));
            } else {
                places[parent].right = next();
                open.pop();
            }
        }
    }
}

/// How long a span ran while none of its children did. They are by start.
fn self_time<'a>(span: &Interval, children: impl Iterator<Item = &'a Interval>) -> i64 {
    let (start, end) = span.range();
    let (mut alone, mut known) = (0, start);
    for child in children {
        let (from, to) = child.range();
        alone += from.min(end).saturating_sub(known).max(0);
        known = known.max(to.min(end));
    }
    alone + end.saturating_sub(known).max(0)
}

/// How much of a span lies outside another, in nanoseconds.
fn outside(span: &Interval, parent: &Interval) -> i64 {
    let ((start, end), (from, to)) = (span.range(), parent.range());
    let before = from.min(end).saturating_sub(start).max(0);
    let after = end.saturating_sub(to.max(start)).max(0);
    before.saturating_add(after)
}

fn count(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests;
