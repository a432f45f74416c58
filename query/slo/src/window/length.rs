//! How long a period is, in the units OpenSLO writes: `30d`, `1M`, `1Q`.

use std::fmt;
use std::str::FromStr;

use jiff::Span;
use jiff::civil::DateTime;

use crate::minutes::{Minutes, ParseMinutesError};

/// A number of units of the clock or the calendar.
///
/// Minutes and hours are of one length everywhere. The others are those of a calendar: a day of a
/// change to summer time has 23 hours, a month 28 to 31 days.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Length {
    count: u32,
    unit: Unit,
}

/// A unit of OpenSLO's duration shorthand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Unit {
    Minute,
    Hour,
    Day,
    Week,
    Month,
    Quarter,
    Year,
}

// === impl Unit ===

impl Unit {
    const LETTERS: [(&'static str, Self); 7] = [
        ("m", Self::Minute),
        ("h", Self::Hour),
        ("d", Self::Day),
        ("w", Self::Week),
        ("M", Self::Month),
        ("Q", Self::Quarter),
        ("Y", Self::Year),
    ];

    /// Minutes of the longest there is of the unit.
    const fn longest(self) -> u32 {
        const DAY: u32 = 24 * 60;
        match self {
            Self::Minute => 1,
            Self::Hour => 60,
            Self::Day => DAY,
            Self::Week => 7 * DAY,
            Self::Month => 31 * DAY,
            Self::Quarter => 92 * DAY,
            Self::Year => 366 * DAY,
        }
    }
}

// === impl Length ===

impl Length {
    /// An upper bound: the longest the length can be, but for the hour that a change of the clock
    /// may add.
    ///
    /// It exists because [`Minutes::MAX`] was checked when the length was read.
    #[must_use]
    pub const fn longest(self) -> Minutes {
        Minutes::known(self.count * self.unit.longest())
    }

    /// The length in minutes, where it is the same everywhere: minutes, and hours; `None` for the
    /// units of the calendar.
    #[must_use]
    pub const fn fixed(self) -> Option<Minutes> {
        match self.unit {
            Unit::Minute | Unit::Hour => Some(self.longest()),
            Unit::Day | Unit::Week | Unit::Month | Unit::Quarter | Unit::Year => None,
        }
    }

    /// The length as a rolling period: days of 24 hours; `None` for months, quarters and years,
    /// whose length depends on when they begin.
    #[must_use]
    pub const fn rolling(self) -> Option<Minutes> {
        match self.unit {
            Unit::Minute | Unit::Hour | Unit::Day | Unit::Week => Some(self.longest()),
            Unit::Month | Unit::Quarter | Unit::Year => None,
        }
    }

    /// `start` and `times` this much more by the calendar; a day that its month does not have
    /// becomes the month's last. `None` outside of the years -9999 to 9999.
    pub(super) fn after(self, start: DateTime, times: i64) -> Option<DateTime> {
        let count = i64::from(self.count).checked_mul(times)?;
        let span = match self.unit {
            Unit::Minute => Span::new().try_minutes(count),
            Unit::Hour => Span::new().try_hours(count),
            Unit::Day => Span::new().try_days(count),
            Unit::Week => Span::new().try_weeks(count),
            Unit::Month => Span::new().try_months(count),
            Unit::Quarter => Span::new().try_months(count.checked_mul(3)?),
            Unit::Year => Span::new().try_years(count),
        };
        start.checked_add(span.ok()?).ok()
    }

    /// The most days it can have.
    pub(super) fn most_days(self) -> i64 {
        i64::from(self.longest().get().div_ceil(24 * 60))
    }
}

impl From<Minutes> for Length {
    fn from(minutes: Minutes) -> Self {
        Self { count: minutes.get(), unit: Unit::Minute }
    }
}

impl FromStr for Length {
    type Err = ParseMinutesError;

    fn from_str(text: &str) -> Result<Self, ParseMinutesError> {
        let number = text.trim_end_matches(|letter: char| letter.is_ascii_alphabetic());
        if number.is_empty() || !number.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(ParseMinutesError::Form);
        }
        let letter = &text[number.len()..];
        let unit = Unit::LETTERS.iter().find(|(known, _)| *known == letter).map(|(_, unit)| *unit);
        let unit = unit.ok_or(ParseMinutesError::Form)?;
        let count = number.parse().map_err(|_| ParseMinutesError::Range)?;
        let minutes = unit.longest().checked_mul(count).and_then(Minutes::new);
        minutes.map(|_| Self { count, unit }).ok_or(ParseMinutesError::Range)
    }
}

impl fmt::Display for Length {
    /// As it was written: `4w`, `1M`.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let letter = Unit::LETTERS.iter().find(|(_, unit)| *unit == self.unit).map_or("", |(letter, _)| letter);
        write!(out, "{}{letter}", self.count)
    }
}
