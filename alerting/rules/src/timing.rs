//! How long a rule waits before it says something.

use std::time::Duration;

/// The delays of a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Timing {
    /// How long the condition has to hold before the alert fires; Prometheus' `for`. Default 0: a
    /// burn alert has its delay in its windows, and the SRE Workbook (chapter 5) advises against another.
    pub pending_for: Duration,
    /// How long the alert keeps firing after the condition last held; Prometheus'
    /// `keep_firing_for`. Default 0. It keeps a flapping condition from telling of every flap.
    pub keep_firing_for: Duration,
    /// After how long a firing alert is told again; Alertmanager's `repeat_interval`. Default 4 h,
    /// as there; `None` for never.
    pub repeat_interval: Option<Duration>,
}

// === impl Timing ===

impl Default for Timing {
    fn default() -> Self {
        Self {
            pending_for: Duration::ZERO,
            keep_firing_for: Duration::ZERO,
            repeat_interval: Some(Duration::from_secs(4 * 60 * 60)),
        }
    }
}
