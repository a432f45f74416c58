//! The lane of a receiver, with the clock paused and a receiver that says what it is told to.

use std::collections::VecDeque;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use alerting_notify::{
    Answer, Backoff, Clock, HttpRequest, Lane, LaneParts, Language, Outbox, ReceiverKind, SendError, Transport,
};
use alerting_rules::{Alert, Attempt, DeliveryState, Entry, Journal, JournalError};
use async_trait::async_trait;
use ingest_model::Nanos;
use tempfile::TempDir;
use tokio::sync::{Notify, watch};
use tokio::time::Instant;

use crate::samples::{START, burn, chat, fired, minute, resolved};

/// Answers in turn, and remembers when it was asked and with which id.
#[derive(Default)]
pub(crate) struct Script {
    answers: Mutex<VecDeque<Result<Answer, SendError>>>,
    asked: Mutex<Vec<(u64, String)>>,
    start: Mutex<Option<Instant>>,
}

impl Script {
    fn of(answers: Vec<Result<Answer, SendError>>) -> Arc<Self> {
        let script = Self { answers: Mutex::new(answers.into()), ..Self::default() };
        *script.start.lock().expect("a lock") = Some(Instant::now());
        Arc::new(script)
    }

    /// Seconds at which it was asked.
    fn seconds(&self) -> Vec<u64> {
        self.asked.lock().expect("a lock").iter().map(|(second, _)| *second).collect()
    }

    fn ids(&self) -> Vec<String> {
        self.asked.lock().expect("a lock").iter().map(|(_, id)| id.clone()).collect()
    }
}

#[async_trait]
impl Transport for Script {
    async fn post(&self, request: HttpRequest) -> Result<Answer, SendError> {
        let start = self.start.lock().expect("a lock").expect("a start");
        let id = request.headers.iter().find(|(name, _)| *name == "x-slowburn-id");
        let id = id.map(|(_, id)| id.clone()).unwrap_or_default();
        self.asked.lock().expect("a lock").push((start.elapsed().as_secs(), id));
        self.answers.lock().expect("a lock").pop_front().unwrap_or_else(|| said(200, ""))
    }
}

fn said(status: u16, body: &str) -> Result<Answer, SendError> {
    Ok(Answer { status, retry_after: None, body: body.to_owned() })
}

fn slow() -> Result<Answer, SendError> {
    Err(SendError { reason: "none within 10 s".to_owned() })
}

/// A clock that goes with the paused one.
fn clock() -> Clock {
    let start = Instant::now();
    Arc::new(move || minute(1).plus(i64::try_from(start.elapsed().as_nanos()).unwrap_or(i64::MAX)))
}

fn journal(folder: &Path) -> Journal {
    Journal::open(&folder.join("state.sqlite")).expect("a journal")
}

/// A lane that runs for `seconds` over an outbox.
async fn run<O: Outbox>(outbox: &Arc<Mutex<O>>, transport: &Arc<Script>, backoff: Backoff, seconds: u64) {
    let transport: Arc<dyn Transport> = Arc::<Script>::clone(transport);
    let wake = Arc::new(Notify::new());
    let parts = LaneParts { outbox: Arc::clone(outbox), transport, clock: clock(), backoff, wake };
    let lane = Lane::new(chat(ReceiverKind::Webhook, Language::En, "http://hook.example/"), parts);
    let (stop, stopped) = watch::channel(false);
    let running = tokio::spawn(async move { lane.run(stopped).await });
    tokio::time::sleep(Duration::from_secs(seconds)).await;
    stop.send(true).expect("the lane runs");
    let ended = tokio::time::timeout(Duration::from_millis(1), running).await;
    ended.expect("the lane ends when it is told").expect("without a panic");
}

/// Sends an alert that fired and resolved through the answers; what the receiver saw, and the deliveries.
async fn play(
    answers: Vec<Result<Answer, SendError>>,
    seconds: u64,
) -> (Arc<Script>, Vec<(DeliveryState, u32, String)>) {
    let folder = tempfile::tempdir().expect("a folder");
    let (outbox, alert) = outbox_with_two(&folder);
    let script = Script::of(answers);
    run(&outbox, &script, Backoff::default(), seconds).await;
    let deliveries = outbox.lock().expect("a lock").deliveries(&alert.id).expect("read");
    (script, deliveries.into_iter().map(|one| (one.state, one.attempts, one.detail)).collect())
}

fn outbox_with_two(folder: &TempDir) -> (Arc<Mutex<Journal>>, Alert) {
    let mut journal = journal(folder.path());
    let firing = fired(&burn());
    journal.record(&firing, &["chat"]).expect("recorded");
    let mut over = resolved(&firing.alert, burn());
    over.alert.evaluated_at = START.plus(1);
    journal.record(&over, &["chat"]).expect("recorded");
    (Arc::new(Mutex::new(journal)), firing.alert)
}

