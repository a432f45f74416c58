//! The way of notifications to one receiver.
//!
//! Each receiver has a lane of its own, so one that hangs holds up no other. A lane sends one
//! entry at a time: order is kept, and a receiver is never flooded.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use alerting_rules::{Attempt, AttemptOutcome, Entry, JournalError};
use ingest_model::Nanos;
use tokio::sync::{Notify, watch};
use tokio::time::sleep;

use crate::backoff::Backoff;
use crate::outbox::Outbox;
use crate::outcome::Outcome;
use crate::receivers::Receiver;
use crate::transport::Transport;

/// Tells the time.
pub type Clock = Arc<dyn Fn() -> Nanos + Send + Sync>;

/// How often an idle lane looks for entries whose wait is over.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// How long a lane waits before it tries once more to write down an attempt; doubled each time.
const SETTLE_AGAIN: Duration = Duration::from_secs(1);

/// The longest of those waits.
const LONGEST_SETTLE_AGAIN: Duration = Duration::from_secs(60);

/// What lanes share.
pub struct LaneParts<O> {
    /// Where entries come from. The lock is held for one call at a time.
    pub outbox: Arc<Mutex<O>>,
    /// Sends requests.
    pub transport: Arc<dyn Transport>,
    /// Tells the time.
    pub clock: Clock,
    /// When to try again.
    pub backoff: Backoff,
    /// Told with `notify_waiters` when there are new entries; without, they wait for a second at most.
    pub wake: Arc<Notify>,
}

/// Sends what is due to one receiver.
pub struct Lane<O> {
    receiver: Arc<dyn Receiver>,
    parts: LaneParts<O>,
}

/// The outbox did not do what it was asked.
#[derive(Debug, thiserror::Error)]
enum LaneError {
    #[error(transparent)]
    Outbox(#[from] JournalError),
    #[error("the outbox broke off: {0}")]
    BrokeOff(#[from] tokio::task::JoinError),
}

// === impl LaneParts ===

impl<O> Clone for LaneParts<O> {
    fn clone(&self) -> Self {
        Self {
            outbox: Arc::clone(&self.outbox),
            transport: Arc::clone(&self.transport),
            clock: Arc::clone(&self.clock),
            backoff: self.backoff.clone(),
            wake: Arc::clone(&self.wake),
        }
    }
}

impl<O> fmt::Debug for LaneParts<O> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("LaneParts").field("backoff", &self.backoff).finish_non_exhaustive()
    }
}

// === impl Lane ===

impl<O> fmt::Debug for Lane<O> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Lane").field("receiver", &self.receiver.name()).finish_non_exhaustive()
    }
}

impl<O: Outbox> Lane<O> {
    /// The lane of a receiver.
    #[must_use]
    pub fn new(receiver: Arc<dyn Receiver>, parts: LaneParts<O>) -> Self {
        Self { receiver, parts }
    }

    /// Sends until `stop` turns true or its sender is gone. An entry that is on its way then is still
    /// waited for, and written down; what was not begun stays in the outbox.
    pub async fn run(&self, mut stop: watch::Receiver<bool>) {
        loop {
            self.send_due(&stop).await;
            tokio::select! {
                _ = stop.wait_for(|stop| *stop) => return,
                () = self.parts.wake.notified() => {}
                () = sleep(LOOK_AGAIN) => {}
            }
        }
    }

    /// Sends everything that is due now, one after the other.
    async fn send_due(&self, stop: &watch::Receiver<bool>) {
        while !is_over(stop) {
            match self.due().await {
                Ok(Some(entry)) => self.deliver(entry, stop).await,
                Ok(None) => return,
                Err(error) => {
                    tracing::error!(receiver = self.receiver.name(), %error, "cannot read what is to be sent");
                    return;
                }
            }
        }
    }

    async fn deliver(&self, entry: Entry, stop: &watch::Receiver<bool>) {
        let outcome = self.send(&entry).await;
        let attempt = self.parts.backoff.attempt(outcome, entry.attempts, (self.parts.clock)());
        self.tell(&entry, &attempt);
        self.settle(Arc::new((entry, attempt)), stop).await;
    }

    async fn send(&self, entry: &Entry) -> Outcome {
        let request = self.receiver.request(&entry.notification, (self.parts.clock)());
        match self.parts.transport.post(request).await {
            Ok(answer) => self.receiver.outcome(&answer, (self.parts.clock)()),
            Err(error) => Outcome::again(error.to_string()),
        }
    }

    async fn due(&self) -> Result<Option<Entry>, LaneError> {
        let (receiver, now) = (Arc::clone(&self.receiver), (self.parts.clock)());
        self.ask(move |outbox| outbox.due(receiver.name(), now)).await
    }

    /// Writes the attempt down, however long it takes: sending on would send the same entry again.
    async fn settle(&self, settled: Arc<(Entry, Attempt)>, stop: &watch::Receiver<bool>) {
        let (mut stop, mut wait) = (stop.clone(), SETTLE_AGAIN);
        loop {
            let done = Arc::clone(&settled);
            let Err(error) = self.ask(move |outbox| outbox.settle(&done.0, &done.1)).await else { return };
            tracing::error!(receiver = self.receiver.name(), %error, "cannot write down an attempt");
            if is_over(&stop) {
                return;
            }
            tokio::select! {
                _ = stop.wait_for(|stop| *stop) => {}
                () = sleep(wait) => wait = wait.saturating_mul(2).min(LONGEST_SETTLE_AGAIN),
            }
        }
    }

    /// Asks the outbox where blocking is allowed.
    async fn ask<T: Send + 'static>(
        &self,
        question: impl FnOnce(&mut O) -> Result<T, JournalError> + Send + 'static,
    ) -> Result<T, LaneError> {
        let outbox = Arc::clone(&self.parts.outbox);
        let asked = move || question(&mut outbox.lock().unwrap_or_else(PoisonError::into_inner));
        Ok(tokio::task::spawn_blocking(asked).await??)
    }

    fn tell(&self, entry: &Entry, attempt: &Attempt) {
        let (receiver, alert, detail) = (self.receiver.name(), &entry.notification.alert.id, &attempt.detail);
        let number = entry.attempts.saturating_add(1);
        let outcome = match attempt.outcome {
            AttemptOutcome::Delivered => {
                tracing::info!(receiver, %alert, attempt = number, "notification delivered");
                "delivered"
            }
            AttemptOutcome::Retry { .. } => {
                tracing::warn!(receiver, %alert, attempt = number, detail, "notification not delivered yet");
                "retry"
            }
            AttemptOutcome::Failed => {
                tracing::error!(receiver, %alert, attempt = number, detail, "notification failed for good");
                "failed"
            }
        };
        let labels = [("receiver", receiver.to_owned()), ("outcome", outcome.to_owned())];
        metrics::counter!("alerting_notify_attempts_total", &labels).increment(1);
    }
}

/// Whether lanes are to end: somebody said so, or nobody is left who could.
fn is_over(stop: &watch::Receiver<bool>) -> bool {
    *stop.borrow() || stop.has_changed().is_err()
}
