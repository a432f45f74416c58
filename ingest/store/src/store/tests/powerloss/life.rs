//! The processes of one seed.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Waker};
use std::time::Duration;

use futures::future::join_all;
use ingest_model::{Nanos, Signal, Tenant};
use tokio::runtime::{Builder, Runtime};
use tokio::sync::watch;

use super::super::derived::DERIVED;
use super::super::{Meaning, NOW, Sink, Store, StoreConfig, StoreError, compactor, maintenance};
use super::texts::{self, Texts};
use super::truth::Truth;
use crate::disk::sim::{Chance, End, SimDisk};
use crate::retention::Retention;

/// Nothing is flushed or compacted unless the seed says so.
const BY_HAND: StoreConfig = StoreConfig {
    flush_bytes: 64 << 20,
    flush_age: Duration::from_hours(1),
    hot_limit_bytes: 256 << 20,
    patience: Duration::from_secs(5),
    compact_files: usize::MAX,
    settle_after: Duration::from_mins(10),
    replaced_grace: Duration::from_mins(10),
    orphan_grace: Duration::MAX,
    retention: Retention { default_days: None, days: BTreeMap::new(), bytes: None },
    index_every: Duration::MAX,
    index_after: Duration::ZERO,
    move_every: Duration::MAX,
};

const MEANING: Meaning<'static> = Meaning { decode: &Texts, clock: || CLOCK.get(), ..DERIVED };

/// Of a disk that fails, one operation in so many does.
const ONE_FAILS_IN: u64 = 30;

/// How far the clock may be off in a process, in hours.
const CLOCK_STEPS: [i64; 4] = [0, 1, -1, 24 * 365 * 10];

thread_local! {
    /// What a process takes the time to be. Everything that asks runs on the test's own thread.
    static CLOCK: Cell<Nanos> = const { Cell::new(NOW) };
}

/// What happened.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct Counts {
    processes: u64,
    pub(super) power_cuts: u64,
    pub(super) kills: u64,
    /// Processes that ended before they were ready.
    pub(super) ended_at_start: u64,
    /// Operations that failed although the process went on.
    pub(super) failed_operations: u64,
    operations: u64,
    checks: u64,
    acknowledged: u64,
    refused: u64,
    /// Batches that were not acknowledged and are there.
    pub(super) unacknowledged_kept: u64,
    flushes: u64,
    compactions: u64,
}

/// The life of one seed.
pub(super) struct Life {
    chance: Chance,
    disk: SimDisk,
    busy: bool,
    /// Operations fail in this process.
    flaky: bool,
    tenants: Vec<Tenant>,
    truth: Truth,
    batches: usize,
    counts: Counts,
}

/// What most lives begin with.
pub(super) struct Templates {
    empty: SimDisk,
    one_tenant: SimDisk,
    two_tenants: SimDisk,
}

// === impl Templates ===

impl Templates {
    /// Disks with the tables of one and of two tenants.
    pub(super) fn new() -> Self {
        let [empty, one_tenant, two_tenants] = [0, 1, 2].map(|count| {
            let disk = SimDisk::new(0);
            if count > 0 {
                runtime().block_on(async {
                    let store = open(&disk).await.unwrap();
                    for tenant in &tenants()[..count] {
                        store.tables(tenant).await.unwrap();
                    }
                    store.close().await.unwrap();
                });
            }
            disk.restart(End::Kill)
        });
        Self { empty, one_tenant, two_tenants }
    }
}

fn runtime() -> Runtime {
    Builder::new_current_thread().enable_time().build().unwrap()
}

fn tenants() -> [Tenant; 2] {
    [Tenant::default(), "shop".parse().unwrap()]
}

async fn open(disk: &SimDisk) -> Result<Store, StoreError> {
    Store::open_on(Arc::new(disk.clone()), BY_HAND, MEANING).await
}

// === impl Counts ===

impl Counts {
    pub(super) fn add(&mut self, other: &Self) {
        self.processes += other.processes;
        self.power_cuts += other.power_cuts;
        self.kills += other.kills;
        self.ended_at_start += other.ended_at_start;
        self.failed_operations += other.failed_operations;
        self.operations += other.operations;
        self.checks += other.checks;
        self.acknowledged += other.acknowledged;
        self.refused += other.refused;
        self.unacknowledged_kept += other.unacknowledged_kept;
        self.flushes += other.flushes;
        self.compactions += other.compactions;
    }
}

// === impl Life ===

