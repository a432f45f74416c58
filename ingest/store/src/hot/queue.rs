//! The hot rows of a table on their way to files, in parts.
//!
//! A flush holds copies of the rows it writes. So it writes one part, however many rows wait, and what a part
//! took is given back before the next is begun.

use std::collections::VecDeque;

use arrow::record_batch::RecordBatch;
use tokio::time::Instant;

use super::Hot;

/// Bytes after which a part takes no more rows.
const PART_BYTES: usize = 32 << 20;

/// All hot rows of a table, oldest first.
#[derive(Debug, Default)]
pub(crate) struct HotQueue {
    /// The part that is being written. It stays readable here until the commit.
    sealed: Hot,
    full: VecDeque<Hot>,
    open: Hot,
}

// === impl HotQueue ===

impl HotQueue {
    /// Adds the rows of the request numbered `seq`, and says by how much the size changed.
    pub(crate) fn push(&mut self, seq: u64, rows: RecordBatch, now: Instant) -> isize {
        let grown = self.open.push(seq, rows, now);
        if self.open.size_bytes() >= PART_BYTES {
            self.full.push_back(std::mem::take(&mut self.open));
        }
        grown
    }

    /// Takes the oldest part for writing, or the one of a flush that failed: its batches, and the number of its
    /// newest request.
    pub(crate) fn seal(&mut self) -> Option<(Vec<RecordBatch>, u64)> {
        if self.sealed.first_seq().is_none() {
            self.sealed = self.full.pop_front().unwrap_or_else(|| std::mem::take(&mut self.open));
        }
        self.sealed.first_seq()?;
        Some((self.sealed.batches().to_vec(), self.sealed.last_seq()))
    }

    /// The part that will be taken next, if it is full and so stays as it is: likewise.
    pub(crate) fn next_full(&self) -> Option<(Vec<RecordBatch>, u64)> {
        self.full.front().map(|part| (part.batches().to_vec(), part.last_seq()))
    }

    /// Lets go of the part that was written; says how many bytes that freed.
    pub(crate) fn let_go(&mut self) -> usize {
        std::mem::take(&mut self.sealed).size_bytes()
    }

    /// The parts that have rows, oldest first.
    pub(crate) fn parts(&self) -> impl DoubleEndedIterator<Item = &Hot> {
        let all = [&self.sealed].into_iter().chain(&self.full).chain([&self.open]);
        all.filter(|part| part.first_seq().is_some())
    }

    /// Memory of the rows, in bytes.
    pub(crate) fn size_bytes(&self) -> usize {
        self.parts().map(Hot::size_bytes).sum()
    }

    /// When the oldest row came; `None` when there are no rows.
    pub(crate) fn since(&self) -> Option<Instant> {
        self.parts().next()?.since()
    }

    /// Number of the oldest request in here.
    pub(crate) fn first_seq(&self) -> Option<u64> {
        self.parts().next()?.first_seq()
    }

    /// Number of the newest request in here.
    pub(crate) fn last_seq(&self) -> Option<u64> {
        self.parts().next_back().map(Hot::last_seq)
    }
}

#[cfg(test)]
mod tests;
