//! Writes a run, block by block, so that what is held does not grow with the run.

use std::io::{self, IoSlice};
use std::path::{Path as DiskPath, PathBuf};

use object_store::path::Path;

use super::layout::Layout;
use super::run::{Directory, Entry, MAGIC, Run};
use super::varint;
use crate::disk::{Disk, DiskFile, TEMPORARY, Target};

/// Bytes of a block from which on the next hash begins a new one.
const BLOCK_BYTES: usize = 4 * 1024;

/// Bytes that are gathered before they are written.
const WRITE_BYTES: usize = 256 * 1024;

/// A run that is being written.
pub(super) struct RunWriter<'a> {
    disk: &'a dyn Disk,
    temporary: PathBuf,
    file: Box<dyn DiskFile>,
    directory: Directory,
    /// Whole blocks that are not written yet.
    ready: Vec<u8>,
    /// The entries of the block that is being made.
    block: Vec<u8>,
    last: Option<u64>,
    /// Whether the file has its name.
    published: bool,
}

// === impl RunWriter ===

impl<'a> RunWriter<'a> {
    /// Begins a run that covers `files`, each with its parts.
    pub(super) fn new(disk: &'a dyn Disk, files: Vec<(Path, Layout)>) -> io::Result<Self> {
        let temporary = DiskPath::new(TEMPORARY).join(uuid::Uuid::new_v4().simple().to_string());
        let file = disk.create(&temporary)?;
        let (entries, end) = (vec![0; files.len()], MAGIC.len() as u64);
        let (files, layouts): (Vec<_>, Vec<Layout>) = files.into_iter().unzip();
        let mut places = vec![0_u32];
        for layout in &layouts {
            let first = places.last().copied().unwrap_or_default();
            let next = layout.parts().and_then(|parts| first.checked_add(parts));
            places.push(next.ok_or_else(|| io::Error::other("an index run of more places than it can number"))?);
        }
        let directory = Directory { files, layouts, entries, places, blocks: Vec::new(), end };
        let (ready, block) = (MAGIC.to_vec(), Vec::new());
        Ok(Self { disk, temporary, file, directory, ready, block, last: None, published: false })
    }

    /// Adds an entry that is not less than those before.
    pub(super) fn push(&mut self, entry: Entry) -> io::Result<()> {
        if self.block.len() >= BLOCK_BYTES && self.last != Some(entry.hash) {
            self.end_block()?;
        }
        if self.block.is_empty() {
            self.directory.blocks.push((entry.hash, self.directory.end));
            self.last = Some(entry.hash);
        }
        varint::push(&mut self.block, entry.hash - self.last.unwrap_or(entry.hash));
        varint::push(&mut self.block, u64::from(entry.place));
        self.last = Some(entry.hash);
        let file = self.directory.places.partition_point(|first| *first <= entry.place) - 1;
        self.directory.entries[file] += 1;
        Ok(())
    }

    /// Gives the run its name in `folder`, whole and durable.
    pub(super) fn finish(mut self, folder: &DiskPath, table: &Path) -> io::Result<Run> {
        self.end_block()?;
        let directory = self.directory.encode(table);
        let size = u32::try_from(directory.len()).map_err(io::Error::other)?;
        self.ready.extend_from_slice(&directory);
        self.ready.extend_from_slice(&self.directory.end.to_le_bytes());
        self.ready.extend_from_slice(&size.to_le_bytes());
        self.ready.extend_from_slice(&crc32c::crc32c(&directory).to_le_bytes());
        self.ready.extend_from_slice(&MAGIC);
        self.write()?;
        self.file.sync()?;
        let path = folder.join(format!("{}.run", uuid::Uuid::new_v4()));
        self.disk.create_dir(folder)?;
        self.disk.publish(&self.temporary, &path, Target::New)?;
        self.published = true;
        self.disk.sync_dir(folder)?;
        Ok(Run::new(path, std::mem::take(&mut self.directory)))
    }

    fn end_block(&mut self) -> io::Result<()> {
        if !self.block.is_empty() {
            self.block.extend_from_slice(&crc32c::crc32c(&self.block).to_le_bytes());
            self.directory.end += self.block.len() as u64;
            self.ready.append(&mut self.block);
        }
        if self.ready.len() >= WRITE_BYTES { self.write() } else { Ok(()) }
    }

    fn write(&mut self) -> io::Result<()> {
        self.file.append(&mut [IoSlice::new(&self.ready)])?;
        self.ready.clear();
        Ok(())
    }
}

impl Drop for RunWriter<'_> {
    fn drop(&mut self) {
        if !self.published {
            // What cannot be removed is swept at the next start.
            self.disk.remove(&self.temporary).ok();
        }
    }
}
