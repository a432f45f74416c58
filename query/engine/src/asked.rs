//! Questions that were asked: what each may use, what it uses, and what is remembered of it.
//!
//! A question is one [`Asked`] from the moment it comes until somebody looks at `queries` for the last time. What reads
//! files and what takes memory for it counts here and stops here, so that a limit holds whatever part of the engine works.

mod log;
mod metered;
mod pool;

use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use datafusion::execution::DiskManager;
use ingest_model::Nanos;
use query_api::ErrorKind;

use crate::error::{self, QueryError};
use crate::limits::QuestionLimits;
pub(crate) use log::{Asking, Questions, table};
pub(crate) use metered::Metered;
pub(crate) use pool::QuestionPool;

/// Who asks, and through which door.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asker {
    /// The door: `http`, `postgresql`, `flight`, `prometheus`, `jaeger`; `slowburn` for the process itself.
    pub door: &'static str,
    /// The id of the key, never the key; `None` where no key is asked for.
    pub who: Option<String>,
}

/// Characters of a question that are remembered.
const TEXT: usize = 2_000;

/// What a question is: its kind and its text.
#[derive(Debug, Clone)]
pub(crate) struct What {
    pub(crate) kind: &'static str,
    pub(crate) text: String,
    /// Whether it is remembered. What is asked to ask a question, and what is asked several times a second, is not.
    pub(crate) remembered: bool,
}

/// Where a question is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum State {
    Waiting,
    Running,
    Answered,
    Failed,
    /// Whoever asked went away.
    Cancelled,
}

/// One question.
#[derive(Debug)]
pub(crate) struct Asked {
    id: u64,
    asker: Asker,
    what: What,
    started: Nanos,
    began: Instant,
    limits: QuestionLimits,
    running: AtomicBool,
    rows: AtomicU64,
    bytes_read: AtomicU64,
    files_read: AtomicU64,
    memory: AtomicUsize,
    memory_peak: AtomicUsize,
    spilled: AtomicU64,
    cached: AtomicBool,
    /// Whether the limit of bytes ended it.
    read_too_much: AtomicBool,
    over: AtomicBool,
    disk: Mutex<Option<Arc<DiskManager>>>,
}

// === impl Asker ===

impl Default for Asker {
    /// The process itself.
    fn default() -> Self {
        Self { door: "slowburn", who: None }
    }
}

impl Asker {
    /// Whether it is the process itself that asks.
    #[must_use]
    pub fn is_own(&self) -> bool {
        *self == Self::default()
    }
}

// === impl What ===

impl What {
    pub(crate) fn new(kind: &'static str, text: impl Into<String>) -> Self {
        let mut text = text.into();
        if let Some((end, _)) = text.char_indices().nth(TEXT) {
            text.truncate(end);
            text.push('…');
            text.shrink_to_fit();
        }
        Self { kind, text, remembered: true }
    }

    /// What is not remembered.
    pub(crate) fn quiet(kind: &'static str) -> Self {
        Self { kind, text: String::new(), remembered: false }
    }
}

// === impl State ===

impl State {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Running => "running",
            Self::Answered => "answered",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }
}

// === impl Asked ===

impl Asked {
    pub(crate) fn new(id: u64, asker: Asker, what: What, started: Nanos, limits: QuestionLimits) -> Self {
        Self {
            id,
            asker,
            what,
            started,
            began: Instant::now(),
            limits,
            running: AtomicBool::new(false),
            rows: AtomicU64::new(0),
            bytes_read: AtomicU64::new(0),
            files_read: AtomicU64::new(0),
            memory: AtomicUsize::new(0),
            memory_peak: AtomicUsize::new(0),
            spilled: AtomicU64::new(0),
            cached: AtomicBool::new(false),
            read_too_much: AtomicBool::new(false),
            over: AtomicBool::new(false),
            disk: Mutex::default(),
        }
    }

