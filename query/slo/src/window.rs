//! The period of an error budget: the last days, or a stretch of the calendar.

use std::fmt;
use std::ops::Range;
use std::str::FromStr;

use ingest_model::Nanos;
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::{TimeZone, TimeZoneDatabase};

use crate::minutes::{Minutes, ParseMinutesError};
use crate::slices::Minute;

mod length;

pub use length::Length;

/// The period over which an error budget counts (OpenSLO `timeWindow`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Window {
    /// The minutes before now.
    Rolling(Minutes),
    /// Stretches of the calendar, one after the other.
    Calendar(Calendar),
}

/// Periods of a calendar: the first begins at a local time, each next where the one before ends.
///
/// All boundaries are counted from the start, so that months from the 31st end on the last day of
/// each month. They go on before the start too, for what was measured before there was an SLO. A
/// boundary that the clocks skip comes when they have, one that they show twice the first time
/// (RFC 5545, section 3.3.5).
#[derive(Debug, Clone, PartialEq)]
pub struct Calendar {
    start: DateTime,
    zone: TimeZone,
    length: Length,
}

/// Why there is no such calendar.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CalendarError {
    /// The start has another form.
    #[error("the start is no local time in whole minutes, such as 2026-01-01 00:00:00")]
    Start,
    /// The zone is none that is known.
    #[error("the time zone is not in the IANA database, such as Europe/Berlin or UTC")]
    Zone,
}

/// Why a text is no window, or no calendar.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ParseWindowError {
    /// Its length is none.
    #[error(transparent)]
    Length(#[from] ParseMinutesError),
    /// It is no calendar.
    #[error(transparent)]
    Calendar(#[from] CalendarError),
    /// A length of the calendar says where it begins.
    #[error("write a length such as 30d, or one with its beginning, such as 1M from 2026-01-01 00:00:00 Europe/Berlin")]
    Form,
}

// === impl Window ===

impl Window {
    /// The minutes of the period so far: those before the current one, which is not over.
    #[must_use]
    pub fn bounds(&self, now: Nanos) -> Range<Minute> {
        match self {
            Self::Rolling(length) => Minute::of(now).minus(*length)..Minute::of(now),
            Self::Calendar(calendar) => calendar.period(now).start..Minute::of(now),
        }
    }

    /// The minutes of the whole period: of a calendar window also those to come.
    #[must_use]
    pub fn whole(&self, now: Nanos) -> Range<Minute> {
        match self {
            Self::Rolling(_) => self.bounds(now),
            Self::Calendar(calendar) => calendar.period(now),
        }
    }

    /// The length of the whole period that `now` lies in: what factors of burn alerts follow from.
    #[must_use]
    pub fn period(&self, now: Nanos) -> Minutes {
        match self {
            Self::Rolling(length) => *length,
            Self::Calendar(calendar) => calendar.period_length(now),
        }
    }

    /// Where slices of time are counted from: the beginning of the calendar's period, or 1970.
    #[must_use]
    pub fn origin(&self, now: Nanos) -> Minute {
        match self {
            Self::Rolling(_) => Minute::EPOCH,
            Self::Calendar(calendar) => calendar.period(now).start,
        }
    }

    /// The longest the period can be: the minutes to keep slices of.
    #[must_use]
    pub fn longest(&self) -> Minutes {
        match self {
            Self::Rolling(length) => *length,
            // The clocks may go back within it.
            Self::Calendar(calendar) => Minutes::new(calendar.length.longest().get() + 60).unwrap_or(Minutes::MAX),
        }
    }
}

impl fmt::Display for Window {
    /// `30d`, or `1M from 2026-01-01 00:00:00 Europe/Berlin`.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rolling(length) => length.fmt(out),
            Self::Calendar(calendar) => calendar.fmt(out),
        }
    }
}

impl FromStr for Window {
    type Err = ParseWindowError;

    /// Reads what [`Display`](fmt::Display) writes.
    fn from_str(text: &str) -> Result<Self, ParseWindowError> {
        if text.contains(" from ") {
            return text.parse().map(Self::Calendar);
        }
        let length: Length = text.parse()?;
        length.rolling().map(Self::Rolling).ok_or(ParseWindowError::Form)
    }
}

// === impl Calendar ===

impl Eq for Calendar {}

