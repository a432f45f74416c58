//! Tests of finding things in a trace.

use serde_json::json;

use super::*;
use crate::layout::sample::{log, span, trace};

fn sample() -> (Trace, Tree) {
    let mut first = span(1, None, 0, 100);
    first.name = "GET /Orders".to_owned();
    let mut second = span(2, Some(1), 10, 50);
    second.attributes = json!({ "db": { "statement": ["SELECT 42", "结账"] }, "retry": true });
    let mut line = log(Some(2), 20);
    line.body = "card declined".to_owned();
    let trace = trace(vec![first, second], vec![line]);
    let tree = Tree::new(&trace);
    (trace, tree)
}

#[test]
fn names_attributes_and_log_bodies_are_found_whatever_the_case() {
    let (trace, tree) = sample();
    let find = |wanted| find(&trace, &tree, wanted);
    assert_eq!(find("get /orders"), [0]);
    assert_eq!(find("select 42"), [1]);
    assert_eq!(find("statement"), [1]);
    assert_eq!(find("结账"), [1]);
    assert_eq!(find("true"), [1]);
    assert_eq!(find("DECLINED"), [2]);
    assert_eq!(find("0000000000000002"), [1]);
}

#[test]
fn nothing_is_found_by_nothing() {
    let (trace, tree) = sample();
    assert_eq!(find(&trace, &tree, "  "), [0_u32; 0]);
    assert_eq!(find(&trace, &tree, "absent"), [0_u32; 0]);
}

#[test]
fn stepping_goes_round_at_both_ends() {
    let hits = [3, 8, 21];
    assert_eq!(step(&hits, None, true), Some(3));
    assert_eq!(step(&hits, Some(3), true), Some(8));
    assert_eq!(step(&hits, Some(21), true), Some(3));
    assert_eq!(step(&hits, Some(10), false), Some(8));
    assert_eq!(step(&hits, Some(3), false), Some(21));
    assert_eq!(step(&hits, None, false), Some(21));
    assert_eq!(step(&[], Some(3), true), None);
}
