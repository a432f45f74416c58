//! One run: a sorted list of (hash of a key, place), in blocks, behind them a directory of files and blocks.

use std::io;
use std::path::{Path as DiskPath, PathBuf};

use bytes::{Buf, Bytes};
use object_store::path::Path;

use super::layout::{BLOCK_ROWS, Layout};
use super::varint;
use crate::disk::Disk;

/// First and last bytes of a run; the last of them is the version.
pub(super) const MAGIC: [u8; 8] = *b"sbindex\x02";

/// Bytes behind the directory: its position, its length, its checksum, [`MAGIC`].
pub(super) const TRAILER: usize = 8 + 4 + 4 + MAGIC.len();

/// Bytes behind the entries of a block: their checksum.
const CHECKSUM: usize = 4;

/// One entry: a hash, and a place by its number in the run: the parts of the first file come first, then those of the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Entry {
    pub(super) hash: u64,
    pub(super) place: u32,
}

/// Why a run cannot be used.
#[derive(Debug, thiserror::Error)]
pub(super) enum RunError {
    #[error("{0}")]
    Io(#[from] io::Error),
    #[error("{0} is damaged")]
    Damaged(&'static str),
}

/// A run; its directory is held in memory, 16 bytes a block of some 4 KiB.
#[derive(Debug)]
pub(super) struct Run {
    path: PathBuf,
    directory: Directory,
}

/// What lies behind the blocks.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Directory {
    /// The files that are covered.
    pub(super) files: Vec<Path>,
    /// The parts of each file.
    pub(super) layouts: Vec<Layout>,
    /// How many entries each file has.
    pub(super) entries: Vec<u32>,
    /// The number of the first place of each file, and behind the last the number of all.
    pub(super) places: Vec<u32>,
    /// The blocks: the first hash of each, and where it begins. No hash is in two blocks.
    pub(super) blocks: Vec<(u64, u64)>,
    /// Where the last block ends.
    pub(super) end: u64,
}

// === impl Run ===

impl Run {
    /// Opens a run that is on disk; `table` is the folder its files are named below.
    pub(super) fn open(disk: &dyn Disk, path: PathBuf, table: &Path) -> Result<Self, RunError> {
        let len = disk.stat(&path)?.len;
        let trailer_at = len.checked_sub(TRAILER as u64).ok_or(RunError::Damaged("the trailer"))?;
        let trailer = disk.read(&path, Some(trailer_at..len))?;
        let (at, size, checksum) = trailer_of(trailer).ok_or(RunError::Damaged("the trailer"))?;
        if at.checked_add(size) != Some(trailer_at) {
            return Err(RunError::Damaged("the trailer"));
        }
        let bytes = disk.read(&path, Some(at..at + size))?;
        let sound = bytes.len() as u64 == size && crc32c::crc32c(&bytes) == checksum;
        let directory = sound.then(|| Directory::decode(&bytes, at, table)).flatten();
        Ok(Self { path, directory: directory.ok_or(RunError::Damaged("the directory"))? })
    }

    /// A run that was just written.
    pub(super) fn new(path: PathBuf, directory: Directory) -> Self {
        Self { path, directory }
    }

    pub(super) fn path(&self) -> &DiskPath {
        &self.path
    }

    /// The files that are covered.
    pub(super) fn files(&self) -> &[Path] {
        &self.directory.files
    }

    /// How many entries each file has.
    pub(super) fn entries(&self) -> &[u32] {
        &self.directory.entries
    }

    /// The parts of each file.
    pub(super) fn layouts(&self) -> &[Layout] {
        &self.directory.layouts
    }

    /// The number of each file's first place, and behind the last the number of all.
    pub(super) fn places(&self) -> &[u32] {
        &self.directory.places
    }

    /// How many blocks there are.
    pub(super) fn blocks(&self) -> usize {
        self.directory.blocks.len()
    }

    /// Gives each place of a hash to `each`: the file, the part, and the parts the file has. Says how many bytes were read for
    /// it.
    pub(super) fn find<'a>(
        &'a self,
        disk: &dyn Disk,
        hash: u64,
        mut each: impl FnMut(&'a Path, u32, &'a Layout),
    ) -> Result<u64, RunError> {
        let after = self.directory.blocks.partition_point(|(first, _)| *first <= hash);
        let Some(block) = after.checked_sub(1) else { return Ok(0) };
        let (entries, bytes) = self.block(disk, block)?;
        for entry in entries.iter().filter(|entry| entry.hash == hash) {
            let places = &self.directory.places;
            let file = places.partition_point(|first| *first <= entry.place) - 1;
            each(&self.directory.files[file], entry.place - places[file], &self.directory.layouts[file]);
        }
        Ok(bytes)
    }