    /// Nobody's question, for what is done before any is asked.
    pub(crate) fn nobody(limits: QuestionLimits) -> Self {
        Self::new(0, Asker::default(), What::quiet("none"), Nanos(0), limits)
    }

    /// What it may use.
    pub(crate) const fn limits(&self) -> &QuestionLimits {
        &self.limits
    }

    /// It has got its slot.
    pub(crate) fn run(&self) {
        self.running.store(true, Ordering::Relaxed);
    }

    /// So many rows were answered.
    pub(crate) fn answered(&self, rows: usize) {
        self.rows.store(rows as u64, Ordering::Relaxed);
    }

    /// It was answered as the same question was before.
    pub(crate) fn answered_again(&self) {
        self.cached.store(true, Ordering::Relaxed);
    }

    /// A plan that ran has spilled so many bytes in all.
    pub(crate) fn add_spilled(&self, bytes: u64) {
        self.spilled.fetch_add(bytes, Ordering::Relaxed);
    }

    /// Where it spills to.
    pub(crate) fn spills_to(&self, disk: Arc<DiskManager>) {
        *self.disk.lock().unwrap_or_else(PoisonError::into_inner) = Some(disk);
    }

    fn spilled_bytes(&self) -> u64 {
        let disk = self.disk.lock().unwrap_or_else(PoisonError::into_inner);
        let now = disk.as_ref().map_or(0, |disk| disk.used_disk_space());
        self.spilled.load(Ordering::Relaxed).max(now)
    }

    /// It is about to read so many bytes of files; whether it may.
    fn may_read(&self, bytes: u64) -> bool {
        let read = self.bytes_read.fetch_add(bytes, Ordering::Relaxed).saturating_add(bytes);
        let may = self.limits.scan_bytes == 0 || read <= self.limits.scan_bytes;
        if !may {
            self.read_too_much.store(true, Ordering::Relaxed);
        }
        may
    }

    /// Whether the limit of bytes has ended it.
    pub(crate) fn has_read_too_much(&self) -> bool {
        self.read_too_much.load(Ordering::Relaxed)
    }

    /// Whether it has ended, and nobody waits for its answer any more.
    pub(crate) fn is_over(&self) -> bool {
        self.over.load(Ordering::Relaxed)
    }

    /// It has ended: what it spilled to goes.
    fn over(&self) {
        self.over.store(true, Ordering::Relaxed);
        let spilled = self.spilled_bytes();
        self.spilled.store(spilled, Ordering::Relaxed);
        *self.disk.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    fn took_memory(&self, bytes: usize) {
        let held = self.memory.fetch_add(bytes, Ordering::Relaxed).saturating_add(bytes);
        self.memory_peak.fetch_max(held, Ordering::Relaxed);
    }

    fn gave_memory_back(&self, bytes: usize) {
        self.memory.fetch_sub(bytes, Ordering::Relaxed);
    }

    /// The error of a question that failed: which limit ended it, if one did, and what helps.
    pub(crate) fn explain(&self, failure: QueryError) -> QueryError {
        let limits = &self.limits;
        if self.has_read_too_much() {
            return QueryError::new(
                ErrorKind::ResourceLimit,
                format!("the question reads more than its limit of {} bytes of files", limits.scan_bytes),
                "narrow the time range, or name fewer columns; question_scan_bytes of the limits file sets the limit",
            );
        }
        if failure.is(&error::exhausted()) {
            return QueryError::new(
                ErrorKind::ResourceLimit,
                format!("the question needs more memory than its limit of {} bytes", limits.memory_bytes),
                "narrow the time range, select fewer columns, or group by fewer values; question_memory_bytes of the \
                 limits file sets the limit",
            );
        }
        if failure.is(&error::spilled()) {
            return QueryError::new(
                ErrorKind::ResourceLimit,
                format!("the question spills more to disk than its limit of {} bytes", limits.spill_bytes),
                "narrow the time range, select fewer columns, or group by fewer values; question_spill_bytes of the \
                 limits file sets the limit",
            );
        }
        failure
    }
}
