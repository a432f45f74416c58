//! Spans and log records in the order they are read: depth first, children by time, a log
//! record where it happened among the children of its span.

use std::collections::{HashMap, HashSet};

use ingest_model::{Nanos, SpanId};
use query_api::Trace;

/// What a node shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Item {
    /// Index into [`Trace::spans`].
    Span(usize),
    /// Index into [`Trace::logs`].
    Log(usize),
}

/// What is odd about where a span stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Oddity {
    /// Nothing.
    None,
    /// It names a parent that is not in the trace, so it stands at the top.
    MissingParent,
    /// It is its own ancestor; the circle is cut here.
    Cycle,
}

/// One line of the fully expanded waterfall.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Node {
    /// What it shows.
    pub(crate) item: Item,
    /// 0 at the top.
    pub(crate) depth: u32,
    /// The node it stands under.
    pub(crate) parent: Option<u32>,
    /// One past its last descendant.
    pub(crate) end: u32,
    /// Spans among its direct children.
    pub(crate) child_spans: u32,
    /// What is odd about its place.
    pub(crate) oddity: Oddity,
}

/// All nodes of a trace, in reading order; a node's number is its place.
#[derive(Debug, Clone, Default)]
pub(crate) struct Tree {
    nodes: Vec<Node>,
    by_span: HashMap<SpanId, u32>,
}

// === impl Tree ===

impl Tree {
    /// Arranges a trace, whatever its parents claim.
    pub(crate) fn new(trace: &Trace) -> Self {
        let first = first_of_each_id(trace);
        let (parents, oddities) = forest(trace, &first);
        let mut below: Vec<Vec<Item>> = vec![Vec::new(); trace.spans.len()];
        let mut top = Vec::new();
        for (span, parent) in parents.iter().enumerate() {
            parent.map_or(&mut top, |parent| &mut below[parent]).push(Item::Span(span));
        }
        for (log, record) in trace.logs.iter().enumerate() {
            let span = record.span_id.and_then(|id| first.get(&id));
            span.map_or(&mut top, |span| &mut below[*span]).push(Item::Log(log));
        }
        for items in below.iter_mut().chain([&mut top]) {
            items.sort_by_key(|item| order(trace, *item));
        }
        let nodes = depth_first(&top, &below, &oddities);
        let by_span = nodes.iter().zip(0..).filter_map(|(node, number)| match node.item {
            Item::Span(span) if first.get(&trace.spans[span].span_id) == Some(&span) => {
                Some((trace.spans[span].span_id, number))
            }
            _ => None,
        });
        Self { by_span: by_span.collect(), nodes }
    }

    /// A node by its number.
    pub(crate) fn node(&self, number: u32) -> Option<&Node> {
        self.nodes.get(number as usize)
    }

    /// Every node with its number.
    pub(crate) fn nodes(&self) -> impl Iterator<Item = (u32, &Node)> {
        (0..).zip(&self.nodes)
    }

    /// The node of a span; the first where several spans share an id.
    pub(crate) fn of_span(&self, id: SpanId) -> Option<u32> {
        self.by_span.get(&id).copied()
    }

    /// Whether something can be folded away under a node.
    pub(crate) fn has_children(&self, number: u32, logs: bool) -> bool {
        self.node(number).is_some_and(|node| node.child_spans > 0 || (logs && node.end > number + 1))
    }

    /// The nodes above one, nearest first.
    pub(crate) fn ancestors(&self, number: u32) -> impl Iterator<Item = u32> {
        let parent = |number: u32| self.node(number).and_then(|node| node.parent);
        std::iter::successors(parent(number), move |above| parent(*above))
    }

    /// The nodes that are shown, in order, when those in `folded` hide what is under them.
    pub(crate) fn rows(&self, folded: &HashSet<u32>, logs: bool) -> Vec<u32> {
        let mut rows = Vec::new();
        let mut number = 0;
        while let Some(node) = self.node(number) {
            if logs || matches!(node.item, Item::Span(_)) {
                rows.push(number);
            }
            number = if folded.contains(&number) { node.end } else { number + 1 };
        }
        rows
    }
}

/// Where each id is first used; an id should be unique, but senders err.
fn first_of_each_id(trace: &Trace) -> HashMap<SpanId, usize> {
    let mut first = HashMap::with_capacity(trace.spans.len());
    for (index, span) in trace.spans.iter().enumerate() {
        first.entry(span.span_id).or_insert(index);
    }
    first
}

/// The parent of every span, with missing parents and circles cut.
fn forest(trace: &Trace, first: &HashMap<SpanId, usize>) -> (Vec<Option<usize>>, Vec<Oddity>) {
    let mut oddities = vec![Oddity::None; trace.spans.len()];
    let mut parents = Vec::with_capacity(trace.spans.len());
    for (index, span) in trace.spans.iter().enumerate() {
        let parent = span.parent_span_id.and_then(|id| first.get(&id).copied());
        if span.parent_span_id.is_some() && parent.is_none() {
            oddities[index] = Oddity::MissingParent;
        }
        parents.push(parent);
    }
    cut_circles(&mut parents, &mut oddities);
    (parents, oddities)
}

/// Cuts every circle at its first span, so that walking up always ends.
fn cut_circles(parents: &mut [Option<usize>], oddities: &mut [Oddity]) {
    // The walk that first passed a span, counted from 1; 0 where none has.
    let mut passed = vec![0_usize; parents.len()];
    for start in 0..parents.len() {
        let walk = start + 1;
        let mut at = start;
        while passed[at] == 0 {
            passed[at] = walk;
            match parents[at] {
                Some(above) => at = above,
                None => break,
            }
        }
        if passed[at] == walk && parents[at].is_some() {
            let cut = first_on_circle(parents, at);
            parents[cut] = None;
            oddities[cut] = Oddity::Cycle;
        }
    }
}

fn first_on_circle(parents: &[Option<usize>], member: usize) -> usize {
    let around = std::iter::successors(parents[member], |at| parents[*at]);
    around.take_while(|at| *at != member).fold(member, usize::min)
}

/// By time; at the same time a span before a log record, then as sent.
fn order(trace: &Trace, item: Item) -> (Nanos, bool, usize) {
    match item {
        Item::Span(span) => (trace.spans[span].start_time_unix_nano, false, span),
        Item::Log(log) => (trace.logs[log].time_unix_nano, true, log),
    }
}

fn depth_first(top: &[Item], below: &[Vec<Item>], oddities: &[Oddity]) -> Vec<Node> {
    let mut nodes: Vec<Node> = Vec::new();
    let mut stack: Vec<(Item, u32, Option<u32>)> = top.iter().rev().map(|item| (*item, 0, None)).collect();
    while let Some((item, depth, parent)) = stack.pop() {
        let number = u32::try_from(nodes.len()).unwrap_or(u32::MAX);
        let mut node = Node { item, depth, parent, end: number + 1, child_spans: 0, oddity: Oddity::None };
        if let Item::Span(span) = item {
            node.oddity = oddities[span];
            let spans = below[span].iter().filter(|item| matches!(item, Item::Span(_))).count();
            node.child_spans = u32::try_from(spans).unwrap_or(u32::MAX);
            stack.extend(below[span].iter().rev().map(|item| (*item, depth + 1, Some(number))));
        }
        nodes.push(node);
    }
    for number in (0..nodes.len()).rev() {
        let end = nodes[number].end;
        if let Some(parent) = nodes[number].parent {
            let above = &mut nodes[parent as usize];
            above.end = above.end.max(end);
        }
    }
    nodes
}

#[cfg(test)]
mod tests;
