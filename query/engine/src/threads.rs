//! The threads questions run on: their own, so that ingest never waits behind a query.

use std::future::Future;
use std::io;
use std::time::Duration;

use tokio::runtime::{Builder, Runtime};
use tokio::task::JoinSet;

use crate::error::QueryError;

/// Planning and evaluating recurse as deep as a query nests. The fence bounds the nesting, and
/// this stack holds what it admits with room to spare; only pages that are touched cost memory.
pub(crate) const STACK_BYTES: usize = 16 << 20;

/// A runtime that is shut down without waiting when it is dropped.
#[derive(Debug)]
pub(crate) struct Threads {
    runtime: Option<Runtime>,
}

// === impl Threads ===

impl Threads {
    /// Starts `count` threads.
    ///
    /// # Errors
    ///
    /// When the system gives no thread.
    pub(crate) fn start(count: usize) -> io::Result<Self> {
        let mut builder = Builder::new_multi_thread();
        builder.worker_threads(count.max(1)).thread_name("query").thread_stack_size(STACK_BYTES).enable_all();
        Ok(Self { runtime: Some(builder.build()?) })
    }

    /// Runs `work` for at most `limit`; when the limit passes, or the caller goes away, the work
    /// is dropped at its next await.
    ///
    /// # Errors
    ///
    /// `Timeout` when the limit passes, else the error of the work.
    pub(crate) async fn run<T, W>(&self, limit: Duration, work: W) -> Result<T, QueryError>
    where
        T: Send + 'static,
        W: Future<Output = Result<T, QueryError>> + Send + 'static,
    {
        let Some(runtime) = &self.runtime else { return Err(QueryError::internal(&"the query threads are gone")) };
        let mut tasks = JoinSet::new();
        tasks.spawn_on(work, runtime.handle());
        match tokio::time::timeout(limit, tasks.join_next()).await {
            Ok(Some(Ok(answer))) => answer,
            Ok(Some(Err(panic))) => Err(QueryError::panicked(&panic)),
            Ok(None) => Err(QueryError::internal(&"a question vanished")),
            Err(_) => Err(QueryError::timed_out(limit)),
        }
    }

    /// Runs `work` that nobody waits for, and that ends by itself.
    pub(crate) fn spawn(&self, work: impl Future<Output = ()> + Send + 'static) {
        if let Some(runtime) = &self.runtime {
            runtime.spawn(work);
        }
    }
}

impl Drop for Threads {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}