impl Life {
    pub(super) fn new(seed: u64, templates: &Templates) -> Self {
        let mut chance = Chance::new(seed);
        let (template, tenants) = match chance.below(8) {
            0 => (&templates.empty, 1 + chance.below(2)),
            1 => (&templates.two_tenants, 2),
            _ => (&templates.one_tenant, 1),
        };
        let (disk, tenants) = (template.copy(seed), self::tenants()[..tenants].to_vec());
        let (busy, flaky) = (seed % 4 == 3, false);
        let (truth, counts) = (Truth::default(), Counts::default());
        Self { chance, disk, busy, flaky, tenants, truth, batches: 0, counts }
    }

    /// Lives all processes, then looks a last time, after a stop too.
    pub(super) fn run(mut self) -> Result<Counts, String> {
        for _ in 0..2 + self.chance.below(3) {
            self.arm();
            self.process(|life, store| Box::pin(life.work(store)))?;
            let end = if self.chance.one_in(3) { End::Kill } else { End::PowerCut };
            self.counts.power_cuts += u64::from(end == End::PowerCut);
            self.counts.kills += u64::from(end == End::Kill);
            self.counts.operations += self.disk.operations();
            self.disk = self.disk.restart(end);
        }
        self.flaky = false;
        self.process(|life, store| Box::pin(life.stop(store)))?;
        self.disk = self.disk.restart(End::PowerCut);
        self.process(|life, store| Box::pin(life.last_look(store)))?;
        Ok(self.counts)
    }

    /// Chooses when the process to come ends, and whether operations fail before.
    fn arm(&mut self) {
        let most = if self.chance.one_in(3) { 25 } else { 250 };
        self.disk.end_after(1 + self.chance.below(most) as u64);
        self.flaky = self.chance.one_in(4);
        self.disk.let_fail(if self.flaky { ONE_FAILS_IN } else { 0 });
        let step = CLOCK_STEPS[self.chance.below(CLOCK_STEPS.len())];
        CLOCK.set(Nanos(NOW.0 + step * 3_600_000_000_000));
    }

    /// One process from its start to its end.
    fn process(
        &mut self,
        work: impl for<'a> FnOnce(&'a mut Self, &'a Store) -> Pin<Box<dyn Future<Output = Result<(), String>> + 'a>>,
    ) -> Result<(), String> {
        self.counts.processes += 1;
        let runtime = runtime();
        runtime.block_on(async {
            let Some(store) = self.start().await? else { return Ok(()) };
            self.check(&store).await?;
            work(self, &store).await
        })
    }

    /// Starts; `None` when the process ended meanwhile. A failing disk is tried again.
    async fn start(&mut self) -> Result<Option<Store>, String> {
        for _ in 0..20 {
            match open(&self.disk).await {
                Ok(store) => return Ok(Some(store)),
                Err(_) if self.disk.is_down() => {
                    self.counts.ended_at_start += 1;
                    return Ok(None);
                }
                Err(error) => self.excuse(&error)?,
            }
        }
        self.disk.let_fail(0);
        let store = open(&self.disk).await;
        store.map(Some).or_else(|error| if self.disk.is_down() { Ok(None) } else { Err(format!("no start: {error}")) })
    }

    async fn work(&mut self, store: &Store) -> Result<(), String> {
        for _ in 0..4 + self.chance.below(12) {
            match self.chance.below(8) {
                // Whether the first of a group is written alone is for the writer's thread to say.
                3 if self.busy => self.send_group(store).await?,
                0..=3 => self.send(store).await?,
                4 if self.busy => self.everything_at_once(store).await?,
                4 | 5 => self.flush(store).await?,
                6 => self.compact(store).await,
                _ => self.check(store).await?,
            }
            if self.disk.is_down() {
                break;
            }
        }
        if !self.disk.is_down() && self.chance.one_in(4) {
            self.stop(store).await?;
        }
        Ok(())
    }

    /// A batch of a chance tenant and signal.
    fn batch(&mut self) -> (Tenant, Signal, usize, crate::Append) {
        let tenant = self.tenants[self.chance.below(self.tenants.len())].clone();
        // Logs, which something is derived from, as often as the others together.
        let signal = if self.chance.one_in(2) { Signal::Logs } else { Signal::ALL[self.chance.below(3)] };
        let (batch, rows) = (self.batches, 1 + self.chance.below(6));
        self.batches += 1;
        let fill = ".".repeat(if self.chance.one_in(4) { self.chance.below(3_000) } else { 1 });
        let texts: Vec<String> = (0..rows).map(|row| format!("{batch}/{row}/{fill}")).collect();
        self.truth.send(&tenant, signal, batch, rows);
        let append = texts::append(&tenant, signal, &texts);
        (tenant, signal, batch, append)
    }

    async fn send(&mut self, store: &Store) -> Result<(), String> {
        let (tenant, signal, batch, append) = self.batch();
        let answer = store.append(append).await;
        self.heard(&tenant, signal, batch, answer)
    }

