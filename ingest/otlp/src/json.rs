//! OTLP/JSON: the proto3 JSON mapping with OTLP's changes to it.
//!
//! * `traceId`, `spanId` and `parentSpanId` are hex in any case; other bytes are base64, in the
//!   standard or the URL-safe alphabet, padded or not.
//! * Enums are integers, unknown ones included.
//! * Integers of any width come as numbers or strings, and a negative one where 64 unsigned bits
//!   are wanted is taken bit for bit, as protobuf carries it; doubles come as numbers, numeric strings,
//!   `"NaN"`, `"Infinity"` or `"-Infinity"`.
//! * `null` is the same as an absent field, everywhere.
//! * Unknown fields are ignored at every depth, `snake_case` spellings among them.
//! * Of a key that occurs twice the later one counts, and so does the later of two members of a
//!   oneof.
//! * Nesting is bounded by `serde_json` at 128 levels. That is stricter than the 100 messages of
//!   protobuf, so what is read here can always be sent on as protobuf.
//! * A request in which nothing is found and whose first key that names a signal names another one
//!   is a mistake: it was sent to the wrong path, and its items would be lost.
//! * A byte order mark, text after the end and invalid UTF-8 are mistakes.
//!
//! `serde_json` tells the place of a mistake as line and column only. Mistakes are rare, so the
//! path is found by walking the text a second time ([`place`]) and costs nothing otherwise.

mod common;
mod fields;
mod list;
mod logs;
mod metrics;
mod place;
mod points;
mod scalars;
mod traces;

use std::fmt;

use ingest_model::Signal;
use serde::de::{Deserialize as _, Deserializer as _, IgnoredAny, MapAccess, Visitor};

use fields::{Object, Request};
use scalars::Key;

/// What is wrong with a text, and where.
#[derive(Debug)]
pub(crate) struct Mistake {
    /// Such as `resourceSpans[0].scopeSpans[0].spans[3].traceId`.
    pub(crate) path: String,
    /// What is wrong there.
    pub(crate) reason: String,
}

/// What the elements of a text may take once they are read, for every byte of it. Telemetry
/// takes about twice its size.
pub(crate) const EXPANSION: usize = 8;

/// Small texts may take this much, whatever their size.
const SMALL: usize = 64 << 10;

/// Reads a request.
pub(crate) fn read<R: Request>(text: &[u8]) -> Result<R, Mistake> {
    let budget = text.len().saturating_mul(EXPANSION).max(SMALL);
    let request = list::within(budget, || {
        let mut from = serde_json::Deserializer::from_slice(text);
        Object::deserialize(&mut from).and_then(|Object(request)| from.end().map(|()| request))
    });
    let request: R = request.map_err(|error| mistake(text, &error))?;
    let found = if request == R::default() { signal_of_json(text) } else { None };
    match found {
        Some(signal) if signal != R::SIGNAL => Err(misdirected(signal)),
        _ => Ok(request),
    }
}

fn misdirected(signal: Signal) -> Mistake {
    let reason = format!("this is a request for {signal}; send it to /v1/{signal}");
    Mistake { path: key(signal).to_owned(), reason }
}

/// The top-level key of a request.
const fn key(signal: Signal) -> &'static str {
    match signal {
        Signal::Traces => "resourceSpans",
        Signal::Logs => "resourceLogs",
        Signal::Metrics => "resourceMetrics",
    }
}

fn mistake(text: &[u8], error: &serde_json::Error) -> Mistake {
    if text.starts_with(b"\xef\xbb\xbf") {
        return Mistake { path: "the first character".to_owned(), reason: "it is a byte order mark".to_owned() };
    }
    Mistake { path: place::path(text, error.line(), error.column()), reason: error.to_string() }
}

/// The signal of an OTLP/JSON text by its first top-level key that names one.
///
/// Reads no further than that key.
#[must_use]
pub fn signal_of_json(text: &[u8]) -> Option<Signal> {
    let mut signal = None;
    // An error only says that the text did not end after the key, or that it is no object.
    let _ = serde_json::Deserializer::from_slice(text).deserialize_map(FirstKey(&mut signal));
    signal
}

struct FirstKey<'a>(&'a mut Option<Signal>);

// === impl FirstKey ===

impl<'de> Visitor<'de> for FirstKey<'_> {
    type Value = ();

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("an OTLP/JSON request")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(Key(found)) = map.next_key()? {
            let name: &str = &found;
            *self.0 = Signal::ALL.into_iter().find(|signal| key(*signal) == name);
            if self.0.is_some() {
                return Ok(());
            }
            map.next_value::<IgnoredAny>()?;
        }
        Ok(())
    }
}

#[cfg(test)]
pub(crate) mod tests;
