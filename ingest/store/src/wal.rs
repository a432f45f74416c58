//! The write-ahead log: raw requests, made durable in groups before anyone is answered.
//!
//! A log is a folder of segments. A segment is a header and records, each with its length and
//! checksum (`docs/formats/wal.md`). Segments are only ever appended to by the process that made
//! them; a restart begins a new one. A segment is removed once every table has committed past
//! its last record.

mod record;
mod segment;

use std::io::{self, IoSlice};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;

use crate::append::Record;
use crate::disk::{Disk, DiskFile, Target, write_file};
use crate::error::StoreError;

/// The folder of the log.
const FOLDER: &str = "wal";

/// A segment is closed once it is this large. Small enough to be replayed from memory, large
/// enough that making and removing segments costs nothing beside writing them.
const SEGMENT_BYTES: u64 = 64 * 1024 * 1024;

/// Requests of a thousand years; a file named after a higher number is not ours. The tables' watermarks
/// could not count up to it.
const MAX_SEQ: u64 = 1 << 62;

/// The log, open for appending.
#[derive(Debug)]
pub(crate) struct Wal {
    disk: Arc<dyn Disk>,
    next_seq: u64,
    active: Option<Active>,
    closed: Vec<Segment>,
}

/// A segment nothing is appended to any more.
#[derive(Debug, Clone)]
pub(crate) struct Segment {
    path: PathBuf,
    /// Sequence number of its last record; `None` until it was read.
    last_seq: Option<u64>,
}

#[derive(Debug)]
struct Active {
    file: Box<dyn DiskFile>,
    path: PathBuf,
    len: u64,
    last_seq: u64,
}

// === impl Wal ===

impl Wal {
    /// Opens the log and lists the segments a former process left, oldest first.
    ///
    /// # Errors
    ///
    /// [`StoreError::Io`] when the folder cannot be made or read.
    pub(crate) fn open(disk: Arc<dyn Disk>) -> Result<Self, StoreError> {
        let folder = Path::new(FOLDER);
        disk.create_dir(folder).map_err(|source| error("create", folder, source))?;
        // What a process that was killed left is counted on from now on.
        disk.sync_dir(folder).map_err(|source| error("sync", folder, source))?;
        let entries = disk.list(folder).map_err(|source| error("list", folder, source))?;
        let is_segment = |path: &Path| path.extension().is_some_and(|extension| extension == "wal");
        let files = entries.into_iter().filter(|entry| !entry.is_dir && is_segment(&entry.path));
        let closed = files.map(|entry| Segment { path: entry.path, last_seq: None }).collect();
        Ok(Self { disk, next_seq: 1, active: None, closed })
    }

    /// The segments a former process left, oldest first.
    pub(crate) fn segments(&self) -> Vec<PathBuf> {
        self.closed.iter().map(|segment| segment.path.clone()).collect()
    }

    /// Reads one of [`Wal::segments`].
    ///
    /// Damage ends a segment early: the rest of it is copied to the quarantine folder and told in
    /// the log and in a metric, and the records before it are returned.
    ///
    /// # Errors
    ///
    /// [`StoreError::Io`] when it cannot be read, [`StoreError::Damaged`] when a newer version of
    /// slowburn wrote it.
    pub(crate) fn replay(&mut self, path: &Path) -> Result<Vec<(u64, Record)>, StoreError> {
        // A killed process may have written more than it synced. What is shown must stay.
        self.disk.sync_file(path).map_err(|source| error("sync", path, source))?;
        let bytes = self.disk.read(path, None).map_err(|source| error("read", path, source))?;
        let read = segment::read(&bytes).map_err(|reason| {
            let path = path.display().to_string();
            StoreError::Damaged { path, reason }
        })?;
        let rest = bytes.slice(read.good_len..);
        let kept = read.damage.is_none_or(|damage| self.quarantine(path, rest, read.good_len, &damage));
        let last_seq = read.records.last().map_or(0, |(seq, _)| *seq);
        for segment in self.closed.iter_mut().filter(|segment| segment.path == path && kept) {
            segment.last_seq = Some(last_seq);
        }
        // A segment without a whole record still has its name, which is a number that was given.
        self.next_seq = self.next_seq.max(last_seq + 1).max(first_seq(path) + 1);
        Ok(read.records)
    }

    /// Leaves one of [`Wal::segments`] on disk until the next start, which reads it again.
    pub(crate) fn keep(&mut self, path: &Path) {
        for segment in self.closed.iter_mut().filter(|segment| segment.path == path) {
            segment.last_seq = None;
        }
    }

    /// Numbers records after `seq`, which a table has committed already.
    pub(crate) fn continue_after(&mut self, seq: u64) {
        self.next_seq = self.next_seq.max(seq + 1);
    }

    /// Appends requests and returns the sequence number of the first, once all are durable.
    ///
    /// # Errors
    ///
    /// [`StoreError::Io`]: none of them may be acknowledged. The log stays usable.
    pub(crate) fn append(&mut self, records: &[&Record]) -> Result<u64, StoreError> {
        let first = self.next_seq;
        // Numbers are never used twice, even when the bytes did not make it to the disk whole.
        self.next_seq += records.len() as u64;
        let written = self.write(first, records);
        if written.is_err() {
            self.abandon();
        }
        written.map(|()| first)
    }

