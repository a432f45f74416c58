//! Files and names, as they are read and as they would be after a power cut.

use std::collections::BTreeMap;
use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use bytes::Bytes;

use super::super::{DiskEntry, Target};
use super::chance::Chance;

/// What a disk writes at once.
const SECTOR: usize = 512;

/// Everything on a disk.
#[derive(Debug, Clone, Default)]
pub(super) struct Medium {
    files: Vec<File>,
    names: BTreeMap<PathBuf, Name>,
}

/// The bytes of a file.
#[derive(Debug, Clone, Default)]
struct File {
    /// As they are read.
    now: Vec<u8>,
    /// As they were synced last.
    durable: Vec<u8>,
    /// What was done since.
    pending: Vec<Change>,
    /// Parts that no later sync brings to the medium, because the one they waited for failed.
    holes: Vec<Range<usize>>,
}

#[derive(Debug, Clone)]
enum Change {
    Append { at: usize, bytes: Vec<u8> },
    Truncate(usize),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Node {
    Dir,
    File(usize),
}

/// What a name stands for.
#[derive(Debug, Clone, Default)]
struct Name {
    now: Option<Node>,
    durable: Option<Node>,
    /// What it stood for since its folder was synced last, other than now.
    since: Vec<Option<Node>>,
}

/// How much of what was not synced is on the medium.
#[derive(Debug, Clone, Copy)]
pub(super) enum Kept {
    Nothing,
    Everything,
    AnyPart,
}

// === impl Medium ===

impl Medium {
    pub(super) fn create(&mut self, path: &Path) -> io::Result<usize> {
        self.vacant(path)?;
        self.files.push(File::default());
        let file = self.files.len() - 1;
        self.set(path, Some(Node::File(file)));
        Ok(file)
    }

    pub(super) fn make_dir(&mut self, dir: &Path) -> io::Result<()> {
        self.vacant(dir)?;
        self.set(dir, Some(Node::Dir));
        Ok(())
    }

    /// A folder that survives everything.
    pub(super) fn make_durable_dir(&mut self, path: &Path) {
        let dir = Some(Node::Dir);
        self.names.insert(PathBuf::from(path), Name { now: dir, durable: dir, since: Vec::new() });
    }

    pub(super) fn append(&mut self, file: usize, bytes: Vec<u8>) -> io::Result<()> {
        let file = &mut self.files[file];
        let at = file.now.len();
        file.now.extend_from_slice(&bytes);
        file.pending.push(Change::Append { at, bytes });
        Ok(())
    }

    pub(super) fn truncate(&mut self, file: usize, len: u64) -> io::Result<()> {
        let (file, len) = (&mut self.files[file], usize::try_from(len).unwrap());
        file.now.resize(len, 0);
        file.pending.push(Change::Truncate(len));
        file.holes.retain(|hole| hole.start < len);
        Ok(())
    }

    pub(super) fn sync(&mut self, file: usize) -> io::Result<()> {
        let file = &mut self.files[file];
        file.pending.clear();
        file.durable.clone_from(&file.now);
        let len = file.durable.len();
        for hole in &file.holes {
            file.durable[hole.start.min(len)..hole.end.min(len)].fill(0);
        }
        Ok(())
    }

    /// A sync that fails: the cache drops what it should have written and believes it clean.
    pub(super) fn fail_to_sync(&mut self, file: usize) {
        let file = &mut self.files[file];
        for change in file.pending.drain(..) {
            match change {
                Change::Append { at, bytes } => file.holes.push(at..at + bytes.len()),
                Change::Truncate(len) => file.durable.truncate(len),
            }
        }
    }

    pub(super) fn sync_dir(&mut self, dir: &Path) -> io::Result<()> {
        for (_, name) in self.names.iter_mut().filter(|(path, _)| path.parent() == Some(dir)) {
            name.durable = name.now;
            name.since.clear();
        }
        Ok(())
    }

    pub(super) fn publish(&mut self, from: &Path, to: &Path, target: Target) -> io::Result<()> {
        let file = Node::File(self.file(from)?);
        match target {
            Target::New => self.vacant(to)?,
            Target::Replace => self.in_a_folder(to)?,
        }
        self.set(to, Some(file));
        self.set(from, None);
        Ok(())
    }

    pub(super) fn remove(&mut self, path: &Path) -> io::Result<()> {
        self.file(path)?;
        self.set(path, None);
        Ok(())
    }

    pub(super) fn read(&self, path: &Path, range: Option<Range<u64>>) -> io::Result<Bytes> {
        let bytes = &self.files[self.file(path)?].now;
        let held = |at: u64| usize::try_from(at).unwrap_or(usize::MAX).min(bytes.len());
        let range = range.map_or(0..bytes.len(), |range| held(range.start)..held(range.end));
        Ok(Bytes::copy_from_slice(&bytes[range.start..range.end.max(range.start)]))
    }

    pub(super) fn stat(&self, path: &Path) -> io::Result<DiskEntry> {
        let node = self.node(path).ok_or(io::ErrorKind::NotFound)?;
        Ok(self.entry(path, node))
    }

    pub(super) fn list(&self, dir: &Path) -> Vec<DiskEntry> {
        let names = self.names.range(dir.to_owned()..).take_while(|(path, _)| path.starts_with(dir));
        let children = names.filter(|(path, _)| path.parent() == Some(dir));
        children.filter_map(|(path, name)| Some(self.entry(path, name.now?))).collect()
    }

