//! Surfaces computed by hand.

use super::*;

fn close(left: Option<f64>, right: f64) {
    assert!(left.is_some_and(|left| (left - right).abs() < 1e-9), "{left:?} is not {right}");
}

#[test]
fn a_perfect_ranking_without_buffer_is_1() {
    close(vus_pr(&[0.1, 0.9, 0.8, 0.2], &[false, true, true, false], 0), 1.0);
}

#[test]
fn without_buffer_it_is_the_area_under_steps() {
    // Ranks: row 0 (no), row 2 (yes), then the others. Precision 0 at recall 0, 1/2 at recall 1.
    close(vus_pr(&[0.9, 0.1, 0.8, 0.2], &[false, false, true, false], 0), 0.5);
    // Two ranges: the first detection hits one of two, so that recall is 1/2 * 1/2, at precision 1; the second makes it 1.
    close(vus_pr(&[0.9, 0.1, 0.8, 0.2], &[true, false, true, false], 0), 1.0);
    // One of the two after a wrong one: 1/4 * 1/2 + 3/4 * 2/3.
    close(vus_pr(&[0.9, 0.99, 0.1, 0.8], &[true, false, false, true], 0), 0.25 * 0.5 + 0.75 * 2.0 / 3.0);
}

#[test]
fn a_buffer_of_two_forgives_a_row_by_the_root_of_a_half() {
    // The highest score lies one row early: its label is sqrt(1/2), precision and hits are the same.
    let (scores, labels) = ([0.1, 0.9, 0.5, 0.2, 0.1], [false, false, true, false, false]);
    let soft = 0.5_f64.sqrt();
    // Threshold 1: hits = soft, positives = (1 + 1 + soft) / 2. Threshold 2: hits = soft + 1, recall above 1 is 1.
    let first = soft / (1.0 + soft / 2.0);
    let two = first * soft + (1.0 - first) * (1.0 + soft) / 2.0;
    // Buffers 0, 1 (half of it is nothing) and 2.
    close(vus_pr(&scores, &labels, 2), (0.5 + 0.5 + two) / 3.0);
}

#[test]
fn nothing_to_find_has_no_surface() {
    assert_eq!(vus_pr(&[0.1, 0.2], &[false, false], 3), None);
    assert_eq!(vus_pr(&[0.1, 0.2], &[true, true], 3), None);
}

#[test]
fn the_period_is_that_of_the_highest_correlation() {
    let wave: Vec<f64> = (0..2_000).map(|row| (std::f64::consts::TAU * f64::from(row) / 96.0).sin()).collect();
    assert_eq!(period(&wave), 96);
    let slope: Vec<f64> = (0..2_000).map(f64::from).collect();
    assert_eq!(period(&slope), 125);
}
