//! What an ensemble says, and what it learns.

use super::*;
use crate::angle::DAY_SLOTS;

/// A day's wave of 288 points with a ripple that does not repeat.
fn wave(point: u32) -> (Place, f64) {
    let day = f64::from(point % 288) / 288.0;
    let ripple = f64::from(point).mul_add(0.618_033_988_749_894_9, 0.0).fract();
    (Place { day, week: f64::from(point % 2_016) / 2_016.0 }, 10.0 * (std::f64::consts::TAU * day).sin() + ripple)
}

fn learned(points: u32) -> Watch {
    let mut watch = Watch::new(WatchSettings::default(), DAY_SLOTS);
    for point in 0..points {
        let (place, value) = wave(point);
        watch.observe(place, value, Learning::Usual);
    }
    watch
}

#[test]
fn a_value_beyond_every_record_alarms_once_and_names_its_angle() {
    let mut watch = learned(3_000);
    let (place, value) = wave(3_000);
    let notice = watch.observe(place, value + 100.0, Learning::Usual);
    assert!(notice.alarm && notice.score > 2.0 && notice.chance < 0.01, "{notice:?}");
    assert!(notice.farthest.is_some());
    let (place, value) = wave(3_001);
    assert!(!watch.observe(place, value + 110.0, Learning::Usual).alarm, "a repeat");
}

#[test]
fn a_night_at_noon_is_seen_by_the_season_only() {
    let mut watch = learned(3_000);
    let found: Vec<Notice> = (3_000..3_030)
        .map(|point| {
            let (place, _) = wave(point);
            let (_, value) = wave(point + 144);
            watch.observe(place, value, Learning::Usual)
        })
        .filter(|notice| notice.alarm)
        .collect();
    assert!(!found.is_empty());
    assert!(found.iter().all(|notice| notice.farthest.is_some_and(|far| far.angle != AngleKind::Value)), "{found:?}");
}

#[test]
fn what_is_not_learned_leaves_no_record() {
    let (mut none, mut remembered) = (learned(3_000), learned(3_000));
    let (place, value) = wave(3_000);
    none.observe(place, value + 50.0, Learning::Nothing);
    remembered.observe(place, value + 50.0, Learning::Remembered);
    for point in 3_001..3_100 {
        let (place, value) = wave(point);
        none.observe(place, value, Learning::Usual);
        remembered.observe(place, value, Learning::Usual);
    }
    let (place, value) = wave(3_100);
    let far = |watch: &mut Watch| watch.observe(place, value + 50.0, Learning::Usual).score;
    let (of_none, of_remembered) = (far(&mut none), far(&mut remembered));
    assert!(of_none > 2.0 && of_remembered < of_none / 1.5, "{of_none} {of_remembered}");
}

#[test]
fn the_state_survives_json() {
    let mut watch = learned(700);
    let text = serde_json::to_string(&watch).expect("numbers");
    let mut copy: Watch = serde_json::from_str(&text).expect("our own");
    for point in 700..800 {
        let (place, value) = wave(point);
        assert_eq!(watch.observe(place, value, Learning::Usual), copy.observe(place, value, Learning::Usual));
    }
}

#[test]
fn every_angle_takes_constants_spikes_and_ramps_without_harm() {
    for kind in AngleKind::ALL {
        let settings = WatchSettings { angles: vec![kind], ..WatchSettings::default() };
        let mut watch = Watch::new(settings, DAY_SLOTS);
        for point in 0..900_u32 {
            let (place, _) = wave(point);
            let value = match point / 300 {
                0 => 5.0,
                1 => f64::from(point % 2) * 1e12,
                _ => -f64::from(point),
            };
            let notice = watch.observe(place, value, Learning::Usual);
            let all = [notice.expected, notice.spread, notice.score, notice.chance, notice.abnormality];
            assert!(all.iter().all(|number| number.is_finite()), "{} at {point}: {notice:?}", kind.name());
            assert!(notice.score >= 0.0 && (0.0..=1.0).contains(&notice.chance));
        }
    }
}
