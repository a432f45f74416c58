//! Merges the small files of derived tables, one window at a time, and removes those it replaced.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::Shared;

/// How often it is looked for files to remove when there are no flushes.
const TICK: Duration = Duration::from_mins(1);

/// The task, while the store is open.
#[derive(Debug)]
pub(super) struct Compactor {
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

// === impl Compactor ===

impl Compactor {
    /// Starts to compact what flushes leave.
    pub(super) fn start(shared: Arc<Shared>) -> Self {
        let (stop, stopped) = watch::channel(false);
        Self { stop, task: tokio::spawn(run(shared, stopped)) }
    }

    /// Finishes the window in hand and ends.
    pub(super) async fn stop(self) {
        self.stop.send_replace(true);
        self.task.await.ok();
    }
}

async fn run(shared: Arc<Shared>, mut stop: watch::Receiver<bool>) {
    loop {
        pass(&shared, shared.config.compact_files, &stop).await;
        tokio::select! {
            // An error means that the store was dropped without being closed.
            _ = stop.wait_for(|stop| *stop) => return,
            () = shared.compaction_due.notified() => {}
            () = tokio::time::sleep(TICK) => {}
        }
    }
}

/// Compacts every window with at least `least` files, then removes what is no longer read.
pub(super) async fn pass(shared: &Shared, least: usize, stop: &watch::Receiver<bool>) {
    for table in shared.tenants.all() {
        for due in table.due(least) {
            if *stop.borrow() {
                return;
            }
            let name = due.table;
            if let Err(error) = table.compact(&shared.disk, due, (shared.clock)()).await {
                tracing::warn!(table = name, %error, "cannot merge files; they stay as they are");
                metrics::counter!("ingest_store_compaction_errors_total", "table" => name).increment(1);
            }
        }
        table.remove_replaced(&shared.disk, shared.config.replaced_grace).await;
    }
}
