//! A segment of the log: a header, then records to the end.

use bytes::Bytes;

use super::record;
use crate::append::Record;

/// The first bytes of every segment: eight of magic, then the version of the format.
pub(super) const HEADER: [u8; 12] = *b"SLOWBWAL\x01\0\0\0";

const MAGIC_LEN: usize = 8;

/// What could be read of a segment.
#[derive(Debug)]
pub(super) struct SegmentRead {
    /// Its records, each with its sequence number, ascending.
    pub(super) records: Vec<(u64, Record)>,
    /// How many of its bytes they and the header are.
    pub(super) good_len: usize,
    /// Why the rest could not be read, if there is a rest.
    pub(super) damage: Option<String>,
}

/// Reads a segment up to its first damaged record.
///
/// # Errors
///
/// A text when another version of the format wrote it: then nothing may be dropped.
pub(super) fn read(bytes: &Bytes) -> Result<SegmentRead, String> {
    let damaged = |damage: &str| SegmentRead { records: Vec::new(), good_len: 0, damage: Some(damage.to_owned()) };
    if bytes.is_empty() {
        return Ok(SegmentRead { records: Vec::new(), good_len: 0, damage: None });
    }
    if bytes.len() < HEADER.len() || bytes[..MAGIC_LEN] != HEADER[..MAGIC_LEN] {
        return Ok(damaged("it does not begin with a segment header"));
    }
    if bytes[..HEADER.len()] != HEADER {
        return Err("another version of slowburn wrote it; start that version, or move the file away".to_owned());
    }
    Ok(read_records(bytes))
}

fn read_records(bytes: &Bytes) -> SegmentRead {
    let mut read = SegmentRead { records: Vec::new(), good_len: HEADER.len(), damage: None };
    while read.good_len < bytes.len() {
        match record::read(&bytes.slice(read.good_len..)) {
            Ok((seq, request, len)) => {
                read.records.push((seq, request));
                read.good_len += len;
            }
            Err(damage) => {
                read.damage = Some(damage.to_owned());
                break;
            }
        }
    }
    read
}
