//! Which questions run and which ended last: the table `queries`, the log of slow ones, and their metrics.

use std::collections::{BTreeMap, VecDeque};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use arrow::array::{ArrayRef, BooleanArray, Float64Array, Int64Array, StringArray, TimestampMicrosecondArray};
use arrow::record_batch::RecordBatch;
use datafusion::catalog::{MemTable, TableProvider};
use datafusion::common::Result;

use super::{Asked, Asker, State, What};
use crate::config::{Clock, EngineConfig};
use crate::error::QueryError;
use crate::limits::QuestionLimits;

/// Questions that have ended and are remembered.
const ENDED: usize = 500;

/// Characters of an error that are remembered.
const ERROR: usize = 500;

/// The questions of a tenant.
pub(crate) struct Questions {
    tenant: String,
    slow: Duration,
    clock: Clock,
    next: AtomicU64,
    kept: Mutex<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    running: BTreeMap<u64, Arc<Asked>>,
    ended: VecDeque<Ended>,
}

/// A question that has ended.
#[derive(Debug, Clone)]
struct Ended {
    asked: Arc<Asked>,
    state: State,
    took: Duration,
    error: Option<String>,
}

/// A question that is asked, until it is dropped: without an answer by then, whoever asked went away.
#[derive(Debug)]
pub(crate) struct Asking {
    asked: Arc<Asked>,
    questions: Arc<Questions>,
    outcome: Option<std::result::Result<(), String>>,
}

// === impl Questions ===

impl Questions {
    pub(crate) fn new(config: &EngineConfig, clock: Clock) -> Self {
        let (tenant, slow) = (config.tenant.clone(), config.slow);
        Self { tenant, slow, clock, next: AtomicU64::new(1), kept: Mutex::default() }
    }

    /// A question begins.
    pub(crate) fn begin(self: &Arc<Self>, asker: Asker, what: What, limits: QuestionLimits) -> Asking {
        let id = self.next.fetch_add(1, Ordering::Relaxed);
        let asked = Arc::new(Asked::new(id, asker, what, (self.clock)(), limits));
        if asked.what.remembered {
            self.kept().running.insert(id, Arc::clone(&asked));
        }
        Asking { asked, questions: Arc::clone(self), outcome: None }
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn end(&self, ended: Ended) {
        if !ended.asked.what.remembered {
            return;
        }
        let is_slow = ended.took >= self.slow;
        self.count(&ended, is_slow);
        if is_slow {
            self.tell(&ended);
        }
        let mut kept = self.kept();
        kept.running.remove(&ended.asked.id);
        // Judges ask every few seconds: what they ask is worth a row when something is wrong with it.
        if !ended.asked.asker.is_own() || is_slow || ended.state != State::Answered {
            if kept.ended.len() >= ENDED {
                kept.ended.pop_front();
            }
            kept.ended.push_back(ended);
        }
    }

    fn count(&self, ended: &Ended, is_slow: bool) {
        let (tenant, door) = (self.tenant.clone(), ended.asked.asker.door);
        let state = ended.state.as_str();
        metrics::counter!("query_engine_questions_total", "tenant" => tenant.clone(), "door" => door, "state" => state)
            .increment(1);
        metrics::histogram!("query_engine_question_seconds", "door" => door).record(ended.took.as_secs_f64());
        let bytes = ended.asked.bytes_read.load(Ordering::Relaxed);
        metrics::counter!("query_engine_read_bytes_total", "tenant" => tenant.clone()).increment(bytes);
        if is_slow {
            metrics::counter!("query_engine_slow_questions_total", "tenant" => tenant).increment(1);
        }
    }

    /// One line in the log of the process.
    fn tell(&self, ended: &Ended) {
        let asked = &ended.asked;
        tracing::warn!(
            tenant = self.tenant,
            id = asked.id,
            door = asked.asker.door,
            who = asked.asker.who.as_deref().unwrap_or("anonymous"),
            kind = asked.what.kind,
            query = asked.what.text,
            state = ended.state.as_str(),
            duration_ms = millis(ended.took),
            rows = asked.rows.load(Ordering::Relaxed),
            bytes_read = asked.bytes_read.load(Ordering::Relaxed),
            files_read = asked.files_read.load(Ordering::Relaxed),
            memory_peak_bytes = asked.memory_peak.load(Ordering::Relaxed),
            spilled_bytes = asked.spilled_bytes(),
            error = ended.error.as_deref().unwrap_or_default(),
            "a slow question"
        );
    }

    /// Those that run, oldest first, then those that have ended, the last one first.
    fn all(&self) -> Vec<Ended> {
        let kept = self.kept();
        let running = kept.running.values().map(|asked| Ended {
            asked: Arc::clone(asked),
            state: if asked.running.load(Ordering::Relaxed) { State::Running } else { State::Waiting },
            took: asked.began.elapsed(),
            error: None,
        });
        running.chain(kept.ended.iter().rev().cloned()).collect()
    }
}

impl std::fmt::Debug for Questions {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Questions").field("tenant", &self.tenant).finish_non_exhaustive()
    }
}

