//! Writing a step, with everything that follows from it.

use ingest_model::Nanos;
use rusqlite::{Transaction, TransactionBehavior, named_params, params};
use serde::Serialize;

use crate::alert::Alert;
use crate::error::JournalError;
use crate::journal::Journal;
use crate::notification::Notification;
use crate::step::Step;

/// A row is replaced by a later evaluation only, so that a step recorded twice changes nothing.
const WRITE_ALERT: &str = "
INSERT INTO alerts (id, tenant, rule, service, severity, state, started_at, resolved_at, evaluated_at, alert)
VALUES (:id, :tenant, :rule, :service, :severity, :state, :started_at, :resolved_at, :evaluated_at, :alert)
ON CONFLICT (id) DO UPDATE SET
    service = excluded.service, severity = excluded.severity, state = excluded.state,
    resolved_at = excluded.resolved_at, evaluated_at = excluded.evaluated_at, alert = excluded.alert
WHERE excluded.evaluated_at > alerts.evaluated_at";

const WRITE_TRANSITION: &str = "INSERT INTO transitions (alert_id, at, reason, transition) VALUES (?, ?, ?, ?)";

const WRITE_ENTRY: &str = "
INSERT INTO outbox (id, alert_id, receiver, reason, state, attempts, due_at, notification)
VALUES (?, ?, ?, ?, 'waiting', 0, ?, ?)
ON CONFLICT (id) DO NOTHING";

// === impl Journal ===

impl Journal {
    /// Stores a step: the alert, its transition, and an outbox entry for each of `receivers` if
    /// somebody is to be told. All of it, or nothing. Returns how many entries were added.
    ///
    /// A step that is already there, or older than what is there, changes nothing.
    ///
    /// # Errors
    ///
    /// By [`kind`](JournalError::kind): `Retry` means that the step is to be recorded again.
    pub fn record(&mut self, step: &Step, receivers: &[impl AsRef<str>]) -> Result<usize, JournalError> {
        let failed = JournalError::when("write");
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(&failed)?;
        let mut entries = 0;
        if write_alert(&transaction, &step.alert)? {
            write_transition(&transaction, step)?;
            for receiver in receivers {
                entries += write_entry(&transaction, step, receiver.as_ref())?;
            }
        }
        transaction.commit().map_err(&failed)?;
        Ok(entries)
    }

    /// Forgets alerts that ended before `before`, with their history and deliveries. Returns how many.
    ///
    /// Alerts of which something is still to be sent stay.
    ///
    /// # Errors
    ///
    /// By [`kind`](JournalError::kind).
    pub fn forget(&mut self, before: Nanos) -> Result<usize, JournalError> {
        const FORGET: &str = "
            DELETE FROM alerts WHERE state IN ('inactive', 'resolved') AND evaluated_at < ?
            AND NOT EXISTS (SELECT 1 FROM outbox WHERE outbox.alert_id = alerts.id AND outbox.state = 'waiting')";
        self.connection.execute(FORGET, params![before.0]).map_err(JournalError::when("write"))
    }
}

/// Whether the step is news.
fn write_alert(transaction: &Transaction<'_>, alert: &Alert) -> Result<bool, JournalError> {
    let failed = JournalError::when("write");
    let changed = transaction
        .prepare_cached(WRITE_ALERT)
        .map_err(&failed)?
        .execute(named_params! {
            ":id": alert.id.as_str(),
            ":tenant": alert.key.tenant.as_str(),
            ":rule": alert.key.rule,
            ":service": alert.proof.service,
            ":severity": alert.severity.as_str(),
            ":state": alert.state.as_str(),
            ":started_at": alert.started_at.0,
            ":resolved_at": alert.resolved_at.map(|at| at.0),
            ":evaluated_at": alert.evaluated_at.0,
            ":alert": json("an alert", alert)?,
        })
        .map_err(&failed)?;
    Ok(changed > 0)
}

fn write_transition(transaction: &Transaction<'_>, step: &Step) -> Result<(), JournalError> {
    let Some(transition) = &step.transition else { return Ok(()) };
    let text = json("a transition", transition)?;
    let row = params![step.alert.id.as_str(), transition.at.0, transition.reason.as_str(), text];
    transaction.execute(WRITE_TRANSITION, row).map_err(JournalError::when("write"))?;
    Ok(())
}

fn write_entry(transaction: &Transaction<'_>, step: &Step, receiver: &str) -> Result<usize, JournalError> {
    let Some(reason) = step.notification else { return Ok(0) };
    let at = step.alert.evaluated_at;
    let notification = Notification::new(receiver, reason, at, &step.alert);
    let text = json("a notification", &notification)?;
    let row = params![notification.id.as_str(), step.alert.id.as_str(), receiver, reason.as_str(), at.0, text];
    transaction.execute(WRITE_ENTRY, row).map_err(JournalError::when("write"))
}

fn json(what: &'static str, value: &impl Serialize) -> Result<String, JournalError> {
    serde_json::to_string(value).map_err(|error| JournalError::Unwritable { what, reason: error.to_string() })
}
