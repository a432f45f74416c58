use proptest::prelude::*;

use super::*;

fn span(id: u64, parent: u64, name: &'static str, start_ns: i64, end_ns: i64) -> TraceSpan<'static> {
    TraceSpan { id, parent: (parent > 0).then_some(parent), service: "shop", name, start_ns, end_ns, failed: false }
}

fn named<'a>(differences: &'a [Difference], name: &str) -> &'a Difference {
    differences.iter().find(|one| one.name == name).unwrap()
}

#[test]
fn time_of_ones_own_is_what_no_child_was_at_work_in() {
    // Two children overlap, one begins before its parent, one ends after it.
    let spans = [
        span(1, 0, "root", 100, 200),
        span(2, 1, "child", 90, 120),
        span(3, 1, "child", 110, 130),
        span(4, 1, "child", 190, 250),
    ];
    let differences = operations(&spans, &[]);
    let root = named(&differences, "root").left.unwrap();
    assert_eq!(root, Spent { spans: 1, errors: 0, duration_ns: 100, self_time_ns: 60 });
    assert_eq!(named(&differences, "child").left.unwrap().spans, 3);
}

#[test]
fn operations_that_are_missing_or_new_are_told_and_the_largest_difference_comes_first() {
    let slow = TraceSpan { failed: true, ..span(3, 1, "query", 10, 80) };
    let left = [span(1, 0, "root", 0, 30), span(2, 1, "old", 0, 5), span(3, 1, "query", 10, 20)];
    let right = [span(1, 0, "root", 0, 90), span(2, 1, "new", 0, 5), slow];
    let differences = operations(&left, &right);
    let names: Vec<&str> = differences.iter().map(|one| one.name.as_str()).collect();
    assert_eq!(names, ["query", "new", "old", "root"]);
    assert_eq!(differences[0].right.unwrap().errors, 1);
    assert_eq!((named(&differences, "new").left, named(&differences, "old").right), (None, None));
}

#[test]
fn a_clock_that_steps_back_and_a_span_that_is_its_own_parent_do_no_harm() {
    let differences = operations(&[span(1, 1, "root", 100, 50), span(2, 9, "orphan", i64::MIN, i64::MAX)], &[]);
    assert_eq!(named(&differences, "root").left.unwrap().duration_ns, 0);
    assert_eq!(named(&differences, "orphan").left.unwrap().duration_ns, i64::MAX);
}

proptest! {
    #[test]
    fn own_time_is_between_nothing_and_the_duration(
        spans in prop::collection::vec((1_u64..8, 0_u64..8, -50_i64..50, -50_i64..50), 0..12),
    ) {
        let spans: Vec<_> = spans.into_iter().map(|(id, parent, start, end)| span(id, parent, "any", start, end)).collect();
        for one in operations(&spans, &spans) {
            prop_assert_eq!(one.left, one.right);
            let spent = one.left.unwrap();
            prop_assert!((0..=spent.duration_ns).contains(&spent.self_time_ns));
        }
    }
}
