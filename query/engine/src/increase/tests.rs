use proptest::prelude::*;

use super::*;

const SECOND: i64 = 1_000_000_000;

fn sum(time: i64, start: Option<i64>, value: f64) -> Point {
    Point { value: Some(value), time: time * SECOND, start: start.map(|start| start * SECOND), is_delta: false }
}

/// What points add, one after the other.
fn added(points: &[Point]) -> Vec<Option<f64>> {
    let mut before = None;
    let mut added = Vec::new();
    for now in points {
        added.push(match step(before, *now) {
            Step::Unknown => None,
            Step::Nothing => Some(0.0),
            Step::Whole { .. } => now.value,
            Step::Difference { .. } => {
                now.value.zip(before.and_then(|before| before.value)).map(|(now, then)| now - then)
            }
        });
        before = Some(*now);
    }
    added
}

#[test]
fn a_sum_adds_what_it_is_above_the_one_before() {
    let points = [sum(60, Some(30), 5.0), sum(90, Some(30), 8.0), sum(120, Some(30), 8.0)];
    assert_eq!(added(&points), [Some(5.0), Some(3.0), Some(0.0)]);
    assert_eq!(step(None, points[0]), Step::Whole { nanos: Some(30 * SECOND) });
    assert_eq!(step(Some(points[0]), points[1]), Step::Difference { nanos: Some(30 * SECOND) });
}

#[test]
fn a_new_start_or_a_lower_value_is_a_reset() {
    let points = [sum(60, Some(30), 5.0), sum(90, Some(70), 8.0), sum(120, Some(70), 2.0), sum(150, None, 3.0)];
    assert_eq!(added(&points), [Some(5.0), Some(8.0), Some(2.0), Some(1.0)]);
    assert_eq!(step(Some(points[0]), points[1]), Step::Whole { nanos: Some(20 * SECOND) });
}

#[test]
fn of_an_old_sum_nobody_saw_the_first_increase_is_unknown() {
    let hour = 3_600;
    assert_eq!(added(&[sum(hour, Some(1), 900.0), sum(hour + 60, Some(1), 903.0)]), [None, Some(3.0)]);
    assert_eq!(added(&[sum(hour, None, 900.0), sum(hour + 60, None, 903.0)]), [None, Some(3.0)]);
    // One whose start nobody knows begins where it is seen first.
    assert_eq!(added(&[sum(hour, Some(hour), 900.0), sum(hour + 60, Some(hour), 903.0)]), [None, Some(3.0)]);
}

#[test]
fn a_gap_is_unknown_and_so_is_what_comes_after_an_end() {
    let late = 60 + 15 * 60 + 1;
    let points = [sum(60, Some(30), 5.0), sum(late, Some(30), 50.0), sum(late + 10, Some(30), 51.0)];
    assert_eq!(added(&points), [Some(5.0), None, Some(1.0)]);
    let ended = Point { value: None, ..sum(90, Some(30), 0.0) };
    assert_eq!(added(&[sum(60, Some(30), 5.0), ended, sum(1_200, Some(30), 9.0)]), [Some(5.0), None, None]);
}

#[test]
fn differences_add_up_and_a_repeat_adds_nothing() {
    let delta = |time: i64, start: i64, value: f64| Point { is_delta: true, ..sum(time, Some(start), value) };
    let points = [delta(60, 30, 5.0), delta(90, 60, 3.0), delta(90, 60, 3.0), delta(9_000, 8_970, 4.0)];
    assert_eq!(added(&points), [Some(5.0), Some(3.0), Some(0.0), Some(4.0)]);
    let repeated = sum(60, Some(30), 5.0);
    assert_eq!(added(&[repeated, repeated]), [Some(5.0), Some(0.0)]);
}

/// What happened in one step of a counter's life: so many events, then a restart, then a point or none.
#[derive(Debug, Clone)]
struct Lived {
    events: u8,
    restarts: bool,
    is_seen: bool,
}

fn lived() -> impl Strategy<Value = Vec<Lived>> {
    let step = (0_u8..20, prop::bool::weighted(0.2), prop::bool::weighted(0.8));
    prop::collection::vec(step.prop_map(|(events, restarts, is_seen)| Lived { events, restarts, is_seen }), 1..60)
}

proptest! {
    /// However a counter restarts: with its starts told, what is added is what happened up to the last point of each life.
    #[test]
    fn increases_are_what_happened_and_was_reported(steps in lived(), tells_start in any::<bool>()) {
        let (mut points, mut oracle, mut pending) = (Vec::new(), 0.0, 0.0);
        let (mut start, mut value, mut time) = (1_000_i64, 0.0, 1_000_i64);
        for one in &steps {
            time += 10;
            if one.restarts {
                // Events since the last point are lost with the process.
                (start, value, pending) = (time, 0.0, 0.0);
                time += 10;
            }
            value += f64::from(one.events);
            pending += f64::from(one.events);
            if one.is_seen {
                points.push(sum(time, tells_start.then_some(start), value));
                oracle += pending;
                pending = 0.0;
            }
        }
        let total: f64 = added(&points).iter().flatten().sum();
        if tells_start {
            prop_assert!((total - oracle).abs() < 1e-9, "{total} of {oracle}");
        } else {
            // Without starts a restart shows only where the value fell, so some of it may not be seen, but none twice.
            prop_assert!(total <= oracle + 1e-9, "{total} of {oracle}");
        }
    }

    /// Points of differences add up to the same, however they are cut.
    #[test]
    fn sums_and_differences_add_the_same(events in prop::collection::vec(0_u8..50, 1..40)) {
        let (mut value, mut sums, mut deltas) = (0.0, Vec::new(), Vec::new());
        for (number, events) in (0_i64..).zip(&events) {
            value += f64::from(*events);
            sums.push(sum(1_000 + (number + 1) * 10, Some(1_000), value));
            let own = sum(1_000 + (number + 1) * 10, Some(1_000 + number * 10), f64::from(*events));
            deltas.push(Point { is_delta: true, ..own });
        }
        prop_assert_eq!(added(&sums), added(&deltas));
    }
}
