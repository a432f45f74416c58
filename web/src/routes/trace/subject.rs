//! A trace with everything that is computed from it once.

use std::sync::Arc;

use query_api::{Span, Trace};

use crate::layout::{Colours, CriticalPath, Item, Oddity, Range, Tree};

/// The trace on the page.
#[derive(Debug)]
pub(super) struct Subject {
    /// The trace.
    pub(super) trace: Arc<Trace>,
    /// Its spans and log records in reading order.
    pub(super) tree: Tree,
    /// The colours of its services.
    pub(super) colours: Colours,
    /// Its critical path by span.
    pub(super) path: CriticalPath,
}

// === impl Subject ===

impl Subject {
    /// Computes what follows from a trace.
    pub(super) fn new(trace: Arc<Trace>) -> Self {
        Self { tree: Tree::new(&trace), colours: Colours::new(&trace), path: CriticalPath::new(&trace), trace }
    }

    /// The whole stretch of time.
    pub(super) fn range(&self) -> Range {
        Range::new(self.trace.start_time_unix_nano, self.trace.end_time_unix_nano)
    }

    /// How long the trace took, in nanoseconds.
    pub(super) fn length_ns(&self) -> i64 {
        self.trace.end_time_unix_nano.since(self.trace.start_time_unix_nano)
    }

    /// The first root; the first span at the top where every root is missing.
    pub(super) fn root(&self) -> Option<&Span> {
        let top = self.tree.nodes().filter(|(_, node)| node.depth == 0);
        let spans = top.filter_map(|(_, node)| match node.item {
            Item::Span(span) => Some((node.oddity, &self.trace.spans[span])),
            Item::Log(_) => None,
        });
        // The first one with the smallest value: one that is whole before one that is odd.
        spans.min_by_key(|(oddity, _)| *oddity != Oddity::None).map(|(_, span)| span)
    }

    /// What the trace is called: the name of its root.
    pub(super) fn name(&self) -> &str {
        self.root().map_or("", |root| root.name.as_str())
    }

    /// The node of a span by its index, for links between parts of the page.
    pub(super) fn span_of_node(&self, number: u32) -> Option<&Span> {
        match self.tree.node(number)?.item {
            Item::Span(span) => self.trace.spans.get(span),
            Item::Log(log) => {
                let id = self.trace.logs.get(log)?.span_id?;
                self.tree.of_span(id).and_then(|number| match self.tree.node(number)?.item {
                    Item::Span(span) => self.trace.spans.get(span),
                    Item::Log(_) => None,
                })
            }
        }
    }

    /// Spans with status `ERROR`.
    pub(super) fn errors(&self) -> usize {
        self.trace.spans.iter().filter(|span| span.status_code == "ERROR").count()
    }
}
