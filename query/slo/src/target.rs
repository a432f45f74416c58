//! The share of events that is promised to be good.

use std::fmt;
use std::str::FromStr;

use rust_decimal::Decimal;

use crate::ratio::Ratio;

/// A target, at least 0 and below 1, as whole parts of 10^9: 0.999 and 99.9 % are one value.
///
/// Nine digits hold "seven nines" with room to spare; the bound keeps all arithmetic in integers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Target {
    /// Good parts of [`Target::PARTS`], below it.
    good_parts: u32,
}

/// Why a number is no target.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TargetError {
    /// Below nothing, or everything.
    #[error("a target is at least 0 and below 1 (100 %), because at 1 there is no error budget")]
    Range,
    /// More digits than are kept.
    #[error("a target has at most 9 digits after the point (7 as a percentage)")]
    Digits,
}

// === impl Target ===

impl Target {
    /// Parts of the whole in which targets are kept.
    pub(crate) const PARTS: u32 = 1_000_000_000;

    /// Takes a ratio such as 0.999 (OpenSLO `target`).
    ///
    /// # Errors
    ///
    /// When the ratio is outside [0, 1), or has more digits than are kept.
    pub fn from_ratio(ratio: Decimal) -> Result<Self, TargetError> {
        if ratio.is_sign_negative() && !ratio.is_zero() || ratio >= Decimal::ONE {
            return Err(TargetError::Range);
        }
        let ratio = ratio.normalize();
        let missing_digits = 9_u32.checked_sub(ratio.scale()).ok_or(TargetError::Digits)?;
        let good_parts = ratio.mantissa() * 10_i128.pow(missing_digits);
        u32::try_from(good_parts).map(|good_parts| Self { good_parts }).map_err(|_| TargetError::Range)
    }

    /// Takes a percentage such as 99.9 (OpenSLO `targetPercent`).
    ///
    /// # Errors
    ///
    /// When the percentage is outside [0, 100), or has more digits than are kept.
    pub fn from_percent(percent: Decimal) -> Result<Self, TargetError> {
        if percent >= Decimal::ONE_HUNDRED {
            return Err(TargetError::Range);
        }
        let mut ratio = percent.normalize();
        let scale = ratio.scale() + 2;
        ratio.set_scale(scale).map_err(|_| TargetError::Digits)?;
        Self::from_ratio(ratio)
    }

    /// The target as a ratio.
    #[must_use]
    pub const fn ratio(self) -> Ratio {
        self.error_budget().one_minus()
    }

    /// The target as a decimal, such as 0.999.
    #[must_use]
    pub fn decimal(self) -> Decimal {
        Decimal::new(i64::from(self.good_parts), 9).normalize()
    }

    /// The share of events that may be bad: 1 - target.
    #[must_use]
    pub const fn error_budget(self) -> Ratio {
        Ratio::reduced(self.bad_parts() as i128, Self::PARTS as i128)
    }

    /// Parts of [`Target::PARTS`] that may be bad; at least one.
    pub(crate) const fn bad_parts(self) -> u32 {
        Self::PARTS - self.good_parts
    }
}

impl fmt::Display for Target {
    /// As a percentage, such as `99.9 %`.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} %", Decimal::new(i64::from(self.good_parts), 7).normalize())
    }
}

impl FromStr for Target {
    type Err = TargetError;

    /// From its percentage, with or without the sign.
    fn from_str(text: &str) -> Result<Self, TargetError> {
        let number = text.trim().trim_end_matches('%').trim_end();
        Self::from_percent(number.parse().map_err(|_| TargetError::Range)?)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn ratio(text: &str) -> Result<Target, TargetError> {
        Target::from_ratio(text.parse().expect("a decimal"))
    }

    fn percent(text: &str) -> Result<Target, TargetError> {
        Target::from_percent(text.parse().expect("a decimal"))
    }

    #[test]
    fn a_ratio_and_its_percentage_are_the_same_target() {
        assert_eq!(ratio("0.999"), percent("99.9"));
        assert_eq!(ratio("0.99900"), percent("99.900"));
        assert_eq!(ratio("-0.0"), percent("0"));
        assert_eq!(percent("99.9").map(|target| target.to_string()).as_deref(), Ok("99.9 %"));
        assert_eq!(ratio("0.9995").map(Target::error_budget), Ok(Ratio::reduced(5, 10_000)));
    }

    #[test]
    fn what_leaves_no_budget_or_is_no_share_is_refused() {
        for text in ["1", "1.5", "-0.1", "99.9", "79228162514264337593543950335"] {
            assert_eq!(ratio(text), Err(TargetError::Range), "{text}");
        }
        assert_eq!(percent("100"), Err(TargetError::Range));
        assert_eq!(percent("-1"), Err(TargetError::Range));
    }

    #[test]
    fn digits_that_would_be_lost_are_refused() {
        assert!(ratio("0.999999999").is_ok());
        assert_eq!(ratio("0.9999999999"), Err(TargetError::Digits));
        assert_eq!(percent("99.99999999"), Err(TargetError::Digits));
        assert_eq!(percent("0.0000000000000000000000000001"), Err(TargetError::Digits));
    }

    proptest! {
        #[test]
        fn every_target_reads_back_from_its_text(parts in 0..Target::PARTS) {
            let target = Target { good_parts: parts };
            let text = target.to_string();
            prop_assert_eq!(percent(text.trim_end_matches(" %")), Ok(target));
            prop_assert_eq!(text.parse(), Ok(target));
            prop_assert_eq!(target.ratio().one_minus(), target.error_budget());
        }
    }
}
