//! The limits every question runs under.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use ingest_model::Nanos;

use crate::limits::QuestionLimits;

/// Tells the time; SQL's `now()` asks it.
pub type Clock = Arc<dyn Fn() -> Nanos + Send + Sync>;

/// What questions may use together and each. [`EngineConfig::new`] gives the defaults.
#[derive(Debug, Clone)]
pub struct EngineConfig {
    /// Whose questions these are, for the log and for metrics. Default `default`.
    pub tenant: String,
    /// Bytes all running questions may hold in sorts, joins and aggregates; beyond that they
    /// spill or fail. Default 1 GiB.
    pub memory_limit_bytes: usize,
    /// The folder sorts and aggregates spill to; made when it is missing.
    pub spill_dir: PathBuf,
    /// Bytes all running questions may spill; none gets more than its place's share. Default 10 GiB.
    pub spill_limit_bytes: u64,
    /// Bytes of Parquet footers and page indexes kept between questions. Default 50 MiB.
    pub metadata_cache_bytes: usize,
    /// Bytes of answers kept to be given again while nothing they were made of has changed. Default 32 MiB.
    pub answer_cache_bytes: usize,
    /// What one question may use, until [`crate::Engine::set_limits`] says otherwise. Of memory it never gets more than
    /// all have together, of the spill folder no more than its share.
    pub question: QuestionLimits,
    /// How long a question takes that is told in the log. Default 5 s.
    pub slow: Duration,
    /// Questions that run at the same time; others wait, those that came first go first. Default 4. The process itself
    /// has one more place, so that no judgement waits for people.
    pub concurrent_questions: usize,
    /// Threads of the engine, and the number of parts a scan is split into. Default: one a core.
    pub threads: usize,
}

// === impl EngineConfig ===

impl EngineConfig {
    /// The defaults, spilling to `spill_dir`.
    #[must_use]
    pub fn new(spill_dir: PathBuf) -> Self {
        Self {
            tenant: "default".to_owned(),
            memory_limit_bytes: 1 << 30,
            spill_dir,
            spill_limit_bytes: 10 << 30,
            metadata_cache_bytes: 50 << 20,
            answer_cache_bytes: 32 << 20,
            question: QuestionLimits::default(),
            slow: Duration::from_secs(5),
            concurrent_questions: 4,
            threads: std::thread::available_parallelism().map_or(1, usize::from),
        }
    }
}
