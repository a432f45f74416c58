//! Numbers, bytes and keys.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use base64::Engine as _;
use base64::alphabet::{STANDARD, URL_SAFE};
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use serde::de::{Deserialize, Deserializer, Error, Visitor};
use serde_json::value::RawValue;

const PADDED_OR_NOT: GeneralPurposeConfig =
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
const BASE64: GeneralPurpose = GeneralPurpose::new(&STANDARD, PADDED_OR_NOT);
const BASE64_URL_SAFE: GeneralPurpose = GeneralPurpose::new(&URL_SAFE, PADDED_OR_NOT);

/// A key, without a copy where the text has no escapes.
#[derive(Debug)]
pub(super) struct Key<'de>(pub(super) Cow<'de, str>);

/// Bytes as hex digits.
#[derive(Debug)]
pub(super) struct Hex(pub(super) Vec<u8>);

/// Bytes as base64.
#[derive(Debug)]
pub(super) struct Base64(pub(super) Vec<u8>);

/// An integer as a number or a string.
#[derive(Debug)]
pub(super) struct Int<N>(pub(super) N);

/// A double as a number or a string.
///
/// It is parsed by the standard library, which rounds correctly; `serde_json` may be off by one
/// in the last place.
#[derive(Debug)]
pub(super) struct Double(pub(super) f64);

// === impl Key ===

impl<'de> Deserialize<'de> for Key<'de> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_str(KeyVisitor)
    }
}

struct KeyVisitor;

impl<'de> Visitor<'de> for KeyVisitor {
    type Value = Key<'de>;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a key")
    }

    fn visit_borrowed_str<E>(self, key: &'de str) -> Result<Key<'de>, E> {
        Ok(Key(Cow::Borrowed(key)))
    }

    fn visit_str<E>(self, key: &str) -> Result<Key<'de>, E> {
        Ok(Key(Cow::Owned(key.to_owned())))
    }
}

// === impl Hex ===

impl<'de> Deserialize<'de> for Hex {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let Key(text) = Key::deserialize(from)?;
        hex::decode(text.as_bytes()).map(Self).map_err(|error| D::Error::custom(format!("hex is wanted here: {error}")))
    }
}

// === impl Base64 ===

impl<'de> Deserialize<'de> for Base64 {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let Key(text) = Key::deserialize(from)?;
        let url_safe = text.bytes().any(|byte| matches!(byte, b'-' | b'_'));
        let bytes = if url_safe { BASE64_URL_SAFE.decode(text.as_bytes()) } else { BASE64.decode(text.as_bytes()) };
        bytes.map(Self).map_err(|error| D::Error::custom(format!("base64 is wanted here: {error}")))
    }
}

/// An integer of protobuf.
pub(crate) trait Integer: Sized {
    /// The number, when it fits.
    fn from_wide(number: i128) -> Option<Self>;
}

impl Integer for i32 {
    fn from_wide(number: i128) -> Option<Self> {
        number.try_into().ok()
    }
}

impl Integer for u32 {
    fn from_wide(number: i128) -> Option<Self> {
        number.try_into().ok()
    }
}

impl Integer for i64 {
    fn from_wide(number: i128) -> Option<Self> {
        number.try_into().ok()
    }
}

impl Integer for u64 {
    /// Exporters that keep times as signed numbers write negative ones. They are taken bit for
    /// bit, as protobuf carries them, and then judged item by item; refusing them here would
    /// refuse the whole request.
    fn from_wide(number: i128) -> Option<Self> {
        number.try_into().ok().or_else(|| i64::try_from(number).ok().map(i64::cast_unsigned))
    }
}

// === impl Int ===

impl<'de, N: Integer> Deserialize<'de> for Int<N> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(IntVisitor(PhantomData)).map(Self)
    }
}

struct IntVisitor<N>(PhantomData<fn() -> N>);

impl<N: Integer> Visitor<'_> for IntVisitor<N> {
    type Value = N;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "an integer of {} bits as number or string", 8 * size_of::<N>())
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<N, E> {
        N::from_wide(i128::from(number)).ok_or_else(|| E::custom(format!("{number} is out of range")))
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<N, E> {
        N::from_wide(i128::from(number)).ok_or_else(|| E::custom(format!("{number} is out of range")))
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<N, E> {
        whole(number)
            .and_then(N::from_wide)
            .ok_or_else(|| E::custom(format!("{number} is no integer of the right size")))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<N, E> {
        let number = text.parse().ok().or_else(|| plain_double(text).and_then(whole));
        number.and_then(N::from_wide).ok_or_else(|| E::custom(format!("{text:?} is no integer of the right size")))
    }
}

/// proto3 JSON lets an integer be written `1.0` or `1e3`.
fn whole(number: f64) -> Option<i128> {
    // Beyond 2^64 nothing fits a protobuf integer; below, the cast is exact.
    const BEYOND: f64 = 18_446_744_073_709_551_616.0;
    (number.fract() == 0.0 && number.abs() < BEYOND).then_some(number as i128)
}

// === impl Double ===

impl<'de> Deserialize<'de> for Double {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = <&RawValue>::deserialize(from)?.get();
        let number = match text.strip_prefix('"').and_then(|text| text.strip_suffix('"')) {
            None => plain_double(text),
            Some("NaN") => Some(f64::NAN),
            Some("Infinity") => Some(f64::INFINITY),
            Some("-Infinity") => Some(f64::NEG_INFINITY),
            Some(text) => plain_double(text),
        };
        number.map(Self).ok_or_else(|| D::Error::custom("a double is wanted here, as number or string"))
    }
}

/// A finite number in digits; the standard library alone would take `inf` and `nan` as well.
fn plain_double(text: &str) -> Option<f64> {
    let digits = text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'+' | b'-' | b'.' | b'e' | b'E'));
    let number: f64 = digits.then(|| text.parse().ok())??;
    number.is_finite().then_some(number)
}
