use proptest::prelude::*;

use super::*;

/// `(id, parent, start, end)`; parent 0 is none.
type Told = (u64, u64, i64, i64);

fn interval((id, parent, start, end): Told) -> Interval {
    let span_id = |id: u64| SpanId::from_bytes(&id.to_be_bytes());
    Interval {
        id: span_id(id).unwrap_or_else(|| unreachable!("ids of tests are not zero")),
        parent: span_id(parent),
        start: Nanos(start),
        end: Nanos(end),
    }
}

fn placed(spans: &[Told]) -> Vec<Place> {
    let spans: Vec<_> = spans.iter().copied().map(interval).collect();
    places(&spans, &Family::of(&spans))
}

#[test]
fn spans_are_numbered_as_nested_sets() {
    // 1 ─┬─ 3 ── 4
    //    └─ 2
    let places = placed(&[(1, 0, 0, 100), (2, 1, 50, 90), (3, 1, 10, 40), (4, 3, 20, 30)]);
    let told: Vec<_> =
        places.iter().map(|place| (place.left, place.right, place.depth, place.sibling, place.parent)).collect();
    assert_eq!(told, [(1, 8, 0, 1, None), (6, 7, 1, 2, Some(0)), (2, 5, 1, 1, Some(0)), (3, 4, 2, 1, Some(2))]);
    let times: Vec<_> = places.iter().map(|place| (place.self_time_ns, place.children)).collect();
    assert_eq!(times, [(30, 2), (40, 0), (20, 1), (10, 0)]);
}

#[test]
fn orphans_are_roots_and_say_so() {
    let places = placed(&[(1, 0, 0, 10), (2, 9, 5, 8), (3, 2, 6, 7)]);
    let told: Vec<_> = places.iter().map(|place| (place.root, place.depth, place.is_orphan)).collect();
    assert_eq!(told, [(0, 0, false), (1, 0, true), (1, 1, false)]);
}

#[test]
fn a_circle_is_opened_at_its_earliest_span_and_what_hangs_on_it_stays() {
    let places = placed(&[(1, 3, 10, 20), (2, 1, 5, 20), (3, 2, 7, 20), (4, 1, 0, 3)]);
    let told: Vec<_> = places.iter().map(|place| (place.parent, place.depth, place.is_orphan)).collect();
    assert_eq!(told, [(Some(2), 2, false), (None, 0, true), (Some(1), 1, false), (Some(0), 3, false)]);
    assert_eq!(placed(&[(1, 1, 0, 10)])[0].depth, 0);
}

#[test]
fn children_belong_to_the_span_of_that_id_that_started_first() {
    let places = placed(&[(1, 0, 5, 10), (1, 0, 2, 10), (2, 1, 6, 7)]);
    assert_eq!(places[2].parent, Some(1));
}

#[test]
fn a_clock_that_is_ahead_or_behind_is_told() {
    let told = |child| {
        let place = placed(&[(1, 0, 10, 20), child])[1];
        (place.is_skewed, place.outside_parent_ns)
    };
    assert_eq!(told((2, 1, 10, 20)), (false, 0));
    assert_eq!(told((2, 1, 5, 15)), (true, 5));
    assert_eq!(told((2, 1, 15, 28)), (false, 8));
    assert_eq!(told((2, 1, 0, 40)), (true, 30));
    assert_eq!(told((2, 1, 30, 40)), (false, 10));
    assert_eq!(told((2, 1, 12, 3)), (false, 0));
}

#[test]
fn extreme_times_do_no_harm() {
    let places = placed(&[(1, 0, i64::MIN, i64::MAX), (2, 1, i64::MAX, i64::MIN), (3, 2, i64::MIN, i64::MAX)]);
    assert_eq!(places.iter().map(|place| place.depth).collect::<Vec<_>>(), [0, 1, 2]);
}

