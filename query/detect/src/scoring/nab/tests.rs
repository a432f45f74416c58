//! Scores computed by hand.

use super::*;

/// Twenty rows, a window over rows 10 to 13.
const TIMES: [i64; 20] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19];
const WINDOW: [(i64, i64); 1] = [(10, 13)];

fn close(left: f64, right: f64) {
    assert!((left - right).abs() < 1e-9, "{left} is not {right}");
}

fn with(rows: &[usize]) -> Vec<f64> {
    (0..20).map(|row| if rows.contains(&row) { 0.9 } else { 0.1 }).collect()
}

fn score(rows: &[usize]) -> f64 {
    let scores = with(rows);
    score_at(&[Scored { times: &TIMES, scores: &scores, windows: &WINDOW }], Costs::STANDARD, 0.5)
}

#[test]
fn silence_is_0_and_the_first_row_of_the_window_100() {
    close(score(&[]), 0.0);
    close(score(&[10]), 100.0);
    close(score(&[10, 11, 12, 13]), 100.0);
}

#[test]
fn late_rows_are_worth_less() {
    // Row 12 is two rows from the end: y = -(13 - 12 + 1) / 4 = -0.5; sigma = 0.848283640 / 0.986614298 = 0.859792568.
    close(score(&[12]), 100.0 * (0.848_283_639_957_512_7 / 0.986_614_298_151_430_3 + 1.0) / 2.0);
    assert!((score(&[12]) - 92.989_6).abs() < 1e-3);
}

#[test]
fn false_alarms_cost_what_their_distance_says() {
    // Before any window: all of 0.11. Two are 0.22 of a range of two.
    close(score(&[5, 6, 10]), 100.0 - 11.0);
    // Row 14 is 1/3 of a width past the window: sigma(1/3) = 2 / (1 + e^(5/3)) - 1 = -0.682...
    let near = 2.0 / (1.0 + (5.0_f64 / 3.0).exp()) - 1.0;
    close(score(&[10, 14]), 100.0 + 100.0 * 0.11 * near / 2.0);
}

#[test]
fn probation_is_15_percent_and_at_most_750_rows() {
    assert_eq!((probation(20), probation(4_032), probation(22_695)), (3, 604, 750));
    close(score(&[0, 1, 2, 10]), 100.0);
    close(score(&[3, 10]), 100.0 - 5.5);
}

#[test]
fn the_best_threshold_takes_ties_together() {
    let mut scores = with(&[]);
    scores[10] = 0.7;
    scores[5] = 0.8;
    let series = [Scored { times: &TIMES, scores: &scores, windows: &WINDOW }];
    let best = optimise(&series, Costs::STANDARD);
    assert_eq!(best.threshold, 0.7);
    close(best.score, 100.0 - 5.5);
    let flat = [0.5; 20];
    let best = optimise(&[Scored { scores: &flat, ..series[0] }], Costs::STANDARD);
    assert!(best.threshold == 0.5, "a hit is worth 13 false rows: {best:?}");
    assert_eq!(count_at(&series, 0.7), Counted { hit: 1, missed: 0, false_rows: 1 });
}

#[test]
fn series_without_windows_only_cost() {
    let loud = with(&[7, 8]);
    let hit = with(&[10]);
    let corpus = [
        Scored { times: &TIMES, scores: &hit, windows: &WINDOW },
        Scored { times: &TIMES, scores: &loud, windows: &[] },
    ];
    close(score_at(&corpus, Costs::STANDARD, 0.5), 100.0 - 11.0);
}
