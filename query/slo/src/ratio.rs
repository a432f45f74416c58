//! Exact fractions: what burn rates, factors and shares of a budget are.

use std::cmp::Ordering;
use std::fmt;

use rust_decimal::Decimal;

use crate::minutes::Minutes;

/// A fraction in lowest terms, of any sign, without rounding.
///
/// Two of them compare as the numbers they stand for, so `burn > factor` is decided exactly: a
/// burn that equals its factor does not exceed it, whatever the last bit of a division says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Ratio {
    numerator: i128,
    /// Above zero.
    denominator: i128,
}

// === impl Ratio ===

impl Ratio {
    /// Nothing.
    pub const ZERO: Self = Self { numerator: 0, denominator: 1 };

    /// The whole.
    pub const ONE: Self = Self { numerator: 1, denominator: 1 };

    /// So many hundredths.
    #[must_use]
    pub const fn percent(hundredths: u32) -> Self {
        Self::reduced(hundredths as i128, 100)
    }

    /// Both sides of a ratio that is scaled are below this. Counts (64 bits) with targets (30
    /// bits), and decimals (96 bits), are; what was scaled already may not be.
    const SCALABLE: u128 = 1 << 107;

    /// `numerator / denominator`; the denominator is above zero.
    pub(crate) const fn reduced(numerator: i128, denominator: i128) -> Self {
        let common = greatest_common_divisor(numerator.unsigned_abs(), denominator.unsigned_abs()) as i128;
        Self { numerator: numerator / common, denominator: denominator / common }
    }

    /// This, times `part` over `whole`, so that neither side can overflow: exact for whatever is
    /// made of counts or decimals, and to 107 bits when scaled again and again.
    pub(crate) const fn scaled(self, part: Minutes, whole: Minutes) -> Self {
        let (mut numerator, mut denominator) = (self.numerator, self.denominator);
        while numerator.unsigned_abs() >= Self::SCALABLE || denominator.unsigned_abs() >= Self::SCALABLE {
            numerator /= 2;
            denominator = if denominator > 1 { denominator / 2 } else { 1 };
        }
        Self::reduced(numerator * part.get() as i128, denominator * whole.get() as i128)
    }

    /// The sum: exact while both sides of it fit into 127 bits, which one sum of two burn rates of
    /// up to 2^32 events does; beyond that within 2^-60.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        let common = greatest_common_divisor(self.denominator.unsigned_abs(), other.denominator.unsigned_abs()) as i128;
        let exact = || {
            let left = self.numerator.checked_mul(other.denominator / common)?;
            let right = other.numerator.checked_mul(self.denominator / common)?;
            let denominator = self.denominator.checked_mul(other.denominator / common)?;
            Some(Self::reduced(left.checked_add(right)?, denominator))
        };
        exact().unwrap_or_else(|| {
            let sum = self.fixed().saturating_add(other.fixed());
            Self::reduced(sum, 1 << Self::FIXED_BITS)
        })
    }

    /// The product, as exact as [`Ratio::plus`].
    #[must_use]
    pub fn times(self, other: Self) -> Self {
        let (left, right) =
            (Self::reduced(self.numerator, other.denominator), Self::reduced(other.numerator, self.denominator));
        let numerator = left.numerator.checked_mul(right.numerator);
        let denominator = left.denominator.checked_mul(right.denominator);
        match (numerator, denominator) {
            (Some(numerator), Some(denominator)) => Self::reduced(numerator, denominator),
            (None, _) | (_, None) => {
                let whole = 1_i128 << (Self::FIXED_BITS / 2);
                let part = |ratio: Self| ratio.fixed() / whole;
                Self::reduced(part(self).saturating_mul(part(other)), 1 << Self::FIXED_BITS)
            }
        }
    }

    /// Bits after the point where a ratio is no longer exact.
    const FIXED_BITS: u32 = 60;

    /// This in parts of 2^60, rounded down and held within 2^126.
    fn fixed(self) -> i128 {
        let whole = self.numerator.div_euclid(self.denominator);
        let (mut rest, mut parts) = (self.numerator.rem_euclid(self.denominator), 0_i128);
        for _ in 0..Self::FIXED_BITS {
            // Doubling without overflow: the rest is below the denominator.
            let carry = rest >= self.denominator - rest;
            rest = if carry { rest - (self.denominator - rest) } else { rest + rest };
            parts = parts * 2 + i128::from(carry);
        }
        whole.clamp(-(1 << 66), 1 << 66) * (1 << Self::FIXED_BITS) + parts
    }

    /// What is missing to the whole; negative above it.
    #[must_use]
    pub const fn one_minus(self) -> Self {
        Self { numerator: self.denominator - self.numerator, denominator: self.denominator }
    }

    /// Whether this is above zero.
    #[must_use]
    pub const fn is_positive(self) -> bool {
        self.numerator > 0
    }

    /// The nearest `f64`, for showing; decisions compare ratios.
    #[must_use]
    pub const fn to_f64(self) -> f64 {
        self.numerator as f64 / self.denominator as f64
    }
}

const fn greatest_common_divisor(mut a: u128, mut b: u128) -> u128 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}

impl Ord for Ratio {
    /// Compares whole parts, then the reciprocals of what is left, as continued fractions do:
    /// cross-multiplication without the products that would overflow.
    fn cmp(&self, other: &Self) -> Ordering {
        let (mut a, mut b) = (self.numerator, self.denominator);
        let (mut c, mut d) = (other.numerator, other.denominator);
        loop {
            let whole = a.div_euclid(b).cmp(&c.div_euclid(d));
            let (left, right) = (a.rem_euclid(b), c.rem_euclid(d));
            if whole.is_ne() || left == 0 || right == 0 {
                return whole.then(left.cmp(&right));
            }
            // left/b < right/d exactly when d/right < b/left
            (a, b, c, d) = (d, right, b, left);
        }
    }
}

impl PartialOrd for Ratio {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl From<Decimal> for Ratio {
    fn from(decimal: Decimal) -> Self {
        Self::reduced(decimal.mantissa(), 10_i128.pow(decimal.scale()))
    }
}

impl fmt::Display for Ratio {
    /// As a decimal of the shortest `f64`; a precision such as `{:.2}` is honoured.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.to_f64(), out)
    }
}

#[cfg(test)]
mod tests;
