use ingest_model::SpanId;
use proptest::prelude::*;

use super::*;

/// `(id, parent, start, end)`; parent 0 is none.
fn interval((id, parent, start, end): (u64, u64, i64, i64)) -> Interval {
    let span_id = |id: u64| SpanId::from_bytes(&id.to_be_bytes());
    Interval {
        id: span_id(id).unwrap_or_else(|| unreachable!("ids of tests are not zero")),
        parent: span_id(parent),
        start: Nanos(start),
        end: Nanos(end),
    }
}

fn path(spans: &[(u64, u64, i64, i64)]) -> Vec<(u64, i64, i64)> {
    let intervals: Vec<_> = spans.iter().copied().map(interval).collect();
    let path = critical_path(&intervals, &Family::of(&intervals));
    path.iter().map(|part| (spans[part.span].0, part.start_time_unix_nano.0, part.end_time_unix_nano.0)).collect()
}

#[test]
fn a_lone_span_is_its_own_path() {
    assert_eq!(path(&[(1, 0, 0, 10)]), [(1, 0, 10)]);
    assert_eq!(path(&[]), []);
}

#[test]
fn the_last_finishing_child_is_on_the_path_and_the_one_before_its_start() {
    let spans = [(1, 0, 0, 100), (2, 1, 10, 40), (3, 1, 20, 60), (4, 1, 70, 90), (5, 4, 75, 80)];
    assert_eq!(
        path(&spans),
        [(1, 0, 20), (3, 20, 60), (1, 60, 70), (4, 70, 75), (5, 75, 80), (4, 80, 90), (1, 90, 100)]
    );
}

#[test]
fn a_child_beyond_its_parent_is_cut_to_it() {
    assert_eq!(path(&[(1, 0, 10, 20), (2, 1, 5, 30)]), [(2, 10, 20)]);
    assert_eq!(path(&[(1, 0, 10, 20), (2, 1, 25, 30)]), [(1, 10, 20)]);
}

#[test]
fn a_span_whose_parent_is_missing_is_a_root_beside_others() {
    assert_eq!(path(&[(1, 9, 0, 10), (2, 8, 20, 30)]), [(1, 0, 10), (2, 20, 30)]);
}

#[test]
fn circles_of_parents_end() {
    assert_eq!(path(&[(1, 1, 0, 10)]), [(1, 0, 10)]);
    assert_eq!(path(&[(1, 2, 0, 10), (2, 1, 2, 5)]), [(1, 0, 2), (2, 2, 5), (1, 5, 10)]);
    assert_eq!(path(&[(1, 2, 0, 10), (2, 1, 2, 5), (3, 0, 20, 30)]).len(), 4);
}

#[test]
fn a_clock_that_stepped_back_leaves_the_span_off_the_path() {
    assert_eq!(path(&[(1, 0, 0, 10), (2, 1, 8, 3)]), [(1, 0, 10)]);
}

#[test]
fn deep_and_wide_traces_of_100_000_spans_are_walked() {
    let deep: Vec<_> = (1..=100_000_u64).map(|id| (id, id - 1, id as i64, 400_000 - id as i64)).collect();
    assert_eq!(path(&deep).len(), 199_999);
    let wide: Vec<_> = (1..=100_000_u64).map(|id| (id, u64::from(id > 1), id as i64 * 2, id as i64 * 2 + 1)).collect();
    assert_eq!(path(&wide).len(), 1);
}

proptest! {
    #[test]
    fn a_path_never_overlaps_and_stays_inside_its_spans(
        spans in prop::collection::vec((1..20_u64, 0..20_u64, 0..100_i64, 0..100_i64), 0..30)
    ) {
        let parts = path(&spans);
        for pair in parts.windows(2) {
            prop_assert!(pair[0].2 <= pair[1].1, "{parts:?}");
        }
        for (id, start, end) in parts {
            prop_assert!(start < end);
            prop_assert!(spans.iter().any(|span| span.0 == id && span.2 <= start && end <= span.3));
        }
    }
}
