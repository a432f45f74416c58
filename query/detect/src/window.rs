//! The last values, in order of time and of size: median and spread of a window that moves.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

/// Median absolute deviation to standard deviation, for normal noise: 1 / Phi^-1(3/4) (Rousseeuw and Croux, JASA 88, 1993).
pub const MAD_TO_SIGMA: f64 = 1.4826;

/// The last `room` values. Adding one costs two searches and a move within a sorted array.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(from = "Kept", into = "Kept")]
pub struct Window {
    room: usize,
    values: VecDeque<f64>,
    sorted: Vec<f64>,
}

/// What is stored of a window; the order of size is made anew.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Kept {
    room: usize,
    values: VecDeque<f64>,
}

// === impl Window ===

impl Window {
    /// A window of at most `room` values, at least one.
    #[must_use]
    pub fn new(room: usize) -> Self {
        Self { room: room.max(1), values: VecDeque::new(), sorted: Vec::new() }
    }

    /// How many values there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.values.len()
    }

    /// Whether there is no value.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// Whether the oldest value leaves when the next comes.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.values.len() == self.room
    }

    /// The values, oldest first.
    pub fn values(&self) -> impl DoubleEndedIterator<Item = f64> + ExactSizeIterator {
        self.values.iter().copied()
    }

    /// The values, smallest first.
    pub fn rising(&self) -> impl DoubleEndedIterator<Item = f64> + ExactSizeIterator {
        self.sorted.iter().copied()
    }

    /// Takes a finite value; gives back the one that left.
    pub fn push(&mut self, value: f64) -> Option<f64> {
        let left = if self.is_full() { self.values.pop_front() } else { None };
        if let Some(left) = left {
            let at = self.sorted.partition_point(|other| other.total_cmp(&left).is_lt());
            self.sorted.remove(at);
        }
        let at = self.sorted.partition_point(|other| other.total_cmp(&value).is_lt());
        self.sorted.insert(at, value);
        self.values.push_back(value);
        left
    }

    /// The value below which a share of the window lies; 0 when empty.
    #[must_use]
    pub fn quantile(&self, share: f64) -> f64 {
        let last = self.sorted.len().saturating_sub(1);
        let place = share.clamp(0.0, 1.0) * last as f64;
        let (low, part) = (place as usize, place.fract());
        let at = |index: usize| self.sorted.get(index).copied().unwrap_or(0.0);
        at(low) + (at((low + 1).min(last)) - at(low)) * part
    }

    /// The median; 0 when empty.
    #[must_use]
    pub fn median(&self) -> f64 {
        self.quantile(0.5)
    }

    /// The share of the window that is at least `value`.
    #[must_use]
    pub fn share_from(&self, value: f64) -> f64 {
        let below = self.sorted.partition_point(|other| *other < value);
        (self.sorted.len() - below) as f64 / self.sorted.len().max(1) as f64
    }

    /// Robust standard deviation: 1.4826 times the median distance from the median.
    ///
    /// The distances below the median are sorted and so are those above; the median of both is found by halving.
    #[must_use]
    pub fn spread(&self) -> f64 {
        let middle = self.median();
        let half = self.sorted.partition_point(|value| *value < middle);
        let wanted = self.sorted.len() / 2;
        let below = |nth: usize| if nth == 0 { f64::NEG_INFINITY } else { middle - self.sorted[half - nth] };
        let above = |nth: usize| if nth == 0 { f64::NEG_INFINITY } else { self.sorted[half + nth - 1] - middle };
        let (mut low, mut high) = (wanted.saturating_sub(self.sorted.len() - half), half.min(wanted));
        while low < high {
            let left = (low + high).div_ceil(2);
            if below(left) <= above_or_end(above, wanted + 1 - left, self.sorted.len() - half) {
                low = left;
            } else {
                high = left - 1;
            }
        }
        let distance = below(low).max(above(wanted - low)).max(0.0);
        MAD_TO_SIGMA * distance
    }
}

/// The nth distance above, or infinity past the last.
fn above_or_end(above: impl Fn(usize) -> f64, nth: usize, count: usize) -> f64 {
    if nth > count { f64::INFINITY } else { above(nth) }
}

impl From<Kept> for Window {
    fn from(kept: Kept) -> Self {
        let mut window = Self::new(kept.room);
        for value in kept.values.into_iter().filter(|value| value.is_finite()) {
            window.push(value);
        }
        window
    }
}

impl From<Window> for Kept {
    fn from(window: Window) -> Self {
        Self { room: window.room, values: window.values }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        #[test]
        fn median_and_spread_are_those_of_the_last_values(values in proptest::collection::vec(-50i32..50, 1..60)) {
            let mut window = Window::new(21);
            for (count, value) in values.iter().enumerate() {
                window.push(f64::from(*value));
                let from = (count + 1).saturating_sub(21);
                let mut last: Vec<f64> = values[from..=count].iter().map(|value| f64::from(*value)).collect();
                last.sort_by(f64::total_cmp);
                let middle = f64::midpoint(last[(last.len() - 1) / 2], last[last.len() / 2]);
                proptest::prop_assert_eq!(window.median(), middle);
                let mut far: Vec<f64> = last.iter().map(|value| (value - middle).abs()).collect();
                far.sort_by(f64::total_cmp);
                // The lower of the two middle distances where there are two.
                let lower = far[(far.len() / 2).max(1) - 1];
                proptest::prop_assert!((window.spread() - MAD_TO_SIGMA * lower).abs() < 1e-9);
            }
        }
    }

    #[test]
    fn a_window_survives_json() {
        let mut window = Window::new(3);
        [4.0, 1.0, 3.0, 2.0].into_iter().for_each(|value| {
            window.push(value);
        });
        let text = serde_json::to_string(&window).expect("numbers");
        assert_eq!(text, r#"{"room":3,"values":[1.0,3.0,2.0]}"#);
        assert_eq!(serde_json::from_str::<Window>(&text).expect("our own"), window);
    }
}
