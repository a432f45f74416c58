//! What the operations of two traces did in either.
//!
//! The time of a span's own is its duration without the time in which a child was at work: the union of the children's
//! intervals, cut to the span's. Times are nanoseconds.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};

/// A span of a trace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TraceSpan<'a> {
    /// Its id.
    pub id: u64,
    /// The id of its parent, which may be missing.
    pub parent: Option<u64>,
    /// Its service.
    pub service: &'a str,
    /// Its name.
    pub name: &'a str,
    /// When it started.
    pub start_ns: i64,
    /// When it ended; before its start where a clock stepped back.
    pub end_ns: i64,
    /// Whether it failed.
    pub failed: bool,
}

/// What an operation did in a trace.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Spent {
    /// Spans.
    pub spans: u64,
    /// Those that failed.
    pub errors: u64,
    /// Their durations; negative ones count as 0.
    pub duration_ns: i64,
    /// Their time of their own.
    pub self_time_ns: i64,
}

/// An operation of either trace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// Its service.
    pub service: String,
    /// Its name.
    pub name: String,
    /// In the left trace, where it is there.
    pub left: Option<Spent>,
    /// In the right trace, where it is there.
    pub right: Option<Spent>,
}

/// Every operation of either trace, by how much its own time differs, most first; ties fall to names.
#[must_use]
pub fn operations(left: &[TraceSpan<'_>], right: &[TraceSpan<'_>]) -> Vec<Difference> {
    let mut both: BTreeMap<(&str, &str), [Option<Spent>; 2]> = BTreeMap::new();
    for (side, spans) in [left, right].into_iter().enumerate() {
        for (operation, spent) in spent(spans) {
            both.entry(operation).or_default()[side] = Some(spent);
        }
    }
    let difference = |((service, name), [left, right]): ((&str, &str), [Option<Spent>; 2])| Difference {
        service: service.to_owned(),
        name: name.to_owned(),
        left,
        right,
    };
    let mut differences: Vec<Difference> = both.into_iter().map(difference).collect();
    let own = |spent: Option<Spent>| spent.map_or(0, |spent| spent.self_time_ns);
    differences.sort_by_key(|one| Reverse(own(one.left).abs_diff(own(one.right))));
    differences
}

/// What each operation of a trace did.
fn spent<'a>(spans: &[TraceSpan<'a>]) -> BTreeMap<(&'a str, &'a str), Spent> {
    let mut children: HashMap<u64, Vec<(i64, i64)>> = HashMap::new();
    for span in spans {
        if let Some(parent) = span.parent.filter(|parent| *parent != span.id) {
            children.entry(parent).or_default().push((span.start_ns, span.end_ns));
        }
    }
    children.values_mut().for_each(|intervals| intervals.sort_unstable());
    let mut operations: BTreeMap<(&str, &str), Spent> = BTreeMap::new();
    for span in spans {
        let spent = operations.entry((span.service, span.name)).or_default();
        let duration = span.end_ns.saturating_sub(span.start_ns).max(0);
        let busy = children.get(&span.id).map_or(0, |intervals| covered(intervals, span));
        spent.spans += 1;
        spent.errors += u64::from(span.failed);
        spent.duration_ns = spent.duration_ns.saturating_add(duration);
        spent.self_time_ns = spent.self_time_ns.saturating_add((duration - busy).max(0));
    }
    operations
}

/// How much of a span sorted intervals cover.
fn covered(intervals: &[(i64, i64)], span: &TraceSpan<'_>) -> i64 {
    let mut until = span.start_ns;
    let mut covered = 0_i64;
    for (start, end) in intervals {
        let (start, end) = ((*start).max(until), (*end).min(span.end_ns));
        if end > start {
            covered = covered.saturating_add(end.saturating_sub(start));
            until = end;
        }
    }
    covered
}

#[cfg(test)]
mod tests;