impl fmt::Display for Calendar {
    /// `1M from 2026-01-01 00:00:00 Europe/Berlin`.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} from {} {}", self.length, self.start_text(), self.zone_name())
    }
}

impl FromStr for Calendar {
    type Err = ParseWindowError;

    /// Reads what [`Display`](fmt::Display) writes.
    fn from_str(text: &str) -> Result<Self, ParseWindowError> {
        let (length, rest) = text.split_once(" from ").ok_or(ParseWindowError::Form)?;
        let (start, zone) = rest.rsplit_once(' ').ok_or(ParseWindowError::Form)?;
        Ok(Self::new(start, zone, length.parse()?)?)
    }
}

impl Calendar {
    /// Periods of `length` from the local time `start` (`YYYY-MM-DD hh:mm:ss`) of an IANA `zone`.
    ///
    /// # Errors
    ///
    /// When the start is no time in whole minutes, or the zone is unknown.
    pub fn new(start: &str, zone: &str, length: Length) -> Result<Self, CalendarError> {
        let start: DateTime = DateTime::strptime("%Y-%m-%d %H:%M:%S", start).map_err(|_| CalendarError::Start)?;
        // Slices are of a minute, so a period cannot begin within one.
        if start.second() != 0 || !(1970..=2199).contains(&start.year()) {
            return Err(CalendarError::Start);
        }
        let zone = TimeZoneDatabase::bundled().get(zone).map_err(|_| CalendarError::Zone)?;
        Ok(Self { start, zone, length })
    }

    /// The length of a period.
    #[must_use]
    pub const fn length(&self) -> Length {
        self.length
    }

    /// The start as OpenSLO writes it.
    #[must_use]
    pub fn start_text(&self) -> String {
        self.start.strftime("%Y-%m-%d %H:%M:%S").to_string()
    }

    /// The zone's name in the IANA database.
    #[must_use]
    pub fn zone_name(&self) -> &str {
        self.zone.iana_name().unwrap_or("UTC")
    }

    /// Where the first period begins.
    #[must_use]
    pub fn start(&self) -> Minute {
        self.boundary(0)
    }

    /// The periods that have minutes of `range`, in order and whole.
    pub fn periods(&self, range: Range<Minute>) -> impl Iterator<Item = Range<Minute>> + '_ {
        let next = move |start: Minute| (start < range.end).then(|| self.period(start.start()));
        let first = next(range.start);
        std::iter::successors(first, move |period| next(period.end))
    }

    /// The period that `now` lies in.
    #[must_use]
    pub fn period(&self, now: Nanos) -> Range<Minute> {
        let now = Minute::of(now);
        let mut number = self.guess(now);
        while self.boundary(number) > now {
            number -= 1;
        }
        while self.boundary(number + 1) <= now {
            number += 1;
        }
        self.boundary(number)..self.boundary(number + 1)
    }

    fn period_length(&self, now: Nanos) -> Minutes {
        let period = self.period(now);
        Minutes::new(period.start.until(period.end)).unwrap_or(Minutes::MAX)
    }

    /// About which period `now` lies in: a little early, as the longest length is taken for all.
    fn guess(&self, now: Minute) -> i64 {
        let minutes = self.boundary(0).signed_until(now);
        match self.length.fixed() {
            Some(length) => minutes.div_euclid(i64::from(length.get())),
            None => minutes.div_euclid(self.length.most_days() * 24 * 60),
        }
    }

    /// Where period `number` begins, held at the ends of time that nanoseconds can say.
    fn boundary(&self, number: i64) -> Minute {
        let held = if number < 0 { Minute::of(Nanos(i64::MIN)) } else { Minute::of(Nanos(i64::MAX)) };
        // Minutes and hours go on while the clocks change; days and months follow the clocks.
        if let Some(length) = self.length.fixed() {
            let first = self.instant(self.start).unwrap_or(held);
            return first.shifted(i64::from(length.get()).saturating_mul(number));
        }
        self.length.after(self.start, number).and_then(|local| self.instant(local)).unwrap_or(held)
    }

    fn instant(&self, local: DateTime) -> Option<Minute> {
        let instant: Timestamp = self.zone.to_ambiguous_timestamp(local).compatible().ok()?;
        i64::try_from(instant.as_nanosecond()).ok().map(|nanos| Minute::of(Nanos(nanos)))
    }
}

#[cfg(test)]
mod tests;
