use proptest::prelude::*;

use super::*;
use crate::attributes;

const POPULATIONS: [Population; 3] = [Population::Baseline, Population::Failing, Population::Neither];

/// Three columns of an event: two texts and a number.
type Event = (usize, Option<usize>, Option<usize>, f64);

fn events() -> impl Strategy<Value = Vec<Event>> {
    let event = (0..3_usize, prop::option::of(0..4_usize), prop::option::of(0..30_usize), -5.0..5.0_f64);
    prop::collection::vec(event, 1..200)
}

fn tally(events: &[Event]) -> Tally {
    let mut tally = Tally::new(20);
    let populations: Vec<Population> = events.iter().map(|event| POPULATIONS[event.0]).collect();
    let codes: Vec<u32> = events.iter().map(|event| event.1.map_or(u32::MAX, |code| code as u32)).collect();
    tally.events(&populations);
    tally.dictionary("zone", &["a", "b", "c", "a"], &codes, &populations);
    for (event, population) in events.iter().zip(&populations) {
        if let Some(user) = event.2 {
            tally.value("user", &user.to_string(), *population);
        }
    }
    let numbers: Vec<f64> = events.iter().map(|event| event.3).collect();
    tally.measure("load", &numbers, &populations);
    tally
}

/// Everything counted, in an order of its own.
fn told(tally: &Tally) -> Result<AttributeCauses, CountError> {
    let all = AttributeSettings { false_discoveries: 1.0, min_support: 0.0, ..AttributeSettings::default() };
    tally.causes(&all)
}

proptest! {
    #[test]
    fn batches_and_threads_do_not_matter(events in events(), cut in 0..200_usize) {
        let (left, right) = events.split_at(cut.min(events.len()));
        let mut merged = tally(left);
        merged.merge(tally(right));
        prop_assert_eq!(told(&merged), told(&tally(&events)));
    }

    #[test]
    fn a_dictionary_is_counted_as_its_values_are(events in events()) {
        let populations: Vec<Population> = events.iter().map(|event| POPULATIONS[event.0]).collect();
        let (mut columns, mut singly) = (Tally::new(20), Tally::new(20));
        columns.events(&populations);
        singly.events(&populations);
        let codes: Vec<u32> = events.iter().map(|event| event.1.map_or(4, |code| code as u32)).collect();
        columns.dictionary("zone", &["a", "b", "c", "a"], &codes, &populations);
        for (event, population) in events.iter().zip(&populations) {
            if let Some(code) = event.1 {
                singly.value("zone", ["a", "b", "c", "a"][code], *population);
            }
        }
        prop_assert_eq!(told(&columns), told(&singly));
    }
}

#[test]
fn values_rank_as_counts_do() {
    let populations: Vec<Population> = (0..100).map(|event| POPULATIONS[usize::from(event < 40)]).collect();
    let codes: Vec<u32> = (0..100).map(|event| u32::from((5..45).contains(&event))).collect();
    let mut tally = Tally::new(10_000);
    tally.events(&populations);
    tally.dictionary("version", &["1", "2"], &codes, &populations);
    let count = |value: &str, failing, baseline| AttributeCount {
        key: "version".to_owned(),
        value: value.to_owned(),
        failing,
        baseline,
    };
    let settings = AttributeSettings::default();
    let counts = [count("1", 5, 55), count("2", 35, 5)];
    let expected = attributes(&counts, Populations { failing: 40, baseline: 60 }, &settings);
    assert_eq!(tally.causes(&settings), expected);
    assert_eq!(expected.expect("the counts are fine").causes[0].value, "2");
}

#[test]
fn a_key_with_too_many_values_is_left_out_and_named() {
    let mut tally = Tally::new(100);
    let populations: Vec<Population> = (0..200).map(|event| POPULATIONS[event % 2]).collect();
    tally.events(&populations);
    for (event, population) in populations.iter().enumerate() {
        tally.value("order", &event.to_string(), *population);
    }
    let found = tally.causes(&AttributeSettings::default()).expect("the counts are fine");
    assert_eq!(found.left_out, [LeftOut { key: "order".to_owned(), values: 101, events: 200 }]);
    assert_eq!((found.causes.len(), found.compared), (0, 0));
}

#[test]
fn a_measure_is_told_as_the_range_that_parts_most() {
    let mut tally = Tally::new(10_000);
    let populations: Vec<Population> = (0..1_000).map(|event| POPULATIONS[usize::from(event % 10 == 0)]).collect();
    tally.events(&populations);
    let numbers: Vec<f64> =
        (0..1_000).map(|event| if event % 10 == 0 { 900.0 } else { f64::from(event % 700) }).collect();
    tally.measure("bytes", &numbers, &populations);
    let found = tally.causes(&AttributeSettings::default()).expect("the counts are fine");
    let [cause] = &found.causes[..] else { panic!("one range, not {:?}", found.causes) };
    assert_eq!((cause.key.as_str(), cause.failing, cause.baseline), ("bytes", 100, 0));
    let bound: f64 = cause.value.trim_start_matches("≥ ").parse().expect("a bound");
    assert!(bound > 699.0 && bound <= 900.0, "{bound}");
}

#[test]
fn a_population_without_events_is_refused() {
    let mut tally = Tally::new(100);
    tally.events(&[Population::Failing]);
    assert_eq!(tally.causes(&AttributeSettings::default()), Err(CountError::Empty { failing: 1, baseline: 0 }));
}
