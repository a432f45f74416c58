//! Copies of a corpus of spans, as other traces: the ids of traces change, everything else stays.

use std::ops::Range;

use anyhow::{Context, Result, bail, ensure};

/// The path from a request to the trace id of a span, by field numbers (`trace_service.proto`, `trace.proto`).
const TRACE_ID: [u64; 4] = [1, 2, 2, 1];

/// The path from a request to the trace id of a link of a span.
const LINKED_TRACE_ID: [u64; 5] = [1, 2, 2, 13, 1];

/// Makes a body that of copy `number`: copy 0 is the corpus itself.
///
/// # Errors
///
/// When the body is no protobuf.
pub(super) fn renumber(body: &mut [u8], number: u8) -> Result<()> {
    for path in [TRACE_ID.as_slice(), &LINKED_TRACE_ID] {
        let mut found = Vec::new();
        find(body, 0..body.len(), path, &mut found)?;
        for id in found.into_iter().filter(|id| !id.is_empty()) {
            body[id.end - 1] ^= number;
        }
    }
    Ok(())
}

/// Where the values lie that a path of fields leads to.
fn find(body: &[u8], within: Range<usize>, path: &[u64], found: &mut Vec<Range<usize>>) -> Result<()> {
    let Some((wanted, below)) = path.split_first() else {
        found.push(within);
        return Ok(());
    };
    let mut at = within.start;
    while at < within.end {
        let tag = varint(body, &mut at)?;
        let value = match tag & 7 {
            0 => {
                varint(body, &mut at)?;
                at..at
            }
            1 => at..at + 8,
            2 => {
                let length = usize::try_from(varint(body, &mut at)?)?;
                at..at.checked_add(length).context("a length out of range")?
            }
            5 => at..at + 4,
            other => bail!("wire type {other}"),
        };
        ensure!(value.end <= within.end, "a field reaches beyond its message");
        at = value.end;
        if tag >> 3 == *wanted && tag & 7 == 2 {
            find(body, value, below, found)?;
        }
    }
    Ok(())
}

fn varint(body: &[u8], at: &mut usize) -> Result<u64> {
    let mut value = 0;
    for shift in (0..64).step_by(7) {
        let byte = *body.get(*at).context("a number is cut off")?;
        *at += 1;
        value |= u64::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            return Ok(value);
        }
    }
    bail!("a number of more than 64 bits")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A field of bytes.
    fn field(number: u8, value: &[u8]) -> Vec<u8> {
        [&[number << 3 | 2, value.len() as u8], value].concat()
    }

    #[test]
    fn trace_ids_change_and_nothing_else() {
        let body = |last: u8| {
            let link = field(13, &[field(1, &[9, last]), field(2, &[5])].concat());
            let span = field(2, &[field(1, &[1, last]), field(2, &[3]), vec![0x30, 0x80, 1], link].concat());
            field(1, &field(2, &[field(1, b"scope"), span].concat()))
        };
        let mut copy = body(0);
        renumber(&mut copy, 6).unwrap();
        assert_eq!(copy, body(6));
        renumber(&mut copy, 6).unwrap();
        assert_eq!(copy, body(0));
    }

    #[test]
    fn what_is_no_protobuf_is_refused() {
        assert!(renumber(&mut [0x0a, 5, 0], 1).is_err());
        assert!(renumber(&mut [0x0f], 1).is_err());
        assert!(renumber(&mut [0xff; 12], 1).is_err());
    }
}
