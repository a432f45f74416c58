use proptest::prelude::*;

use super::*;
use crate::counts::Counts;
use crate::method::SliceTarget;

const HOUR: i64 = 60;

fn minutes(text: &str) -> Minutes {
    text.parse().expect("a duration")
}

fn now() -> Nanos {
    Minute::EPOCH.shifted(HOUR).start()
}

fn target(percent: &str) -> Target {
    Target::from_percent(percent.parse().expect("a decimal")).expect("a target")
}

fn weight(text: &str) -> Weight {
    Weight::new(text.parse().expect("a decimal")).expect("a weight")
}

/// An hour of minutes with a hundred events each.
fn hour(failed: impl Fn(i64) -> u64) -> Slices {
    let mut slices = Slices::new(minutes("1h"));
    for minute in 0..HOUR {
        slices.put(Minute::EPOCH.shifted(minute), 0, Counts::of_bad(failed(minute), 100).expect("counts"), now());
    }
    slices
}

fn methods() -> [Method; 3] {
    let target = SliceTarget::from_ratio(Decimal::new(95, 2)).expect("a slice target");
    let slice = minutes("1m");
    [Method::Occurrences, Method::Timeslices { slice, target }, Method::RatioTimeslices { slice }]
}

fn composite<'a>(method: Method, window: &'a Window, members: Vec<(&str, &str, &'a Slices)>) -> Composite<'a> {
    let member = |(weight_text, percent, slices): (&str, &str, &'a Slices)| Member {
        weight: weight(weight_text),
        target: target(percent),
        slices,
    };
    Composite { method, window, members: members.into_iter().map(member).collect() }
}

#[test]
fn ninety_five_and_ninety_five_percent_make_ninety() {
    let window = Window::Rolling(minutes("1h"));
    let (one, other) = (hour(|_| 5), hour(|_| 5));
    let both = composite(methods()[2], &window, vec![("1", "90", &one), ("1", "90", &other)]);
    assert_eq!(both.consumed(now()), Some(Ratio::ONE), "a budget of 10 % is spent");
    let weighted = composite(methods()[2], &window, vec![("1", "90", &one), ("3", "90", &other)]);
    assert_eq!(weighted.consumed(now()), Some(Ratio::percent(200)), "the weight multiplies what is missing");
}

#[test]
fn a_slice_is_bad_when_any_member_is() {
    let window = Window::Rolling(minutes("1h"));
    let (early, late) = (
        hour(|minute| if minute < 10 { 50 } else { 0 }),
        hour(|minute| if (5..15).contains(&minute) { 50 } else { 0 }),
    );
    let both = composite(methods()[1], &window, vec![("1", "50", &early), ("1", "50", &late)]);
    assert_eq!(both.consumed(now()), Some(Ratio::percent(50)), "15 of 30 minutes");
}

#[test]
fn burn_rates_of_events_are_added_by_weight() {
    let window = Window::Rolling(minutes("1h"));
    let (one, other) = (hour(|_| 1), hour(|_| 2));
    let both = composite(Method::Occurrences, &window, vec![("0.5", "99", &one), ("2", "98", &other)]);
    assert_eq!(both.burn_rate(minutes("5m"), now()), Some(Ratio::percent(250)));
    assert_eq!(both.max_burn_rate(), Ratio::percent(15_000), "half of 100 and twice 50");
}

#[test]
fn a_pair_that_no_member_can_reach_is_refused() {
    let window = Window::Rolling(minutes("30d"));
    let slices = hour(|_| 0);
    let (burns, pairs) =
        composite(Method::Occurrences, &window, vec![("1", "90", &slices)]).pairs(&Pair::WORKBOOK, now());
    assert_eq!((burns.len(), pairs.refused.len()), (3, 1));
    let (burns, _) = composite(Method::Occurrences, &window, vec![("2", "90", &slices)]).pairs(&Pair::WORKBOOK, now());
    assert_eq!(burns.len(), 4, "weighed twice it can");
}

#[test]
fn nothing_measured_is_nothing_known() {
    let window = Window::Rolling(minutes("1h"));
    let empty = Slices::new(minutes("1h"));
    for method in methods() {
        assert_eq!(composite(method, &window, vec![("1", "99", &empty)]).consumed(now()), None);
        let full = hour(|_| 100);
        let half = composite(method, &window, vec![("1", "50", &full), ("1", "50", &empty)]);
        assert_eq!(half.consumed(now()), Some(Ratio::percent(200)), "those that are measured speak");
    }
}

#[test]
fn weights_are_above_nothing() {
    for text in ["0", "-1", "1000001", "0.0000001"] {
        assert_eq!(Weight::new(text.parse().expect("a decimal")), None, "{text}");
    }
    assert_eq!(weight("1.50").number().to_string(), "1.5");
}

proptest! {
    /// Composite bounds: no better than the worst member by its weight, no worse than all together;
    /// with one member of weight 1 it is that member.
    #[test]
    fn a_composite_burns_between_its_worst_member_and_their_sum(
        failed in prop::collection::vec((0..=100_u64, 0..=100_u64), 60),
        weights in (1..50_i64, 1..50_i64), which in 0..3_usize
    ) {
        let window = Window::Rolling(minutes("1h"));
        let (one, other) = (hour(|minute| failed[minute as usize].0), hour(|minute| failed[minute as usize].1));
        let weight = |tenths: i64| Weight::new(Decimal::new(tenths, 1)).expect("a weight");
        let members = [
            Member { weight: weight(weights.0), target: target("99"), slices: &one },
            Member { weight: weight(weights.1), target: target("90"), slices: &other },
        ];
        let of = |members: &[Member<'_>]| Composite { method: methods()[which], window: &window, members: members.to_vec() }.consumed(now()).expect("measured").to_f64();
        let (first, second, both) = (of(&members[..1]), of(&members[1..]), of(&members));
        prop_assert!(both >= first.max(second) * (1.0 - 1e-12));
        prop_assert!(both <= (first + second) * (1.0 + 1e-12));
        let alone = Member { weight: Weight::ONE, ..members[0] };
        let promise = crate::standing::Promise { method: methods()[which], ..crate::standing::Promise::new(alone.target, window.clone()) };
        let consumed = promise.stand(&one, now()).budget.expect("measured").consumed().to_f64();
        prop_assert!((of(&[alone]) - consumed).abs() <= 1e-12 * consumed.max(1.0));
    }
}
