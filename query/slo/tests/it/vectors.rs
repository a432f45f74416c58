//! The figures of `fixtures/slo/vectors.json`, every one but the signatures of chat receivers.

use std::time::Duration;

use query_slo::{
    Budget, Counts, Exhaustion, Minutes, Pair, Pairs, Ratio, Severity, Target, burn_rate, can_fire, exhausted_in,
    max_burn_rate,
};
use serde_json::Value;

fn vectors() -> Value {
    let path = std::path::Path::new("../../fixtures/slo/vectors.json");
    let text = std::fs::read_to_string(path).expect("the fixture is there");
    serde_json::from_str(&text).expect("the fixture is JSON")
}

fn rows(value: &Value) -> &[Value] {
    value.as_array().expect("a list")
}

fn minutes(value: &Value) -> Minutes {
    value.as_str().and_then(|text| text.parse().ok()).expect("a duration")
}

/// The exact number that is written.
fn ratio(value: &Value) -> Ratio {
    Ratio::from(value.to_string().parse::<rust_decimal::Decimal>().expect("a decimal"))
}

fn target(value: &Value) -> Target {
    Target::from_ratio(value.to_string().parse().expect("a decimal")).expect("a target")
}

/// A duration that may have a fraction of minutes.
fn duration(value: &Value) -> Duration {
    let text = value.as_str().expect("a duration");
    let minutes = text.strip_suffix('m').and_then(|number| number.parse::<f64>().ok());
    minutes.map_or_else(|| minutes_of(text).duration(), |minutes| Duration::from_secs_f64(minutes * 60.0))
}

fn minutes_of(text: &str) -> Minutes {
    text.parse().expect("a duration")
}

/// A pair as the other tables give it: long, short, share.
fn pair(long: &Value, short: Minutes, share: &Value) -> Pair {
    Pair { severity: Severity::Page, long: minutes(long), short, budget_share: ratio(share) }
}

#[test]
fn the_workbooks_pairs_are_ours() {
    let vectors = vectors();
    let rows = rows(&vectors["workbook_page_ticket"]);
    assert_eq!(rows.len(), Pair::WORKBOOK.len());
    for (row, pair) in rows.iter().zip(Pair::WORKBOOK) {
        assert_eq!(row["severity"], pair.severity.as_str());
        assert_eq!((minutes(&row["long"]), minutes(&row["short"])), (pair.long, pair.short));
        assert_eq!(ratio(&row["budget"]), pair.budget_share);
        assert_eq!(ratio(&row["burn"]), pair.factor(minutes(&row["period"])), "{row}");
    }
}

#[test]
fn budgets_are_exhausted_when_the_workbook_says() {
    let vectors = vectors();
    for row in rows(&vectors["exhaustion"]) {
        let bad = row["error_ratio"].as_f64().map(|share| (share * 1_000.0).round() as u64).expect("a share");
        let counts = Counts::of_bad(bad, 1_000).expect("counts");
        let burn = burn_rate(counts, target(&row["target"])).expect("there are events");
        assert_eq!(burn, ratio(&row["burn"]), "{row}");
        let lasts = exhausted_in(minutes(&row["period"]), Ratio::ONE, burn);
        assert_eq!(lasts, Exhaustion::In(duration(&row["exhausted_in"])), "{row}");
    }
}

#[test]
fn one_failure_at_low_traffic_takes_a_seventh_of_the_budget() {
    let row = &vectors()["low_traffic"];
    let (period, target) = (minutes(&row["period"]), target(&row["target"]));
    let hourly = row["requests_per_hour"].as_u64().expect("a count");
    let failures = row["failures"].as_u64().expect("a count");
    let hour = Counts::of_bad(failures, hourly).expect("counts");
    assert_eq!(burn_rate(hour, target), Some(ratio(&row["burn_1h"])));
    let month = Counts::of_bad(failures, hourly * u64::from(period.get()) / 60).expect("counts");
    let budget = Budget::new(target, period, month).expect("there are events");
    assert_eq!(format!("{:.1} {:.3}", budget.allowed(), budget.consumed()), "7.2 0.139");
    let spend = budget.spend(hour, minutes_of("1h")).expect("there are events");
    assert_eq!(spend.by_events, spend.by_rate, "traffic is even");
}

#[test]
fn factors_over_other_periods_are_sloths() {
    let vectors = vectors();
    for (period, factors) in vectors["sloth_factors"].as_object().expect("periods") {
        let ours = Pair::WORKBOOK.map(|pair| pair.factor(minutes_of(period)).to_f64());
        let theirs: Vec<f64> = rows(factors).iter().filter_map(Value::as_f64).collect();
        assert_eq!(theirs.len(), ours.len());
        // serde_json reads floats to within one place of the last bit.
        assert!(ours.iter().zip(&theirs).all(|(ours, theirs)| (ours - theirs).abs() <= f64::EPSILON), "{period}");
    }
}

#[test]
fn shares_of_pyrras_pairs_give_its_factors_back() {
    let vectors = vectors();
    for row in rows(&vectors["pyrra_28d"]) {
        let period = minutes_of("28d");
        let (long, factor) = (minutes(&row[1]), ratio(&row[3]));
        let pair = Pair {
            severity: Severity::Page,
            long,
            short: minutes(&row[2]),
            budget_share: query_slo::rate_spend(factor, long, period),
        };
        let target = Target::from_percent(rust_decimal::Decimal::new(999, 1)).expect("a target");
        assert_eq!(pair.scale(period, target).map(|scaled| scaled.factor), Ok(factor), "{row}");
    }
}

#[test]
fn datadogs_burn_rates_follow_from_its_shares() {
    let vectors = vectors();
    for (period, table) in vectors["datadog"].as_object().expect("periods") {
        for row in rows(table) {
            let pair = pair(&row[1], minutes_of("1m"), &row[2]);
            assert_eq!(pair.factor(minutes_of(period)), ratio(&row[0]), "{period} {row}");
        }
    }
}

#[test]
fn a_threshold_above_the_highest_burn_rate_is_refused() {
    assert!(vectors()["max_burn"].as_str().is_some_and(|rule| rule.starts_with("1 / (1 - target)")));
    let target = Target::from_percent(rust_decimal::Decimal::new(95, 0)).expect("a target");
    assert_eq!(max_burn_rate(target).to_f64(), 20.0);
    assert!(can_fire(Ratio::percent(1_999), target) && !can_fire(Ratio::percent(2_001), target));
    let pairs = Pairs::workbook(minutes_of("90d"), target);
    assert_eq!(pairs.usable.len(), 3, "14.4 becomes 43.2 over 90 days");
}
