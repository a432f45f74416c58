//! Where entries to be sent come from.

use alerting_rules::{Attempt, Entry, Journal, JournalError};
use ingest_model::Nanos;

/// What is still to be sent, durably.
///
/// An entry that was given out stays due until it is settled, so that a crash loses none. Both
/// methods may block.
pub trait Outbox: Send + 'static {
    /// The next entry for a receiver that is due at `now`.
    ///
    /// # Errors
    ///
    /// By [`JournalError::kind`].
    fn due(&mut self, receiver: &str, now: Nanos) -> Result<Option<Entry>, JournalError>;

    /// Writes down an attempt: delivered, to be tried again, or failed.
    ///
    /// # Errors
    ///
    /// By [`JournalError::kind`]. Until it is settled, nothing else is to be sent to that receiver.
    fn settle(&mut self, entry: &Entry, attempt: &Attempt) -> Result<(), JournalError>;
}

// === impl Journal ===

impl Outbox for Journal {
    fn due(&mut self, receiver: &str, now: Nanos) -> Result<Option<Entry>, JournalError> {
        Self::due(self, receiver, now)
    }

    fn settle(&mut self, entry: &Entry, attempt: &Attempt) -> Result<(), JournalError> {
        Self::settle(self, entry, attempt)
    }
}
