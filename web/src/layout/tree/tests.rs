//! Tests of arranging a trace.

use super::*;
use crate::layout::sample::{id, log, span, trace};

/// The tree as text: depth, then `s` or `l` with its index.
fn lines(tree: &Tree) -> Vec<String> {
    let line = |node: &Node| match node.item {
        Item::Span(span) => format!("{}s{span}", node.depth),
        Item::Log(log) => format!("{}l{log}", node.depth),
    };
    tree.nodes().map(|(_, node)| line(node)).collect()
}

#[test]
fn children_stand_under_their_parent_by_time_with_logs_between() {
    let spans = vec![span(1, None, 0, 100), span(2, Some(1), 60, 90), span(3, Some(1), 10, 40)];
    let logs = vec![log(Some(1), 50), log(Some(3), 20), log(Some(2), 60)];
    let tree = Tree::new(&trace(spans, logs));
    assert_eq!(lines(&tree), ["0s0", "1s2", "2l1", "1l0", "1s1", "2l2"]);
    assert_eq!(tree.node(0).map(|node| (node.end, node.child_spans)), Some((6, 2)));
    assert_eq!(tree.of_span(id(2)), Some(4));
}

#[test]
fn a_missing_parent_puts_the_span_at_the_top_and_says_so() {
    let tree = Tree::new(&trace(vec![span(1, None, 0, 9), span(2, Some(77), 1, 2)], vec![log(Some(99), 5)]));
    assert_eq!(lines(&tree), ["0s0", "0s1", "0l0"]);
    assert_eq!(tree.node(1).map(|node| node.oddity), Some(Oddity::MissingParent));
}

#[test]
fn circles_are_cut_and_nothing_is_lost() {
    let circle = vec![span(1, Some(3), 0, 9), span(2, Some(1), 1, 9), span(3, Some(2), 2, 9), span(4, Some(2), 3, 9)];
    let tree = Tree::new(&trace(circle, Vec::new()));
    assert_eq!(lines(&tree), ["0s0", "1s1", "2s2", "2s3"]);
    assert_eq!(tree.node(0).map(|node| node.oddity), Some(Oddity::Cycle));

    let itself = Tree::new(&trace(vec![span(1, Some(1), 0, 9)], Vec::new()));
    assert_eq!(itself.node(0).map(|node| node.oddity), Some(Oddity::Cycle));
}

#[test]
fn a_tail_that_leads_into_a_circle_hangs_below_it() {
    let spans = vec![span(9, Some(1), 0, 9), span(1, Some(2), 1, 9), span(2, Some(1), 2, 9)];
    let tree = Tree::new(&trace(spans, Vec::new()));
    assert_eq!(lines(&tree), ["0s1", "1s0", "1s2"]);
}

#[test]
fn spans_that_share_an_id_are_all_shown_and_the_first_has_the_children() {
    let tree = Tree::new(&trace(vec![span(1, None, 0, 9), span(1, None, 1, 9), span(2, Some(1), 2, 3)], Vec::new()));
    assert_eq!(lines(&tree), ["0s0", "1s2", "0s1"]);
    assert_eq!(tree.of_span(id(1)), Some(0));
}

#[test]
fn folding_hides_what_is_below_and_logs_can_be_left_out() {
    let spans =
        vec![span(1, None, 0, 100), span(2, Some(1), 10, 40), span(3, Some(2), 11, 12), span(4, Some(1), 50, 60)];
    let tree = Tree::new(&trace(spans, vec![log(Some(3), 11)]));
    assert_eq!(tree.rows(&HashSet::new(), true), [0, 1, 2, 3, 4]);
    assert_eq!(tree.rows(&HashSet::new(), false), [0, 1, 2, 4]);
    assert_eq!(tree.rows(&HashSet::from([1]), true), [0, 1, 4]);
    assert_eq!(tree.rows(&HashSet::from([0, 1]), true), [0]);
    assert!(tree.has_children(2, true) && !tree.has_children(2, false));
    assert_eq!(tree.ancestors(3).collect::<Vec<_>>(), [2, 1, 0]);
}

#[test]
fn a_chain_a_hundred_thousand_deep_does_not_overflow_the_stack() {
    let parent = |number: u64| (number > 1).then(|| number - 1);
    let spans = (1..=100_000).map(|number| span(number, parent(number), 0, 9)).collect();
    let tree = Tree::new(&trace(spans, Vec::new()));
    assert_eq!(tree.node(99_999).map(|node| node.depth), Some(99_999));
    assert_eq!(tree.rows(&HashSet::new(), true).len(), 100_000);
}
