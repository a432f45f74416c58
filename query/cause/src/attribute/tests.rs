//! Small populations with a known answer, and counts that cannot be.

use super::*;

fn count(key: &str, value: &str, failing: u64, baseline: u64) -> AttributeCount {
    AttributeCount { key: key.into(), value: value.into(), failing, baseline }
}

const TOTALS: Populations = Populations { failing: 100, baseline: 1_000 };

fn ranked(counts: &[AttributeCount]) -> AttributeCauses {
    attributes(counts, TOTALS, &AttributeSettings::default()).expect("the counts are fine")
}

#[test]
fn a_bad_version_is_found_and_its_figures_are_told() {
    let found = ranked(&[
        count("version", "v1", 10, 900),
        count("version", "v2", 90, 100),
        count("region", "eu", 50, 480),
        count("region", "us", 50, 520),
    ]);
    assert_eq!(found.causes.len(), 1);
    assert_eq!(found.compared, 4);
    let cause = &found.causes[0];
    assert_eq!((cause.key.as_str(), cause.value.as_str()), ("version", "v2"));
    assert_eq!((cause.failing, cause.failing_total, cause.baseline, cause.baseline_total), (90, 100, 100, 1_000));
    assert!((cause.support - 0.9).abs() < 1e-12);
    // (90.5 / 101) / (100.5 / 1001)
    assert!((cause.lift - 8.9249).abs() < 1e-3, "{}", cause.lift);
    // 2 asin sqrt 0.9 - 2 asin sqrt 0.1
    assert!((cause.effect - 1.8546).abs() < 1e-3, "{}", cause.effect);
    assert!(cause.p_value < 1e-50 && cause.q_value < 1e-49 && cause.q_value >= cause.p_value);
}

#[test]
fn a_value_the_baseline_never_had_has_a_finite_lift() {
    let found = ranked(&[count("flag", "on", 100, 0)]);
    assert!(found.causes[0].lift > 100.0 && found.causes[0].lift.is_finite());
}

#[test]
fn the_narrower_of_two_values_that_all_failures_have_is_first() {
    let found = ranked(&[count("region", "eu", 100, 400), count("host", "h7", 100, 30)]);
    let order: Vec<&str> = found.causes.iter().map(|cause| cause.key.as_str()).collect();
    assert_eq!(order, ["host", "region"]);
}

#[test]
fn where_nothing_differs_there_is_no_cause() {
    let found = ranked(&[count("region", "eu", 52, 500), count("region", "us", 48, 500), count("rare", "x", 1, 3)]);
    assert_eq!(found.causes, []);
}

#[test]
fn keys_like_ids_are_left_out_and_named() {
    let mut counts: Vec<AttributeCount> = (0..80).map(|id| count("request.id", &id.to_string(), 1, 0)).collect();
    counts.push(count("customer", "acme", 60, 10));
    let found = ranked(&counts);
    assert_eq!(found.left_out, [LeftOut { key: "request.id".into(), values: 80, events: 80 }]);
    assert_eq!((found.compared, found.causes.len()), (1, 1));
    let few = AttributeSettings { max_values: 79, max_values_per_event: 1.0, ..AttributeSettings::default() };
    assert_eq!(attributes(&counts, TOTALS, &few).expect("fine").left_out.len(), 1);
}

#[test]
fn ties_fall_to_the_name_in_any_order_of_input() {
    let (left, right) = (count("a", "1", 90, 100), count("b", "1", 90, 100));
    assert_eq!(ranked(&[left.clone(), right.clone()]), ranked(&[right, left.clone()]));
    assert_eq!(ranked(&[left, count("b", "1", 90, 100)]).causes[0].key, "a");
}

#[test]
fn impossible_counts_are_refused_with_their_name() {
    let settings = AttributeSettings::default();
    let text = |counts: &[AttributeCount], totals| {
        attributes(counts, totals, &settings).map_err(|error| error.to_string()).expect_err("refused")
    };
    let empty = Populations { failing: 0, baseline: 5 };
    assert_eq!(text(&[], empty), "0 failing and 5 baseline events; each population needs at least one");
    assert!(text(&[count("k", "v", 101, 0)], TOTALS).contains("k=v"));
    assert!(text(&[count("k", "v", 1, 0), count("k", "v", 1, 1)], TOTALS).contains("counted twice"));
}

#[test]
fn causes_are_json_with_the_names_of_the_api() {
    let json = serde_json::to_value(ranked(&[count("version", "v2", 100, 100)])).expect("numbers and text");
    let cause = &json["causes"][0];
    assert_eq!((&cause["key"], &cause["value"]), (&"version".into(), &"v2".into()));
    assert_eq!((&cause["support"], &cause["failing"]), (&1.0.into(), &100.into()));
    assert!(cause["lift"].as_f64().is_some_and(|lift| lift > 9.0));
}