    /// The entries of a block, and the bytes they take.
    pub(super) fn block(&self, disk: &dyn Disk, block: usize) -> Result<(Vec<Entry>, u64), RunError> {
        let (first, from) = self.directory.blocks[block];
        let to = self.directory.blocks.get(block + 1).map_or(self.directory.end, |(_, next)| *next);
        let bytes = disk.read(&self.path, Some(from..to))?;
        let sound = bytes.len() as u64 == to - from;
        let entries =
            sound.then(|| entries(&bytes, first, self.directory.places.last().copied().unwrap_or_default())).flatten();
        entries.map(|entries| (entries, to - from)).ok_or(RunError::Damaged("a block"))
    }
}

fn trailer_of(mut bytes: Bytes) -> Option<(u64, u64, u32)> {
    if bytes.len() < TRAILER || bytes[TRAILER - MAGIC.len()..] != MAGIC {
        return None;
    }
    Some((bytes.get_u64_le(), u64::from(bytes.get_u32_le()), bytes.get_u32_le()))
}

/// The entries of a block; `None` when its checksum is not right or a place is not below `places`.
fn entries(block: &[u8], first: u64, places: u32) -> Option<Vec<Entry>> {
    let (mut bytes, checksum) = block.split_at_checked(block.len().checked_sub(CHECKSUM)?)?;
    if crc32c::crc32c(bytes).to_le_bytes() != checksum {
        return None;
    }
    let (mut entries, mut hash) = (Vec::new(), first);
    while !bytes.is_empty() {
        hash = hash.checked_add(varint::take(&mut bytes)?)?;
        let place = u32::try_from(varint::take(&mut bytes)?).ok().filter(|place| *place < places)?;
        entries.push(Entry { hash, place });
    }
    Some(entries)
}

// === impl Directory ===

impl Directory {
    /// The rows of a block of a file. Files, each with its name below the table's folder, its row groups and its entries; then blocks, each with what its first hash and
    /// its position are more than those of the block before.
    pub(super) fn encode(&self, table: &Path) -> Vec<u8> {
        let mut out = Vec::new();
        varint::push(&mut out, u64::from(BLOCK_ROWS));
        varint::push(&mut out, self.files.len() as u64);
        for ((file, entries), layout) in self.files.iter().zip(&self.entries).zip(&self.layouts) {
            let name =
                file.as_ref().strip_prefix(table.as_ref()).unwrap_or_else(|| file.as_ref()).trim_start_matches('/');
            varint::push(&mut out, name.len() as u64);
            out.extend_from_slice(name.as_bytes());
            varint::push(&mut out, layout.groups().len() as u64);
            layout.groups().iter().for_each(|rows| varint::push(&mut out, u64::from(*rows)));
            varint::push(&mut out, u64::from(*entries));
        }
        varint::push(&mut out, self.blocks.len() as u64);
        let mut before = (0, 0);
        for block in &self.blocks {
            varint::push(&mut out, block.0 - before.0);
            varint::push(&mut out, block.1 - before.1);
            before = *block;
        }
        out
    }

    /// `None` when the bytes say something else than [`Directory::encode`] wrote, with blocks of as many rows. `end` is where the blocks end.
    fn decode(bytes: &[u8], end: u64, table: &Path) -> Option<Self> {
        let mut rest = bytes;
        (varint::take(&mut rest)? == u64::from(BLOCK_ROWS)).then_some(())?;
        let mut directory = Self { end, places: vec![0], ..Self::default() };
        for _ in 0..varint::take(&mut rest)? {
            let len = usize::try_from(varint::take(&mut rest)?).ok()?;
            let (name, after) = rest.split_at_checked(len)?;
            rest = after;
            let name = Path::parse(std::str::from_utf8(name).ok()?).ok()?;
            directory.files.push(Path::from_iter(table.parts().chain(name.parts())));
            let groups = (0..varint::take(&mut rest)?).map(|_| u32::try_from(varint::take(&mut rest)?).ok());
            let layout = Layout::of_groups(groups.collect::<Option<_>>()?);
            directory.places.push(directory.places.last()?.checked_add(layout.parts()?)?);
            directory.layouts.push(layout);
            directory.entries.push(u32::try_from(varint::take(&mut rest)?).ok()?);
        }
        let mut before = (0_u64, 0_u64);
        for _ in 0..varint::take(&mut rest)? {
            let hash = before.0.checked_add(varint::take(&mut rest)?)?;
            let at = before.1.checked_add(varint::take(&mut rest)?)?;
            before = (hash, at);
            directory.blocks.push(before);
        }
        (rest.is_empty() && before.1 <= end).then_some(directory)
    }
}
