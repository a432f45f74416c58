//! Trace and span identifiers.

use std::fmt;
use std::str::FromStr;

/// A trace id: 16 bytes, not all zero, written as 32 lower-case hex digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TraceId([u8; 16]);

/// A span id: 8 bytes, not all zero, written as 16 lower-case hex digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SpanId([u8; 8]);

/// Why a text is no id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ParseIdError {
    /// The text has another length than the id's hex form.
    #[error("an id of {expected} hex digits is wanted, this has {found} characters")]
    Length {
        /// Hex digits wanted: 32 for a trace, 16 for a span.
        expected: usize,
        /// Characters found.
        found: usize,
    },
    /// A character is no hex digit.
    #[error("{0:?} is not a hex digit")]
    Digit(char),
    /// Every byte is zero, which OTLP defines as "no id".
    #[error("an id of zeros only is not valid")]
    Zero,
}

// === impl TraceId ===

impl TraceId {
    /// Takes the bytes as they stand on the wire; `None` unless they are 16 and not all zero.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        non_zero(bytes).map(Self)
    }

    /// The 16 bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

// === impl SpanId ===

impl SpanId {
    /// Takes the bytes as they stand on the wire; `None` unless they are 8 and not all zero.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        non_zero(bytes).map(Self)
    }

    /// The 8 bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 8] {
        &self.0
    }
}

fn non_zero<const N: usize>(bytes: &[u8]) -> Option<[u8; N]> {
    let bytes: [u8; N] = bytes.try_into().ok()?;
    bytes.iter().any(|byte| *byte != 0).then_some(bytes)
}

fn parse<const N: usize>(text: &str) -> Result<[u8; N], ParseIdError> {
    let found = text.chars().count();
    if found != 2 * N {
        return Err(ParseIdError::Length { expected: 2 * N, found });
    }
    let mut bytes = [0; N];
    for (index, character) in text.chars().enumerate() {
        let digit = character.to_digit(16).ok_or(ParseIdError::Digit(character))?;
        bytes[index / 2] = (bytes[index / 2] << 4) | u8::try_from(digit).unwrap_or_default();
    }
    non_zero(&bytes).ok_or(ParseIdError::Zero)
}

fn write_hex(bytes: &[u8], out: &mut fmt::Formatter<'_>) -> fmt::Result {
    bytes.iter().try_for_each(|byte| write!(out, "{byte:02x}"))
}

macro_rules! text_form {
    ($id:ident) => {
        impl FromStr for $id {
            type Err = ParseIdError;

            fn from_str(text: &str) -> Result<Self, ParseIdError> {
                parse(text).map(Self)
            }
        }

        impl fmt::Display for $id {
            fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                write_hex(&self.0, out)
            }
        }

        impl fmt::Debug for $id {
            fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                write_hex(&self.0, out)
            }
        }

        impl serde::Serialize for $id {
            fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                to.collect_str(self)
            }
        }

        impl<'de> serde::Deserialize<'de> for $id {
            fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                let text = <std::borrow::Cow<'de, str>>::deserialize(from)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}

text_form!(TraceId);
text_form!(SpanId);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_reads_back_as_it_was_written() {
        let text = "4bf92f3577b34da6a3ce929d0e0e4736";
        assert_eq!(text.parse::<TraceId>().map(|id| id.to_string()).as_deref(), Ok(text));
        assert_eq!("00F067AA0BA902B7".parse::<SpanId>().map(|id| id.to_string()).as_deref(), Ok("00f067aa0ba902b7"));
    }

    #[test]
    fn what_is_no_id_says_why() {
        assert_eq!("abc".parse::<SpanId>(), Err(ParseIdError::Length { expected: 16, found: 3 }));
        assert_eq!("00f067aa0ba902bx".parse::<SpanId>(), Err(ParseIdError::Digit('x')));
        assert_eq!("0".repeat(32).parse::<TraceId>(), Err(ParseIdError::Zero));
        assert_eq!(TraceId::from_bytes(&[0; 16]), None);
        assert_eq!(SpanId::from_bytes(&[1; 7]), None);
    }
}
