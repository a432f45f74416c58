//! A table while the store is open: its committed files, its hot rows, how the second become the
//! first, and what is derived on the way.

mod cold;
mod compaction;
mod derived;
mod encoding;
mod files;
mod merged_file;
mod moving;
mod upkeep;

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use arrow::record_batch::RecordBatch;
use ingest_model::{Nanos, Tenant};
use object_store::ObjectStore;
use object_store::path::Path;
use tokio::time::Instant;

use crate::derive::Derive;
use crate::disk::Disk;
use crate::error::StoreError;
use crate::follow::{Follower, Followers};
use crate::hot::HotQueue;
use crate::schema::TableSpec;
use crate::snapshot::{DataFile, DerivedSnapshot, TableSnapshot};

use cold::ColdTable;
use compaction::Memory;
use derived::{DerivedTable, Shares, Source};
use encoding::{Ahead, Encoding};
use files::TableFiles;

pub(crate) use cold::{ColdPlace, Movable};
pub(crate) use compaction::{Pace, Part};

/// A table of a tenant, with the tables derived from it.
#[derive(Debug)]
pub(crate) struct Table {
    pub(crate) tenant: Tenant,
    pub(crate) spec: &'static TableSpec,
    derive: Vec<Arc<dyn Derive>>,
    state: Mutex<State>,
    followers: Followers,
    /// Held while files are written and committed: one flush of a table at a time.
    disk: tokio::sync::Mutex<OnDisk>,
    /// Where older files go, if they do.
    cold: Option<ColdTable>,
    memory: Memory,
}

/// Where a table and what is derived from it are written.
#[derive(Debug)]
struct OnDisk {
    files: TableFiles,
    derived: Vec<DerivedTable>,
    /// The files of the part that is flushed next.
    ahead: Option<Ahead>,
}

/// What a reader sees; a lock is held for as long as it takes to copy pointers.
#[derive(Debug)]
struct State {
    files: Arc<[DataFile]>,
    hot: HotQueue,
    last_received: Option<Nanos>,
    /// In the order of [`Table::derive`].
    shares: Vec<Shares>,
    /// The cold table, while it is not known what it has.
    unread: Option<Path>,
    /// Files that are being moved; those among them that are local may be in the cold table as well.
    moving: Arc<HashSet<Path>>,
}

/// What a table needs to open.
#[derive(Debug)]
pub(crate) struct Opening<'a> {
    pub(crate) objects: &'a Arc<dyn ObjectStore>,
    pub(crate) disk: &'a Arc<dyn Disk>,
    pub(crate) tenant: &'a Tenant,
    pub(crate) now: Nanos,
    pub(crate) cold: ColdPlace<'a>,
}

// === impl Table ===

impl Table {
    /// Opens a table, making it if it does not exist; says how far it has committed.
    ///
    /// # Errors
    ///
    /// [`StoreError::Table`] or [`StoreError::Damaged`] when its log cannot be read.
    pub(crate) async fn open(
        opening: &Opening<'_>,
        spec: &'static TableSpec,
        derive: Vec<Arc<dyn Derive>>,
    ) -> Result<(Self, u64), StoreError> {
        let mut files = TableFiles::open(Arc::clone(opening.objects), opening.tenant, spec).await?;
        files.sync_log(opening.disk)?;
        files.recall_removed(opening.disk).await;
        let (listed, watermark) = (files.list().await?, files.watermark().await?);
        let source = Source { files: &listed, watermark, now: opening.now };
        let (mut derived, mut shares) = (Vec::new(), Vec::new());
        for derive in &derive {
            let (objects, derive) = (Arc::clone(opening.objects), Arc::clone(derive));
            let (table, share) = DerivedTable::open(objects, opening.disk, opening.tenant, derive, source).await?;
            derived.push(table);
            shares.push(share);
        }
        let (tenant, hot) = (opening.tenant.clone(), HotQueue::default());
        let folder = Path::from_iter([tenant.as_str(), spec.name]);
        let moving = Arc::new(moving::read(opening.disk.as_ref(), &folder)?);
        let (cold, unread) = match opening.cold {
            ColdPlace::Nowhere => (None, None),
            ColdPlace::Unnamed => (None, Some(crate::cold::location(&folder))),
            ColdPlace::In(bucket) => (Some(ColdTable::new(bucket)), Some(crate::cold::location(&folder))),
        };
        let state = State { files: listed.into(), hot, last_received: None, shares, unread, moving };
        let (state, disk) = (Mutex::new(state), tokio::sync::Mutex::new(OnDisk { files, derived, ahead: None }));
        let (followers, memory) = (Followers::default(), Memory::default());
        Ok((Self { tenant, spec, derive, state, followers, disk, cold, memory }, watermark))
    }

