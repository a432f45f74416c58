//! The retry window: which requests were answered already.
//!
//! An exporter that did not hear our answer sends the same bytes again. Within the window they are
//! not stored twice: the answer is the one of the first time, partial success too. A repeat that
//! comes while the first is under way waits for its outcome; when that failed, the repeat is taken
//! in its place. So nothing is answered before it is durable, repeat or not.
//!
//! Bytes are told by SHA-256 over tenant, signal, encoding and body, cut to 128 bits. Two different
//! requests that were taken for one would lose data, also where somebody else chooses what is logged;
//! so it is a hash for which nobody can make two such requests, not a fast one that is hoped to be safe.
//! It needs no secret, so it holds across a restart: what recovery replays is remembered again
//! ([`Replayer`]).
//!
//! Requests without any time in them are not remembered: their rows get the time of receipt, or tell
//! no time at all, so the same bytes may well mean something that happened again.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use arrow::array::{Array as _, AsArray as _};
use arrow::datatypes::{Int64Type, TimestampMicrosecondType};
use arrow::record_batch::RecordBatch;
use ingest_model::{Nanos, Signal, Tenant};
use ingest_store::{Decode, Encoding, RecordedRequest};
use tokio::sync::watch;

use crate::decode::Decoder;
use crate::rows::Rejected;

/// Bytes that the answers of the window may take: some 170,000 requests.
const MAX_BYTES: usize = 32 << 20;

/// What an answer takes: a place in the map, which is between half and seven eighths full, and one
/// in the queue.
const ANSWER_BYTES: usize = 192;

/// The answers of the last minutes, and the requests under way.
#[derive(Debug)]
pub struct RetryWindow {
    window_ns: i64,
    max_bytes: usize,
    state: Mutex<State>,
}

/// Tells a request from every other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Fingerprint([u8; 16]);

#[derive(Debug, Default)]
struct State {
    answered: HashMap<Fingerprint, Answered>,
    /// Oldest first.
    order: VecDeque<(Fingerprint, Nanos)>,
    bytes: usize,
    /// Those under way; a channel closes when its request has ended.
    under_way: HashMap<Fingerprint, watch::Receiver<()>>,
}

/// What was answered, and when.
#[derive(Debug)]
struct Answered {
    at: Nanos,
    rejected: Rejected,
}

/// What to do with a request.
#[derive(Debug)]
pub(crate) enum Turn {
    /// It is to be stored.
    First(First),
    /// It is stored; this is its answer.
    Repeat(Rejected),
}

/// The leave to store a request. Others with the same bytes wait until it is dropped.
#[derive(Debug)]
pub(crate) struct First {
    window: Arc<RetryWindow>,
    fingerprint: Fingerprint,
    /// Closes the channel after [`First::drop`].
    _ended: watch::Sender<()>,
}

/// Recovery's way back to rows, which remembers what it brings back as answered.
#[derive(Debug, Clone)]
pub struct Replayer(Arc<RetryWindow>);

// === impl RetryWindow ===

impl RetryWindow {
    /// A window of so long. It holds the newest answers that fit into 32 MiB, should they be fewer.
    #[must_use]
    pub fn new(window: Duration) -> Arc<Self> {
        Self::with_bytes(window, MAX_BYTES)
    }

    fn with_bytes(window: Duration, max_bytes: usize) -> Arc<Self> {
        let window_ns = i64::try_from(window.as_nanos()).unwrap_or(i64::MAX);
        Arc::new(Self { window_ns, max_bytes, state: Mutex::default() })
    }

    /// Waits until no request with the same bytes is under way, and says what to do with this one.
    pub(crate) async fn turn(self: &Arc<Self>, fingerprint: Fingerprint, now: Nanos) -> Turn {
        loop {
            let mut ended = match self.look(fingerprint, now) {
                Ok(turn) => return turn,
                Err(under_way) => under_way,
            };
            // Nothing is ever sent: this returns when the other request has ended.
            ended.changed().await.ok();
        }
    }

    /// What to do, or the request to wait for.
    fn look(self: &Arc<Self>, fingerprint: Fingerprint, now: Nanos) -> Result<Turn, watch::Receiver<()>> {
        let mut state = self.state();
        if let Some(under_way) = state.under_way.get(&fingerprint) {
            return Err(under_way.clone());
        }
        let young = |answered: &&Answered| now.0.saturating_sub(answered.at.0) <= self.window_ns;
        if let Some(answered) = state.answered.get(&fingerprint).filter(young) {
            return Ok(Turn::Repeat(answered.rejected.clone()));
        }
        let (ended, under_way) = watch::channel(());
        state.under_way.insert(fingerprint, under_way);
        Ok(Turn::First(First { window: Arc::clone(self), fingerprint, _ended: ended }))
    }

