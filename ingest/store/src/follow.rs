//! Rows as they are acknowledged, for those who watch.
//!
//! A follower gets every batch that becomes readable after it came, unless it is slower than they come: what waits for it
//! is bounded, and what did not fit is counted. Nobody who sends waits for a follower.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use arrow::record_batch::RecordBatch;
use tokio::sync::Notify;

use crate::nulls::memory_bytes;

/// Memory of the rows that wait for one follower, in bytes.
const WAITING_BYTES: usize = 8 << 20;

/// Those who follow a table.
#[derive(Debug, Default)]
pub(crate) struct Followers {
    /// Whether there may be any: looked at for each request, without a lock.
    any: AtomicBool,
    queues: Mutex<Vec<Weak<Queue>>>,
}

/// What waits for one follower.
#[derive(Debug, Default)]
struct Queue {
    waiting: Mutex<Followed>,
    came: Notify,
}

/// Rows that came since a follower looked last.
#[derive(Debug, Default)]
pub struct Followed {
    /// In the order they were acknowledged, in the stored schema of their table.
    pub batches: Vec<RecordBatch>,
    /// How many rows are left out, because too many waited.
    pub skipped: u64,
    bytes: usize,
}

/// Follows a table until it is dropped.
#[derive(Debug)]
pub struct Follower {
    queue: Arc<Queue>,
}

// === impl Followers ===

impl Followers {
    /// One more; it gets what comes from now on.
    pub(crate) fn add(&self) -> Follower {
        let queue = Arc::new(Queue::default());
        let mut queues = lock(&self.queues);
        queues.push(Arc::downgrade(&queue));
        self.any.store(true, Ordering::Release);
        Follower { queue }
    }

    /// Gives rows to everyone who follows.
    pub(crate) fn tell(&self, rows: &RecordBatch) {
        if !self.any.load(Ordering::Acquire) {
            return;
        }
        let mut queues = lock(&self.queues);
        queues.retain(|queue| queue.upgrade().inspect(|queue| queue.push(rows)).is_some());
        self.any.store(!queues.is_empty(), Ordering::Release);
    }
}

// === impl Queue ===

impl Queue {
    fn push(&self, rows: &RecordBatch) {
        let mut waiting = lock(&self.waiting);
        let bytes = memory_bytes(rows);
        if waiting.bytes + bytes > WAITING_BYTES {
            waiting.skipped += rows.num_rows() as u64;
        } else {
            waiting.bytes += bytes;
            waiting.batches.push(rows.clone());
        }
        drop(waiting);
        self.came.notify_one();
    }
}

// === impl Followed ===

impl Followed {
    fn is_empty(&self) -> bool {
        self.batches.is_empty() && self.skipped == 0
    }
}

// === impl Follower ===

impl Follower {
    /// What came since it was asked last; waits until something comes. Safe to drop while it waits.
    pub async fn next(&self) -> Followed {
        loop {
            let came = std::mem::take(&mut *lock(&self.queue.waiting));
            if !came.is_empty() {
                return came;
            }
            self.queue.came.notified().await;
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use arrow::array::{ArrayRef, StringViewArray};
    use futures::FutureExt;

    use super::*;

    fn rows(count: usize, bytes: usize) -> RecordBatch {
        let texts: ArrayRef = Arc::new(StringViewArray::from_iter_values((0..count).map(|_| "x".repeat(bytes))));
        RecordBatch::try_from_iter([("body", texts)]).unwrap()
    }

    #[tokio::test]
    async fn a_follower_gets_what_comes_after_it_in_order() {
        let followers = Followers::default();
        followers.tell(&rows(1, 1));
        let follower = followers.add();
        assert!(follower.next().now_or_never().is_none(), "nothing came yet");
        followers.tell(&rows(2, 1));
        followers.tell(&rows(3, 1));
        let counts: Vec<usize> = follower.next().await.batches.iter().map(RecordBatch::num_rows).collect();
        assert_eq!(counts, [2, 3]);
        assert!(follower.next().now_or_never().is_none());
    }

    #[tokio::test]
    async fn what_does_not_fit_is_counted_and_what_comes_later_is_kept() {
        let followers = Followers::default();
        let (slow, quick) = (followers.add(), followers.add());
        let large = rows(1_000, WAITING_BYTES / 1_000 / 3);
        for _ in 0..5 {
            followers.tell(&large);
            let got = quick.next().await;
            assert_eq!((got.batches.len(), got.skipped), (1, 0));
        }
        let got = slow.next().await;
        assert_eq!((got.batches.len() as u64 * 1_000 + got.skipped, got.skipped > 0), (5_000, true));
        followers.tell(&large);
        assert_eq!(slow.next().await.skipped, 0);
    }

    #[test]
    fn who_is_gone_is_forgotten() {
        let followers = Followers::default();
        drop(followers.add());
        followers.tell(&rows(1, 1));
        assert!(!followers.any.load(Ordering::Acquire) && lock(&followers.queues).is_empty());
    }
}
