use proptest::prelude::*;
use rust_decimal::Decimal;

use super::*;

const HOUR: Minutes = Minutes::known(60);
const MONTH: Minutes = Minutes::known(43_200);

fn three_nines() -> Target {
    Target::from_ratio(Decimal::new(999, 3)).expect("a target")
}

fn bad(bad: u64, total: u64) -> Counts {
    Counts::of_bad(bad, total).expect("fewer bad than all")
}

fn budget(counts: Counts) -> Budget {
    Budget::new(three_nines(), MONTH, counts).expect("there are events")
}

#[test]
fn a_period_without_events_has_no_budget_rather_than_a_whole_one() {
    assert_eq!(Budget::new(three_nines(), MONTH, Counts::default()), None);
    assert_eq!(budget(bad(0, 10)).spend(Counts::default(), HOUR), None);
}

#[test]
fn what_may_be_bad_is_not_rounded() {
    let budget = budget(bad(1, 7_200));
    assert_eq!(budget.allowed(), Ratio::from(Decimal::new(72, 1)));
    assert_eq!(format!("{:.3}", budget.consumed()), "0.139");
    assert_eq!(budget.remaining(), Ratio::reduced(62, 72));
}

#[test]
fn spending_exactly_the_budget_exhausts_it_and_more_makes_the_rest_negative() {
    assert!(!budget(bad(7, 7_200)).is_exhausted());
    assert!(budget(bad(10, 10_000)).is_exhausted());
    assert_eq!(budget(bad(14, 10_000)).remaining(), Ratio::reduced(-2, 5));
}

#[test]
fn one_failure_at_ten_requests_an_hour_burns_a_hundredfold_and_takes_a_seventh() {
    let spend = budget(bad(1, 7_200)).spend(bad(1, 10), HOUR).expect("there are events");
    assert_eq!(spend.by_events, Ratio::reduced(10, 72));
    assert_eq!(spend.by_rate, Ratio::reduced(100, 720), "even traffic: both ways agree");
}

#[test]
fn an_hour_at_the_peak_takes_more_than_its_rate_tells() {
    // Half of all requests of the month came in this hour.
    let spend = budget(bad(10, 20_000)).spend(bad(10, 10_000), HOUR).expect("there are events");
    assert_eq!(spend.by_events, Ratio::percent(50));
    assert_eq!(spend.by_rate, Ratio::reduced(1, 720));
}

#[test]
fn shares_at_a_rate_are_those_of_the_chapter() {
    let outage = Ratio::reduced(1_000, 1);
    let share = |burn, minutes| format!("{:.4}", rate_spend(burn, Minutes::known(minutes), MONTH));
    assert_eq!(share(Ratio::ONE, 10), "0.0002", "0.1 % errors for ten minutes");
    assert_eq!(share(Ratio::ONE, 36 * 60), "0.0500", "36 hours at burn rate 1");
    assert_eq!(share(outage, 60), "1.3889", "an outage that waits an hour before it alerts");
    assert_eq!(share(outage, 5), "0.1157", "a spike of five minutes");
    assert_eq!(share(Ratio::reduced(36, 1), 60), "0.0500");
}

proptest! {
    #[test]
    fn consumed_and_remaining_make_one(total in 1..=u64::MAX, failed: u64, parts in 0..1_000_000_000_i64) {
        let target = Target::from_ratio(Decimal::new(parts, 9)).expect("below 1");
        let counts = bad(failed % total, total);
        let budget = Budget::new(target, MONTH, counts).expect("there are events");
        prop_assert_eq!(budget.consumed().one_minus(), budget.remaining());
        prop_assert_eq!(budget.remaining().one_minus(), budget.consumed());
        prop_assert_eq!(budget.is_exhausted(), Ratio::reduced(i128::from(counts.bad()), 1) >= budget.allowed());
    }

    #[test]
    fn windows_that_make_up_the_period_spend_what_it_consumed(
        hours in prop::collection::vec((0..1_000_u64, 1..1_000_u64), 1..20)
    ) {
        let hours: Vec<Counts> = hours.into_iter().map(|(failed, ok)| bad(failed, failed + ok)).collect();
        let budget = budget(hours.iter().copied().sum());
        let spends = hours.iter().filter_map(|hour| budget.spend(*hour, HOUR));
        let sum: f64 = spends.map(|spend| spend.by_events.to_f64()).sum();
        prop_assert!((sum - budget.consumed().to_f64()).abs() < 1e-9 * sum.max(1.0));
    }
}
