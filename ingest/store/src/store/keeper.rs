//! Keeps what is known of the bucket up to date: whether it can be reached, and what the cold tables have.

use std::sync::Arc;
use std::time::Duration;

use futures::{StreamExt, stream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::{Shared, mover};

/// How often it is looked for tables that were not read.
const TICK: Duration = Duration::from_secs(1);

/// How many looks there are between two that ask a bucket that could not be reached.
const PROBE: u32 = 5;

/// Logs that are read at the same time.
const READS: usize = 8;

/// How long a start waits until all logs are read. What is left is read later.
const START: Duration = Duration::from_secs(20);

/// The task, while the store is open.
#[derive(Debug)]
pub(super) struct Keeper {
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

// === impl Keeper ===

impl Keeper {
    /// Reads the logs of all cold tables, if the bucket answers, and goes on with those that are left.
    pub(super) async fn start(shared: Arc<Shared>) -> Option<Self> {
        shared.cold.as_ref()?;
        if tokio::time::timeout(START, read(&shared)).await.is_err() {
            tracing::warn!(
                "reading the logs of cold tables takes long; answers do without the rest until they are read"
            );
        }
        let (stop, stopped) = watch::channel(false);
        Some(Self { stop, task: tokio::spawn(run(shared, stopped)) })
    }

    /// Ends at once: nothing is begun that another would have to finish.
    pub(super) async fn stop(self) {
        self.stop.send_replace(true);
        self.task.await.ok();
    }
}

async fn run(shared: Arc<Shared>, mut stop: watch::Receiver<bool>) {
    for looks in 1_u32.. {
        let look = async {
            tokio::time::sleep(TICK).await;
            pass(&shared, looks.is_multiple_of(PROBE)).await;
        };
        tokio::select! {
            // An error means that the store was dropped without being closed.
            _ = stop.wait_for(|stop| *stop) => return,
            () = look => {}
        }
    }
}

/// Looks once; also whether an outage is over, if `probes`.
pub(super) async fn pass(shared: &Shared, probes: bool) {
    let Some(cold) = &shared.cold else { return };
    if cold.bucket.outage().lasts() && probes {
        cold.bucket.look().await;
    }
    read(shared).await;
}

async fn read(shared: &Shared) {
    let Some(cold) = &shared.cold else { return };
    metrics::gauge!("ingest_store_cold_reachable").set(if cold.bucket.outage().lasts() { 0.0 } else { 1.0 });
    let tables = stream::iter(shared.tenants.with_cold());
    let read = |(table, _): (Arc<crate::table::Table>, Vec<_>)| async move {
        if table.must_read_cold()
            && !cold.bucket.outage().lasts()
            && let Err(error) = table.read_cold().await
        {
            mover::tell("read", table.spec.name, &error);
        }
        u64::from(table.is_unread())
    };
    let unread: Vec<u64> = tables.map(read).buffer_unordered(READS).collect().await;
    metrics::gauge!("ingest_store_cold_unread_tables").set(unread.iter().sum::<u64>() as f64);
}
