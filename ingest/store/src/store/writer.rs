//! The single writer of the log: groups what waits, syncs once, publishes, answers.

use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use arrow::record_batch::RecordBatch;
use tokio::sync::{mpsc, oneshot};

use super::{FailStop, Shared};
use crate::append::Record;
use crate::error::StoreError;
use crate::nulls::memory_bytes;
use crate::table::Table;

/// A group is written once it has this many bytes, so that a flood of small requests still shares
/// a sync and one large request does not wait for the next.
const GROUP_BYTES: usize = 8 << 20;

/// How long a group is held back at most. Senders give up after ten seconds (OTLP exporter, "Timeout"), and it may have waited before.
const HELD_MOST: Duration = Duration::from_secs(1);

/// What the writer is told.
#[derive(Debug)]
pub(super) enum Message {
    /// Make this durable.
    Append(Box<Pending>),
    /// Take no more; finish what is queued.
    Close,
}

/// A request that waits for its answer.
#[derive(Debug)]
pub(super) struct Pending {
    pub(super) record: Record,
    pub(super) rows: RecordBatch,
    pub(super) table: Arc<Table>,
    pub(super) done: oneshot::Sender<Result<(), StoreError>>,
}

/// Starts the writer on a thread of its own, because it spends its life in `fsync`.
///
/// # Errors
///
/// [`StoreError::Io`] when the system has no thread left.
pub(super) fn start(
    shared: Arc<Shared>,
    requests: mpsc::Receiver<Message>,
) -> Result<oneshot::Receiver<()>, StoreError> {
    let (done, writer_done) = oneshot::channel();
    let run = move || {
        let _fail_stop = FailStop("the log writer");
        run(&shared, requests);
        // Whoever waits may open the folder again, so its lock must not hang on this thread.
        drop(shared);
        done.send(()).ok();
    };
    match std::thread::Builder::new().name("wal-writer".to_owned()).spawn(run) {
        Ok(_) => Ok(writer_done),
        Err(source) => Err(StoreError::Io { action: "start", path: "the log writer".to_owned(), source }),
    }
}

fn run(shared: &Shared, mut requests: mpsc::Receiver<Message>) {
    while let Some(message) = requests.blocking_recv() {
        let group = gather(message, &mut requests);
        if !group.is_empty() {
            write(shared, group);
        }
    }
}

/// The message and whatever waits behind it, up to the size of a group.
fn gather(first: Message, requests: &mut mpsc::Receiver<Message>) -> Vec<Pending> {
    let mut group = Vec::new();
    let mut size = 0;
    let mut next = Some(first);
    while let Some(message) = next {
        match message {
            Message::Append(pending) => {
                size += pending.record.body().len();
                group.push(*pending);
            }
            Message::Close => requests.close(),
        }
        next = if size < GROUP_BYTES { requests.try_recv().ok() } else { None };
    }
    group
}

fn write(shared: &Shared, group: Vec<Pending>) {
    // Where flushes fail, waiting makes no room.
    let flush_fails = shared.flush_fails.load(Ordering::Relaxed);
    if !shared.budget.wait(if flush_fails { Duration::ZERO } else { shared.config.patience }) {
        answer_all(group, &StoreError::QueueFull);
        return;
    }
    if !flush_fails {
        let grows = group.iter().map(|pending| memory_bytes(&pending.rows)).sum();
        std::thread::sleep(shared.budget.hold(grows).min(HELD_MOST));
    }
    let records: Vec<&Record> = group.iter().map(|pending| &pending.record).collect();
    let written = shared.wal.lock().unwrap_or_else(PoisonError::into_inner).append(&records);
    match written {
        Ok(first) => (first..).zip(group).for_each(|(seq, pending)| publish(shared, seq, pending)),
        Err(error) => {
            tracing::error!(%error, requests = group.len(), "cannot write to the log; requests were refused");
            metrics::counter!("ingest_store_wal_errors_total").increment(1);
            answer_all(group, &error);
        }
    }
}

/// Makes the rows readable and only then answers.
fn publish(shared: &Shared, seq: u64, pending: Pending) {
    let Pending { record, rows, table, done } = pending;
    let grown = table.publish(seq, rows, record.received());
    shared.published.store(seq, Ordering::Release);
    shared.budget.take(grown);
    if table.hot_bytes() >= shared.config.flush_bytes || shared.budget.over(75) {
        shared.flush_due.notify_one();
    }
    // Nobody waits any more when the sender hung up; the rows are kept all the same.
    done.send(Ok(())).ok();
}

fn answer_all(group: Vec<Pending>, error: &StoreError) {
    for pending in group {
        pending.done.send(Err(error.again())).ok();
    }
}
