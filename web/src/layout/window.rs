//! Which rows are on screen.

use std::ops::Range;

/// Height of every row, in CSS pixels; the stylesheet's `--row` says the same.
pub(crate) const ROW_HEIGHT: f64 = 26.0;
/// Rows drawn beyond each edge, so that a quick scroll shows rows and not a gap.
const OVERSCAN: usize = 12;
/// Rows drawn at most, however tall the screen.
const MOST: usize = 120;

/// The rows to draw of `rows`, scrolled down by `scroll_top` pixels in a window of `height` pixels.
pub(crate) fn visible(scroll_top: f64, height: f64, rows: usize) -> Range<usize> {
    let first = whole_rows(scroll_top).min(rows).saturating_sub(OVERSCAN);
    let shown = whole_rows(height) + 2 + 2 * OVERSCAN;
    first..rows.min(first + shown.min(MOST))
}

/// Where to scroll so that `row` is in view; `None` when it is. The row beyond an edge is brought
/// to that edge, one far away to the upper third, where what surrounds it is seen too.
pub(crate) fn scroll_to_show(row: usize, scroll_top: f64, height: f64) -> Option<f64> {
    let top = pixels(row);
    let (above, below) = (scroll_top - top, top + ROW_HEIGHT - scroll_top - height);
    if above.max(below) > 2.0 * ROW_HEIGHT {
        return Some((top - height / 3.0).max(0.0));
    }
    if above > 0.0 {
        Some(top)
    } else if below > 0.0 {
        Some(scroll_top + below)
    } else {
        None
    }
}

/// How far down a row starts, in pixels.
fn pixels(row: usize) -> f64 {
    // A row number is far below 2^32; beyond that the browser could not scroll there anyway.
    f64::from(u32::try_from(row).unwrap_or(u32::MAX)) * ROW_HEIGHT
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the float is held within u32 first")]
fn whole_rows(pixels: f64) -> usize {
    (pixels / ROW_HEIGHT).clamp(0.0, f64::from(u32::MAX)) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_more_rows_are_drawn_than_fit_plus_a_margin() {
        assert_eq!(visible(0.0, 520.0, 100_000), 0..46);
        assert_eq!(visible(26_000.0, 520.0, 100_000), 988..1_034);
        assert_eq!(visible(0.0, 520.0, 7), 0..7);
        assert_eq!(visible(0.0, 1.0e9, 100_000).len(), MOST);
    }

    #[test]
    fn a_scroll_beyond_the_end_draws_the_last_rows() {
        assert_eq!(visible(1.0e9, 520.0, 100), 88..100);
        assert_eq!(visible(f64::NAN, 520.0, 100).start, 0);
    }

    #[test]
    fn a_row_just_out_of_view_is_brought_to_the_nearest_edge() {
        assert_eq!(scroll_to_show(3, 0.0, 260.0), None);
        assert_eq!(scroll_to_show(10, 0.0, 260.0), Some(26.0));
        assert_eq!(scroll_to_show(9, 260.0, 260.0), Some(234.0));
    }

    #[test]
    fn a_row_far_away_is_brought_to_the_upper_third() {
        assert_eq!(scroll_to_show(100, 0.0, 300.0), Some(2_500.0));
        assert_eq!(scroll_to_show(1, 2_600.0, 300.0), Some(0.0));
    }
}
