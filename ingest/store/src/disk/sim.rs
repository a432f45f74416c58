//! A disk in memory that keeps what is durable apart from what only seems to be there.
//!
//! Whoever reads sees everything that was written, as from a page cache. A power cut leaves what
//! was synced; of the rest any part may be there: nothing, all of it, a torn or reordered piece,
//! a name without its file. A kill leaves the cache as it is, not yet durable, for the next process.
//! Operations are counted and the process can be made to end at any of them. All chances come from
//! one seed.

mod chance;
mod medium;

use std::collections::HashSet;
use std::io::{self, IoSlice};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard};

use bytes::Bytes;

use super::{Disk, DiskEntry, DiskFile, TEMPORARY, Target, create_dirs};
pub(crate) use chance::Chance;
use medium::{Kept, Medium};

/// How the life of a process ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// The process is gone; the machine goes on.
    Kill,
    /// The machine loses its power; how much of what was not synced is left is a chance.
    PowerCut,
    /// The machine loses its power and nothing is left that was not synced.
    PowerCutAtWorst,
}

/// The disk of one process. A clone is the same disk.
#[derive(Debug, Clone)]
pub(crate) struct SimDisk(Arc<Life>);

#[derive(Debug)]
struct Life {
    state: Mutex<State>,
    known: Mutex<HashSet<PathBuf>>,
}

#[derive(Debug)]
struct State {
    medium: Medium,
    chance: Chance,
    /// Operations that change something, so far.
    operations: u64,
    /// Operations until the process ends.
    left: Option<u64>,
    /// Whether the operation at which the process ends is done for certain.
    does_last: bool,
    down: bool,
    /// One operation in so many fails; 0 for none.
    one_fails_in: u64,
    /// Whether no more bytes fit.
    full: bool,
}

/// What becomes of an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Done,
    /// It fails; some of it may have been done.
    Fails,
    /// It is done and answered with an error.
    Unheard,
}

#[derive(Debug)]
struct SimFile {
    disk: SimDisk,
    file: usize,
}

// === impl SimDisk ===

impl SimDisk {
    /// An empty disk.
    pub(crate) fn new(seed: u64) -> Self {
        Self::of(Medium::default(), Chance::new(seed))
    }

    /// A disk that holds the same, with chances of its own.
    pub(crate) fn copy(&self, seed: u64) -> Self {
        Self::of(self.state().medium.clone(), Chance::new(seed))
    }

    /// The folder of temporary files is there, as a local disk makes sure of.
    fn of(mut medium: Medium, chance: Chance) -> Self {
        medium.make_durable_dir(Path::new(TEMPORARY));
        let state = State {
            medium,
            chance,
            operations: 0,
            left: None,
            does_last: false,
            down: false,
            one_fails_in: 0,
            full: false,
        };
        Self(Arc::new(Life { state: Mutex::new(state), known: Mutex::default() }))
    }

    /// Ends the process at an operation to come.
    pub(crate) fn end_after(&self, operations: u64) {
        self.state().left = Some(operations);
    }

    /// Ends the process right after an operation to come, of which it does not hear.
    pub(crate) fn end_having_done(&self, operations: u64) {
        self.end_after(operations);
        self.state().does_last = true;
    }

    /// Lets one operation in so many fail; 0 for none.
    pub(crate) fn let_fail(&self, one_in: u64) {
        self.state().one_fails_in = one_in;
    }

    /// Lets no more bytes fit, or again.
    pub(crate) fn set_full(&self, full: bool) {
        self.state().full = full;
    }

    /// Whether the process has ended.
    pub(crate) fn is_down(&self) -> bool {
        self.state().down
    }

    /// Operations that changed something, so far.
    pub(crate) fn operations(&self) -> u64 {
        self.state().operations
    }

    /// Ends the process, unless it has ended, and gives its disk to the next.
    pub(crate) fn restart(&self, end: End) -> Self {
        let mut state = self.state();
        state.down = true;
        let (mut medium, mut chance) = (state.medium.clone(), state.chance.fork());
        match end {
            End::Kill => {}
            End::PowerCut => {
                let kept = Kept::any(&mut chance);
                medium.lose_power(kept, &mut chance);
            }
            End::PowerCutAtWorst => medium.lose_power(Kept::Nothing, &mut chance),
        }
        Self::of(medium, chance)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap()
    }