    /// Takes out the segments whose every record is numbered `seq` or lower, for [`remove`].
    pub(crate) fn take_done(&mut self, seq: u64) -> Vec<Segment> {
        if self.active.as_ref().is_some_and(|active| active.last_seq <= seq && active.len >= SEGMENT_BYTES) {
            self.close_active();
        }
        self.closed.extract_if(.., |segment| segment.last_seq.is_some_and(|last| last <= seq)).collect()
    }

    /// Takes segments back that could not be removed, to be tried again.
    pub(crate) fn take_back(&mut self, segments: Vec<Segment>) {
        self.closed.splice(..0, segments);
    }

    /// Closes the segment being written, so that [`Wal::take_done`] can take it out.
    pub(crate) fn close_active(&mut self) {
        if let Some(active) = self.active.take() {
            self.closed.push(Segment { path: active.path, last_seq: Some(active.last_seq) });
        }
    }

    fn write(&mut self, first: u64, records: &[&Record]) -> Result<(), StoreError> {
        if self.active.as_ref().is_some_and(|active| active.len >= SEGMENT_BYTES) {
            self.close_active();
        }
        let active = match &mut self.active {
            Some(active) => active,
            vacant => vacant.insert(create_segment(self.disk.as_ref(), first)?),
        };
        let heads: Vec<Bytes> = (first..).zip(records).map(|(seq, record)| record::head(seq, record)).collect();
        let mut slices = Vec::with_capacity(2 * records.len());
        for (head, record) in heads.iter().zip(records) {
            slices.push(IoSlice::new(head));
            slices.push(IoSlice::new(record.body()));
        }
        let len: usize = slices.iter().map(|slice| slice.len()).sum();
        let io = |action| move |source| error(action, Path::new(FOLDER), source);
        active.file.append(&mut slices).map_err(io("write"))?;
        active.file.sync().map_err(io("sync"))?;
        active.len += len as u64;
        active.last_seq = first + records.len() as u64 - 1;
        Ok(())
    }

    /// Leaves a segment whose end is in doubt: cuts it where it was last durable and closes it.
    ///
    /// Should the cut fail too, replay may bring back requests that were never acknowledged; it
    /// cannot lose one that was.
    fn abandon(&mut self) {
        let Some(mut active) = self.active.take() else { return };
        if let Err(error) = active.file.truncate(active.len).and_then(|()| active.file.sync()) {
            tracing::warn!(path = %active.path.display(), %error, "cannot cut a log segment after a failed write");
        }
        self.closed.push(Segment { path: active.path, last_seq: Some(active.last_seq) });
    }

    /// Copies what cannot be read to the quarantine folder; `false` when it cannot be written, as on a
    /// full disk. That must not keep a process from starting: then the segment itself stays.
    fn quarantine(&self, path: &Path, rest: Bytes, offset: usize, damage: &str) -> bool {
        let stem = path.file_stem().unwrap_or_default().to_string_lossy();
        let to = Path::new(FOLDER).join("quarantine").join(format!("{stem}-{offset}.damaged"));
        tracing::warn!(
            path = %path.display(), offset, size_bytes = rest.len(), quarantine = %to.display(), damage,
            "the rest of a log segment cannot be read and was set aside"
        );
        metrics::counter!("ingest_store_wal_damaged_bytes_total").increment(rest.len() as u64);
        let written = write_file(self.disk.as_ref(), &to, &[rest], Target::Replace);
        if let Err(error) = &written {
            tracing::warn!(path = %path.display(), %error, "cannot write to quarantine; the whole segment stays");
        }
        written.is_ok()
    }
}

/// Removes segments, apart from the log, because the system takes its time; returns those that are still there.
pub(crate) fn remove(disk: &dyn Disk, mut segments: Vec<Segment>) -> Vec<Segment> {
    segments.retain(|segment| match disk.remove(&segment.path) {
        Ok(()) => false,
        Err(error) => {
            tracing::warn!(path = %segment.path.display(), %error, "cannot remove a log segment");
            true
        }
    });
    segments
}

fn segment_path(first: u64) -> PathBuf {
    Path::new(FOLDER).join(format!("{first:020}.wal"))
}

/// The number in the name of a segment; 0 for a name that is not ours.
fn first_seq(path: &Path) -> u64 {
    let number = path.file_stem().and_then(|stem| stem.to_str()?.parse().ok()).unwrap_or(0);
    if number < MAX_SEQ { number } else { 0 }
}

fn create_segment(disk: &dyn Disk, first: u64) -> Result<Active, StoreError> {
    let path = segment_path(first);
    let created = disk.create(&path).and_then(|mut file| {
        let made = file.append(&mut [IoSlice::new(&segment::HEADER)]).and_then(|()| file.sync());
        match made.and_then(|()| disk.sync_dir(Path::new(FOLDER))) {
            Ok(()) => Ok(file),
            Err(error) => {
                // Nothing is in it; left behind, every refused group would leave another.
                disk.remove(&path).ok();
                Err(error)
            }
        }
    });
    match created {
        Ok(file) => Ok(Active { file, path, len: segment::HEADER.len() as u64, last_seq: first - 1 }),
        Err(source) => Err(error("create", &path, source)),
    }
}

fn error(action: &'static str, path: &Path, source: io::Error) -> StoreError {
    StoreError::Io { action, path: path.display().to_string(), source }
}

#[cfg(test)]
mod tests;
