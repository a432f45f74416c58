//! The chain of work that decided how long a trace took.
//!
//! The last-finishing-child algorithm (Jaeger's critical path; Zhang et al., "CRISP", USENIX ATC
//! 2022): walk back from the end of the root; the child that finished last before that point is
//! on the path; continue inside it, and before its start continue in the parent. Here a child
//! that reaches beyond its parent is cut to the parent, because clocks differ; a span whose
//! parent is missing is a root; several roots are walked like children of one invisible span.

use ingest_model::Nanos;
use query_api::PathSegment;

use super::tree::{Family, Interval};

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
pub(crate) fn critical_path(spans: &[Interval], family: &Family) -> Vec<PathSegment> {
    let roots = &family.roots;
    let Some(start) = roots.iter().map(|root| spans[*root].start).min() else { return Vec::new() };
    let end = roots.iter().map(|root| spans[*root].end).max().unwrap_or(start);
    let mut path = Vec::new();
    let mut walks = vec![Walk { span: None, start, end, cursor: end, children: by_end(spans, roots) }];
    while let Some(walk) = walks.last_mut() {
        match walk.next_child(spans) {
            Some((child, start, end)) => {
                walk.emit(end, &mut path);
                walk.cursor = start;
                let children = by_end(spans, &family.children[child]);
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

fn by_end(spans: &[Interval], children: &[usize]) -> Vec<usize> {
    let mut children = children.to_vec();
    children.sort_by_key(|index| (spans[*index].end, spans[*index].start, *index));
    children
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
