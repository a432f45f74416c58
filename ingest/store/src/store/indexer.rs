//! Keeps the indexes of tables in step with their files, off the path of requests.

use std::sync::Arc;

use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::Shared;
use crate::index::Index;
use crate::table::Table;

/// The task, while the store is open.
#[derive(Debug)]
pub(super) struct Indexer {
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

/// A table and one of its indexes.
#[derive(Debug, Clone)]
pub(super) struct Indexed {
    pub(super) table: Arc<Table>,
    pub(super) index: Arc<Index>,
}

// === impl Indexer ===

impl Indexer {
    /// Starts to index what is stored.
    pub(super) fn start(shared: Arc<Shared>) -> Self {
        let (stop, stopped) = watch::channel(false);
        Self { stop, task: tokio::spawn(run(shared, stopped)) }
    }

    /// Ends within a moment; what is not indexed then is after the next start.
    pub(super) async fn stop(self) {
        self.stop.send_replace(true);
        self.task.await.ok();
    }
}

async fn run(shared: Arc<Shared>, mut stop: watch::Receiver<bool>) {
    loop {
        tokio::select! {
            // An error means that the store was dropped without being closed.
            _ = stop.wait_for(|stop| *stop) => return,
            () = tokio::time::sleep(shared.config.index_every) => {}
        }
        pass(&shared, &stop).await;
    }
}

/// Brings every index up to its table's files.
pub(super) async fn pass(shared: &Shared, stop: &watch::Receiver<bool>) {
    for Indexed { table, index } in shared.tenants.indexed() {
        let stop = stop.clone();
        let work = move || {
            let files = table.snapshot().files;
            let kept = index.keep_up(&files, &|| *stop.borrow());
            ([("table", table.spec.name), ("index", index.kind().name())], index.covered(), kept)
        };
        let Ok((labels, (_, runs), kept)) = tokio::task::spawn_blocking(work).await else { continue };
        metrics::gauge!("ingest_store_index_runs", &labels).set(runs as f64);
        if let Err(error) = kept {
            tracing::warn!(table = labels[0].1, %error, "cannot write an index; lookups ask the files directly");
            metrics::counter!("ingest_store_index_errors_total", &labels).increment(1);
        }
    }
}
