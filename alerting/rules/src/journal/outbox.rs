//! What is still to be sent.
//!
//! At least once: an entry is settled after the receiver answered, so a crash between the two
//! sends it again after the restart, with the same id. Entries of one alert to one receiver go in
//! order: nobody reads "resolved" before "firing".

use ingest_model::Nanos;
use rusqlite::{OptionalExtension, Transaction, TransactionBehavior, params};

use crate::error::JournalError;
use crate::journal::Journal;
use crate::journal::read::parse;
use crate::notification::Notification;

/// A notification that is to be sent.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// Its number in the outbox, ascending.
    pub seq: i64,
    /// How often it was tried before.
    pub attempts: u32,
    /// What is to be sent.
    pub notification: Notification,
}

/// An attempt to send an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// When the answer came, or did not.
    pub at: Nanos,
    /// What it came to.
    pub outcome: AttemptOutcome,
    /// What the receiver said, for a human.
    pub detail: String,
}

/// What an attempt came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AttemptOutcome {
    /// The receiver has it.
    Delivered,
    /// It is to be tried again.
    Retry {
        /// When.
        due_at: Nanos,
        /// Whether the receiver takes nothing at all until then, as when it throttles.
        hold_receiver: bool,
    },
    /// It is given up, kept and shown.
    Failed,
}

/// The oldest entry that is due, unless an earlier one of the same alert has to go first.
const DUE: &str = "
SELECT seq, attempts, notification FROM outbox AS entry
WHERE receiver = ?1 AND state = 'waiting' AND due_at <= ?2 AND NOT EXISTS (
    SELECT 1 FROM outbox AS earlier
    WHERE earlier.receiver = ?1 AND earlier.state = 'waiting'
        AND earlier.alert_id = entry.alert_id AND earlier.seq < entry.seq)
ORDER BY seq LIMIT 1";

// === impl Journal ===

impl Journal {
    /// The next entry for a receiver that is due at `now`. It stays due until it is settled.
    ///
    /// # Errors
    ///
    /// By [`kind`](JournalError::kind).
    pub fn due(&self, receiver: &str, now: Nanos) -> Result<Option<Entry>, JournalError> {
        let failed = JournalError::when("read");
        let found = self
            .connection
            .prepare_cached(DUE)
            .and_then(|mut statement| {
                let columns = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?, row.get(2)?));
                statement.query_row(params![receiver, now.0], columns).optional()
            })
            .map_err(&failed)?;
        let Some((seq, attempts, text)) = found else { return Ok(None) };
        let text: String = text;
        let notification = parse(&text, || format!("outbox entry {seq}"))?;
        Ok(Some(Entry { seq, attempts, notification }))
    }

    /// Writes down an attempt and what follows from it.
    ///
    /// # Errors
    ///
    /// By [`kind`](JournalError::kind). After `Retry` the attempt is to be settled again, and nothing
    /// is to be sent before, or the receiver would get the entry twice.
    pub fn settle(&mut self, entry: &Entry, attempt: &Attempt) -> Result<(), JournalError> {
        let failed = JournalError::when("write");
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(&failed)?;
        settle(&transaction, entry, attempt).map_err(&failed)?;
        transaction.commit().map_err(&failed)
    }

    /// Gives up what waits for receivers that are no longer configured. Returns how many entries.
    ///
    /// # Errors
    ///
    /// By [`kind`](JournalError::kind).
    pub fn fail_unknown(&mut self, receivers: &[impl AsRef<str>], at: Nanos) -> Result<usize, JournalError> {
        let failed = JournalError::when("write");
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(&failed)?;
        let known: Vec<&str> = receivers.iter().map(AsRef::as_ref).collect();
        let given_up = fail_unknown(&transaction, &known, at).map_err(&failed)?;
        transaction.commit().map_err(&failed)?;
        Ok(given_up)
    }
}

fn settle(transaction: &Transaction<'_>, entry: &Entry, attempt: &Attempt) -> rusqlite::Result<()> {
    const SETTLE: &str = "UPDATE outbox SET state = ?, attempts = ?, due_at = ? WHERE seq = ?";
    const HOLD: &str = "UPDATE outbox SET due_at = max(due_at, ?) WHERE receiver = ? AND state = 'waiting'";
    let (state, outcome, due_at) = match attempt.outcome {
        AttemptOutcome::Delivered => ("delivered", "delivered", attempt.at),
        AttemptOutcome::Retry { due_at, .. } => ("waiting", "retry", due_at),
        AttemptOutcome::Failed => ("failed", "failed", attempt.at),
    };
    let attempts = entry.attempts.saturating_add(1);
    transaction.execute(SETTLE, params![state, attempts, due_at.0, entry.seq])?;
    if let AttemptOutcome::Retry { due_at, hold_receiver: true } = attempt.outcome {
        transaction.execute(HOLD, params![due_at.0, entry.notification.receiver])?;
    }
    write_delivery(transaction, entry.seq, attempts, (attempt.at, outcome, &attempt.detail))
}

fn fail_unknown(transaction: &Transaction<'_>, known: &[&str], at: Nanos) -> rusqlite::Result<usize> {
    const WAITING: &str = "SELECT seq, receiver, attempts FROM outbox WHERE state = 'waiting'";
    let mut statement = transaction.prepare(WAITING)?;
    let columns = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?, row.get(2)?));
    let waiting: Vec<(i64, String, u32)> = statement.query_map([], columns)?.collect::<Result<_, _>>()?;
    let mut given_up = 0;
    for (seq, receiver, attempts) in waiting {
        if !known.contains(&receiver.as_str()) {
            transaction.execute("UPDATE outbox SET state = 'failed' WHERE seq = ?", params![seq])?;
            let detail = format!("the receiver {receiver:?} is no longer configured");
            write_delivery(transaction, seq, attempts, (at, "failed", &detail))?;
            given_up += 1;
        }
    }
    Ok(given_up)
}

fn write_delivery(
    transaction: &Transaction<'_>,
    entry: i64,
    attempt: u32,
    (at, outcome, detail): (Nanos, &str, &str),
) -> rusqlite::Result<()> {
    const DELIVERY: &str = "INSERT INTO deliveries (outbox_seq, attempt, at, outcome, detail) VALUES (?, ?, ?, ?, ?)";
    transaction.execute(DELIVERY, params![entry, attempt, at.0, outcome, detail])?;
    Ok(())
}