    /// Does what changes something, or what `fail` leaves of it; that is told whether the process ends here.
    fn act<T>(
        &self,
        change: impl FnOnce(&mut Medium) -> io::Result<T>,
        fail: impl FnOnce(&mut Medium, bool),
    ) -> io::Result<T> {
        let mut state = self.state();
        let fate = state.fate()?;
        let ends = state.down;
        match fate {
            Fate::Done => change(&mut state.medium),
            Fate::Unheard => change(&mut state.medium).and_then(|_| Err(failed())),
            Fate::Fails => {
                fail(&mut state.medium, ends);
                Err(failed())
            }
        }
    }

    fn sync(&self, file: usize) -> io::Result<()> {
        let fail = |medium: &mut Medium, ends: bool| {
            if !ends {
                medium.fail_to_sync(file);
            }
        };
        self.act(|medium| medium.sync(file), fail)
    }

    fn look<T>(&self, look: impl FnOnce(&Medium) -> io::Result<T>) -> io::Result<T> {
        let state = self.state();
        if state.down { Err(gone()) } else { look(&state.medium) }
    }
}

// === impl State ===

impl State {
    fn fate(&mut self) -> io::Result<Fate> {
        if self.down {
            return Err(gone());
        }
        self.operations += 1;
        self.left = self.left.map(|left| left.saturating_sub(1));
        if self.left == Some(0) {
            // What was asked last may still have been done; nobody hears of it.
            self.down = true;
            return Ok(if self.does_last || self.chance.one_in(2) { Fate::Unheard } else { Fate::Fails });
        }
        let fails = self.one_fails_in > 0 && self.chance.one_in(self.one_fails_in);
        Ok(match fails {
            false => Fate::Done,
            true if self.chance.one_in(2) => Fate::Unheard,
            true => Fate::Fails,
        })
    }
}

fn gone() -> io::Error {
    io::Error::other("the process has ended")
}

fn failed() -> io::Error {
    io::Error::other("the disk failed")
}

impl Disk for SimDisk {
    fn create(&self, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        let file = self.act(|medium| medium.create(path), |_, _| ())?;
        Ok(Box::new(SimFile { disk: self.clone(), file }))
    }

    fn read(&self, path: &Path, range: Option<Range<u64>>) -> io::Result<Bytes> {
        self.look(|medium| medium.read(path, range))
    }

    fn stat(&self, path: &Path) -> io::Result<DiskEntry> {
        self.look(|medium| medium.stat(path))
    }

    fn list(&self, dir: &Path) -> io::Result<Vec<DiskEntry>> {
        self.look(|medium| Ok(medium.list(dir)))
    }

    fn publish(&self, from: &Path, to: &Path, target: Target) -> io::Result<()> {
        self.act(|medium| medium.publish(from, to, target), |_, _| ())
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        self.act(|medium| medium.remove(path), |_, _| ())
    }

    fn create_dir(&self, dir: &Path) -> io::Result<()> {
        let make = |dir: &Path| match self.stat(dir) {
            Ok(_) => Err(io::ErrorKind::AlreadyExists.into()),
            Err(_) => self.act(|medium| medium.make_dir(dir), |_, _| ()),
        };
        create_dirs(&self.0.known, dir, &make, &|dir| self.sync_dir(dir))
    }

    fn sync_dir(&self, dir: &Path) -> io::Result<()> {
        self.act(|medium| medium.sync_dir(dir), |_, _| ())
    }

    fn sync_file(&self, path: &Path) -> io::Result<()> {
        let file = self.look(|medium| medium.file(path))?;
        self.sync(file)
    }
}

impl DiskFile for SimFile {
    fn append(&mut self, parts: &mut [IoSlice<'_>]) -> io::Result<()> {
        let bytes = parts.iter().flat_map(|part| part.iter().copied()).collect::<Vec<u8>>();
        let half = bytes[..bytes.len() / 2].to_vec();
        if self.disk.state().full {
            // Some of it still fits, as on a real disk.
            self.disk.act(|medium| medium.append(self.file, half), |_, _| ())?;
            return Err(io::ErrorKind::StorageFull.into());
        }
        self.disk.act(|medium| medium.append(self.file, bytes), |medium, _| medium.append(self.file, half).unwrap())
    }

    fn sync(&mut self) -> io::Result<()> {
        self.disk.sync(self.file)
    }

    fn truncate(&mut self, len: u64) -> io::Result<()> {
        self.disk.act(|medium| medium.truncate(self.file, len), |_, _| ())
    }
}

#[cfg(test)]
mod tests;
