//! What one question may take.

use std::cell::Cell;

use crate::error::PromqlError;

/// Bounds of one question.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Samples looked at.
    pub samples: usize,
    /// Samples kept at once, of the answer and of subqueries: some 40 bytes each.
    pub kept: usize,
    /// Series one selector gives, and elements of a vector.
    pub series: usize,
    /// Moments of a range.
    pub steps: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { samples: 50_000_000, kept: 5_000_000, series: 100_000, steps: 11_000 }
    }
}

/// Counts what was taken, and looks whether anybody still waits.
pub(crate) struct Budget<'a> {
    limits: Limits,
    left: Cell<usize>,
    kept: Cell<usize>,
    canceled: &'a dyn Fn() -> bool,
}

// === impl Budget ===

impl<'a> Budget<'a> {
    pub(crate) fn new(limits: Limits, canceled: &'a dyn Fn() -> bool) -> Self {
        Self { limits, left: Cell::new(limits.samples), kept: Cell::new(0), canceled }
    }

    /// Takes so many samples.
    pub(crate) fn take(&self, samples: usize) -> Result<(), PromqlError> {
        let Some(left) = self.left.get().checked_sub(samples) else {
            let most = self.limits.samples;
            return Err(PromqlError::TooMuch(format!(
                "query processing would load too many samples into memory: more than {most}"
            )));
        };
        self.left.set(left);
        Ok(())
    }

    /// Keeps so many samples from now on.
    pub(crate) fn keep(&self, samples: usize) -> Result<(), PromqlError> {
        let (kept, most) = (self.kept.get().saturating_add(samples), self.limits.kept);
        if kept > most {
            return Err(PromqlError::TooMuch(format!("the query keeps more than {most} samples at once")));
        }
        self.kept.set(kept);
        Ok(())
    }

    /// Keeps so many samples no longer.
    pub(crate) fn release(&self, samples: usize) {
        self.kept.set(self.kept.get().saturating_sub(samples));
    }

    /// Looks whether a vector of this size is allowed and still wanted.
    pub(crate) fn check(&self, elements: usize) -> Result<(), PromqlError> {
        if (self.canceled)() {
            return Err(PromqlError::Canceled);
        }
        let most = self.limits.series;
        if elements > most {
            return Err(PromqlError::TooMuch(format!("more than {most} series at once")));
        }
        Ok(())
    }
}

impl std::fmt::Debug for Budget<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Budget").field("limits", &self.limits).field("left", &self.left).finish_non_exhaustive()
    }
}
