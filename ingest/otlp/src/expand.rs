//! How much memory a request takes once it is decoded, told from its bytes.
//!
//! Two bytes of protobuf can stand for a span without fields, which takes hundreds of bytes: a
//! request within the limit of size could still take gigabytes. This walk over the wire format
//! counts what [`prost`] would allocate, before it does. It reads every nested message's fields
//! once and allocates nothing.

mod layout;

use ingest_model::Signal;
use layout::{LOGS, Layout, METRICS, TRACES};

/// `prost` refuses messages nested deeper than this.
const MAX_DEPTH: usize = 100;

/// Wire types of protobuf.
const VARINT: u64 = 0;
const FIXED64: u64 = 1;
const LENGTH: u64 = 2;
const FIXED32: u64 = 5;

/// Bytes that decoding the protobuf message takes, the message itself not counted.
///
/// A malformed message is counted up to its mistake; decoding then tells what is wrong.
pub(crate) fn decoded_bytes(signal: Signal, message: &[u8]) -> usize {
    let layout = match signal {
        Signal::Traces => &TRACES,
        Signal::Logs => &LOGS,
        Signal::Metrics => &METRICS,
    };
    fields_bytes(layout, message, MAX_DEPTH)
}

fn fields_bytes(layout: &Layout, mut message: &[u8], depth: usize) -> usize {
    let mut bytes = 0_usize;
    while let Some((Field { number, content }, rest)) = field(message) {
        message = rest;
        bytes = bytes.saturating_add(match (layout.child(number), content) {
            (Some(child), Some(nested)) if depth > 0 => child.size + fields_bytes(child, nested, depth - 1),
            (None, Some(text)) => layout.bytes_of(number, text.len()),
            (_, _) => layout.bytes_of(number, 1),
        });
    }
    bytes
}

/// A field of a message.
struct Field<'a> {
    number: u64,
    /// What it holds, if that has a length.
    content: Option<&'a [u8]>,
}

/// The next field, and what follows it.
fn field(message: &[u8]) -> Option<(Field<'_>, &[u8])> {
    let (tag, rest) = varint(message)?;
    let (content, rest) = match tag & 7 {
        VARINT => (None, varint(rest)?.1),
        FIXED64 => (None, rest.get(8..)?),
        FIXED32 => (None, rest.get(4..)?),
        LENGTH => {
            let (length, rest) = varint(rest)?;
            let (content, rest) = rest.split_at_checked(usize::try_from(length).ok()?)?;
            (Some(content), rest)
        }
        _ => return None,
    };
    Some((Field { number: tag >> 3, content }, rest))
}

fn varint(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let mut value = 0;
    for (index, byte) in bytes.iter().enumerate().take(10) {
        value |= u64::from(byte & 0x7f) << (7 * index);
        if byte & 0x80 == 0 {
            return Some((value, &bytes[index + 1..]));
        }
    }
    None
}

#[cfg(test)]
mod tests;
