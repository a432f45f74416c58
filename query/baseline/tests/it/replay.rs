//! Whole series, judged as they would have been live.

use query_baseline::{GoldenSignal, Point, Settings, backtest};

use crate::random::Random;
use crate::world::{CALM, DAY, at, stretch};

const VALUE: GoldenSignal = GoldenSignal::Value;

#[test]
fn rows_know_nothing_of_later_ones() {
    let settings = Settings::of(VALUE);
    let points = stretch(VALUE, 0, 4 * DAY, CALM, &mut Random::seeded(5));
    let all = backtest(&points, &[], &settings).expect("the settings are fine");
    for cut in [10, 500, 3 * DAY as usize + 77] {
        let mut other = points.clone();
        other[cut..].iter_mut().for_each(|point| point.value = -1e6);
        let rows = backtest(&other, &[], &settings).expect("fine");
        assert_eq!(rows[..cut], all[..cut]);
        assert_eq!(rows[cut].band, all[cut].band);
    }
}

#[test]
fn the_first_rows_have_no_band_and_the_planted_minutes_the_highest_scores() {
    let mut points = stretch(VALUE, 0, 4 * DAY, CALM, &mut Random::seeded(6));
    let planted = 3 * DAY as usize + 500;
    points[planted..planted + 3].iter_mut().for_each(|point| point.value += 3.0);
    let rows = backtest(&points, &[], &Settings::of(VALUE)).expect("fine");
    assert!(rows[..30].iter().all(|row| row.band.is_none() && row.score == 0.0));
    assert!(rows[30..].iter().all(|row| row.band.is_some()));
    let mut order: Vec<usize> = (0..rows.len()).collect();
    order.sort_by(|left, right| rows[*right].score.total_cmp(&rows[*left].score));
    order.truncate(3);
    order.sort_unstable();
    assert_eq!(order, [planted, planted + 1, planted + 2]);
    assert!(rows[planted + 1].breached && !rows[planted - 1].breached);
}

#[test]
fn a_value_an_hour_is_enough_for_scores() {
    let hourly = |hour: i64| Point {
        minute: at(hour * 60),
        value: if hour == 300 { 9.0 } else { (hour % 7) as f64 },
        requests: None,
    };
    let points: Vec<Point> = (0..400).map(hourly).collect();
    let rows = backtest(&points, &[], &Settings::of(VALUE)).expect("fine");
    let best = rows.iter().max_by(|left, right| left.score.total_cmp(&right.score)).expect("there are rows");
    assert_eq!(best.minute, at(300 * 60));
}

#[test]
fn an_empty_series_has_no_rows_and_wrong_settings_are_refused() {
    assert_eq!(backtest(&[], &[], &Settings::of(VALUE)), Ok(Vec::new()));
    let wrong = Settings { trailing_hours: 0, ..Settings::of(VALUE) };
    assert!(backtest(&[], &[], &wrong).is_err_and(|error| error.to_string().contains("trailing_hours is 0")));
}