    /// Several requests that the writer makes durable as one group, after one alone.
    async fn send_group(&mut self, store: &Store) -> Result<(), String> {
        for tenant in self.tenants.clone() {
            if store.tables(&tenant).await.is_err() {
                return Ok(());
            }
        }
        let batches: Vec<_> = (0..2 + self.chance.below(4)).map(|_| self.batch()).collect();
        let mut answers = Vec::new();
        let mut sent: Vec<_> = batches.iter().map(|(.., append)| Box::pin(store.append(append.clone()))).collect();
        queue_behind_the_first(store, &mut sent);
        answers.extend(join_all(sent).await);
        for ((tenant, signal, batch, _), answer) in batches.into_iter().zip(answers) {
            self.heard(&tenant, signal, batch, answer)?;
        }
        Ok(())
    }

    /// Requests, a flush and a compaction at the same time.
    async fn everything_at_once(&mut self, store: &Store) -> Result<(), String> {
        let batches: Vec<_> = (0..2 + self.chance.below(6)).map(|_| self.batch()).collect();
        let sent = join_all(batches.iter().map(|(.., append)| store.append(append.clone())));
        let (_never, stop) = watch::channel(false);
        let compaction = compactor::pass(&store.shared, 2, &stop);
        let (answers, flushed, _merged) = tokio::join!(sent, store.flush(), compaction);
        self.counts.flushes += 1;
        self.counts.compactions += 1;
        flushed.or_else(|error| self.excuse(&error))?;
        for ((tenant, signal, batch, _), answer) in batches.into_iter().zip(answers) {
            self.heard(&tenant, signal, batch, answer)?;
        }
        Ok(())
    }

    fn heard(
        &mut self,
        tenant: &Tenant,
        signal: Signal,
        batch: usize,
        answer: Result<(), StoreError>,
    ) -> Result<(), String> {
        match answer {
            Ok(()) => {
                self.counts.acknowledged += 1;
                self.truth.acknowledge(tenant, signal, batch);
                Ok(())
            }
            Err(error) => {
                self.counts.refused += 1;
                self.excuse(&error)
            }
        }
    }

    async fn flush(&mut self, store: &Store) -> Result<(), String> {
        self.counts.flushes += 1;
        store.flush().await.or_else(|error| self.excuse(&error))
    }

    async fn compact(&mut self, store: &Store) {
        self.counts.compactions += 1;
        let (_never, stop) = watch::channel(false);
        compactor::pass(&store.shared, 2 + self.chance.below(2), &stop).await;
        if self.chance.one_in(2) {
            for table in store.shared.tenants.all() {
                table.remove_replaced(&store.shared.disk, Duration::ZERO).await;
            }
            maintenance::remove_orphans(&store.shared, Duration::ZERO).await;
        }
    }

    async fn stop(&mut self, store: &Store) -> Result<(), String> {
        store.close().await.or_else(|error| self.excuse(&error))
    }

    async fn last_look(&mut self, store: &Store) -> Result<(), String> {
        let found = self.truth.check(store, &self.disk).await?;
        self.counts.unacknowledged_kept += found.others;
        self.stop(store).await
    }

    async fn check(&mut self, store: &Store) -> Result<(), String> {
        self.counts.checks += 1;
        // A look opens tables of tenants that were not asked for yet; what it finds is not to hang on a read that fails.
        self.disk.let_fail(0);
        let checked = self.truth.check(store, &self.disk).await;
        self.disk.let_fail(if self.flaky { ONE_FAILS_IN } else { 0 });
        match checked {
            Err(_) if self.disk.is_down() => Ok(()),
            checked => checked.map(drop),
        }
    }

    /// An error is in order only where the disk gave it a cause.
    fn excuse(&mut self, error: &StoreError) -> Result<(), String> {
        if self.disk.is_down() {
            return Ok(());
        }
        self.counts.failed_operations += 1;
        if self.flaky { Ok(()) } else { Err(format!("an error without a cause: {error}")) }
    }
}

/// Brings the first request to the writer and all others into the queue behind it, so that they
/// become one group.
fn queue_behind_the_first<F: Future + Unpin>(store: &Store, sent: &mut [F]) {
    let log = store.shared.wal.lock().unwrap();
    // Who waits for them all asks each again, with a waker of its own.
    let mut nobody = Context::from_waker(Waker::noop());
    for (nth, request) in sent.iter_mut().enumerate() {
        assert!(Pin::new(request).poll(&mut nobody).is_pending());
        while nth == 0 && store.queue.capacity() < store.queue.max_capacity() {
            std::thread::yield_now();
        }
    }
    drop(log);
}
