use rust_decimal::Decimal;

use super::*;
use crate::counts::Counts;
use crate::minutes::Minutes;
use crate::pairs::{Pair, Pairs, Severity};

const MONTH: Minutes = Minutes::known(43_200);

fn three_nines() -> Target {
    Target::from_ratio(Decimal::new(999, 3)).expect("a target")
}

fn at(minute: i64) -> Nanos {
    Nanos(minute * 60_000_000_000)
}

/// A month of 1,000 requests a minute that ends at minute `now`, of which `failed(minute)` failed.
fn month(now: i64, failed: impl Fn(i64) -> u64) -> Slices {
    let mut slices = Slices::new(MONTH);
    for minute in now - i64::from(MONTH.get())..now {
        let counts = Counts::of_bad(failed(minute), 1_000).expect("at most 1,000 failed");
        slices.put(Minute::of(at(minute)), 0, counts, at(now));
    }
    slices
}

fn judge(slices: &Slices, now: i64) -> Evaluation {
    evaluate(slices, three_nines(), &Pairs::workbook(MONTH, three_nines()).usable, at(now))
}

fn breaching(evaluation: &Evaluation) -> Vec<u32> {
    let breaching = evaluation.pairs.iter().filter(|pair| pair.breaches() == Some(true));
    breaching.map(|pair| pair.pair.pair.long.get() / 60).collect()
}

/// 15 % errors from minute 0 to 10, judged at `now` minutes.
fn fifteen_percent(now: i64) -> PairBurn {
    let slices = month(now, |minute| if (0..10).contains(&minute) { 150 } else { 0 });
    judge(&slices, now).pairs[0]
}

#[test]
fn the_short_window_is_above_at_once_the_long_one_after_five_minutes_and_both_must_be() {
    assert_eq!((fifteen_percent(1).short_above(), fifteen_percent(1).long_above()), (Some(true), Some(false)));
    assert_eq!(fifteen_percent(5).breaches(), Some(false));
    assert_eq!(fifteen_percent(6).breaches(), Some(true));
}

#[test]
fn the_alert_ends_five_minutes_after_the_errors_where_the_long_window_alone_needs_an_hour() {
    assert_eq!(fifteen_percent(14).breaches(), Some(true));
    assert_eq!((fifteen_percent(15).short_above(), fifteen_percent(15).long_above()), (Some(false), Some(true)));
    assert_eq!(fifteen_percent(64).long_above(), Some(true));
    assert_eq!(fifteen_percent(65).long_above(), Some(false));
}

#[test]
fn an_outage_of_five_minutes_satisfies_all_pairs_at_once() {
    let slices = month(0, |minute| if minute >= -5 { 1_000 } else { 0 });
    let evaluation = judge(&slices, 0);
    assert_eq!(breaching(&evaluation), [1, 6, 24, 72]);
    assert_eq!(evaluation.pairs.iter().map(|pair| pair.pair.pair.severity).max(), Some(Severity::Page));
    let consumed = evaluation.budget.expect("there are events").consumed();
    assert_eq!(consumed, Ratio::reduced(5_000, 43_200));
}

#[test]
fn spending_exactly_a_tenth_does_not_exceed_the_pair_of_a_tenth() {
    // 864 of 1,000 for five minutes: a tenth of the month's budget, burn rate 1 over three days.
    let exactly = judge(&month(0, |minute| if minute >= -5 { 864 } else { 0 }), 0);
    assert_eq!(exactly.pairs[3].long, Some(Ratio::ONE));
    assert_eq!(breaching(&exactly), [1, 6]);
    let one_more = |minute| if minute >= -5 { 864 + u64::from(minute == -1) } else { 0 };
    assert_eq!(breaching(&judge(&month(0, one_more), 0)), [1, 6, 24, 72]);
}

#[test]
fn windows_without_events_are_unknown_and_never_fine() {
    let mut slices = Slices::new(MONTH);
    assert_eq!(judge(&slices, 0).budget, None);
    assert_eq!(judge(&slices, 0).pairs[0].breaches(), None);
    assert_eq!(judge(&slices, 0).state(), None);
    slices.put(Minute::of(at(-30)), 0, Counts::of_bad(10, 10).expect("counts"), at(0));
    let burning_until_it_went_quiet = judge(&slices, 0).pairs[0];
    assert_eq!((burning_until_it_went_quiet.short, burning_until_it_went_quiet.breaches()), (None, None));
    slices.put(Minute::of(at(-30)), 1, Counts::of_bad(0, 10).expect("counts"), at(0));
    assert_eq!(judge(&slices, 0).pairs[0].breaches(), Some(false), "the long window decides");
}

#[test]
fn spikes_that_a_pending_time_would_miss_are_seen() {
    // 100 % errors for five minutes of every ten: burn rate 500 in every window.
    let slices = month(0, |minute| if minute.rem_euclid(10) >= 5 { 1_000 } else { 0 });
    assert_eq!(breaching(&judge(&slices, 0)), [1, 6, 24, 72]);
}

#[test]
fn one_failure_in_an_hour_of_ten_requests_pages() {
    let mut slices = Slices::new(MONTH);
    for hour in 0..720 {
        let counts = Counts::of_bad(u64::from(hour == 0), 10).expect("counts");
        slices.put(Minute::of(at(-1 - 60 * hour)), 0, counts, at(0));
    }
    let evaluation = judge(&slices, 0);
    assert_eq!(evaluation.pairs[0].long, Some(Ratio::reduced(100, 1)));
    assert_eq!(format!("{:.3}", evaluation.budget.expect("there are events").consumed()), "0.139");
    assert_eq!(evaluation.pairs[0].breaches(), Some(true));
}

#[test]
fn pairs_of_ones_own_are_judged_like_the_workbooks() {
    let minutes = |text: &str| text.parse().expect("a duration");
    let pair = Pair {
        severity: Severity::Page,
        long: minutes("10m"),
        short: minutes("1m"),
        budget_share: Ratio::from(Decimal::new(2_314_815, 10)),
    };
    let scaled = Pairs::scale(&[pair], MONTH, three_nines()).usable;
    let slices = month(0, |minute| u64::from(minute >= -10));
    let burn = evaluate(&slices, three_nines(), &scaled, at(0)).pairs[0];
    assert_eq!((burn.long, burn.breaches()), (Some(Ratio::ONE), Some(false)), "the factor is 1.00000008");
}
