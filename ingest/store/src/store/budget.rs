//! How much memory the hot rows take, and waiting until there is room.
//!
//! Rows come faster than they are flushed when senders have more to give than the machine can bear. If they were let in until
//! the limit is reached, every request would then wait for the flush of a whole part. So they are slowed down before: from
//! half of the limit on, to the pace of the flushes.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// A count of bytes with a limit.
#[derive(Debug)]
pub(super) struct Budget {
    limit: usize,
    state: Mutex<State>,
    freed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    /// Below zero for a moment when rows are given back before they were counted.
    used: isize,
    drain: Drain,
}

/// How fast flushes free memory: sums of bytes and of seconds, in which what was counts ever less.
#[derive(Debug, Default, Clone, Copy)]
struct Drain {
    bytes: f64,
    seconds: f64,
}

// === impl Drain ===

impl Drain {
    /// What a flush weighs after the next one.
    const KEPT: f64 = 0.8;

    fn add(&mut self, bytes: usize, took: Duration) {
        self.bytes = self.bytes.mul_add(Self::KEPT, bytes as f64);
        self.seconds = self.seconds.mul_add(Self::KEPT, took.as_secs_f64());
    }

    /// How long flushes take to free so many bytes; none before the first.
    fn time_of(&self, bytes: usize) -> Duration {
        let seconds = bytes as f64 * self.seconds / self.bytes;
        Duration::try_from_secs_f64(seconds).unwrap_or_default()
    }
}

/// How long rows that flushes take `drained` to free are held back, where `used` of `limit` bytes are taken: nothing up to
/// half of the limit, at three quarters as long as flushes take, at the limit twice as long.
fn hold(used: isize, limit: usize, drained: Duration) -> Duration {
    let pressure = (used as f64 / limit.max(1) as f64).mul_add(4.0, -2.0);
    drained.mul_f64(pressure.clamp(0.0, 2.0))
}

// === impl Budget ===

impl Budget {
    pub(super) fn new(limit: usize) -> Self {
        Self { limit, state: Mutex::default(), freed: Condvar::new() }
    }

    /// Counts bytes taken, or given back when negative.
    pub(super) fn take(&self, bytes: isize) {
        let mut state = self.state();
        state.used = state.used.saturating_add(bytes);
        metrics::gauge!("ingest_store_hot_bytes").set(state.used as f64);
    }

    /// Counts bytes given back by a flush, and how long it took.
    pub(super) fn free(&self, bytes: usize, took: Duration) {
        let mut state = self.state();
        state.used = state.used.saturating_sub_unsigned(bytes);
        state.drain.add(bytes, took);
        metrics::gauge!("ingest_store_hot_bytes").set(state.used as f64);
        self.freed.notify_all();
    }

    /// How long to hold back rows of so many bytes, so that the limit is not met.
    pub(super) fn hold(&self, bytes: usize) -> Duration {
        let state = self.state();
        hold(state.used, self.limit, state.drain.time_of(bytes))
    }

    /// Whether more than `percent` of the limit is taken.
    pub(super) fn over(&self, percent: usize) -> bool {
        self.state().used > (self.limit / 100 * percent).cast_signed()
    }

    /// Blocks until there is room; `false` when there is none after `patience`.
    pub(super) fn wait(&self, patience: Duration) -> bool {
        let full = |state: &mut State| state.used > self.limit.cast_signed();
        let waited = self.freed.wait_timeout_while(self.state(), patience, full);
        let (_state, result) = waited.unwrap_or_else(PoisonError::into_inner);
        !result.timed_out()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn rows_are_held_back_from_half_of_the_limit_on() {
        let held = [-5, 0, 50, 75, 100, 300].map(|used| hold(used, 100, SECOND));
        assert_eq!(held, [Duration::ZERO, Duration::ZERO, Duration::ZERO, SECOND, 2 * SECOND, 2 * SECOND]);
    }

    #[test]
    fn nothing_is_held_back_before_it_is_known_how_fast_flushes_are() {
        let budget = Budget::new(100);
        budget.take(100);
        assert_eq!(budget.hold(50), Duration::ZERO);
    }

    #[test]
    fn rows_wait_as_long_as_flushes_of_as_many_bytes_take() {
        let budget = Budget::new(100);
        budget.take(175);
        budget.free(100, 10 * SECOND);
        assert_eq!(budget.hold(10), SECOND);
        assert_eq!(budget.hold(0), Duration::ZERO);
    }

    #[test]
    fn a_small_flush_does_not_hide_how_fast_large_ones_are() {
        let mut drain = Drain::default();
        drain.add(1_000_000, SECOND);
        drain.add(10, SECOND / 10);
        let takes = drain.time_of(1_000_000).as_secs_f64();
        assert!((1.0..1.2).contains(&takes), "{takes}");
    }
}