    /// Makes rows readable; says by how many bytes the hot rows grew.
    pub(crate) fn publish(&self, seq: u64, rows: RecordBatch, received: Nanos) -> isize {
        self.followers.tell(&rows);
        let mut state = self.state();
        state.last_received = state.last_received.max(Some(received));
        state.hot.push(seq, rows, Instant::now())
    }

    /// Rows from now on, as they become readable.
    pub(crate) fn follow(&self) -> Follower {
        self.followers.add()
    }

    /// Everything readable at this moment.
    pub(crate) fn snapshot(&self) -> TableSnapshot {
        let state = self.state();
        let hot = state.hot.parts().flat_map(|part| part.batches().iter().cloned()).collect();
        let (files, unread) = (Arc::clone(&state.files), state.unread.clone());
        TableSnapshot { files, hot, last_received: state.last_received, unread }
    }

    /// Everything readable at this moment of each table derived from this one.
    pub(crate) fn derived(&self) -> Vec<DerivedSnapshot> {
        let state = self.state();
        let snapshot = |(derive, shares): (&Arc<dyn Derive>, &Shares)| {
            let parts = state.hot.parts().filter(|part| part.last_seq() > shares.position);
            DerivedSnapshot {
                derive: Arc::clone(derive),
                files: Arc::clone(&shares.files),
                position: shares.position,
                source: parts.flat_map(|hot| hot.batches().iter().cloned()).collect(),
                last_received: state.last_received,
            }
        };
        self.derive.iter().zip(&state.shares).map(snapshot).collect()
    }

    /// Memory of the rows not in files yet, in bytes.
    pub(crate) fn hot_bytes(&self) -> usize {
        self.state().hot.size_bytes()
    }

    /// When the oldest row that is not in a file came.
    pub(crate) fn hot_since(&self) -> Option<Instant> {
        self.state().hot.since()
    }

    /// Number of the oldest request with rows not in files yet.
    pub(crate) fn first_unflushed(&self) -> Option<u64> {
        self.state().hot.first_seq()
    }

    /// Number of the newest request with rows not in files yet.
    pub(crate) fn last_unflushed(&self) -> Option<u64> {
        self.state().hot.last_seq()
    }

    /// Whether a derived table has the share of all hot rows, but not of the request `next`. Such
    /// rows, replayed after a crash, must be flushed apart from those that follow.
    pub(crate) fn must_flush_before(&self, next: u64) -> bool {
        let state = self.state();
        let Some(last) = state.hot.last_seq() else { return false };
        state.shares.iter().any(|shares| (last..next).contains(&shares.position))
    }

    /// Writes the oldest part of the hot rows to Parquet and commits it, what is derived from it first; says
    /// how many bytes of memory that freed. The part after it is encoded while this one is written.
    ///
    /// # Errors
    ///
    /// Any [`StoreError`]; the rows stay hot and a later flush tries again.
    pub(crate) async fn flush(&self, disk: &Arc<dyn Disk>, now: Nanos) -> Result<usize, StoreError> {
        let mut on_disk = self.disk.lock().await;
        let Some((batches, watermark)) = self.state().hot.seal() else { return Ok(0) };
        let ahead = on_disk.ahead.take().filter(|ahead| ahead.last_seq == watermark);
        let encoding = ahead.map_or_else(|| Encoding::start(batches.clone(), self.spec), |ahead| ahead.encoding);
        for (index, derived) in on_disk.derived.iter_mut().enumerate() {
            let shares = self.state().shares[index].clone();
            let shares = derived.commit(disk, &batches, watermark, &shares, now).await?;
            self.state().shares[index] = shares;
        }
        drop(batches);
        let encoded = encoding.finish().await?;
        let next = self.state().hot.next_full();
        on_disk.ahead = next.map(|(next, last_seq)| Ahead { last_seq, encoding: Encoding::start(next, self.spec) });
        let committed = on_disk.files.commit(disk, encoded, watermark, now).await?;
        let known = Arc::clone(&self.state().files);
        Ok(self.show(committed.all(&known)))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // The lock only ever guards moves of whole values, so a panic cannot have torn one.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Shows the files in place of the sealed rows, in one step; says how many bytes of memory
    /// that freed.
    fn show(&self, files: Arc<[DataFile]>) -> usize {
        let mut state = self.state();
        state.files = files;
        state.hot.let_go()
    }
}
