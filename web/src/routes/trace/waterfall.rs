//! What a person does with the waterfall, as state: cursor, folding, search, zoom.

use std::collections::HashSet;
use std::sync::Arc;

use ingest_model::SpanId;
use leptos::prelude::*;

use super::subject::Subject;
use crate::layout::{Item, Range, failing, find, step};

/// The state; a handle that is copied into every part.
#[derive(Clone, Copy)]
pub(super) struct Waterfall {
    subject: StoredValue<Arc<Subject>>,
    /// Nodes whose descendants are hidden.
    pub(super) folded: RwSignal<HashSet<u32>>,
    /// Whether log records stand between the spans.
    pub(super) logs: RwSignal<bool>,
    /// Whether the critical path is drawn.
    pub(super) path: RwSignal<bool>,
    /// The selected node.
    pub(super) cursor: RwSignal<Option<u32>>,
    /// Whether the details of the selected node are open.
    pub(super) open: RwSignal<bool>,
    /// Whether the list of keys is open.
    pub(super) help: RwSignal<bool>,
    /// The stretch of time on screen.
    pub(super) range: RwSignal<Range>,
    /// What is searched for.
    pub(super) wanted: RwSignal<String>,
    /// The nodes that are found, in order.
    pub(super) hits: Memo<Vec<u32>>,
    /// The nodes that have a row, in order.
    pub(super) rows: Memo<Arc<Vec<u32>>>,
}

// === impl Waterfall ===

impl Waterfall {
    /// Everything unfolded, nothing selected.
    pub(super) fn new(subject: Arc<Subject>) -> Self {
        let range = subject.range();
        let subject = StoredValue::new(subject);
        let folded = RwSignal::new(HashSet::new());
        let logs = RwSignal::new(true);
        let wanted = RwSignal::new(String::new());
        let hits = Memo::new(move |_| {
            subject.with_value(|subject| wanted.with(|wanted| find(&subject.trace, &subject.tree, wanted)))
        });
        let rows = Memo::new(move |_| {
            subject.with_value(|subject| folded.with(|folded| Arc::new(subject.tree.rows(folded, logs.get()))))
        });
        Self {
            subject,
            folded,
            logs,
            path: RwSignal::new(true),
            cursor: RwSignal::new(None),
            open: RwSignal::new(false),
            help: RwSignal::new(false),
            range: RwSignal::new(range),
            wanted,
            hits,
            rows,
        }
    }

    /// The trace.
    pub(super) fn subject(self) -> Arc<Subject> {
        self.subject.get_value()
    }

    /// Selects a node and unfolds whatever hides it.
    pub(super) fn select(self, number: u32) {
        let subject = self.subject();
        let above: Vec<u32> = subject.tree.ancestors(number).collect();
        if self.folded.with_untracked(|folded| above.iter().any(|node| folded.contains(node))) {
            self.folded.update(|folded| folded.retain(|node| !above.contains(node)));
        }
        let is_log = subject.tree.node(number).is_some_and(|node| matches!(node.item, Item::Log(_)));
        if is_log && !self.logs.get_untracked() {
            self.logs.set(true);
        }
        if self.cursor.get_untracked() != Some(number) {
            self.cursor.set(Some(number));
        }
    }

    /// Selects a span by its id; does nothing when the trace has no such span.
    pub(super) fn select_span(self, id: SpanId) {
        if let Some(number) = self.subject().tree.of_span(id) {
            self.select(number);
        }
    }

    /// Selects a node and opens its details.
    pub(super) fn show(self, number: u32) {
        self.select(number);
        self.open.set(true);
    }

    /// Selects the deepest failing span, or what comes closest to one, and opens its details.
    pub(super) fn show_failing(self) {
        let subject = self.subject();
        if let Some(number) = failing(&subject.trace, &subject.tree, &subject.path) {
            self.show(number);
        }
    }

