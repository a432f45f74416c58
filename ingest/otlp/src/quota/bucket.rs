//! A bucket that fills up steadily, and may be in debt.

use std::time::Duration;

use tokio::time::Instant;

use super::Rate;

/// The shortest wait: timers do not tell shorter ones apart.
const TICK: Duration = Duration::from_millis(1);

/// The longest wait that is told: whoever sends a day's worth at once hears no more.
const DAY: Duration = Duration::from_hours(24);

/// How much is left of something; less than nothing is a debt.
#[derive(Debug)]
pub(super) struct Bucket {
    level: f64,
    at: Instant,
}

// === impl Bucket ===

impl Bucket {
    pub(super) const fn full(burst: u64, now: Instant) -> Self {
        Self { level: burst as f64, at: now }
    }

    /// How long until the debt is paid; `None` when there is none.
    pub(super) fn debt(&mut self, rate: Rate, now: Instant) -> Option<Duration> {
        let elapsed = now.saturating_duration_since(self.at).as_secs_f64();
        self.level = (elapsed.mul_add(rate.per_second as f64, self.level)).min(rate.burst as f64);
        self.at = self.at.max(now);
        let seconds = -self.level / rate.per_second as f64;
        (seconds > 0.0).then(|| Duration::try_from_secs_f64(seconds).unwrap_or(DAY).clamp(TICK, DAY))
    }

    pub(super) const fn spend(&mut self, amount: u64) {
        self.level -= amount as f64;
    }

    pub(super) const fn give_back(&mut self, amount: u64) {
        self.level += amount as f64;
    }
}
