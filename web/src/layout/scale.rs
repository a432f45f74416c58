//! A scale of values, on which a value stands beside what it is compared with.

use query_api::AlertFigures;

/// Share of the scale that stays free beside the outermost value.
const MARGIN: f64 = 0.08;

/// From the lowest value on the left to the highest on the right.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Scale {
    low: f64,
    high: f64,
}

// === impl Scale ===

impl Scale {
    /// Wide enough for everything that is compared; burn rates begin at 0.
    pub(crate) fn of(figures: &AlertFigures) -> Self {
        match figures {
            AlertFigures::Burn { long, short, factor, .. } => Self::around(&[0.0, *long, *short, *factor], true),
            AlertFigures::Band { value, expected, lower, upper, .. } => {
                Self::around(&[*value, *expected, *lower, *upper], false)
            }
        }
    }

    fn around(values: &[f64], from_zero: bool) -> Self {
        let known = || values.iter().copied().filter(|value| value.is_finite());
        let (low, high) = (known().fold(f64::INFINITY, f64::min), known().fold(f64::NEG_INFINITY, f64::max));
        if low >= high || !low.is_finite() {
            return Self { low: 0.0, high: high.max(1.0) };
        }
        let margin = (high - low) * MARGIN;
        Self { low: if from_zero { low } else { low - margin }, high: high + margin }
    }

    /// Where a value stands, in percent from the left.
    pub(crate) fn place(self, value: f64) -> f64 {
        ((value - self.low) / (self.high - self.low)).clamp(0.0, 1.0) * 100.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn burn_rates_begin_at_nothing_and_keep_their_proportions() {
        let figures =
            AlertFigures::Burn { long: 20.0, long_window_s: 3_600, short: 40.0, short_window_s: 300, factor: 10.0 };
        let scale = Scale::of(&figures);
        assert_eq!(scale.place(0.0), 0.0);
        assert!((scale.place(40.0) / scale.place(10.0) - 4.0).abs() < 1e-9);
        assert!(scale.place(40.0) < 100.0);
    }

    #[test]
    fn a_value_outside_its_band_stands_outside_its_band() {
        let figures =
            AlertFigures::Band { value: 420.0, expected: 100.0, lower: 80.0, upper: 120.0, unit: "ms".to_owned() };
        let scale = Scale::of(&figures);
        let places = [80.0, 100.0, 120.0, 420.0].map(|value| scale.place(value));
        assert!(places.is_sorted_by(|a, b| a < b) && places[0] > 0.0 && places[3] < 100.0, "{places:?}");
    }

    #[test]
    fn values_that_are_all_the_same_are_no_division_by_nothing() {
        let flat = AlertFigures::Band { value: 0.0, expected: 0.0, lower: 0.0, upper: 0.0, unit: String::new() };
        assert_eq!(Scale::of(&flat).place(0.0), 0.0);
    }
}
