//! What an error budget is made of: events, or slices of time.
//!
//! Source: OpenSLO v1, `budgetingMethod`, and its example `budgeting-method`.

use std::fmt;
use std::ops::Range;
use std::str::FromStr;

use crate::counts::Counts;
use crate::minutes::Minutes;
use crate::ratio::Ratio;
use crate::slices::Minute;
use crate::target::Target;

/// How events become what a budget counts (OpenSLO `budgetingMethod`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Method {
    /// Events: good events over all events.
    Occurrences,
    /// Slices of time, good or bad as a whole: a quiet slice weighs as much as a busy one.
    Timeslices {
        /// How long a slice is.
        slice: Minutes,
        /// The share of a slice's events that must be good for the slice to be good.
        target: SliceTarget,
    },
    /// Slices of time, each as good as the share of its events.
    RatioTimeslices {
        /// How long a slice is.
        slice: Minutes,
    },
}

/// The share of a slice's events that must be good: above 0 and at most 1, in whole parts of 10^9
/// (OpenSLO `timeSliceTarget`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SliceTarget(u32);

/// A text is no budgeting method.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("write Occurrences, Timeslices 5m 0.95 or RatioTimeslices 5m")]
pub struct ParseMethodError;

// === impl SliceTarget ===

impl SliceTarget {
    /// Takes a ratio such as 0.95; `None` outside of (0, 1] and with more than 9 digits.
    #[must_use]
    pub fn from_ratio(ratio: rust_decimal::Decimal) -> Option<Self> {
        if ratio == rust_decimal::Decimal::ONE {
            return Some(Self(Target::PARTS));
        }
        let target = Target::from_ratio(ratio).ok()?;
        Some(Self(Target::PARTS - target.bad_parts())).filter(|target| target.0 > 0)
    }

    /// The target as a decimal, such as 0.95.
    #[must_use]
    pub fn decimal(self) -> rust_decimal::Decimal {
        rust_decimal::Decimal::new(i64::from(self.0), 9).normalize()
    }

    /// The target as a ratio.
    #[must_use]
    pub const fn ratio(self) -> Ratio {
        Ratio::reduced(self.0 as i128, Target::PARTS as i128)
    }

    /// Whether `counts` reach it; exact.
    #[must_use]
    pub const fn is_met(self, counts: Counts) -> bool {
        counts.good() as u128 * Target::PARTS as u128 >= self.0 as u128 * counts.total() as u128
    }
}

// === impl Method ===

impl Method {
    /// Parts of a slice that [`Method::RatioTimeslices`] counts: a slice's share is rounded to one
    /// of them, so that the sum of a year's slices is off by less than a millionth of a slice.
    pub const PARTS: u64 = 1_000_000_000_000;

    /// How long a slice is; `None` where events count.
    #[must_use]
    pub const fn slice(self) -> Option<Minutes> {
        match self {
            Self::Occurrences => None,
            Self::Timeslices { slice, .. } | Self::RatioTimeslices { slice } => Some(slice),
        }
    }

    /// What one slice is made of: 1, or [`Method::PARTS`].
    pub(crate) const fn unit(self) -> u64 {
        match self {
            Self::Occurrences | Self::Timeslices { .. } => 1,
            Self::RatioTimeslices { .. } => Self::PARTS,
        }
    }

    /// Adds up minutes, in order, in what the budget counts: events, slices, or parts of slices.
    /// Slices are counted from `origin`; one in which nothing was measured counts nothing.
    #[must_use]
    pub fn tally(self, minutes: impl Iterator<Item = (Minute, Counts)>, origin: Minute) -> Counts {
        let Some(slice) = self.slice() else { return minutes.map(|(_, counts)| counts).sum() };
        slices(minutes, origin, slice).map(|(_, counts)| self.judge(counts)).sum()
    }

    /// What a slice's events amount to.
    pub(crate) fn judge(self, counts: Counts) -> Counts {
        match self {
            Self::Occurrences => counts,
            _ if counts.total() == 0 => Counts::default(),
            Self::Timeslices { target, .. } => Counts::held(u64::from(target.is_met(counts)), 1),
            Self::RatioTimeslices { .. } => {
                let (good, total) = (u128::from(counts.good()), u128::from(counts.total()));
                let parts = (good * u128::from(Self::PARTS) + total / 2) / total;
                Counts::held(u64::try_from(parts).unwrap_or(Self::PARTS), Self::PARTS)
            }
        }
    }

    /// The minutes of a window that are judged: all of them, or those of the slices that end in it.
    #[must_use]
    pub fn bounds(self, window: Range<Minute>, origin: Minute) -> Range<Minute> {
        let Some(slice) = self.slice() else { return window };
        window.start.aligned(origin, slice)..window.end.aligned(origin, slice)
    }

    /// What the budget of the whole period is a share of, without the `excluded` minutes; `None`
    /// where that is known only when its events have happened.
    #[must_use]
    pub fn base(self, whole: Range<Minute>, excluded: u32) -> Option<u64> {
        let slice = self.slice()?;
        let minutes = whole.start.until(whole.end).saturating_sub(excluded);
        Some(u64::from(minutes.div_ceil(slice.get())).saturating_mul(self.unit()))
    }
}

impl fmt::Display for Method {
    /// `Occurrences`, `Timeslices 5m 0.95` or `RatioTimeslices 5m`.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Occurrences => out.write_str("Occurrences"),
            Self::Timeslices { slice, target } => write!(out, "Timeslices {slice} {}", target.decimal()),
            Self::RatioTimeslices { slice } => write!(out, "RatioTimeslices {slice}"),
        }
    }
}

impl FromStr for Method {
    type Err = ParseMethodError;

    /// Reads what [`Display`](fmt::Display) writes.
    fn from_str(text: &str) -> Result<Self, ParseMethodError> {
        let slice = |text: &str| text.parse::<Minutes>().map_err(|_| ParseMethodError);
        match text.split(' ').collect::<Vec<_>>().as_slice() {
            ["Occurrences"] => Ok(Self::Occurrences),
            ["Timeslices", length, target] => {
                let target = target.parse().ok().and_then(SliceTarget::from_ratio).ok_or(ParseMethodError)?;
                Ok(Self::Timeslices { slice: slice(length)?, target })
            }
            ["RatioTimeslices", length] => Ok(Self::RatioTimeslices { slice: slice(length)? }),
            _ => Err(ParseMethodError),
        }
    }
}

/// Minutes, in order, put together into slices by where those begin.
pub(crate) fn slices(
    minutes: impl Iterator<Item = (Minute, Counts)>,
    origin: Minute,
    slice: Minutes,
) -> impl Iterator<Item = (Minute, Counts)> {
    let mut minutes = minutes.map(move |(minute, counts)| (minute.aligned(origin, slice), counts)).peekable();
    std::iter::from_fn(move || {
        let (begin, mut sum) = minutes.next()?;
        while let Some((_, counts)) = minutes.next_if(|(next, _)| *next == begin) {
            sum = sum.merge(counts);
        }
        Some((begin, sum))
    })
}

#[cfg(test)]
mod tests;
