use proptest::prelude::*;

use super::*;

fn bad(bad: u64, total: u64) -> Counts {
    Counts::of_bad(bad, total).expect("fewer bad than all")
}

fn minutes(text: &str) -> Minutes {
    text.parse().expect("a duration")
}

/// The start of minute `minute` and `seconds` more.
fn at(minute: i64, seconds: i64) -> Nanos {
    Nanos(minute * 60_000_000_000 + seconds * 1_000_000_000)
}

#[test]
fn a_window_ends_where_the_current_minute_begins() {
    let mut slices = Slices::new(minutes("1h"));
    for minute in 94..=100 {
        slices.put(Minute(minute), 0, bad(0, 1), at(100, 0));
    }
    for seconds in [0, 1, 59] {
        assert_eq!(slices.sum(minutes("5m"), at(100, seconds)), bad(0, 5), "minutes 95 to 99");
    }
    assert_eq!(slices.sum(minutes("5m"), at(101, 0)), bad(0, 5), "minutes 96 to 100");
    assert_eq!(Slices::bounds(minutes("5m"), at(100, 30)), Minute(95)..Minute(100));
}

#[test]
fn minutes_before_1970_are_rounded_down_too() {
    assert_eq!(Minute::of(Nanos(-1)), Minute(-1));
    assert_eq!(Minute(-1).start(), Nanos(-60_000_000_000));
    assert_eq!(Minute::of(Nanos(i64::MIN)).start(), Nanos(i64::MIN));
}

#[test]
fn the_latest_revision_of_a_minute_wins_in_whatever_order_they_come() {
    let mut slices = Slices::new(minutes("1h"));
    let now = at(101, 0);
    assert_eq!(slices.put(Minute(100), 2, bad(3, 10), now), Placed::Taken);
    assert_eq!(slices.put(Minute(100), 1, bad(0, 4), now), Placed::Superseded);
    assert_eq!(slices.sum(minutes("5m"), now), bad(3, 10));
    assert_eq!(slices.put(Minute(100), 3, bad(4, 12), now), Placed::Taken);
    assert_eq!(slices.sum(minutes("5m"), now), bad(4, 12));
}

#[test]
fn minutes_outside_the_period_are_neither_taken_nor_kept() {
    let mut slices = Slices::new(minutes("1h"));
    let now = at(100, 0);
    assert_eq!(slices.put(Minute(39), 0, bad(0, 1), now), Placed::Outside);
    assert_eq!(slices.put(Minute(40), 0, bad(0, 1), now), Placed::Taken);
    assert_eq!(slices.put(Minute(160), 0, bad(0, 1), now), Placed::Taken);
    assert_eq!(slices.put(Minute(161), 0, bad(0, 1), now), Placed::Outside);
    slices.expire(at(100, 59));
    assert_eq!(slices.len(), 2);
    slices.put(Minute(160), 1, bad(0, 2), at(101, 0));
    assert_eq!(slices.len(), 1);
}

#[test]
fn while_nothing_is_measured_what_was_last_is_kept() {
    let mut slices = Slices::new(minutes("1h"));
    for minute in 0..=100 {
        slices.put(Minute(minute), 0, bad(0, 1), at(minute, 30));
    }
    slices.expire(at(10_000, 0));
    assert_eq!(slices.len(), 60, "the period that ends where measuring ended");
    slices.put(Minute(10_000), 0, bad(0, 1), at(10_000, 30));
    assert_eq!(slices.len(), 1);
}

proptest! {
    #[test]
    fn window_sums_equal_a_naive_sum(
        puts in prop::collection::vec((0..200_i64, 0..4_u64, 0..50_u64, 0..50_u64), 0..200),
        now in 0..240_i64,
        window in 1..=120_u32,
    ) {
        let mut slices = Slices::new(minutes("8h"));
        for (minute, revision, failed, ok) in &puts {
            slices.put(Minute(*minute), *revision, bad(*failed, failed + ok), at(200, 0));
        }
        let naive = (now - i64::from(window)..now).filter_map(|minute| {
            let of_minute = puts.iter().filter(|put| put.0 == minute);
            of_minute.max_by_key(|put| put.1).map(|put| bad(put.2, put.2 + put.3))
        });
        prop_assert_eq!(slices.sum(Minutes::known(window), at(now, 30)), naive.sum());
    }
}
