//! A question ends at its limits.

use query_promql::{Labels, Limits, PromqlError, Times, Value};

use crate::world::World;

fn world() -> World {
    let mut world = World::default();
    for series in 0..20 {
        for step in 0..100 {
            let labels = Labels::new([("__name__", "m".to_owned()), ("series", series.to_string())]);
            world.add(labels, step * 15_000, Value::Float(step as f64));
        }
    }
    world
}

const TIMES: Times = Times { start: 0, end: 1_500_000, step: 15_000 };

fn asked(query: &str, times: Times, limits: Limits) -> Result<query_promql::Answer, PromqlError> {
    world().limited(query, times, limits, &|| false)
}

#[test]
fn more_steps_than_allowed_are_refused() {
    let limits = Limits { steps: 100, ..Limits::default() };
    assert!(asked("m", TIMES, limits).is_ok());
    let more = Times { step: 14_000, ..TIMES };
    assert!(matches!(asked("m", more, limits), Err(PromqlError::TooMuch(_))));
}

#[test]
fn more_series_than_allowed_are_refused() {
    let limits = Limits { series: 19, ..Limits::default() };
    assert!(matches!(asked("m", TIMES, limits), Err(PromqlError::TooMuch(_))));
    assert!(asked("m{series=\"7\"}", TIMES, limits).is_ok());
}

#[test]
fn more_samples_than_allowed_are_refused_also_in_subqueries() {
    let limits = Limits { samples: 50_000, ..Limits::default() };
    assert!(asked("m", TIMES, limits).is_ok());
    assert!(matches!(asked("rate(m[20m])", TIMES, limits), Err(PromqlError::TooMuch(_))));
    assert!(matches!(asked("max_over_time(m[20m:1s])", TIMES, limits), Err(PromqlError::TooMuch(_))));
}

#[test]
fn nobody_waits_so_nothing_is_evaluated() {
    let answer = world().limited("sum(m)", TIMES, Limits::default(), &|| true);
    assert_eq!(answer, Err(PromqlError::Canceled));
    let deep = world().limited("max_over_time(vector(1)[1d:1s])", TIMES, Limits::default(), &|| true);
    assert_eq!(deep, Err(PromqlError::Canceled));
}

#[test]
fn long_and_deep_texts_are_refused() {
    let long = "a".repeat(70_000);
    assert!(matches!(world().instant(&long, 0), Err(PromqlError::TooMuch(_))));
    for chain in ["-", "1+", "1 or ", "1^", "vector(", "m[1m:", "("] {
        let text = format!("{}1", chain.repeat(9_000));
        assert!(matches!(world().instant(&text, 0), Err(PromqlError::TooMuch(_))), "{chain}");
    }
    let deep = format!("{}1{}", "(".repeat(250), ")".repeat(250));
    assert!(matches!(world().instant(&deep, 0), Err(PromqlError::TooMuch(_))));
    let quoted = format!("{{a=\"{}\"}}", "(".repeat(9_000));
    assert!(world().instant(&quoted, 0).is_ok());
}

#[test]
fn labels_do_not_grow_without_end() {
    let mut text = "m{series=\"7\"}".to_owned();
    for _ in 0..40 {
        text = format!("label_replace({text}, 'series', '$1$1', 'series', '(.*)')");
    }
    assert!(matches!(world().instant(&text, 0), Err(PromqlError::TooMuch(_))));
    let (long, many) = ("x".repeat(1_000), ", 'a'".repeat(100));
    let joined = format!("label_join(label_replace(m, 'a', '{long}', '', ''), 'b', ''{many})");
    assert!(matches!(world().instant(&joined, 0), Err(PromqlError::TooMuch(_))));
}

#[test]
fn what_is_kept_is_bounded_and_what_is_over_is_let_go() {
    let limits = Limits { kept: 4_000, ..Limits::default() };
    assert!(asked("sum(max_over_time(m[10m:15s]))", TIMES, limits).is_ok());
    assert!(matches!(asked("sum(max_over_time(m[10m:5s]))", TIMES, limits), Err(PromqlError::TooMuch(_))));
    let few = Limits { kept: 1_000, ..Limits::default() };
    assert!(matches!(asked("m", TIMES, few), Err(PromqlError::TooMuch(_))));
}

#[test]
fn what_is_not_evaluated_says_so() {
    for text in ["limit_ratio(0.5, m)", "info(m)", "m{a=\"b\" or c=\"d\"}"] {
        let Err(PromqlError::NotSupported(what)) = world().instant(text, 0) else { unreachable!("{text} is answered") };
        assert!(!what.is_empty());
    }
}
