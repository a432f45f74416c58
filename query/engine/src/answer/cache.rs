//! Answers that are given again while nothing they were made of has changed.
//!
//! A dashboard asks the same few questions every few seconds, and most of what they read does not change any more. An answer
//! is kept with what its scans read: the files they chose and the hot rows they took, after both were chosen by the time
//! range of the question. The same question is planned again each time; when its scans would read the very same, the answer
//! is the one of before. So rows that come outside of the range of a question leave its answer as it is, and rows that
//! come inside make it be asked again. There is nothing to invalidate, and no time after which an answer is too old.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use arrow::array::Array;
use arrow::record_batch::RecordBatch;
use datafusion::common::tree_node::{TreeNode, TreeNodeRecursion};
use datafusion::datasource::source_as_provider;
use datafusion::logical_expr::{Expr, LogicalPlan, TableScan, Volatility};
use datafusion::scalar::ScalarValue;
use object_store::path::Path;

use super::{Answer, Format};
use crate::table::StoredTable;

/// What one answer may take of the whole cache.
const SHARE: usize = 8;

/// Bytes that remembering a batch of hot rows takes, its columns not counted: they are let go.
const BATCH_BYTES: usize = 256;

/// Answers that are kept.
#[derive(Debug)]
pub(crate) struct Cache {
    limit: usize,
    kept: Mutex<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    answers: HashMap<Key, Entry>,
    bytes: usize,
    /// Counts every use, to know which was used last.
    uses: u64,
}

#[derive(Debug)]
struct Entry {
    seen: Seen,
    answer: Answer,
    bytes: usize,
    used: u64,
}

/// What a question is, but for what it reads.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Key {
    /// Its text.
    pub(crate) query: String,
    /// Its parameters.
    pub(crate) values: Vec<ScalarValue>,
    /// Whether it was asked in a dialect, which has functions of its own.
    pub(crate) dialect: bool,
    /// Rows it may be answered.
    pub(crate) rows: usize,
    /// How the answer is encoded.
    pub(crate) format: Format,
}

/// What the scans of a question read.
#[derive(Debug, Clone, Default)]
pub(crate) struct Seen {
    /// How many files, and two sums of their hashes.
    files: (usize, u64, u64),
    /// The first column of each batch of hot rows. Its place in memory is not given to another as long as this is kept,
    /// though its values may be let go.
    hot: Vec<Weak<dyn Array>>,
    /// Whether rows were read without being noted: then nothing is known of what the answer was made of.
    read_already: bool,
}

/// Notes what scans read, for one session.
#[derive(Debug, Default)]
pub(crate) struct Notes {
    seen: Mutex<Seen>,
}

/// How files are hashed: with keys of this process, so that nobody can choose locations that collide.
#[derive(Debug)]
pub(crate) struct Hashes(RandomState, RandomState);

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

// === impl Hashes ===

impl Hashes {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self(RandomState::new(), RandomState::new()))
    }
}

// === impl Notes ===

impl Notes {
    /// A scan reads a file.
    pub(crate) fn file(&self, hashes: &Hashes, location: &Path) {
        let (count, first, second) = &mut lock(&self.seen).files;
        *count += 1;
        *first = first.wrapping_add(hashes.0.hash_one(location));
        *second = second.wrapping_add(hashes.1.hash_one(location));
    }

    /// A scan reads hot rows.
    pub(crate) fn hot(&self, batch: &RecordBatch) {
        if let Some(column) = batch.columns().first() {
            lock(&self.seen).hot.push(Arc::downgrade(column));
        }
    }

    /// Rows were read while the question was planned, from files and hot rows that are not noted.
    pub(crate) fn read_already(&self) {
        lock(&self.seen).read_already = true;
    }

    /// All of it so far.
    pub(crate) fn seen(&self) -> Seen {
        lock(&self.seen).clone()
    }
}

// === impl Seen ===

impl Seen {
    /// Whether it is all that an answer was made of.
    pub(crate) fn is_whole(&self) -> bool {
        !self.read_already
    }

    fn is(&self, other: &Self) -> bool {
        self.files == other.files
            && self.hot.len() == other.hot.len()
            && self.hot.iter().zip(&other.hot).all(|(one, other)| one.ptr_eq(other))
    }
}

// === impl Cache ===

impl Cache {
    /// A cache of at most so many bytes.
    pub(crate) fn new(limit: usize) -> Self {
        Self { limit, kept: Mutex::default() }
    }

    /// The answer to a question whose scans read the same.
    pub(crate) fn get(&self, key: &Key, seen: &Seen) -> Option<Answer> {
        let mut kept = lock(&self.kept);
        kept.uses += 1;
        let uses = kept.uses;
        let entry = kept.answers.get_mut(key).filter(|entry| entry.seen.is(seen));
        let answer = entry.map(|entry| {
            entry.used = uses;
            entry.answer.clone()
        });
        let counted = if answer.is_some() { "hit" } else { "miss" };
        metrics::counter!("query_engine_cache_total", "outcome" => counted).increment(1);
        answer
    }

    /// Keeps an answer, unless it is too large; those that were not asked for longest go.
    pub(crate) fn put(&self, key: Key, seen: Seen, answer: &Answer) {
        let bytes = answer.body.len() + 2 * key.query.len() + seen.hot.len() * BATCH_BYTES + size_of::<(Key, Entry)>();
        if bytes > self.limit / SHARE {
            return;
        }
        let mut kept = lock(&self.kept);
        kept.remove(&key);
        while kept.bytes + bytes > self.limit {
            let Some(oldest) = kept.answers.iter().min_by_key(|(_, entry)| entry.used).map(|(key, _)| key.clone())
            else {
                break;
            };
            kept.remove(&oldest);
        }
        kept.bytes += bytes;
        let used = kept.uses;
        kept.answers.insert(key, Entry { seen, answer: answer.clone(), bytes, used });
        metrics::gauge!("query_engine_cache_bytes").set(kept.bytes as f64);
    }
}

// === impl Kept ===

impl Kept {
    fn remove(&mut self, key: &Key) {
        if let Some(entry) = self.answers.remove(key) {
            self.bytes -= entry.bytes;
        }
    }
}

/// Whether the answer to a question depends on nothing but its text, its parameters and the rows of stored tables: it names
/// no time of asking, no chance, and no table that is made when it is asked.
pub(crate) fn is_lasting(plan: &LogicalPlan) -> bool {
    let mut lasting = true;
    let walked = plan.apply_with_subqueries(|plan| {
        match plan {
            LogicalPlan::TableScan(scan) => lasting &= is_stored(scan),
            LogicalPlan::Explain(_) | LogicalPlan::Analyze(_) | LogicalPlan::Extension(_) => lasting = false,
            _ => {}
        }
        plan.apply_expressions(|expr| {
            expr.apply(|expr| {
                lasting &= match expr {
                    Expr::ScalarFunction(call) => call.func.signature().volatility == Volatility::Immutable,
                    Expr::ScalarVariable(..) | Expr::Placeholder(_) => false,
                    _ => true,
                };
                Ok(TreeNodeRecursion::Continue)
            })
        })
    });
    walked.is_ok() && lasting
}

fn is_stored(scan: &TableScan) -> bool {
    if let Some(view) = scan.source.get_logical_plan() {
        return is_lasting(&view);
    }
    source_as_provider(&scan.source).is_ok_and(|table| table.downcast_ref::<StoredTable>().is_some())
}
