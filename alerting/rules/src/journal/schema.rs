//! The tables, version by version.

use std::path::Path;

use rusqlite::Connection;

use crate::error::JournalError;

/// Each entry brings the file from the version of its index to the next one. What was released
/// is never changed; what comes is added at the end.
const MIGRATIONS: [&str; 1] = [FIRST];

/// Version 1. Columns are what is searched by; the JSON beside them is the whole.
const FIRST: &str = "
CREATE TABLE alerts (
    id           TEXT PRIMARY KEY,
    tenant       TEXT NOT NULL,
    rule         TEXT NOT NULL,
    service      TEXT NOT NULL,
    severity     TEXT NOT NULL,
    state        TEXT NOT NULL,
    started_at   INTEGER NOT NULL,
    resolved_at  INTEGER,
    evaluated_at INTEGER NOT NULL,
    alert        TEXT NOT NULL
) STRICT;
CREATE INDEX alerts_open ON alerts (state) WHERE state IN ('pending', 'firing');
CREATE INDEX alerts_newest ON alerts (tenant, started_at);

CREATE TABLE transitions (
    seq        INTEGER PRIMARY KEY AUTOINCREMENT,
    alert_id   TEXT NOT NULL REFERENCES alerts (id) ON DELETE CASCADE,
    at         INTEGER NOT NULL,
    reason     TEXT NOT NULL,
    transition TEXT NOT NULL
) STRICT;
CREATE INDEX transitions_of ON transitions (alert_id);

CREATE TABLE outbox (
    seq          INTEGER PRIMARY KEY AUTOINCREMENT,
    id           TEXT NOT NULL UNIQUE,
    alert_id     TEXT NOT NULL REFERENCES alerts (id) ON DELETE CASCADE,
    receiver     TEXT NOT NULL,
    reason       TEXT NOT NULL,
    state        TEXT NOT NULL,
    attempts     INTEGER NOT NULL,
    due_at       INTEGER NOT NULL,
    notification TEXT NOT NULL
) STRICT;
CREATE INDEX outbox_waiting ON outbox (receiver, seq) WHERE state = 'waiting';
CREATE INDEX outbox_of ON outbox (alert_id);

CREATE TABLE deliveries (
    seq        INTEGER PRIMARY KEY AUTOINCREMENT,
    outbox_seq INTEGER NOT NULL REFERENCES outbox (seq) ON DELETE CASCADE,
    attempt    INTEGER NOT NULL,
    at         INTEGER NOT NULL,
    outcome    TEXT NOT NULL,
    detail     TEXT NOT NULL
) STRICT;
CREATE INDEX deliveries_of ON deliveries (outbox_seq);
";

/// Brings the file to the present version, all steps in one transaction. A file of the present version is only read: a
/// start works on a full disk.
pub(super) fn migrate(connection: &mut Connection, path: &Path) -> Result<(), JournalError> {
    let failed = JournalError::when("migrate");
    let known = u32::try_from(MIGRATIONS.len()).unwrap_or(u32::MAX);
    let version = |connection: &Connection| -> rusqlite::Result<u32> {
        connection.pragma_query_value(None, "user_version", |row| row.get(0))
    };
    if version(connection).map_err(&failed)? == known {
        return Ok(());
    }
    let transaction =
        connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate).map_err(&failed)?;
    let found: u32 = version(&transaction).map_err(&failed)?;
    if found > known {
        return Err(JournalError::Newer { path: path.display().to_string(), found, known });
    }
    for migration in MIGRATIONS.iter().skip(found as usize) {
        transaction.execute_batch(migration).map_err(&failed)?;
    }
    transaction.pragma_update(None, "user_version", known).map_err(&failed)?;
    transaction.commit().map_err(&failed)
}
