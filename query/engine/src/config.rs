//! The limits every question runs under.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use ingest_model::Nanos;

/// Tells the time; SQL's `now()` asks it.
pub type Clock = Arc<dyn Fn() -> Nanos + Send + Sync>;

/// What questions may use together and each. [`EngineConfig::new`] gives the defaults.
#[derive(Debug, Clone)]
pub struct EngineConfig {
    /// Bytes all running questions may hold in sorts, joins and aggregates; beyond that they
    /// spill or fail. Default 1 GiB.
    pub memory_limit_bytes: usize,
    /// The folder sorts and aggregates spill to; made when it is missing.
    pub spill_dir: PathBuf,
    /// Bytes all running questions may spill. Default 10 GiB.
    pub spill_limit_bytes: u64,
    /// Bytes of Parquet footers and page indexes kept between questions. Default 50 MiB.
    pub metadata_cache_bytes: usize,
    /// Rows an answer has at most, and the default when a question names no number. Default
    /// 100,000.
    pub max_rows: usize,
    /// Bytes an encoded answer has at most. Default 64 MiB.
    pub max_answer_bytes: usize,
    /// How long a question may take, waiting included, and the default when a question names no
    /// time. Default 30 s.
    pub timeout: Duration,
    /// Questions that run at the same time; others wait. Default 4.
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
            memory_limit_bytes: 1 << 30,
            spill_dir,
            spill_limit_bytes: 10 << 30,
            metadata_cache_bytes: 50 << 20,
            max_rows: 100_000,
            max_answer_bytes: 64 << 20,
            timeout: Duration::from_secs(30),
            concurrent_questions: 4,
            threads: std::thread::available_parallelism().map_or(1, usize::from),
        }
    }
}
