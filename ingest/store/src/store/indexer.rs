//! Keeps the indexes of tables in step with their files, off the path of requests.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use object_store::path::Path;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::Instant;

use super::Shared;
use crate::index::Index;
use crate::snapshot::DataFile;
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
    let mut newcomers = Newcomers::default();
    loop {
        tokio::select! {
            // An error means that the store was dropped without being closed.
            _ = stop.wait_for(|stop| *stop) => return,
            () = tokio::time::sleep(shared.config.index_every) => {}
        }
        let files = shared.tenants.indexed().into_iter().map(|indexed| indexed.table.snapshot().files);
        let new = newcomers.among(&files.collect::<Vec<_>>().concat(), Instant::now(), shared.config.index_after);
        pass(&shared, new, &stop).await;
    }
}

/// Files that are new. While much comes in they are soon merged, and what an index lists of them would have to be listed
/// again: they are left alone for a while.
#[derive(Debug, Default)]
struct Newcomers {
    /// Each file with when it was first seen; `None` where it was there at the first look.
    seen: HashMap<Path, Option<Instant>>,
    looked: bool,
}

// === impl Newcomers ===

impl Newcomers {
    /// Which of all files came less than `wait` ago.
    fn among(&mut self, files: &[DataFile], now: Instant, wait: Duration) -> HashSet<Path> {
        let first = self.looked.then_some(now);
        let seen = |file: &DataFile| (file.path.clone(), self.seen.get(&file.path).copied().unwrap_or(first));
        self.seen = files.iter().map(seen).collect();
        self.looked = true;
        let is_new = |seen: &Option<Instant>| seen.is_some_and(|seen| now.duration_since(seen) < wait);
        self.seen.iter().filter(|(_, seen)| is_new(seen)).map(|(path, _)| path.clone()).collect()
    }
}

/// Brings every index up to its table's files, but those that are `new`.
pub(super) async fn pass(shared: &Shared, new: HashSet<Path>, stop: &watch::Receiver<bool>) {
    let new = Arc::new(new);
    for Indexed { table, index } in shared.tenants.indexed() {
        let (stop, new) = (stop.clone(), Arc::clone(&new));
        let work = move || {
            let files = table.snapshot().files;
            let kept = index.keep_up(&files, &|file| new.contains(&file.path), &|| *stop.borrow());
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

#[cfg(test)]
mod tests {
    use super::*;

    fn file(name: &str) -> DataFile {
        DataFile { path: name.into(), size_bytes: 1, rows: 1, min_time_us: 0, max_time_us: 0, is_cold: false }
    }

    #[test]
    fn files_are_new_for_a_while_but_those_of_a_start() {
        let (start, wait, mut newcomers) = (Instant::now(), Duration::from_secs(3), Newcomers::default());
        let mut among = |second: u64, names: &[&str]| {
            let files: Vec<_> = names.iter().map(|name| file(name)).collect();
            let new = newcomers.among(&files, start + Duration::from_secs(second), wait);
            let mut new: Vec<_> = new.iter().map(Path::to_string).collect();
            new.sort_unstable();
            new
        };
        assert!(among(0, &["a"]).is_empty());
        assert_eq!(among(1, &["a", "b"]), ["b"]);
        assert_eq!(among(3, &["b", "c"]), ["b", "c"]);
        assert_eq!(among(4, &["b", "c"]), ["c"]);
    }
}
