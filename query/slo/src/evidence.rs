//! Whether a few bad events are enough to wake somebody.
//!
//! At little traffic one failure can be a hundredfold burn rate (SRE workbook, chapter 5,
//! "Low-Traffic Services and Error Budget Alerting"). A least number of *requests* would hide a
//! service that is dead and called now and then; what is asked for here is a least number of *bad*
//! ones, and that they could hardly have come by chance at the rate that is not yet alarming.

use crate::counts::Counts;
use crate::interval::{Confidence, Interval};
use crate::method::Method;
use crate::ratio::Ratio;
use crate::target::Target;

/// What a breach must rest on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Floor {
    /// Bad events in the long window, at least.
    pub bad: u64,
    /// How sure it must be that the long window burns faster than the factor. Where slices of time
    /// count, this is not asked: their number does not grow with traffic.
    pub confidence: Option<Confidence>,
    /// From so many bad events on no confidence is asked: they were many, whatever the rate may be the next time.
    pub plenty: u64,
}

/// What a breach rests on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Evidence {
    /// Enough bad events.
    Enough,
    /// Fewer bad events than there must be.
    Few {
        /// Those there were.
        bad: u64,
        /// Those there must be.
        needed: u64,
    },
    /// With the confidence asked for, the burn rate may be as low as this, which is not above the
    /// factor.
    Unsure {
        /// The lowest burn rate.
        burn: f64,
    },
}

// === impl Floor ===

impl Floor {
    /// Any bad event will do: the workbook's rules as they are.
    pub const NONE: Self = Self { bad: 1, confidence: None, plenty: 0 };

    /// Three bad events, and 95 % sure as long as there are fewer than 25, which chance moves by a fifth (the standard error
    /// of a count is its root). A service that fails always is seen with its third request, and where traffic is not low the
    /// workbook's rules hold as they are.
    pub const LOW_TRAFFIC: Self = Self { bad: 3, confidence: Some(Confidence::P95), plenty: 25 };

    /// Weighs the events of a long window against a factor.
    #[must_use]
    pub fn weigh(&self, events: Counts, target: Target, factor: Ratio, method: Method) -> Evidence {
        if events.bad() < self.bad {
            return Evidence::Few { bad: events.bad(), needed: self.bad };
        }
        match self.confidence {
            Some(confidence) if method == Method::Occurrences && events.bad() < self.plenty => {
                let burn = Interval::of_bad(events, confidence).lower / target.error_budget().to_f64();
                if burn > factor.to_f64() { Evidence::Enough } else { Evidence::Unsure { burn } }
            }
            Some(_) | None => Evidence::Enough,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn weigh(bad: u64, total: u64, factor: u32) -> Evidence {
        let target = Target::from_ratio(rust_decimal::Decimal::new(999, 3)).expect("a target");
        let counts = Counts::of_bad(bad, total).expect("fewer bad than all");
        Floor::LOW_TRAFFIC.weigh(counts, target, Ratio::percent(factor), Method::Occurrences)
    }

    #[test]
    fn one_failure_of_ten_is_not_enough_and_a_dead_service_is_seen_with_its_third_request() {
        assert_eq!(weigh(1, 10, 1_440), Evidence::Few { bad: 1, needed: 3 });
        assert_eq!(weigh(2, 2, 1_440), Evidence::Few { bad: 2, needed: 3 });
        assert_eq!(weigh(3, 3, 1_440), Evidence::Enough);
    }

    #[test]
    fn what_may_be_chance_is_told_with_the_lowest_burn_rate() {
        // 3 of 150 burn twentyfold; five and a half at the least.
        let Evidence::Unsure { burn } = weigh(3, 150, 1_440) else { panic!("not sure") };
        assert!((5.4..5.5).contains(&burn), "{burn}");
        assert_eq!(weigh(3, 150, 300), Evidence::Enough, "surely more than 3");
    }

    #[test]
    fn much_traffic_needs_no_more_than_the_burn_rate() {
        assert_eq!(weigh(150_000, 10_000_000, 1_440), Evidence::Enough, "15 is surely above 14.4");
        assert_eq!(weigh(25, 1_700, 1_440), Evidence::Enough, "14.7 may be chance, but these 25 failed");
        assert!(matches!(weigh(24, 1_640, 1_440), Evidence::Unsure { .. }));
    }
}
