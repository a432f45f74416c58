//! Tests of reading times.

use super::*;

#[test]
fn durations_keep_three_digits_and_change_unit_without_a_thousand() {
    let cases = [
        (0, "0 ns"),
        (999, "999 ns"),
        (1_000, "1.00 µs"),
        (12_345, "12.3 µs"),
        (999_499, "999 µs"),
        (999_500, "1.00 ms"),
        (28_160_439, "28.2 ms"),
        (999_499_999, "999 ms"),
        (999_500_000, "1.00 s"),
        (59_949_999_999, "59.9 s"),
        (59_950_000_000, "1 min 00 s"),
        (125_000_000_000, "2 min 05 s"),
        (3_599_600_000_000, "1 h 00 min"),
        (7_380_000_000_000, "2 h 03 min"),
        (93_600_000_000_000, "1 d 02 h"),
    ];
    for (nanos, text) in cases {
        assert_eq!(duration(nanos), text);
    }
}

#[test]
fn a_duration_that_runs_backwards_says_so() {
    assert_eq!(duration(-1_500), "\u{2212}1.50 µs");
    assert!(duration(i64::MIN).starts_with('\u{2212}'));
}

#[test]
fn the_wall_clock_keeps_every_nanosecond_in_every_zone() {
    let time = Nanos(1_674_982_159_219_000_001);
    assert_eq!(wall_clock(time, 0, Precision::Nanos), "2023-01-29 08:49:19.219000001");
    assert_eq!(wall_clock(time, 480, Precision::Nanos), "2023-01-29 16:49:19.219000001");
    assert_eq!(wall_clock(time, -300, Precision::Millis), "2023-01-29 03:49:19.219");
    assert_eq!(wall_clock(Nanos(-1), 0, Precision::Seconds), "1969-12-31 23:59:59");
}

#[test]
fn zones_are_named_by_their_offset() {
    assert_eq!(zone_name(0), "UTC");
    assert_eq!(zone_name(480), "UTC+08:00");
    assert_eq!(zone_name(-210), "UTC\u{2212}03:30");
}

#[test]
fn ages_use_the_largest_unit_that_fits_and_forgive_clocks_that_run_ahead() {
    let second = 1_000_000_000;
    let age = |seconds: i64| Age::between(Nanos(0), Nanos(seconds * second));
    assert_eq!(age(-5), Age::Now);
    assert_eq!(age(119), Age::Seconds(119));
    assert_eq!(age(120), Age::Minutes(2));
    assert_eq!(age(7_200), Age::Hours(2));
    assert_eq!(age(172_800), Age::Days(2));
}

#[test]
fn windows_are_told_in_their_largest_whole_unit() {
    let windows = [0, 30, 300, 3_600, 5_400, 259_200].map(window);
    assert_eq!(windows, ["0 s", "30 s", "5 min", "1 h", "90 min", "3 d"]);
}
