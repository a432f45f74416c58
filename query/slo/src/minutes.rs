//! Stretches of whole minutes: periods of budgets and windows of burn.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

/// A number of whole minutes, from one minute to a year of 366 days, written as OpenSLO's duration shorthand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Minutes(u32);

/// Why a text is no number of minutes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ParseMinutesError {
    /// The text has another form.
    #[error("a duration is a whole number and one of m, h, d and w, such as 30d")]
    Form,
    /// A month, quarter or year, whose length depends on when it begins.
    #[error("months (M), quarters (Q) and years (Y) have no fixed length")]
    Calendar,
    /// Nothing, or more than can be held.
    #[error("a duration is at least 1m and at most 366d")]
    Range,
}

const HOUR: u32 = 60;
const DAY: u32 = 24 * HOUR;
const WEEK: u32 = 7 * DAY;

// === impl Minutes ===

impl Minutes {
    /// The longest: a year. Its slices are held in memory minute by minute, some 25 MB an objective
    /// that has events all the time.
    pub const MAX: Self = Self(366 * DAY);

    /// So many minutes; `None` for zero and above [`Minutes::MAX`].
    #[must_use]
    pub const fn new(minutes: u32) -> Option<Self> {
        if minutes == 0 || minutes > Self::MAX.0 { None } else { Some(Self(minutes)) }
    }

    /// So many minutes that the caller knows to be in range.
    pub(crate) const fn known(minutes: u32) -> Self {
        Self(minutes)
    }

    /// The number of minutes.
    #[must_use]
    pub const fn get(self) -> u32 {
        self.0
    }

    /// The same stretch as a duration.
    #[must_use]
    pub const fn duration(self) -> Duration {
        Duration::from_secs(self.0 as u64 * 60)
    }
}

impl FromStr for Minutes {
    type Err = ParseMinutesError;

    fn from_str(text: &str) -> Result<Self, ParseMinutesError> {
        let number = text.trim_end_matches(|letter: char| letter.is_ascii_alphabetic());
        if number.is_empty() || !number.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(ParseMinutesError::Form);
        }
        let unit = match &text[number.len()..] {
            "m" => 1,
            "h" => HOUR,
            "d" => DAY,
            "w" => WEEK,
            "M" | "Q" | "Y" => return Err(ParseMinutesError::Calendar),
            _ => return Err(ParseMinutesError::Form),
        };
        let minutes = number.parse().ok().and_then(|number: u32| number.checked_mul(unit));
        minutes.and_then(Self::new).ok_or(ParseMinutesError::Range)
    }
}

impl fmt::Display for Minutes {
    /// In the largest of days, hours and minutes that leaves nothing over: `30d`, `36h`, `5m`.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            minutes if minutes.is_multiple_of(DAY) => write!(out, "{}d", minutes / DAY),
            minutes if minutes.is_multiple_of(HOUR) => write!(out, "{}h", minutes / HOUR),
            minutes => write!(out, "{minutes}m"),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn shorthand_is_read_and_written() {
        let read = |text: &str| text.parse::<Minutes>().map(|minutes| (minutes.get(), minutes.to_string()));
        assert_eq!(read("5m"), Ok((5, "5m".to_owned())));
        assert_eq!(read("36h"), Ok((2_160, "36h".to_owned())));
        assert_eq!(read("4w"), Ok((40_320, "28d".to_owned())));
        assert_eq!("366d".parse(), Ok(Minutes::MAX));
    }

    #[test]
    fn what_is_no_shorthand_says_why() {
        for text in ["", "d", "30", "30 d", "-1d", "1.5h", "+1h", "1D", "1ms", "٣d", "1h30m"] {
            assert_eq!(text.parse::<Minutes>(), Err(ParseMinutesError::Form), "{text:?}");
        }
        for text in ["1M", "1Q", "1Y"] {
            assert_eq!(text.parse::<Minutes>(), Err(ParseMinutesError::Calendar), "{text:?}");
        }
        for text in ["0m", "367d", "4294967295w", "99999999999999999999m"] {
            assert_eq!(text.parse::<Minutes>(), Err(ParseMinutesError::Range), "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn every_number_of_minutes_reads_back(minutes in 1..=Minutes::MAX.get()) {
            let minutes = Minutes::known(minutes);
            prop_assert_eq!(minutes.to_string().parse(), Ok(minutes));
        }

        #[test]
        fn whatever_is_read_is_in_range(text in "[0-9]{0,12}[a-zA-Z٣é]{0,2}") {
            if let Ok(minutes) = text.parse::<Minutes>() {
                prop_assert!((1..=Minutes::MAX.get()).contains(&minutes.get()));
            }
        }
    }
}