    pub(super) fn file(&self, path: &Path) -> io::Result<usize> {
        match self.node(path) {
            Some(Node::File(file)) => Ok(file),
            Some(Node::Dir) => Err(io::ErrorKind::IsADirectory.into()),
            None => Err(io::ErrorKind::NotFound.into()),
        }
    }

    /// Leaves what a power cut leaves.
    pub(super) fn lose_power(&mut self, kept: Kept, chance: &mut Chance) {
        for file in &mut self.files {
            file.lose_power(kept, chance);
        }
        // In the order of the files they stand for: paths have random parts, and a seed is to replay.
        let mut names: Vec<&mut Name> = self.names.values_mut().collect();
        names.sort_by_key(|name| name.first_file());
        names.into_iter().for_each(|name| name.lose_power(kept, chance));
        // What lies in a folder that is gone is gone, the folders above before those below.
        let mut lost = Vec::new();
        for path in self.names.keys() {
            if self.names[path].now.is_none()
                || path.ancestors().skip(1).any(|above| lost.iter().any(|dir| dir == above))
            {
                lost.push(path.clone());
            }
        }
        lost.iter().for_each(|path| drop(self.names.remove(path)));
    }

    fn node(&self, path: &Path) -> Option<Node> {
        if path.as_os_str().is_empty() { Some(Node::Dir) } else { self.names.get(path)?.now }
    }

    fn entry(&self, path: &Path, node: Node) -> DiskEntry {
        let len = if let Node::File(file) = node { self.files[file].now.len() as u64 } else { 0 };
        DiskEntry { path: path.to_owned(), len, is_dir: node == Node::Dir, modified: SystemTime::now() }
    }

    fn in_a_folder(&self, path: &Path) -> io::Result<()> {
        let folder = path.parent().unwrap_or_else(|| Path::new(""));
        if self.node(folder) == Some(Node::Dir) { Ok(()) } else { Err(io::ErrorKind::NotFound.into()) }
    }

    fn vacant(&self, path: &Path) -> io::Result<()> {
        self.in_a_folder(path)?;
        if self.node(path).is_some() { Err(io::ErrorKind::AlreadyExists.into()) } else { Ok(()) }
    }

    fn set(&mut self, path: &Path, node: Option<Node>) {
        let name = self.names.entry(path.to_owned()).or_default();
        name.since.push(name.now);
        name.now = node;
    }
}

// === impl Kept ===

impl Kept {
    pub(super) fn any(chance: &mut Chance) -> Self {
        match chance.below(4) {
            0 => Self::Nothing,
            1 => Self::Everything,
            _ => Self::AnyPart,
        }
    }
}

// === impl Name ===

impl Name {
    /// The file made first of those it stands or stood for.
    fn first_file(&self) -> Option<usize> {
        let nodes = [self.now, self.durable].into_iter().chain(self.since.iter().copied()).flatten();
        let files = nodes.filter_map(|node| if let Node::File(file) = node { Some(file) } else { None });
        files.min()
    }

    fn lose_power(&mut self, kept: Kept, chance: &mut Chance) {
        if !self.since.is_empty() {
            let either = [self.durable, self.now];
            self.now = match kept {
                Kept::Nothing => self.durable,
                Kept::Everything => self.now,
                Kept::AnyPart if chance.one_in(2) => self.since[chance.below(self.since.len())],
                Kept::AnyPart => either[chance.below(2)],
            };
        }
        *self = Self { now: self.now, durable: self.now, since: Vec::new() };
    }
}

// === impl File ===

impl File {
    fn lose_power(&mut self, kept: Kept, chance: &mut Chance) {
        let mut left = std::mem::take(&mut self.durable);
        for change in self.pending.drain(..) {
            match kept {
                Kept::Nothing => {}
                Kept::Everything => change.apply(&mut left),
                Kept::AnyPart => change.apply_in_part(&mut left, chance),
            }
        }
        *self = Self { now: left.clone(), durable: left, ..Self::default() };
    }
}

// === impl Change ===

impl Change {
    fn apply(&self, file: &mut Vec<u8>) {
        match self {
            Self::Append { at, bytes } => write(file, *at, bytes),
            Self::Truncate(len) => file.resize(*len, 0),
        }
    }

    /// All of it, nothing, its beginning, or some of its sectors.
    fn apply_in_part(&self, file: &mut Vec<u8>, chance: &mut Chance) {
        let how = chance.below(4);
        match self {
            _ if how == 0 => {}
            Self::Append { at, bytes } if how == 1 => write(file, *at, &bytes[..chance.below(bytes.len() + 1)]),
            Self::Append { at, bytes } if how == 2 => {
                for (nth, sector) in bytes.chunks(SECTOR).enumerate() {
                    if chance.one_in(2) {
                        write(file, at + nth * SECTOR, sector);
                    }
                }
            }
            _ => self.apply(file),
        }
    }
}

fn write(file: &mut Vec<u8>, at: usize, bytes: &[u8]) {
    if file.len() < at + bytes.len() {
        file.resize(at + bytes.len(), 0);
    }
    file[at..at + bytes.len()].copy_from_slice(bytes);
}
