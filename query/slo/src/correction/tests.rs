use proptest::prelude::*;

use super::*;

fn at(minute: i64) -> Minute {
    Minute::EPOCH.shifted(minute)
}

fn correction(name: &str, when: When, effect: Effect) -> Correction {
    let (reason, by) = ("a planned move of the database".to_owned(), "ops@example.com".to_owned());
    Correction { name: name.to_owned(), when, effect, reason, by, at: Nanos(0) }
}

fn once(range: Range<i64>, effect: Effect) -> Correction {
    correction("once", When::Once(at(range.start)..at(range.end)), effect)
}

/// A hundred minutes with ten events each, of which one failed.
fn slices() -> Slices {
    let mut slices = Slices::new("1d".parse().expect("a duration"));
    for minute in 0..100 {
        let counts = Counts::of_bad(1, 10).expect("fewer bad than all");
        slices.put(at(minute), 0, counts, at(100).start());
    }
    slices
}

fn judged(corrections: Vec<Correction>) -> Counts {
    let range = at(0)..at(100);
    let corrected = Corrections::from(corrections).within(&range);
    corrected.apply(slices().range(range)).map(|(_, counts)| counts).sum()
}

#[test]
fn excluded_minutes_do_not_count_and_good_ones_count_as_good() {
    assert_eq!(judged(vec![]), Counts::held(900, 1_000));
    assert_eq!(judged(vec![once(10..20, Effect::Excluded)]), Counts::held(810, 900));
    assert_eq!(judged(vec![once(10..20, Effect::Good)]), Counts::held(910, 1_000));
    let both = vec![once(10..20, Effect::Good), once(15..25, Effect::Excluded)];
    assert_eq!(judged(both), Counts::held(815, 900), "what is excluded stays excluded");
}

#[test]
fn a_recurring_correction_follows_the_clock_of_its_zone() {
    let calendar = Calendar::new("2026-03-27 02:00:00", "Europe/Berlin", "1d".parse().expect("a length"));
    let lasts = "30m".parse().expect("a duration");
    let when = When::Every { calendar: calendar.expect("a calendar"), lasts, until: None };
    let hour = |text: &str| {
        Minute::of(Nanos(text.parse::<jiff::Timestamp>().expect("an instant").as_second() * 1_000_000_000))
    };
    let found = when.within(&(hour("2026-03-01T00:00:00Z")..hour("2026-03-30T12:00:00Z")));
    let begins = ["2026-03-27T01:00:00Z", "2026-03-28T01:00:00Z", "2026-03-29T01:00:00Z", "2026-03-30T00:00:00Z"];
    assert_eq!(found.iter().map(|times| times.start).collect::<Vec<_>>(), begins.map(hour), "none before the start");
    assert!(found.iter().all(|times| times.start.until(times.end) == 30));
}

#[test]
fn a_correction_that_ended_holds_no_more() {
    let calendar = Calendar::new("1970-01-01 00:00:00", "UTC", "10m".parse().expect("a length")).expect("a calendar");
    let every = |until| When::Every { calendar: calendar.clone(), lasts: Minutes::known(4), until };
    assert_eq!(every(None).within(&(at(2)..at(22))), [at(2)..at(4), at(10)..at(14), at(20)..at(22)]);
    assert_eq!(every(Some(at(12))).within(&(at(2)..at(22))), [at(2)..at(4), at(10)..at(12)]);
}

#[test]
fn the_audit_tells_what_each_correction_covers() {
    let corrections = Corrections::from(vec![once(10..20, Effect::Good), once(500..600, Effect::Excluded)]);
    let slices = slices();
    let applied = corrections.audit(&slices, &(at(0)..at(100)));
    assert_eq!(applied.len(), 1, "what covers nothing is left out");
    assert_eq!((applied[0].minutes, applied[0].counts), (10, Counts::held(90, 100)));
    assert_eq!(applied[0].correction.by, "ops@example.com");
}

proptest! {
    #[test]
    fn each_minute_is_judged_by_the_strongest_correction_that_covers_it(
        times in prop::collection::vec((0..100_i64, 1..40_i64, any::<bool>()), 0..8)
    ) {
        let effect = |excluded| if excluded { Effect::Excluded } else { Effect::Good };
        let made = times.iter().map(|(start, length, excluded)| once(*start..start + length, effect(*excluded)));
        let found = judged(made.collect());
        let covered = |minute: i64, wanted| times.iter().any(|(start, length, excluded)| *excluded == wanted && (*start..start + length).contains(&minute));
        let expected: Counts = (0..100).filter(|minute| !covered(*minute, true)).map(|minute| {
            Counts::held(if covered(minute, false) { 10 } else { 9 }, 10)
        }).sum();
        prop_assert_eq!(found, expected);
    }
}
