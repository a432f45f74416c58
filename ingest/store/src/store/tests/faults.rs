//! A disk that fails when it is told to.

use std::io::{self, IoSlice};
use std::ops::Range;
use std::path::Path;
use std::sync::{Arc, Mutex};

use bytes::Bytes;

use crate::disk::{Disk, DiskEntry, DiskFile, LocalDisk, Target};

/// How a disk fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    /// One operation is not done.
    Once,
    /// One operation is done and yet answered with an error.
    Unheard,
    /// Nothing is done any more, as when the process is killed.
    Dead,
}

/// Which operation fails next.
#[derive(Debug, Clone, Default)]
pub(super) struct Faults(Arc<Mutex<Plan>>);

#[derive(Debug, Default)]
struct Plan {
    /// Operations until the fault.
    armed: Option<(usize, Fault)>,
    struck: bool,
}

/// A local disk with faults.
#[derive(Debug)]
pub(super) struct FaultyDisk {
    pub(super) disk: LocalDisk,
    pub(super) faults: Faults,
}

#[derive(Debug)]
struct FaultyFile(Box<dyn DiskFile>, Faults);

// === impl Faults ===

impl Faults {
    /// Lets the operation after so many others fail.
    pub(super) fn arm(&self, after: usize, fault: Fault) {
        *self.0.lock().unwrap() = Plan { armed: Some((after, fault)), struck: false };
    }

    /// Lets nothing fail any more; says whether something did.
    pub(super) fn disarm(&self) -> bool {
        std::mem::take(&mut *self.0.lock().unwrap()).struck
    }

    /// The fault of the next operation.
    pub(super) fn next(&self) -> Option<Fault> {
        let mut plan = self.0.lock().unwrap();
        let (left, fault) = plan.armed?;
        plan.armed = match (left, fault) {
            (0, Fault::Dead) => Some((0, fault)),
            (0, _) => None,
            _ => Some((left - 1, fault)),
        };
        plan.struck |= left == 0;
        (left == 0).then_some(fault)
    }

    fn act<T>(&self, operation: impl FnOnce() -> io::Result<T>) -> io::Result<T> {
        let error = || Err(io::Error::other("a fault"));
        match self.next() {
            None => operation(),
            Some(Fault::Unheard) => operation().and_then(|_| error()),
            Some(Fault::Once | Fault::Dead) => error(),
        }
    }
}

impl DiskFile for FaultyFile {
    fn append(&mut self, parts: &mut [IoSlice<'_>]) -> io::Result<()> {
        let Self(file, faults) = self;
        faults.act(|| file.append(parts))
    }

    fn sync(&mut self) -> io::Result<()> {
        let Self(file, faults) = self;
        faults.act(|| file.sync())
    }

    fn truncate(&mut self, len: u64) -> io::Result<()> {
        let Self(file, faults) = self;
        faults.act(|| file.truncate(len))
    }
}

impl Disk for FaultyDisk {
    fn create(&self, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        let file = self.faults.act(|| self.disk.create(path))?;
        Ok(Box::new(FaultyFile(file, self.faults.clone())))
    }

    fn read(&self, path: &Path, range: Option<Range<u64>>) -> io::Result<Bytes> {
        self.faults.act(|| self.disk.read(path, range))
    }

    fn stat(&self, path: &Path) -> io::Result<DiskEntry> {
        self.faults.act(|| self.disk.stat(path))
    }

    fn list(&self, dir: &Path) -> io::Result<Vec<DiskEntry>> {
        self.faults.act(|| self.disk.list(dir))
    }

    fn publish(&self, from: &Path, to: &Path, target: Target) -> io::Result<()> {
        self.faults.act(|| self.disk.publish(from, to, target))
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        self.faults.act(|| self.disk.remove(path))
    }

    fn create_dir(&self, dir: &Path) -> io::Result<()> {
        self.faults.act(|| self.disk.create_dir(dir))
    }

    fn sync_dir(&self, dir: &Path) -> io::Result<()> {
        self.faults.act(|| self.disk.sync_dir(dir))
    }

    fn sync_file(&self, path: &Path) -> io::Result<()> {
        self.faults.act(|| self.disk.sync_file(path))
    }
}
