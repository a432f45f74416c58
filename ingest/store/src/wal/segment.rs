//! A segment of the log: a header, then records to the end.

use bytes::Bytes;

use super::record;
use crate::append::Record;

/// The first bytes of every segment: eight of magic, then the version of the format.
pub(super) const HEADER: [u8; 12] = *b"SLOWBWAL\x01\0\0\0";

const MAGIC_LEN: usize = 8;

/// No version to come has a higher number; a higher one is damage.
const NEWEST_VERSION: u32 = 999;

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
        return other_version(bytes);
    }
    Ok(read_records(bytes))
}

/// A segment whose version is not ours: that of another slowburn, or ours with a damaged header.
fn other_version(bytes: &Bytes) -> Result<SegmentRead, String> {
    let read = read_records(bytes);
    if !read.records.is_empty() {
        // Records that read as ours are ours.
        return Ok(read);
    }
    let number = u32::from_le_bytes([bytes[8], bytes[9], bytes[10], bytes[11]]);
    if bytes.len() > HEADER.len() && (2..=NEWEST_VERSION).contains(&number) {
        return Err("another version of slowburn wrote it; start that version, or move the file away".to_owned());
    }
    let damage = Some("its header is damaged".to_owned());
    Ok(SegmentRead { records: Vec::new(), good_len: 0, damage })
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
