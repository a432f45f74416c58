//! What holds of any series.

use proptest::prelude::*;
use query_promql::{Data, Labels, Times, Value};

use crate::world::World;

/// A counter every 15 s with gaps and resets.
fn counters() -> impl Strategy<Value = Vec<Option<f64>>> {
    prop::collection::vec(prop::option::weighted(0.8, 0.0..1_000.0_f64), 2..40)
}

fn world(all: &[Vec<Option<f64>>]) -> World {
    let mut world = World::default();
    for (place, values) in all.iter().enumerate() {
        let labels = Labels::new([("__name__", "m_total".to_owned()), ("place", place.to_string())]);
        for (moment, value) in (0..).zip(values) {
            if let Some(value) = value {
                world.add(labels.clone(), moment * 15_000, Value::Float(*value));
            }
        }
    }
    world
}

fn floats(data: Data) -> Vec<(String, f64)> {
    let Data::Vector(elements) = data else { unreachable!("a vector") };
    let float = |value: &Value| value.float().expect("a number");
    let mut floats: Vec<_> =
        elements.iter().map(|element| (element.labels.get("place").to_owned(), float(&element.value))).collect();
    floats.sort_by(|one, other| one.0.cmp(&other.0));
    floats
}

proptest! {
    #[test]
    fn a_range_is_its_moments(all in prop::collection::vec(counters(), 1..4)) {
        let world = world(&all);
        for query in ["m_total", "rate(m_total[2m])", "max_over_time(m_total[2m:30s])", "m_total > 500"] {
            let times = Times { start: 0, end: 600_000, step: 37_000 };
            let Data::Matrix(series) = world.range(query, times).expect("an answer").data else { unreachable!("a matrix") };
            for moment in (0..=600_000).step_by(37_000) {
                let at_once = floats(world.instant(query, moment).expect("an answer").data);
                let mut stepwise: Vec<_> = series
                    .iter()
                    .flat_map(|series| series.samples.iter().map(move |sample| (series, sample)))
                    .filter(|(_, sample)| sample.at == moment)
                    .map(|(series, sample)| (series.labels.get("place").to_owned(), sample.value.float().expect("a number")))
                    .collect();
                stepwise.sort_by(|one, other| one.0.cmp(&other.0));
                prop_assert_eq!(at_once, stepwise);
            }
        }
    }

    #[test]
    fn counters_never_fall(all in prop::collection::vec(counters(), 1..4)) {
        for (_, value) in floats(world(&all).instant("increase(m_total[5m])", 300_000).expect("an answer").data) {
            prop_assert!(value >= 0.0, "{}", value);
        }
    }

    #[test]
    fn groups_sum_to_the_whole(all in prop::collection::vec(counters(), 1..6)) {
        let world = world(&all);
        let whole = floats(world.instant("sum(m_total)", 300_000).expect("an answer").data);
        let parts = floats(world.instant("sum(sum by (place) (m_total))", 300_000).expect("an answer").data);
        prop_assert_eq!(whole.len(), parts.len());
        for (one, other) in whole.iter().zip(&parts) {
            prop_assert!((one.1 - other.1).abs() <= 1e-9 * one.1.abs());
        }
    }

    #[test]
    fn texts_never_end_the_process(text in "[a-z{}()\\[\\]\",=~!0-9m: @+*/-]{0,60}") {
        let world = world(&[vec![Some(1.0)]]);
        let _answer_or_error = world.instant(&text, 60_000);
    }
}
