//! The two windows that are compared.

use ingest_model::Nanos;

const MINUTE_NS: i64 = 60 * 1_000_000_000;

/// The window of a matter and the one it is compared with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Windows {
    /// Start of the matter, inclusive.
    pub from: Nanos,
    /// End of the matter, exclusive.
    pub to: Nanos,
    /// Start of the baseline, inclusive.
    pub baseline_from: Nanos,
    /// End of the baseline, exclusive.
    pub baseline_to: Nanos,
}

// === impl Windows ===

impl Windows {
    /// The same in whole minutes: starts and the baseline's end rounded down, the end of the matter
    /// up, so that windows that meet share no minute.
    pub(crate) fn in_minutes(self) -> Self {
        Self {
            from: minute(self.from),
            to: minute(self.to.plus(MINUTE_NS - 1)),
            baseline_from: minute(self.baseline_from),
            baseline_to: minute(self.baseline_to),
        }
    }
}

/// The start of the minute.
fn minute(time: Nanos) -> Nanos {
    Nanos(time.0.div_euclid(MINUTE_NS).saturating_mul(MINUTE_NS))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_that_meet_share_no_minute() {
        let seconds = |seconds: i64| Nanos(seconds * 1_000_000_000);
        let windows = |times: [i64; 4]| {
            let [from, to, baseline_from, baseline_to] = times.map(seconds);
            Windows { from, to, baseline_from, baseline_to }
        };
        assert_eq!(windows([130, 190, 70, 130]).in_minutes(), windows([120, 240, 60, 120]));
        assert_eq!(windows([120, 180, 60, 120]).in_minutes(), windows([120, 180, 60, 120]));
    }
}
