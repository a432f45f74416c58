//! A stored file as Parquet's reader wants it: read piece by piece unless it is small.

use std::io::{self, Read};
use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;

use bytes::{Buf, Bytes};
use parquet::errors::{ParquetError, Result};
use parquet::file::reader::{ChunkReader, Length};

use crate::disk::Disk;

/// A file of up to so many bytes is read at once after all: that is cheaper than piece by piece.
const WHOLE: u64 = 256 << 10;

/// Bytes read at once where it is not known how many are wanted.
const WINDOW: u64 = 64 << 10;

/// A file of a disk.
#[derive(Debug, Clone)]
pub(crate) struct Chunks {
    disk: Arc<dyn Disk>,
    path: PathBuf,
    len: u64,
    /// All of a small file.
    whole: Option<Bytes>,
}

/// The bytes of a file from some place on.
#[derive(Debug)]
pub(crate) struct Tail {
    file: Chunks,
    at: u64,
    read: Bytes,
}

// === impl Chunks ===

impl Chunks {
    /// A file of `len` bytes.
    ///
    /// # Errors
    ///
    /// What the system says.
    pub(crate) fn open(disk: Arc<dyn Disk>, path: PathBuf, len: u64) -> io::Result<Self> {
        let whole = if len <= WHOLE { Some(disk.read(&path, None)?) } else { None };
        Ok(Self { disk, path, len, whole })
    }

    fn read(&self, range: Range<u64>) -> io::Result<Bytes> {
        let Some(whole) = &self.whole else { return self.disk.read(&self.path, Some(range)) };
        let place = |at: u64| usize::try_from(at).unwrap_or(usize::MAX).min(whole.len());
        Ok(whole.slice(place(range.start)..place(range.end)))
    }
}

impl Length for Chunks {
    fn len(&self) -> u64 {
        self.len
    }
}

impl ChunkReader for Chunks {
    type T = Tail;

    fn get_read(&self, start: u64) -> Result<Tail> {
        Ok(Tail { file: self.clone(), at: start, read: Bytes::new() })
    }

    fn get_bytes(&self, start: u64, length: usize) -> Result<Bytes> {
        let bytes = self.read(start..start.saturating_add(length as u64))?;
        if bytes.len() == length { Ok(bytes) } else { Err(ParquetError::EOF("the file is too short".to_owned())) }
    }
}

// === impl Tail ===

impl Read for Tail {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if self.read.is_empty() {
            let end = self.at.saturating_add(WINDOW).min(self.file.len);
            if self.at >= end {
                return Ok(0);
            }
            self.read = self.file.read(self.at..end)?;
            self.at += self.read.len() as u64;
        }
        let count = out.len().min(self.read.len());
        self.read.copy_to_slice(&mut out[..count]);
        Ok(count)
    }
}
