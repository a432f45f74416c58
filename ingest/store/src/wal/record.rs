//! A record of the log: one request, or rows of our own.
//!
//! ```text
//! len u32 | crc32c u32 | seq u64 | received i64 | signal u8 | encoding u8 | tenant_len u16
//!         | rejected_len u32 | tenant | rejected u32 ... | body
//! ```
//!
//! Integers are little-endian. `len` counts the bytes after the checksum, which covers them.

use bytes::{Buf, BufMut, Bytes, BytesMut};
use ingest_model::{Judgement, Nanos, Signal, Tenant};

use crate::append::{Encoding, Record, RecordedRequest, RecordedRows};

const FRAME_LEN: usize = 8;
const FIXED_LEN: usize = 8 + 8 + 1 + 1 + 2 + 4;

/// Everything of a record but the body that follows it.
pub(super) fn head(seq: u64, record: &Record) -> Bytes {
    let (tenant, rejected, body) = (record.tenant().as_str(), record.rejected(), record.body());
    let (signal, encoding) = codes(record);
    let head_len = FIXED_LEN + tenant.len() + 4 * rejected.len();
    let mut out = BytesMut::with_capacity(FRAME_LEN + head_len);
    out.put_u32_le(narrow(head_len + body.len()));
    out.put_u32_le(0);
    out.put_u64_le(seq);
    out.put_i64_le(record.received().0);
    out.put_u8(signal);
    out.put_u8(encoding);
    out.put_u16_le(u16::try_from(tenant.len()).unwrap_or(u16::MAX));
    out.put_u32_le(narrow(rejected.len()));
    out.put_slice(tenant.as_bytes());
    rejected.iter().for_each(|ordinal| out.put_u32_le(*ordinal));
    let checksum = crc32c::crc32c_append(crc32c::crc32c(&out[FRAME_LEN..]), body);
    out[4..FRAME_LEN].copy_from_slice(&checksum.to_le_bytes());
    out.freeze()
}

/// Reads the record at the start of `bytes`: its number, what it holds and its length.
///
/// # Errors
///
/// What is wrong with it.
pub(super) fn read(bytes: &Bytes) -> Result<(u64, Record, usize), &'static str> {
    let mut frame = bytes.as_ref();
    let len = frame.try_get_u32_le().map_err(|_| CUT)? as usize;
    let checksum = frame.try_get_u32_le().map_err(|_| CUT)?;
    if len < FIXED_LEN {
        return Err("a record is shorter than its own head");
    }
    let end = FRAME_LEN.checked_add(len).filter(|end| *end <= bytes.len()).ok_or(CUT)?;
    let content = bytes.slice(FRAME_LEN..end);
    if crc32c::crc32c(&content) != checksum {
        return Err("a checksum does not match");
    }
    let (seq, record) = parse(content).ok_or("a record with a good checksum has an unknown form")?;
    Ok((seq, record, end))
}

const CUT: &str = "the last record was cut short";

fn parse(mut content: Bytes) -> Option<(u64, Record)> {
    let seq = content.get_u64_le();
    let received = Nanos(content.get_i64_le());
    let (signal, encoding) = (content.get_u8(), content.get_u8());
    let tenant_len = usize::from(content.get_u16_le());
    let rejected_len = content.get_u32_le() as usize;
    let lists = tenant_len.checked_add(rejected_len.checked_mul(4)?)?;
    if content.len() < lists {
        return None;
    }
    let tenant: Tenant = std::str::from_utf8(&content.split_to(tenant_len)).ok()?.parse().ok()?;
    let rejected = (0..rejected_len).map(|_| content.get_u32_le()).collect();
    let body = content;
    let record = if let Some(kind) = judgement_of(signal) {
        Record::Rows(RecordedRows { tenant, kind, received, body })
    } else {
        let (signal, encoding) = (signal_of(signal)?, encoding_of(encoding)?);
        Record::Request(RecordedRequest { tenant, signal, encoding, received, rejected, body })
    };
    Some((seq, record))
}

/// A request body is limited far below 4 GiB; a longer one would not read back and so is told.
fn narrow(len: usize) -> u32 {
    u32::try_from(len).expect("a request is far shorter than 4 GiB")
}

/// The bytes `signal` and `encoding`.
const fn codes(record: &Record) -> (u8, u8) {
    match record {
        Record::Request(request) => (signal_code(request.signal), encoding_code(request.encoding)),
        Record::Rows(rows) => (judgement_code(rows.kind), ARROW_IPC),
    }
}

/// The encoding of rows of our own.
const ARROW_IPC: u8 = 2;

const fn judgement_code(kind: Judgement) -> u8 {
    match kind {
        Judgement::ServiceEdges => 16,
        Judgement::SloSlices => 17,
        Judgement::Baselines => 18,
        Judgement::Anomalies => 19,
        Judgement::AlertEvents => 20,
        Judgement::Notifications => 21,
        Judgement::Audit => 22,
        Judgement::SloCorrections => 23,
    }
}

fn judgement_of(code: u8) -> Option<Judgement> {
    Judgement::ALL.into_iter().find(|kind| judgement_code(*kind) == code)
}

const fn signal_code(signal: Signal) -> u8 {
    match signal {
        Signal::Traces => 0,
        Signal::Logs => 1,
        Signal::Metrics => 2,
    }
}

fn signal_of(code: u8) -> Option<Signal> {
    Signal::ALL.into_iter().find(|signal| signal_code(*signal) == code)
}

const fn encoding_code(encoding: Encoding) -> u8 {
    match encoding {
        Encoding::Protobuf => 0,
        Encoding::Json => 1,
    }
}

const fn encoding_of(code: u8) -> Option<Encoding> {
    match code {
        0 => Some(Encoding::Protobuf),
        1 => Some(Encoding::Json),
        _ => None,
    }
}