#[test]
fn deep_and_wide_traces_are_placed() {
    let deep: Vec<_> = (1..=100_000_u64).map(|id| (id, id - 1, id as i64, 400_000 - id as i64)).collect();
    assert_eq!(placed(&deep).last().map(|place| (place.depth, place.left)), Some((99_999, 100_000)));
    let wide: Vec<_> = (1..=100_000_u64).map(|id| (id, u64::from(id > 1), id as i64 * 2, id as i64 * 2 + 1)).collect();
    assert_eq!(placed(&wide).last().map(|place| (place.depth, place.right)), Some((1, 199_999)));
    let circle: Vec<_> = (1..=100_000_u64).map(|id| (id, id % 100_000 + 1, id as i64, 400_000)).collect();
    assert_eq!(placed(&circle).first().map(|place| (place.depth, place.right)), Some((0, 200_000)));
}

/// The same, found as one would by hand.
struct ByHand<'a> {
    spans: &'a [Told],
}

impl ByHand<'_> {
    /// The parent as named, before circles are opened.
    fn named(&self, span: usize) -> Option<usize> {
        let (id, parent, ..) = self.spans[span];
        let with_id = (0..self.spans.len()).filter(|other| self.spans[*other].0 == parent && parent != id);
        with_id.min_by_key(|other| (self.spans[*other].2, *other))
    }

    /// The circle a span is part of.
    fn circle(&self, span: usize) -> Option<Vec<usize>> {
        let (mut circle, mut at) = (vec![span], span);
        for _ in 0..self.spans.len() {
            at = self.named(at)?;
            if at == span {
                return Some(circle);
            }
            circle.push(at);
        }
        None
    }

    fn parent(&self, span: usize) -> Option<usize> {
        let opened = |circle: Vec<usize>| circle.into_iter().min_by_key(|other| (self.spans[*other].2, *other));
        if self.circle(span).and_then(opened) == Some(span) { None } else { self.named(span) }
    }

    fn ancestors(&self, span: usize) -> Vec<usize> {
        std::iter::successors(self.parent(span), |above| self.parent(*above)).collect()
    }

    fn covers(&self, span: usize, moment: i64) -> bool {
        (self.spans[span].2..self.spans[span].3).contains(&moment)
    }
}

proptest! {
    #[test]
    fn places_are_those_found_by_hand(
        spans in prop::collection::vec((1..12_u64, 0..12_u64, 0..30_i64, 0..30_i64), 0..16)
    ) {
        let (places, by_hand) = (placed(&spans), ByHand { spans: &spans });
        let mut numbers: Vec<_> = places.iter().flat_map(|place| [place.left, place.right]).collect();
        numbers.sort_unstable();
        prop_assert_eq!(numbers, (1..=2 * spans.len() as i64).collect::<Vec<_>>());
        for (span, place) in places.iter().enumerate() {
            let ancestors = by_hand.ancestors(span);
            prop_assert_eq!(place.parent, by_hand.parent(span));
            prop_assert_eq!(place.depth, ancestors.len() as i64);
            prop_assert_eq!(place.root, ancestors.last().copied().unwrap_or(span));
            prop_assert_eq!(place.is_orphan, place.parent.is_none() && spans[span].1 != 0);
            for (other, above) in places.iter().enumerate() {
                let is_below = above.left < place.left && place.left < above.right;
                prop_assert_eq!(is_below, ancestors.contains(&other), "{} below {}", span, other);
            }
            let children: Vec<_> = (0..spans.len()).filter(|child| by_hand.parent(*child) == Some(span)).collect();
            prop_assert_eq!(place.children, children.len() as i64);
            let earlier = |other: &&usize| (spans[**other].2, **other) < (spans[span].2, span);
            let siblings: Vec<_> = (0..spans.len()).filter(|other| by_hand.parent(*other) == place.parent).collect();
            prop_assert_eq!(place.sibling, siblings.iter().filter(earlier).count() as i64 + 1);
            let own = (0..60).filter(|moment| by_hand.covers(span, *moment));
            let alone = own.clone().filter(|moment| !children.iter().any(|child| by_hand.covers(*child, *moment)));
            prop_assert_eq!(place.self_time_ns, alone.count() as i64);
        }
    }
}
