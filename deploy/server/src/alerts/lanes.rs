//! The way of notifications out of the process.

use std::sync::{Arc, Mutex, PoisonError};

use alerting_notify::{Backoff, Http, Lane, LaneParts, Outbox, Settings, Transport, receiver};
use alerting_rules::{Attempt, Entry, Journal, JournalError};
use anyhow::Result;
use ingest_model::{Judgement, Nanos, Tenant};
use ingest_store::Store;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::{Notify, watch};
use tokio::task::JoinSet;

use super::stored;

/// The journal, as lanes see it; every attempt is told to whoever stores it.
#[derive(Debug)]
pub(super) struct Outgoing {
    pub(super) journal: Journal,
    attempts: UnboundedSender<(Entry, Attempt)>,
}

/// The lanes that are running.
#[derive(Debug)]
pub(super) struct Lanes {
    parts: LaneParts<Outgoing>,
    attempts: Mutex<Option<UnboundedReceiver<(Entry, Attempt)>>>,
    running: tokio::sync::Mutex<Running>,
}

#[derive(Debug)]
struct Running {
    stop: watch::Sender<bool>,
    lanes: JoinSet<()>,
}

// === impl Outgoing ===

impl Outgoing {
    /// The outgoing side of a journal, and what is told of attempts.
    pub(super) fn new(journal: Journal) -> (Arc<Mutex<Self>>, UnboundedReceiver<(Entry, Attempt)>) {
        let (attempts, told) = unbounded_channel();
        (Arc::new(Mutex::new(Self { journal, attempts })), told)
    }
}

impl Outbox for Outgoing {
    fn due(&mut self, receiver: &str, now: Nanos) -> Result<Option<Entry>, JournalError> {
        self.journal.due(receiver, now)
    }

    fn settle(&mut self, entry: &Entry, attempt: &Attempt) -> Result<(), JournalError> {
        self.journal.settle(entry, attempt)?;
        // Nobody listens any more when the process stops; the journal has it.
        self.attempts.send((entry.clone(), attempt.clone())).ok();
        Ok(())
    }
}

// === impl Lanes ===

impl Lanes {
    /// No lane runs yet.
    ///
    /// # Errors
    ///
    /// When there can be no HTTP client.
    pub(super) fn new(
        outbox: Arc<Mutex<Outgoing>>,
        attempts: UnboundedReceiver<(Entry, Attempt)>,
        clock: fn() -> Nanos,
    ) -> Result<Self> {
        let transport: Arc<dyn Transport> = Arc::new(Http::new()?);
        let (clock, wake) = (Arc::new(clock), Arc::new(Notify::new()));
        let parts = LaneParts { outbox, transport, clock, backoff: Backoff::default(), wake };
        let running = Running { stop: watch::Sender::new(false), lanes: JoinSet::new() };
        Ok(Self { parts, attempts: Mutex::new(Some(attempts)), running: tokio::sync::Mutex::new(running) })
    }

    /// Stores every attempt.
    pub(super) fn keep(&self, store: Arc<Store>) -> impl Future<Output = ()> + Send + 'static {
        let told = self.attempts.lock().unwrap_or_else(PoisonError::into_inner).take();
        async move {
            let Some(mut told) = told else { return };
            while let Some((entry, attempt)) = told.recv().await {
                let stored = match stored::notification(&entry, &attempt) {
                    Ok(rows) => store.record(&Tenant::default(), Judgement::Notifications, rows).await,
                    Err(error) => {
                        tracing::error!(%error, "cannot make a row of an attempt to notify");
                        continue;
                    }
                };
                if let Err(error) = stored {
                    tracing::warn!(%error, "cannot store an attempt to notify; the journal has it");
                }
            }
        }
    }

    /// Ends the lanes and starts those of `settings`. What is for receivers that are gone is given up.
    pub(super) async fn restart(&self, settings: &Settings) {
        self.stop().await;
        let names: Vec<String> = settings.receivers.iter().map(|receiver| receiver.name.clone()).collect();
        let (outbox, now) = (Arc::clone(&self.parts.outbox), (self.parts.clock)());
        let given_up = tokio::task::spawn_blocking(move || {
            outbox.lock().unwrap_or_else(PoisonError::into_inner).journal.fail_unknown(&names, now)
        });
        if let Ok(Err(error)) = given_up.await {
            tracing::error!(%error, "cannot give up notifications for receivers that are gone");
        }
        let mut running = self.running.lock().await;
        running.stop = watch::Sender::new(false);
        for settings in &settings.receivers {
            let lane = Lane::new(receiver(settings.clone()), self.parts.clone());
            let stop = running.stop.subscribe();
            running.lanes.spawn(async move { lane.run(stop).await });
        }
    }

    /// Tells the lanes that there is something new.
    pub(super) fn wake(&self) {
        self.parts.wake.notify_waiters();
    }

    /// Ends the lanes, once what they are sending is answered.
    pub(super) async fn stop(&self) {
        let mut running = self.running.lock().await;
        running.stop.send_replace(true);
        while running.lanes.join_next().await.is_some() {}
    }
}
