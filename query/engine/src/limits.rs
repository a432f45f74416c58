//! What one question may use.

use std::time::Duration;

/// The limits of every question of a tenant. The engine's own ([`crate::EngineConfig`]) unless told otherwise; they may
/// change while the engine runs, and hold for what is asked from then on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QuestionLimits {
    /// How long it may take, waiting included. Default 30 s.
    pub timeout: Duration,
    /// Rows it is answered at most. Default 100,000.
    pub rows: usize,
    /// Bytes of its encoded answer. Default 64 MiB.
    pub answer_bytes: usize,
    /// Bytes of files it may read, footers included; 0 is no limit, which is the default.
    pub scan_bytes: u64,
    /// Bytes it may hold in sorts, joins, aggregates and texts it builds. Default 256 MiB.
    pub memory_bytes: usize,
    /// Bytes it may spill. Default 2.5 GiB.
    pub spill_bytes: u64,
}

// === impl QuestionLimits ===

impl Default for QuestionLimits {
    fn default() -> Self {
        Self {
            timeout: Duration::from_secs(30),
            rows: 100_000,
            answer_bytes: 64 << 20,
            scan_bytes: 0,
            memory_bytes: 256 << 20,
            spill_bytes: 5 << 29,
        }
    }
}
