//! A record of the log: one request.
//!
//! ```text
//! len u32 | crc32c u32 | seq u64 | received i64 | signal u8 | encoding u8 | tenant_len u16
//!         | rejected_len u32 | tenant | rejected u32 ... | body
//! ```
//!
//! Integers are little-endian. `len` counts the bytes after the checksum, which covers them.

use bytes::{Buf, BufMut, Bytes, BytesMut};
use ingest_model::{Nanos, Signal, Tenant};

use crate::append::{Encoding, RecordedRequest};

const FRAME_LEN: usize = 8;
const FIXED_LEN: usize = 8 + 8 + 1 + 1 + 2 + 4;

/// Everything of a record but the body that follows it.
pub(super) fn head(seq: u64, request: &RecordedRequest) -> Bytes {
    let tenant = request.tenant.as_str();
    let head_len = FIXED_LEN + tenant.len() + 4 * request.rejected.len();
    let mut out = BytesMut::with_capacity(FRAME_LEN + head_len);
    out.put_u32_le(narrow(head_len + request.body.len()));
    out.put_u32_le(0);
    out.put_u64_le(seq);
    out.put_i64_le(request.received.0);
    out.put_u8(signal_code(request.signal));
    out.put_u8(encoding_code(request.encoding));
    out.put_u16_le(u16::try_from(tenant.len()).unwrap_or(u16::MAX));
    out.put_u32_le(narrow(request.rejected.len()));
    out.put_slice(tenant.as_bytes());
    request.rejected.iter().for_each(|ordinal| out.put_u32_le(*ordinal));
    let checksum = crc32c::crc32c_append(crc32c::crc32c(&out[FRAME_LEN..]), &request.body);
    out[4..FRAME_LEN].copy_from_slice(&checksum.to_le_bytes());
    out.freeze()
}

/// Reads the record at the start of `bytes`: its number, its request and its length.
///
/// # Errors
///
/// What is wrong with it.
pub(super) fn read(bytes: &Bytes) -> Result<(u64, RecordedRequest, usize), &'static str> {
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
    let (seq, request) = parse(content).ok_or("a record with a good checksum has an unknown form")?;
    Ok((seq, request, end))
}

const CUT: &str = "the last record was cut short";

fn parse(mut content: Bytes) -> Option<(u64, RecordedRequest)> {
    let seq = content.get_u64_le();
    let received = Nanos(content.get_i64_le());
    let signal = signal_of(content.get_u8())?;
    let encoding = encoding_of(content.get_u8())?;
    let tenant_len = usize::from(content.get_u16_le());
    let rejected_len = content.get_u32_le() as usize;
    let lists = tenant_len.checked_add(rejected_len.checked_mul(4)?)?;
    if content.len() < lists {
        return None;
    }
    let tenant: Tenant = std::str::from_utf8(&content.split_to(tenant_len)).ok()?.parse().ok()?;
    let rejected = (0..rejected_len).map(|_| content.get_u32_le()).collect();
    Some((seq, RecordedRequest { tenant, signal, encoding, received, rejected, body: content }))
}

/// A request body is limited far below 4 GiB; a longer one would not read back and so is told.
fn narrow(len: usize) -> u32 {
    u32::try_from(len).expect("a request is far shorter than 4 GiB")
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
