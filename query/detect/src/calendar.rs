//! Where in the day and week a moment lies, by the clocks of a time zone.
//!
//! A season of people follows local time. Twice a year the offset from UTC jumps; the zone's rules (IANA) say when. The offset is
//! remembered until the next jump, so that a moment costs an addition.

use std::str::FromStr;

use ingest_model::Nanos;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

/// Nanoseconds of a day.
const DAY_NS: i64 = 86_400_000_000_000;

/// Nanoseconds of a second.
const SECOND_NS: i64 = 1_000_000_000;

/// 1970 began on a Thursday; the week begins on Monday.
const THURSDAY: i64 = 3;

/// A time zone, by its IANA name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Zone {
    name: String,
    zone: TimeZone,
}

/// No zone of this name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no time zone {name:?}; use a name of the IANA database, such as Europe/Berlin")]
pub struct UnknownZone {
    /// What was asked for.
    pub name: String,
}

/// A place in the day and in the week, both 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Place {
    /// 0 is midnight.
    pub day: f64,
    /// 0 is midnight of Monday.
    pub week: f64,
}

/// Local time of moments that mostly come in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Calendar {
    zone: Zone,
    offset_ns: i64,
    /// First and last moment of the offset.
    from: i64,
    until: i64,
}

// === impl Zone ===

impl Zone {
    /// Coordinated universal time.
    #[must_use]
    pub fn utc() -> Self {
        Self { name: "UTC".to_owned(), zone: TimeZone::UTC }
    }

    /// The IANA name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl FromStr for Zone {
    type Err = UnknownZone;

    fn from_str(name: &str) -> Result<Self, UnknownZone> {
        match TimeZone::get(name) {
            Ok(zone) => Ok(Self { name: name.to_owned(), zone }),
            Err(_) => Err(UnknownZone { name: name.to_owned() }),
        }
    }
}

impl TryFrom<String> for Zone {
    type Error = UnknownZone;

    fn try_from(name: String) -> Result<Self, UnknownZone> {
        name.parse()
    }
}

impl From<Zone> for String {
    fn from(zone: Zone) -> Self {
        zone.name
    }
}

// === impl Calendar ===

impl Calendar {
    /// The calendar of a zone.
    #[must_use]
    pub const fn new(zone: Zone) -> Self {
        Self { zone, offset_ns: 0, from: i64::MAX, until: i64::MIN }
    }

    /// Its zone.
    #[must_use]
    pub const fn zone(&self) -> &Zone {
        &self.zone
    }

    /// Where a moment lies.
    pub fn place(&mut self, at: Nanos) -> Place {
        if !(self.from..self.until).contains(&at.0) {
            self.turn(at);
        }
        let local = at.0.saturating_add(self.offset_ns);
        let part = |period: i64, first: i64| (local + first).rem_euclid(period) as f64 / period as f64;
        Place { day: part(DAY_NS, 0), week: part(7 * DAY_NS, THURSDAY * DAY_NS) }
    }

    /// Looks the offset up, and until when it holds.
    fn turn(&mut self, at: Nanos) {
        let moment = Timestamp::from_nanosecond(i128::from(at.0)).unwrap_or(Timestamp::UNIX_EPOCH);
        let zone = &self.zone.zone;
        self.offset_ns = i64::from(zone.to_offset(moment).seconds()) * SECOND_NS;
        let nanos = |moment: Timestamp| i64::try_from(moment.as_nanosecond()).ok();
        self.from = at.0;
        self.until = zone.following(moment).next().and_then(|next| nanos(next.timestamp())).unwrap_or(i64::MAX);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(zone: &str, moment: &str) -> Place {
        let at: Timestamp = moment.parse().expect("a time");
        Calendar::new(zone.parse().expect("a zone")).place(Nanos(at.as_nanosecond() as i64))
    }

    #[test]
    fn midnight_of_monday_is_the_beginning() {
        assert_eq!(place("UTC", "2026-11-23T00:00:00Z"), Place { day: 0.0, week: 0.0 });
        assert_eq!(place("UTC", "2026-11-22T12:00:00Z"), Place { day: 0.5, week: 6.5 / 7.0 });
    }

    #[test]
    fn nine_in_berlin_is_nine_before_and_after_the_clocks_change() {
        let mut calendar = Calendar::new("Europe/Berlin".parse().expect("a zone"));
        let mut day = |moment: &str| {
            let at: Timestamp = moment.parse().expect("a time");
            calendar.place(Nanos(at.as_nanosecond() as i64)).day
        };
        // Summer time ended on 2026-10-25 at 01:00 UTC.
        assert_eq!(day("2026-10-24T07:00:00Z"), 0.375);
        assert_eq!(day("2026-10-25T08:00:00Z"), 0.375);
        assert_eq!(day("2026-10-24T07:00:00Z"), 0.375, "going back is allowed");
    }

    #[test]
    fn a_zone_is_stored_by_its_name_and_unknown_ones_are_refused() {
        let zone: Zone = "Asia/Tokyo".parse().expect("a zone");
        assert_eq!(serde_json::to_string(&zone).expect("a name"), r#""Asia/Tokyo""#);
        let error = serde_json::from_str::<Zone>(r#""Mars/Olympus""#).expect_err("not on this planet");
        assert!(error.to_string().contains("use a name of the IANA database"), "{error}");
    }
}