    fn remember(&self, fingerprint: Fingerprint, at: Nanos, rejected: Rejected) {
        let mut state = self.state();
        state.bytes += bytes(&rejected);
        let former = state.answered.insert(fingerprint, Answered { at, rejected });
        state.bytes -= former.map_or(0, |former| bytes(&former.rejected));
        state.order.push_back((fingerprint, at));
        state.forget(at.0.saturating_sub(self.window_ns), self.max_bytes);
        metrics::gauge!("ingest_otlp_retry_window_requests").set(state.answered.len() as f64);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

// === impl State ===

impl State {
    /// Lets go of answers from before `oldest`, and of the oldest while they are too many.
    fn forget(&mut self, oldest: i64, max_bytes: usize) {
        while let Some((fingerprint, at)) = self.order.front().copied() {
            if at.0 >= oldest && self.bytes <= max_bytes {
                return;
            }
            self.order.pop_front();
            // It may have been answered again since.
            if self.answered.get(&fingerprint).is_some_and(|answered| answered.at == at) {
                let forgotten = self.answered.remove(&fingerprint);
                self.bytes -= forgotten.map_or(0, |forgotten| bytes(&forgotten.rejected));
            }
        }
    }
}

// === impl First ===

impl First {
    /// The request was stored at `at` and is answered with `rejected`.
    pub(crate) fn answered(self, at: Nanos, rejected: &Rejected) {
        self.window.remember(self.fingerprint, at, rejected.clone());
    }
}

impl Drop for First {
    fn drop(&mut self) {
        self.window.state().under_way.remove(&self.fingerprint);
    }
}

// === impl Fingerprint ===

impl Fingerprint {
    pub(crate) fn of(tenant: &Tenant, signal: Signal, encoding: Encoding, body: &[u8]) -> Self {
        let mut hasher = blake3::Hasher::new();
        // A name has at most 64 bytes, so the head of one request is never the head of another.
        hasher.update(&[u8::try_from(tenant.as_str().len()).unwrap_or(u8::MAX), signal as u8, encoding as u8]);
        hasher.update(tenant.as_str().as_bytes());
        hasher.update(body);
        let mut fingerprint = [0; 16];
        hasher.finalize_xof().fill(&mut fingerprint);
        Self(fingerprint)
    }
}

// === impl Replayer ===

impl Replayer {
    /// Remembers in `window`.
    #[must_use]
    pub const fn new(window: Arc<RetryWindow>) -> Self {
        Self(window)
    }
}

impl Decode for Replayer {
    fn rows(&self, request: &RecordedRequest) -> Result<RecordBatch, String> {
        let rows = Decoder.rows(request)?;
        if has_time(request.signal, &rows) {
            let RecordedRequest { tenant, signal, encoding, received, rejected, body } = request;
            let items = rows.num_rows() + rejected.len();
            let rejected = Rejected::recorded(*signal, u32::try_from(items).unwrap_or(u32::MAX), rejected.clone());
            self.0.remember(Fingerprint::of(tenant, *signal, *encoding, body), *received, rejected);
        }
        Ok(rows)
    }
}

/// Whether a row tells a time its sender gave.
pub(crate) fn has_time(signal: Signal, rows: &RecordBatch) -> bool {
    let column = |name: &str| rows.column_by_name(name);
    let given = |name: &str| column(name).is_some_and(|column| column.null_count() < column.len());
    let is_set = |name: &str| {
        let times = column(name).and_then(|column| column.as_primitive_opt::<Int64Type>());
        times.is_some_and(|times| times.values().iter().any(|time| *time != 0))
    };
    let is_dated = |name: &str| {
        let times = column(name).and_then(|column| column.as_primitive_opt::<TimestampMicrosecondType>());
        times.is_some_and(|times| times.values().iter().any(|time| *time != 0))
    };
    match signal {
        Signal::Traces => is_dated("start_time") || is_set("start_time_nanos") || is_set("duration_ns"),
        Signal::Logs => given("time_nanos") || given("observed_delay_ns"),
        Signal::Metrics => is_dated("time") || is_set("time_nanos"),
    }
}

fn bytes(rejected: &Rejected) -> usize {
    ANSWER_BYTES + size_of_val(rejected.ordinals())
}

#[cfg(test)]
mod tests;