#[tokio::test(start_paused = true)]
async fn what_is_not_delivered_is_sent_again_with_longer_and_longer_waits() {
    let (script, deliveries) = play(vec![said(500, ""), slow(), said(503, ""), said(502, "")], 60).await;
    // 1, 2, 4 and 8 s after the attempt before, at the next look of the lane; then the resolved one.
    assert_eq!(script.seconds(), [0, 1, 3, 7, 15, 15]);
    let ids = script.ids();
    assert!(ids[..5].iter().all(|id| *id == ids[0]), "an entry keeps its id");
    assert_ne!(ids[5], ids[0]);
    let delivered = |attempts| (DeliveryState::Delivered, attempts, String::new());
    assert_eq!(deliveries, [delivered(5), delivered(1)]);
}

#[tokio::test(start_paused = true)]
async fn a_receiver_that_throttles_is_left_alone_for_as_long_as_it_says() {
    let throttled = Ok(Answer { status: 429, retry_after: Some("40".to_owned()), body: String::new() });
    let (script, deliveries) = play(vec![throttled], 60).await;
    assert_eq!(script.seconds(), [0, 40, 40]);
    assert_eq!(deliveries[0].1, 2);
}

#[tokio::test(start_paused = true)]
async fn what_is_refused_is_not_sent_again() {
    let (script, deliveries) = play(vec![said(404, "no such hook")], 600).await;
    assert_eq!(script.seconds(), [0, 0], "and the next one goes its way");
    assert_eq!(deliveries[0], (DeliveryState::Failed, 1, "HTTP 404: no such hook".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn an_entry_is_given_up_after_the_last_attempt() {
    let folder = tempfile::tempdir().expect("a folder");
    let (outbox, alert) = outbox_with_two(&folder);
    let script = Script::of(vec![said(500, ""), said(500, ""), said(500, "")]);
    let backoff = Backoff { max_attempts: 3, ..Backoff::default() };
    run(&outbox, &script, backoff, 60).await;
    let deliveries = outbox.lock().expect("a lock").deliveries(&alert.id).expect("read");
    assert_eq!(deliveries[0].state, DeliveryState::Failed);
    assert_eq!(deliveries[0].detail, "given up after 3 attempts: HTTP 500");
    assert_eq!(deliveries[1].state, DeliveryState::Delivered);
}

/// An outbox whose disk is full for the first attempts to write.
struct FullDisk {
    journal: Journal,
    writes_that_fail: u32,
}

impl Outbox for FullDisk {
    fn due(&mut self, receiver: &str, now: Nanos) -> Result<Option<Entry>, JournalError> {
        self.journal.due(receiver, now)
    }

    fn settle(&mut self, entry: &Entry, attempt: &Attempt) -> Result<(), JournalError> {
        if let Some(left) = self.writes_that_fail.checked_sub(1) {
            self.writes_that_fail = left;
            return Err(JournalError::Unwritable { what: "an attempt", reason: "the disk is full".to_owned() });
        }
        self.journal.settle(entry, attempt)
    }
}

#[tokio::test(start_paused = true)]
async fn a_full_disk_does_not_send_the_same_message_over_and_over() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut journal = journal(folder.path());
    journal.record(&fired(&burn()), &["chat"]).expect("recorded");
    let outbox = Arc::new(Mutex::new(FullDisk { journal, writes_that_fail: 5 }));
    let script = Script::of(Vec::new());
    run(&outbox, &script, Backoff::default(), 120).await;
    assert_eq!(script.seconds(), [0], "sent once, and settled later");
    let outbox = outbox.lock().unwrap_or_else(PoisonError::into_inner);
    assert_eq!(outbox.journal.due("chat", START.plus(i64::MAX / 2)).expect("read"), None);
}

#[tokio::test(start_paused = true)]
async fn a_kill_between_answer_and_settling_sends_twice_with_one_id() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut first = journal(folder.path());
    first.record(&fired(&burn()), &["chat"]).expect("recorded");
    let script = Script::of(Vec::new());
    let outbox = Arc::new(Mutex::new(FullDisk { journal: first, writes_that_fail: u32::MAX }));
    run(&outbox, &script, Backoff::default(), 5).await;
    drop(outbox);
    let outbox = Arc::new(Mutex::new(journal(folder.path())));
    run(&outbox, &script, Backoff::default(), 30).await;
    let ids = script.ids();
    assert_eq!((ids.len(), &ids[0]), (2, &ids[1]));
}
