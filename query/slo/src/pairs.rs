//! Pairs of windows whose burn rates decide an alert, and their factors.
//!
//! Source: "The Site Reliability Workbook" (Google), chapter 5, "6: Multiwindow, Multi-Burn-Rate
//! Alerts", table 5-8, and the fourth pair (24 h) of the rules beside that table.

use crate::burn::max_burn_rate;
use crate::minutes::Minutes;
use crate::ratio::Ratio;
use crate::target::Target;

/// How urgent an alert is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// It waits for working hours.
    Ticket,
    /// A human is called now.
    Page,
}

/// A long window that says "it matters" and a short one that says "it still happens".
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Pair {
    /// How urgent it is when both windows burn.
    pub severity: Severity,
    /// The long window.
    pub long: Minutes,
    /// The short window, a twelfth of the long one in the workbook.
    pub short: Minutes,
    /// The share of the period's budget that is spent in the long window at the factor.
    pub budget_share: Ratio,
}

/// A pair with its factor for one period.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ScaledPair {
    /// The pair.
    pub pair: Pair,
    /// The burn rate that both windows must exceed.
    pub factor: Ratio,
}

/// A pair that is not used, and why.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RefusedPair {
    /// The pair.
    pub pair: Pair,
    /// Why it is not used.
    pub reason: PairError,
}

/// Why a pair of windows cannot alert.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PairError {
    /// The period forgets before the long window does.
    #[error("the long window of {long} is longer than the period of {period}")]
    LongerThanPeriod {
        /// The long window.
        long: Minutes,
        /// The period.
        period: Minutes,
    },
    /// The short window could not end an alert early.
    #[error("the short window of {short} is not shorter than the long one of {long}")]
    ShortNotShorter {
        /// The short window.
        short: Minutes,
        /// The long window.
        long: Minutes,
    },
    /// Even a total outage burns no faster than the factor.
    #[error("the burn rate cannot exceed {factor}: it is {max} when every event is bad")]
    CannotFire {
        /// The burn rate to exceed.
        factor: Ratio,
        /// The highest burn rate of the target.
        max: Ratio,
    },
}

/// The pairs that can alert on a target over a period, and those that cannot.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Pairs {
    /// In the order they were given.
    pub usable: Vec<ScaledPair>,
    /// In the order they were given.
    pub refused: Vec<RefusedPair>,
}

// === impl Severity ===

impl Severity {
    /// The word the workbook uses: `page` or `ticket`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ticket => "ticket",
            Self::Page => "page",
        }
    }
}

impl std::fmt::Display for Severity {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str(self.as_str())
    }
}

// === impl Pair ===

impl Pair {
    /// The workbook's four: 14.4, 6, 3 and 1 times too fast, over 30 days.
    pub const WORKBOOK: [Self; 4] = [
        Self::known(Severity::Page, 60, 5, 2),
        Self::known(Severity::Page, 6 * 60, 30, 5),
        Self::known(Severity::Ticket, 24 * 60, 2 * 60, 10),
        Self::known(Severity::Ticket, 72 * 60, 6 * 60, 10),
    ];

    const fn known(severity: Severity, long: u32, short: u32, percent: u32) -> Self {
        let budget_share = Ratio::percent(percent);
        Self { severity, long: Minutes::known(long), short: Minutes::known(short), budget_share }
    }

    /// The burn rate that spends the pair's share of the budget of `period` in the long window:
    /// `budget_share * period / long`.
    #[must_use]
    pub const fn factor(&self, period: Minutes) -> Ratio {
        self.budget_share.scaled(period, self.long)
    }

    /// The pair for a target over a period.
    ///
    /// # Errors
    ///
    /// When the pair could never alert, or forgets later than the period.
    pub fn scale(self, period: Minutes, target: Target) -> Result<ScaledPair, PairError> {
        self.scale_to(period, max_burn_rate(target))
    }

    /// The pair for a period and the highest burn rate there can be, such as a composite's.
    ///
    /// # Errors
    ///
    /// As [`Pair::scale`].
    pub fn scale_to(self, period: Minutes, max: Ratio) -> Result<ScaledPair, PairError> {
        let (factor, long, short) = (self.factor(period), self.long, self.short);
        if long > period {
            Err(PairError::LongerThanPeriod { long, period })
        } else if short >= long {
            Err(PairError::ShortNotShorter { short, long })
        } else if factor < max {
            Ok(ScaledPair { pair: self, factor })
        } else {
            Err(PairError::CannotFire { factor, max })
        }
    }
}

// === impl Pairs ===

impl Pairs {
    /// Scales every pair to a period and tells which can alert on the target.
    #[must_use]
    pub fn scale(pairs: &[Pair], period: Minutes, target: Target) -> Self {
        Self::scale_to(pairs, period, max_burn_rate(target))
    }

    /// Scales every pair to a period and tells which can alert on burn rates up to `max`.
    #[must_use]
    pub fn scale_to(pairs: &[Pair], period: Minutes, max: Ratio) -> Self {
        let mut scaled = Self::default();
        for pair in pairs {
            match pair.scale_to(period, max) {
                Ok(pair) => scaled.usable.push(pair),
                Err(reason) => scaled.refused.push(RefusedPair { pair: *pair, reason }),
            }
        }
        scaled
    }

    /// The workbook's pairs for a target over a period.
    #[must_use]
    pub fn workbook(period: Minutes, target: Target) -> Self {
        Self::scale(&Pair::WORKBOOK, period, target)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(percent: &str) -> Target {
        Target::from_percent(percent.parse().expect("a decimal")).expect("a target")
    }

    fn minutes(text: &str) -> Minutes {
        text.parse().expect("a duration")
    }

    fn refusals(period: &str, percent: &str) -> Vec<String> {
        let pairs = Pairs::workbook(minutes(period), target(percent));
        assert_eq!(pairs.usable.len() + pairs.refused.len(), 4);
        pairs.refused.iter().map(|refused| refused.reason.to_string()).collect()
    }

    #[test]
    fn short_windows_are_a_twelfth_of_long_ones() {
        assert!(Pair::WORKBOOK.iter().all(|pair| pair.short.get() * 12 == pair.long.get()));
    }

    #[test]
    fn factors_over_28_days_are_exact() {
        let factors = Pair::WORKBOOK.map(|pair| pair.factor(minutes("28d")).to_string());
        assert_eq!(factors, ["13.44", "5.6", "2.8", "0.9333333333333333"]);
    }

    #[test]
    fn all_four_can_alert_on_three_nines() {
        assert_eq!(refusals("30d", "99.9"), [""; 0]);
    }

    #[test]
    fn a_factor_above_the_burn_rate_of_a_total_outage_is_refused() {
        assert_eq!(refusals("30d", "90"), ["the burn rate cannot exceed 14.4: it is 10 when every event is bad"]);
        assert_eq!(refusals("30d", "0").len(), 4, "at most 1, which does not exceed 1");
    }

    #[test]
    fn windows_longer_than_the_period_are_refused() {
        assert_eq!(refusals("1d", "99.9"), ["the long window of 3d is longer than the period of 1d"]);
        assert_eq!(refusals("30m", "99.9").len(), 4);
    }

    #[test]
    fn a_short_window_must_be_shorter() {
        let pair = Pair { short: minutes("1h"), ..Pair::WORKBOOK[0] };
        let error = pair.scale(minutes("30d"), target("99.9"));
        assert!(matches!(error, Err(PairError::ShortNotShorter { .. })));
    }
}
