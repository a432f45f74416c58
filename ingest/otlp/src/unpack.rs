//! The compressions a body may have, the same on both transports.

use std::io::{self, Read};

use bytes::{Buf as _, Bytes};
use flate2::read::MultiGzDecoder;
use flate2::{Decompress, FlushDecompress, Status};
use zstd::stream::read::Decoder;

use crate::refuse::Refusal;

/// The largest window a zstd frame may ask for, as a power of 2: 8 MiB, which RFC 9659 sets for
/// HTTP. More is asked for by frames that only want memory.
const ZSTD_WINDOW_LOG: u32 = 23;

/// How a body is compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Packing {
    /// Members of gzip, one after the other.
    Gzip,
    /// One stream of zlib, which HTTP and gRPC call deflate.
    Deflate,
    /// Frames of zstd, one after the other.
    Zstd,
}

/// A stream of zlib that has to end, and nothing may follow.
struct Inflate {
    from: Bytes,
    state: Decompress,
    ended: bool,
}

// === impl Packing ===

impl Packing {
    /// What `grpc-accept-encoding` says; `Content-Encoding` has the same words.
    pub(crate) const NAMES: &'static str = "identity,gzip,deflate,zstd";

    /// Reads a word of `Content-Encoding` or `grpc-encoding`; `None` stands for a plain body.
    ///
    /// # Errors
    ///
    /// When it is not known. A body that was compressed twice has a list of words here, which is
    /// not known either.
    pub(crate) fn named(name: &str) -> Result<Option<Self>, Refusal> {
        let known = [("gzip", Self::Gzip), ("deflate", Self::Deflate), ("zstd", Self::Zstd)];
        let name = name.trim();
        if name.is_empty() || name.eq_ignore_ascii_case("identity") {
            return Ok(None);
        }
        let found = known.into_iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map(|(_, packing)| Some(packing)).ok_or_else(|| Refusal::ContentEncoding { found: name.to_owned() })
    }

    /// Unpacks bit by bit.
    ///
    /// # Errors
    ///
    /// When the library does not come up.
    pub(crate) fn open(self, packed: Bytes) -> io::Result<Box<dyn Read + Send>> {
        Ok(match self {
            Self::Gzip => Box::new(MultiGzDecoder::new(packed.reader())),
            Self::Deflate => Box::new(Inflate { from: packed, state: Decompress::new(true), ended: false }),
            Self::Zstd => {
                let mut decoder = Decoder::with_buffer(packed.reader())?;
                decoder.window_log_max(ZSTD_WINDOW_LOG)?;
                Box::new(decoder)
            }
        })
    }

    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Gzip => "gzip",
            Self::Deflate => "deflate",
            Self::Zstd => "zstd",
        }
    }
}

// === impl Inflate ===

impl Read for Inflate {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        while !self.ended && !to.is_empty() {
            let (taken, made) = (self.state.total_in(), self.state.total_out());
            let status = self.state.decompress(&self.from, to, FlushDecompress::None).map_err(io::Error::other)?;
            let taken = usize::try_from(self.state.total_in() - taken).unwrap_or(usize::MAX);
            self.from.advance(taken.min(self.from.len()));
            self.ended = status == Status::StreamEnd;
            if self.ended && !self.from.is_empty() {
                return Err(io::Error::other("bytes follow its end"));
            }
            match usize::try_from(self.state.total_out() - made).unwrap_or(usize::MAX) {
                0 if taken == 0 && !self.ended => return Err(io::ErrorKind::UnexpectedEof.into()),
                0 => {}
                made => return Ok(made),
            }
        }
        Ok(0)
    }
}

#[cfg(test)]
mod tests;
