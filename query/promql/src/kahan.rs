//! Sums without lost digits.

/// A sum after Kahan and Neumaier. What is infinite stays infinite.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Kahan {
    sum: f64,
    lost: f64,
}

// === impl Kahan ===

impl Kahan {
    /// A sum that begins with this.
    pub(crate) const fn of(value: f64) -> Self {
        Self { sum: value, lost: 0.0 }
    }

    pub(crate) fn add(&mut self, value: f64) {
        let sum = self.sum + value;
        if sum.is_infinite() {
            self.lost = 0.0;
        } else if self.sum.abs() >= value.abs() {
            self.lost += (self.sum - sum) + value;
        } else {
            self.lost += (value - sum) + self.sum;
        }
        self.sum = sum;
    }

    pub(crate) fn total(self) -> f64 {
        self.sum + self.lost
    }

    /// The sum without what was lost.
    pub(crate) const fn rough(self) -> f64 {
        self.sum
    }
}
