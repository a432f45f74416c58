//! What must survive a restart: alerts, their history, and what is still to be sent.
//!
//! One SQLite file, `state.sqlite`, in WAL mode with `synchronous=FULL`: a transaction that
//! returned is on disk. A step goes in with everything that follows from it in one transaction, so
//! there is no moment at which an alert fires and nobody is going to be told.

use std::path::Path;
use std::time::Duration;

use rusqlite::Connection;

use crate::error::JournalError;

mod outbox;
mod read;
mod record;
mod schema;

pub use outbox::{Attempt, AttemptOutcome, Entry};
pub use read::{Delivery, DeliveryState};

/// How long a statement waits for another connection; a transaction here takes milliseconds.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// The journal. Its methods block: call them where blocking is allowed.
#[derive(Debug)]
pub struct Journal {
    connection: Connection,
}

// === impl Journal ===

impl Journal {
    /// Opens the file, makes it if there is none, and brings it to the present version.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Operator`](crate::ErrorKind::Operator) if the file cannot be opened, is no SQLite
    /// file, or a newer slowburn wrote it; `Retry` if the disk is full.
    pub fn open(path: &Path) -> Result<Self, JournalError> {
        let opening = |source| JournalError::Open { path: path.display().to_string(), source };
        let mut connection = Connection::open(path).map_err(opening)?;
        connection.busy_timeout(BUSY_TIMEOUT).map_err(opening)?;
        connection.pragma_update(None, "journal_mode", "WAL").map_err(opening)?;
        connection.pragma_update(None, "synchronous", "FULL").map_err(opening)?;
        connection.pragma_update(None, "foreign_keys", true).map_err(opening)?;
        schema::migrate(&mut connection, path)?;
        Ok(Self { connection })
    }
}

#[cfg(test)]
mod tests;
