//! Keeps the tables in order: merges small files, one window at a time, and removes those it replaced.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tokio::time::Instant;

use super::writer::Message;
use super::{Shared, maintenance, mover};
use crate::table::Pace;

/// How often it is looked for files to remove.
const TICK: Duration = Duration::from_mins(1);

/// How often it is looked for files that no commit names.
const SWEEP: Duration = Duration::from_hours(1);

/// The task, while the store is open.
#[derive(Debug)]
pub(super) struct Compactor {
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

// === impl Compactor ===

impl Compactor {
    /// Starts to compact what flushes leave.
    pub(super) fn start(shared: Arc<Shared>, queue: mpsc::Sender<Message>) -> Self {
        let (stop, stopped) = watch::channel(false);
        Self { stop, task: tokio::spawn(run(shared, queue, stopped)) }
    }

    /// Finishes the window in hand and ends.
    pub(super) async fn stop(self) {
        self.stop.send_replace(true);
        self.task.await.ok();
    }
}

async fn run(shared: Arc<Shared>, queue: mpsc::Sender<Message>, mut stop: watch::Receiver<bool>) {
    maintenance::remove_orphans(&shared, shared.config.orphan_grace).await;
    let (mut looked, mut swept) = (None::<Instant>, Instant::now());
    let (mut moved, mut more) = (Instant::now(), false);
    let tick = if shared.cold.is_some() { TICK.min(shared.config.move_every) } else { TICK };
    loop {
        let merged = pass(&shared, shared.config.compact_files, &stop).await;
        if looked.is_none_or(|looked| looked.elapsed() >= TICK) {
            maintenance::pass(&shared, &queue).await;
            looked = Some(Instant::now());
        }
        if swept.elapsed() >= SWEEP {
            maintenance::remove_orphans(&shared, shared.config.orphan_grace).await;
            swept = Instant::now();
        }
        if more || moved.elapsed() >= shared.config.move_every {
            more = mover::pass(&shared, &stop).await;
            moved = Instant::now();
        }
        if (merged || more) && !*stop.borrow() {
            // What was merged may be due again with others of its new size; what is moved waits for nothing.
            continue;
        }
        tokio::select! {
            // An error means that the store was dropped without being closed.
            _ = stop.wait_for(|stop| *stop) => return,
            () = shared.compaction_due.notified() => {}
            () = tokio::time::sleep(tick) => {}
        }
    }
}

/// Compacts every window that is due, of derived tables from `least` files on, then removes what is no longer read;
/// says whether files were merged.
pub(super) async fn pass(shared: &Shared, least: usize, stop: &watch::Receiver<bool>) -> bool {
    let config = &shared.config;
    let mut merged = false;
    for table in shared.tenants.all() {
        let pace = Pace { least, settle_after: config.settle_after, now: (shared.clock)() };
        for due in table.due(pace) {
            if *stop.borrow() {
                return merged;
            }
            let name = due.table;
            match table.compact(&shared.disk, due, (shared.clock)()).await {
                Ok(()) => merged = true,
                Err(error) => {
                    tracing::warn!(table = name, %error, "cannot merge files; they stay as they are");
                    metrics::counter!("ingest_store_compaction_errors_total", "table" => name).increment(1);
                }
            }
        }
        table.remove_replaced(&shared.disk, config.replaced_grace).await;
    }
    merged
}
