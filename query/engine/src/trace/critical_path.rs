//! The chain of work that decided how long a trace took.
//!
//! The last-finishing-child algorithm (Jaeger's critical path; Zhang et al., "CRISP", USENIX ATC
//! 2022): walk back from the end of the root; the child that finished last before that point is
//! on the path; continue inside it, and before its start continue in the parent. Here a child
//! that reaches beyond its parent is cut to the parent, because clocks differ; a span whose
//! parent is missing is a root; several roots are walked like children of one invisible span.

use std::collections::HashMap;

use ingest_model::{Nanos, SpanId};
use query_api::PathSegment;

/// What the algorithm needs of a span.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Interval {
    pub(crate) id: SpanId,
    pub(crate) parent: Option<SpanId>,
    pub(crate) start: Nanos,
    pub(crate) end: Nanos,
}

/// A span that is being walked, from its end to its start.
#[derive(Debug)]
struct Walk {
    /// `None` for the invisible parent of all roots.
    span: Option<usize>,
    start: Nanos,
    end: Nanos,
    /// How far the path is known, coming from the end.
    cursor: Nanos,
    /// Children not looked at yet, the last-finishing at the end.
    children: Vec<usize>,
}

/// The path by time, without overlaps; indexes are those of `spans`.
pub(crate) fn critical_path(spans: &[Interval]) -> Vec<PathSegment> {
    let (roots, mut children) = family(spans);
    let Some(start) = roots.iter().map(|root| spans[*root].start).min() else { return Vec::new() };
    let end = roots.iter().map(|root| spans[*root].end).max().unwrap_or(start);
    let mut path = Vec::new();
    let mut walks = vec![Walk { span: None, start, end, cursor: end, children: roots }];
    while let Some(walk) = walks.last_mut() {
        match walk.next_child(spans) {
            Some((child, start, end)) => {
                walk.emit(end, &mut path);
                walk.cursor = start;
                let children = std::mem::take(&mut children[child]);
                walks.push(Walk { span: Some(child), start, end, cursor: end, children });
            }
            None => {
                walk.emit(walk.start, &mut path);
                walks.pop();
            }
        }
    }
    path.reverse();
    path
}

/// The roots, and the children of every span, each by end. Where parents form a circle, the
/// earliest span of it counts as a root.
fn family(spans: &[Interval]) -> (Vec<usize>, Vec<Vec<usize>>) {
    let mut by_id = HashMap::with_capacity(spans.len());
    for (index, span) in spans.iter().enumerate() {
        by_id.entry(span.id).or_insert(index);
    }
    let parent = |span: &Interval| span.parent.filter(|parent| *parent != span.id).and_then(|id| by_id.get(&id));
    let mut roots = Vec::new();
    let mut children = vec![Vec::new(); spans.len()];
    for (index, span) in spans.iter().enumerate() {
        parent(span).map_or(&mut roots, |parent| &mut children[*parent]).push(index);
    }
    for start in circles(spans, &roots, &children) {
        if let Some(parent) = parent(&spans[start]) {
            children[*parent].retain(|child| *child != start);
        }
        roots.push(start);
    }
    let by_end = |index: &usize| (spans[*index].end, spans[*index].start, *index);
    roots.sort_by_key(by_end);
    children.iter_mut().for_each(|children| children.sort_by_key(by_end));
    (roots, children)
}

/// One span, the earliest, of every circle of parents.
fn circles(spans: &[Interval], roots: &[usize], children: &[Vec<usize>]) -> Vec<usize> {
    let mut reached = vec![false; spans.len()];
    roots.iter().for_each(|root| reach(*root, children, &mut reached));
    let mut order: Vec<usize> = (0..spans.len()).filter(|span| !reached[*span]).collect();
    order.sort_by_key(|span| spans[*span].start);
    let mut found = Vec::new();
    for span in order {
        if !reached[span] {
            found.push(span);
            reach(span, children, &mut reached);
        }
    }
    found
}

/// Marks everything below `root`.
fn reach(root: usize, children: &[Vec<usize>], reached: &mut [bool]) {
    let mut waiting = vec![root];
    while let Some(span) = waiting.pop() {
        if !std::mem::replace(&mut reached[span], true) {
            waiting.extend(&children[span]);
        }
    }
}

// === impl Walk ===

impl Walk {
    /// The child that finished last before the cursor, cut to this span, and its cut ends.
    fn next_child(&mut self, spans: &[Interval]) -> Option<(usize, Nanos, Nanos)> {
        while let Some(child) = self.children.pop() {
            let start = spans[child].start.max(self.start);
            let end = spans[child].end.min(self.end);
            if start < end && end <= self.cursor {
                return Some((child, start, end));
            }
        }
        None
    }

    /// This span is on the path from `from` to the cursor.
    fn emit(&self, from: Nanos, path: &mut Vec<PathSegment>) {
        if let Some(span) = self.span.filter(|_| from < self.cursor) {
            path.push(PathSegment { span, start_time_unix_nano: from, end_time_unix_nano: self.cursor });
        }
    }
}

#[cfg(test)]
mod tests;
