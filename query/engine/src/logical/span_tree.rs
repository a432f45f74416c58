//! `span_tree` as people see it: the columns of `spans`, and the place of each span in its trace.

use datafusion::logical_expr::lit;
use datafusion::prelude::col;

use super::Described;
use super::columns::{LogicalColumn, hex, made, stored};

/// `span_tree`.
pub(crate) const SPAN_TREE: Described = Described {
    name: "span_tree",
    help: "One row a span, repeats folded, with its place in its trace; ask relations with is_descendant and its kin.",
};

/// The columns `spans` has, and these.
pub(super) fn columns() -> Vec<LogicalColumn> {
    let mut columns = super::spans::columns();
    columns.extend([
        hex("root_span_id", "span_id of the root above it, or its own."),
        stored("root_service_name", "service_name of that root."),
        stored("root_name", "name of that root."),
        stored("parent_service_name", "service_name of the parent; NULL for a root."),
        stored("depth", "How many spans are above it; 0 for a root."),
        stored("tree_left", "Nested-set number: those of its descendants lie between its two."),
        stored("tree_right", "Nested-set number, the greater one."),
        stored("tree_parent", "tree_left of the parent; NULL for a root."),
        stored("sibling_number", "Which child of its parent it is, or which root, by start, from 1."),
        stored("child_count", "Spans right below it."),
        stored("self_time_ns", "Nanoseconds in which it ran and none of its children did."),
        stored("critical_time_ns", "Nanoseconds of it on the critical path of the trace."),
        made("on_critical_path", "Whether it is on the critical path.", col("critical_time_ns").gt(lit(0_i64))),
        stored(
            "is_orphan",
            "It names a parent that is not above it: missing, itself, or in a circle. It is a root here.",
        ),
        stored("is_skewed", "It started before its parent did: their clocks differ."),
        stored("outside_parent_ns", "Nanoseconds of it before its parent started or after its parent ended."),
        stored("repeats", "How many more times the span was sent."),
    ]);
    columns
}
