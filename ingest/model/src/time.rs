//! Points in time, to the nanosecond.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;

/// Nanoseconds since 1970-01-01 00:00 UTC; any `i64`, so 1677 to 2262.
///
/// In JSON it travels as a decimal string, as OTLP/JSON does, because readers that keep numbers
/// as doubles would lose the last digits. Reading takes a string or a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Nanos(pub i64);

/// The text is no point in time.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no time (RFC 3339 like 2026-11-20T08:30:00Z, or integer nanoseconds since 1970)")]
pub struct ParseTimeError(String);

// === impl Nanos ===

impl Nanos {
    /// Nanoseconds in a microsecond, the unit of stored timestamps.
    pub const PER_MICRO: i64 = 1_000;

    /// The time `duration_ns` later, held at the end of the range.
    #[must_use]
    pub const fn plus(self, duration_ns: i64) -> Self {
        Self(self.0.saturating_add(duration_ns))
    }

    /// Nanoseconds from `earlier` to here; negative when it is later.
    #[must_use]
    pub const fn since(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0)
    }

    /// Microseconds since 1970, rounded down.
    #[must_use]
    pub const fn micros(self) -> i64 {
        self.0.div_euclid(Self::PER_MICRO)
    }

    /// RFC 3339 in UTC with all nine digits, such as `2023-01-29T08:50:00.000000001Z`.
    #[must_use]
    pub fn rfc3339(self) -> String {
        Timestamp::from_nanosecond(i128::from(self.0)).map_or_else(|_| self.0.to_string(), |time| format!("{time:.9}"))
    }
}

impl fmt::Display for Nanos {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.rfc3339())
    }
}

impl FromStr for Nanos {
    type Err = ParseTimeError;

    fn from_str(text: &str) -> Result<Self, ParseTimeError> {
        if let Ok(nanos) = text.parse::<i64>() {
            return Ok(Self(nanos));
        }
        let wrong = || ParseTimeError(text.to_owned());
        let time: Timestamp = text.parse().map_err(|_| wrong())?;
        i64::try_from(time.as_nanosecond()).map(Self).map_err(|_| wrong())
    }
}

impl serde::Serialize for Nanos {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(&self.0)
    }
}

impl<'de> serde::Deserialize<'de> for Nanos {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        #[derive(serde::Deserialize)]
        #[serde(untagged)]
        enum Form {
            Number(i64),
            Text(String),
        }
        match <Form as serde::Deserialize>::deserialize(from)? {
            Form::Number(nanos) => Ok(Self(nanos)),
            Form::Text(text) => text.parse().map_err(serde::de::Error::custom),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn every_time_reads_back_from_both_forms(nanos: i64) {
            let time = Nanos(nanos);
            prop_assert_eq!(time.rfc3339().parse(), Ok(time));
            prop_assert_eq!(nanos.to_string().parse(), Ok(time));
        }
    }

    #[test]
    fn zones_are_honoured_and_nonsense_is_named() {
        assert_eq!("1970-01-01T08:00:00.000000001+08:00".parse(), Ok(Nanos(1)));
        let error = "yesterday".parse::<Nanos>().map_err(|error| error.to_string());
        assert!(error.is_err_and(|text| text.contains("yesterday") && text.contains("RFC 3339")));
    }
}
