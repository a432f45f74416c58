//! When to try again, and when to give up.

use std::time::Duration;

use alerting_rules::{Attempt, AttemptOutcome};
use ingest_model::Nanos;

use crate::outcome::Outcome;

/// The waits between attempts: `first`, then twice as long each time, never longer than `longest`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Backoff {
    /// The wait after the first attempt. Default 1 s.
    pub first: Duration,
    /// The longest wait of our own. Default 5 min, so that a receiver that is back is told soon.
    pub longest: Duration,
    /// The longest wait that a receiver may ask for. Default 1 h: a mistake there must not silence
    /// a pager for a day.
    pub longest_asked: Duration,
    /// Attempts before an entry is given up. Default 100: with the waits above, 7 h 38 min.
    pub max_attempts: u32,
}

// === impl Backoff ===

impl Default for Backoff {
    fn default() -> Self {
        Self {
            first: Duration::from_secs(1),
            longest: Duration::from_secs(5 * 60),
            longest_asked: Duration::from_secs(60 * 60),
            max_attempts: 100,
        }
    }
}

impl Backoff {
    /// The wait after attempt number `attempt`, counted from 1.
    #[must_use]
    pub fn wait(&self, attempt: u32) -> Duration {
        let doubled = 2_u32.saturating_pow(attempt.saturating_sub(1));
        self.first.saturating_mul(doubled).min(self.longest)
    }

    /// What goes into the outbox after an attempt that `attempts_before` others preceded.
    ///
    /// The wait is the longer one of ours and the one the receiver asked for.
    #[must_use]
    pub fn attempt(&self, outcome: Outcome, attempts_before: u32, at: Nanos) -> Attempt {
        let attempt = attempts_before.saturating_add(1);
        let (outcome, detail) = match outcome {
            Outcome::Delivered => (AttemptOutcome::Delivered, String::new()),
            Outcome::Failed { reason } => (AttemptOutcome::Failed, reason),
            Outcome::Retry { reason, .. } if attempt >= self.max_attempts => {
                (AttemptOutcome::Failed, format!("given up after {attempt} attempts: {reason}"))
            }
            Outcome::Retry { after, throttled, reason } => {
                let asked = after.unwrap_or_default().min(self.longest_asked);
                let wait = i64::try_from(self.wait(attempt).max(asked).as_nanos()).unwrap_or(i64::MAX);
                (AttemptOutcome::Retry { due_at: at.plus(wait), hold_receiver: throttled }, reason)
            }
        };
        Attempt { at, outcome, detail }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: i64 = 1_000_000_000;

    #[test]
    fn waits_double_up_to_the_longest() {
        let backoff = Backoff::default();
        let waits: Vec<u64> = (1..=11).map(|attempt| backoff.wait(attempt).as_secs()).collect();
        assert_eq!(waits, [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300]);
        assert_eq!(backoff.wait(u32::MAX).as_secs(), 300);
        let total: u64 = (1..backoff.max_attempts).map(|attempt| backoff.wait(attempt).as_secs()).sum();
        assert_eq!(total / 60, 458, "7 h 38 min");
    }

    #[test]
    fn a_receiver_is_left_alone_for_as_long_as_it_asked() {
        let backoff = Backoff::default();
        let due = |after, attempts_before| {
            let outcome = Outcome::throttled(Some(Duration::from_secs(after)), "429");
            match backoff.attempt(outcome, attempts_before, Nanos(0)).outcome {
                AttemptOutcome::Retry { due_at, hold_receiver: true } => due_at.0 / SECOND,
                other => panic!("{other:?}"),
            }
        };
        assert_eq!(due(30, 0), 30);
        assert_eq!(due(30, 8), 256, "ours is longer");
        assert_eq!(due(86_400, 0), 3_600, "no pager is silenced for a day");
    }

    #[test]
    fn the_last_attempt_is_the_last() {
        let backoff = Backoff { max_attempts: 3, ..Backoff::default() };
        let tried = |before| backoff.attempt(Outcome::again("HTTP 500"), before, Nanos(0));
        assert!(matches!(tried(1).outcome, AttemptOutcome::Retry { hold_receiver: false, .. }));
        assert_eq!(tried(2).outcome, AttemptOutcome::Failed);
        assert_eq!(tried(2).detail, "given up after 3 attempts: HTTP 500");
        assert_eq!(backoff.attempt(Outcome::failed("HTTP 404"), 0, Nanos(0)).outcome, AttemptOutcome::Failed);
    }
}