// === impl Asking ===

impl Asking {
    /// The question.
    pub(crate) fn asked(&self) -> &Arc<Asked> {
        &self.asked
    }

    /// It has ended, well or not.
    pub(crate) fn end<T>(mut self, answer: &std::result::Result<T, QueryError>) {
        let told = |error: &QueryError| error.to_string().chars().take(ERROR).collect();
        self.outcome = Some(answer.as_ref().map(|_| ()).map_err(told));
    }
}

impl Drop for Asking {
    fn drop(&mut self) {
        let (state, error) = match self.outcome.take() {
            Some(Ok(())) => (State::Answered, None),
            Some(Err(error)) => (State::Failed, Some(error)),
            None => (State::Cancelled, None),
        };
        self.asked.over();
        let (asked, took) = (Arc::clone(&self.asked), self.asked.began.elapsed());
        self.questions.end(Ended { asked, state, took, error });
    }
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

fn signed(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// The table `queries` as it is now.
///
/// # Errors
///
/// When the rows do not fit their own schema, which is a bug.
pub(crate) fn table(questions: &Questions) -> Result<Arc<dyn TableProvider>> {
    let all = questions.all();
    let texts =
        |text: fn(&Ended) -> Option<&str>| -> ArrayRef { Arc::new(all.iter().map(text).collect::<StringArray>()) };
    let numbers = |number: fn(&Ended) -> u64| -> ArrayRef {
        Arc::new(Int64Array::from_iter_values(all.iter().map(|one| signed(number(one)))))
    };
    let started = TimestampMicrosecondArray::from_iter_values(all.iter().map(|one| one.asked.started.micros()));
    let took = all.iter().map(|one| one.took.as_secs_f64() * 1_000.0);
    let cached = all.iter().map(|one| Some(one.asked.cached.load(Ordering::Relaxed)));
    let batch = RecordBatch::try_from_iter_with_nullable([
        ("id", numbers(|one| one.asked.id), false),
        ("started", Arc::new(started.with_timezone("UTC")) as ArrayRef, false),
        ("door", texts(|one| Some(one.asked.asker.door)), false),
        ("who", texts(|one| one.asked.asker.who.as_deref()), true),
        ("kind", texts(|one| Some(one.asked.what.kind)), false),
        ("query", texts(|one| Some(&one.asked.what.text)), false),
        ("state", texts(|one| Some(one.state.as_str())), false),
        ("duration_ms", Arc::new(Float64Array::from_iter_values(took)), false),
        ("rows", numbers(|one| one.asked.rows.load(Ordering::Relaxed)), false),
        ("bytes_read", numbers(|one| one.asked.bytes_read.load(Ordering::Relaxed)), false),
        ("files_read", numbers(|one| one.asked.files_read.load(Ordering::Relaxed)), false),
        ("memory_peak_bytes", numbers(|one| one.asked.memory_peak.load(Ordering::Relaxed) as u64), false),
        ("spilled_bytes", numbers(|one| one.asked.spilled_bytes()), false),
        ("cached", Arc::new(cached.collect::<BooleanArray>()), false),
        ("error", texts(|one| one.error.as_deref()), true),
    ])?;
    Ok(Arc::new(MemTable::try_new(batch.schema(), vec![vec![batch]])?))
}
