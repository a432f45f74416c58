//! Whether a histogram began again.

use super::arithmetic::alike;
use super::{Histogram, ResetHint};

// === impl Histogram ===

impl Histogram {
    /// Whether it was reset since `before`: any count is less, or its buckets are finer than counts can tell.
    pub(crate) fn was_reset_since(&self, before: &Self) -> bool {
        match self.hint {
            ResetHint::Reset => return true,
            ResetHint::NotReset => return false,
            ResetHint::Unknown | ResetHint::Gauge => {}
        }
        if self.count < before.count || self.has_custom_bounds() != before.has_custom_bounds() {
            return true;
        }
        let refined = self.schema > before.schema || self.zero_threshold < before.zero_threshold;
        if !self.has_custom_bounds() && refined {
            return true;
        }
        let (now, then, _) = alike(self, before);
        // A threshold that had to grow past our own cuts a bucket that was counted before.
        if now.zero_threshold != self.zero_threshold || now.zero_count < then.zero_count {
            return true;
        }
        fell(&now.positive, &then.positive) || fell(&now.negative, &then.negative)
    }
}

fn fell(now: &[(i32, f64)], then: &[(i32, f64)]) -> bool {
    then.iter().any(|(index, before)| {
        let count = now.binary_search_by_key(index, |(index, _)| *index).map_or(0.0, |at| now[at].1);
        count < *before
    })
}