    /// The row of the cursor. A hidden node counts as the row above it.
    pub(super) fn cursor_row(self) -> Option<usize> {
        let cursor = self.cursor.get()?;
        self.rows.with(|rows| Some(rows.partition_point(|row| *row <= cursor).saturating_sub(1)))
    }

    /// Moves the cursor by rows, and to an end where that leads beyond it.
    pub(super) fn move_by(self, rows: isize) {
        let last = self.rows.with_untracked(|rows| rows.len().saturating_sub(1));
        let row = untrack(|| self.cursor_row());
        let row = row.map_or(0, |row| row.saturating_add_signed(rows).min(last));
        self.move_to(row);
    }

    /// Moves the cursor to a row, or the last where there are fewer.
    pub(super) fn move_to(self, row: usize) {
        let number = self.rows.with_untracked(|rows| rows.get(row).or_else(|| rows.last()).copied());
        if let Some(number) = number {
            self.select(number);
        }
    }

    /// Folds a node or unfolds it.
    pub(super) fn toggle(self, number: u32) {
        self.folded.update(|folded| {
            if !folded.remove(&number) {
                folded.insert(number);
            }
        });
    }

    /// Folds the selected node; where there is nothing to fold, selects its parent.
    pub(super) fn fold_or_parent(self) {
        let Some(cursor) = self.cursor.get_untracked() else { return };
        let subject = self.subject();
        let folded = self.folded.with_untracked(|folded| folded.contains(&cursor));
        if !folded && subject.tree.has_children(cursor, self.logs.get_untracked()) {
            self.toggle(cursor);
        } else if let Some(parent) = subject.tree.node(cursor).and_then(|node| node.parent) {
            self.select(parent);
        }
    }

    /// Unfolds the selected node; where it is unfolded, selects what stands below.
    pub(super) fn unfold_or_child(self) {
        let Some(cursor) = self.cursor.get_untracked() else { return };
        if self.folded.with_untracked(|folded| folded.contains(&cursor)) {
            self.toggle(cursor);
        } else if self.subject().tree.has_children(cursor, self.logs.get_untracked()) {
            self.move_by(1);
        }
    }

    /// Folds every span that has children below the top, so that the roots' children are seen.
    pub(super) fn fold_all(self) {
        let subject = self.subject();
        let inner = subject.tree.nodes().filter(|(number, node)| node.depth > 0 && node.end > number + 1);
        self.folded.set(inner.map(|(number, _)| number).collect());
        if let Some(cursor) = self.cursor.get_untracked() {
            let shown = subject
                .tree
                .ancestors(cursor)
                .chain([cursor])
                .filter(|number| subject.tree.node(*number).is_some_and(|node| node.depth <= 1));
            self.cursor.set(shown.max().or(Some(cursor)));
        }
    }

    /// Unfolds everything.
    pub(super) fn unfold_all(self) {
        self.folded.set(HashSet::new());
    }

    /// Searches, unless the page has gone or that is what was searched for already.
    pub(super) fn search(self, wanted: String) {
        if self.wanted.try_get_untracked().is_some_and(|before| before != wanted) {
            self.wanted.set(wanted);
        }
    }

    /// Selects the next hit of the search, or the one before.
    pub(super) fn next_hit(self, forward: bool) {
        let hit = self.hits.with_untracked(|hits| step(hits, self.cursor.get_untracked(), forward));
        if let Some(hit) = hit {
            self.select(hit);
        }
    }

    /// Shows only the time of the selected span, or the whole trace when that is shown already.
    pub(super) fn zoom(self) {
        let subject = self.subject();
        let whole = subject.range();
        let span = self.cursor.get_untracked().and_then(|number| subject.span_of_node(number));
        let near =
            span.map(|span| Range::new(span.start_time_unix_nano, span.start_time_unix_nano.plus(span.duration_ns)));
        match near {
            Some(near) if near != self.range.get_untracked() => self.range.set(near),
            _ => self.range.set(whole),
        }
    }
}
