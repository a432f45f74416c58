//! Attribute values as JSON text: one written form for every value, so that a reader can tell
//! `1`, `1.0` and `"1"` apart.
//!
//! | OTLP value | JSON |
//! |---|---|
//! | string | string |
//! | int | integer: `1` |
//! | double | number with a `.` or an exponent: `1.0`, `1e21` |
//! | NaN and the infinities | `{"$double":"NaN"}`, `"Infinity"`, `"-Infinity"` |
//! | bool | `true`, `false` |
//! | empty, or a reference into a string table (profiles only) | `null` |
//! | bytes | `{"$bytes":"<base64, standard alphabet, padded>"}` |
//! | array | array |
//! | key-value list | object |
//!
//! A key that begins with `$` is written with one more `$` in front, so that no attribute can pass
//! for one of the forms above. Of several entries with the same key **the first wins**; OTLP calls
//! such lists invalid and their meaning unpredictable.

use std::collections::HashSet;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::proto::{KeyValue, Value};

/// Up to this many entries a key is compared with all before it; beyond, a set remembers them.
const FEW: usize = 32;

/// The entries of a list whose key did not occur before.
#[derive(Debug)]
pub(super) struct Distinct<'a> {
    entries: &'a [KeyValue<'a>],
    next: usize,
    /// One bit for each kind of key that occurred: a kind that did not is new without a comparison.
    kinds: u64,
    seen: HashSet<&'a str>,
}

// === impl Distinct ===

impl<'a> Distinct<'a> {
    pub(super) fn new(entries: &'a [KeyValue<'a>]) -> Self {
        Self { entries, next: 0, kinds: 0, seen: HashSet::new() }
    }

    fn is_new(&mut self, index: usize) -> bool {
        let key = self.entries[index].key;
        if self.entries.len() > FEW {
            return self.seen.insert(key);
        }
        let (kind, before) = (kind(key), self.kinds);
        self.kinds |= kind;
        before & kind == 0 || self.entries[..index].iter().all(|earlier| earlier.key != key)
    }
}

impl<'a> Iterator for Distinct<'a> {
    type Item = &'a KeyValue<'a>;

    fn next(&mut self) -> Option<&'a KeyValue<'a>> {
        while self.next < self.entries.len() {
            let index = self.next;
            self.next += 1;
            if self.is_new(index) {
                return self.entries.get(index);
            }
        }
        None
    }
}

/// One of 64 bits, told from the key's length and ends.
fn kind(key: &str) -> u64 {
    let (Some(first), Some(last)) = (key.as_bytes().first(), key.as_bytes().last()) else {
        return 1;
    };
    1 << ((key.len() + 7 * usize::from(*first) + 13 * usize::from(*last)) % 64)
}

/// Writes a value.
pub(super) fn write_value(out: &mut String, value: Value<'_>) {
    match value {
        Value::Empty => out.push_str("null"),
        Value::Text(text) => write_text(out, text),
        Value::Bool(truth) => out.push_str(if truth { "true" } else { "false" }),
        Value::Int(number) => write_int(out, number),
        Value::Double(number) => write_double(out, number),
        Value::Array(array) => write_list(out, array.values(), write_value),
        Value::List(list) => write_object(out, &list.entries().collect::<Vec<_>>()),
        Value::Bytes(bytes) => {
            out.push_str(r#"{"$bytes":""#);
            STANDARD.encode_string(bytes, out);
            out.push_str(r#""}"#);
        }
    }
}

/// Writes a list of entries as an object.
pub(super) fn write_object(out: &mut String, entries: &[KeyValue<'_>]) {
    let mut separator = '{';
    for entry in Distinct::new(entries) {
        out.push(separator);
        separator = ',';
        write_entry(out, entry);
    }
    if separator == '{' {
        out.push('{');
    }
    out.push('}');
}

/// Writes `"key":value`.
pub(super) fn write_entry(out: &mut String, entry: &KeyValue<'_>) {
    if entry.key.starts_with('$') {
        out.push_str("\"$");
        write_escaped(out, entry.key);
        out.push('"');
    } else {
        write_text(out, entry.key);
    }
    out.push(':');
    write_value(out, entry.value);
}

/// Writes an array, each element by `write`.
pub(super) fn write_list<T>(out: &mut String, elements: impl IntoIterator<Item = T>, write: impl Fn(&mut String, T)) {
    out.push('[');
    for (index, element) in elements.into_iter().enumerate() {
        if index > 0 {
            out.push(',');
        }
        write(out, element);
    }
    out.push(']');
}

/// Writes a double.
pub(super) fn write_double(out: &mut String, number: f64) {
    if number.is_finite() {
        out.push_str(ryu::Buffer::new().format_finite(number));
        return;
    }
    let name = match number {
        number if number.is_nan() => "NaN",
        number if number > 0.0 => "Infinity",
        _ => "-Infinity",
    };
    out.push_str(r#"{"$double":""#);
    out.push_str(name);
    out.push_str(r#""}"#);
}

/// Writes an integer.
pub(super) fn write_int(out: &mut String, number: impl itoa::Integer) {
    out.push_str(itoa::Buffer::new().format(number));
}

/// Writes a string with its quotes.
pub(super) fn write_text(out: &mut String, text: &str) {
    out.push('"');
    write_escaped(out, text);
    out.push('"');
}

/// Writes bytes as lower-case hex with quotes.
pub(super) fn write_hex(out: &mut String, bytes: &[u8]) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    out.push('"');
    for byte in bytes {
        out.push(char::from(DIGITS[usize::from(byte >> 4)]));
        out.push(char::from(DIGITS[usize::from(byte & 15)]));
    }
    out.push('"');
}

fn write_escaped(out: &mut String, text: &str) {
    let mut rest = text;
    while let Some(at) = first_special(rest.as_bytes()) {
        out.push_str(&rest[..at]);
        write_escape(out, rest.as_bytes()[at]);
        rest = &rest[at + 1..];
    }
    out.push_str(rest);
}

/// The place of the first byte that JSON wants escaped. Eight bytes are looked at together.
fn first_special(bytes: &[u8]) -> Option<usize> {
    let (words, _) = bytes.as_chunks::<8>();
    let plain = words.iter().take_while(|word| !has_special(u64::from_le_bytes(**word))).count();
    let special = |byte: &u8| *byte < 0x20 || *byte == b'"' || *byte == b'\\';
    bytes[8 * plain..].iter().position(special).map(|at| 8 * plain + at)
}

/// Whether one of eight bytes is below 0x20, a quote or a backslash ("Bit Twiddling Hacks": determine if a word has a
/// byte less than n).
const fn has_special(word: u64) -> bool {
    const ONES: u64 = u64::MAX / 255;
    const HIGH: u64 = ONES << 7;
    const fn below(word: u64, limit: u64) -> u64 {
        word.wrapping_sub(ONES * limit) & !word & HIGH
    }
    below(word, 0x20) | below(word ^ (ONES * 0x22), 1) | below(word ^ (ONES * 0x5c), 1) != 0
}

fn write_escape(out: &mut String, byte: u8) {
    match byte {
        b'"' => out.push_str("\\\""),
        b'\\' => out.push_str("\\\\"),
        b'\n' => out.push_str("\\n"),
        b'\r' => out.push_str("\\r"),
        b'\t' => out.push_str("\\t"),
        _ => {
            out.push_str("\\u00");
            out.push(if byte < 0x10 { '0' } else { '1' });
            out.push(char::from_digit(u32::from(byte & 15), 16).unwrap_or('0'));
        }
    }
}

#[cfg(test)]
mod tests;
