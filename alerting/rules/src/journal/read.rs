//! Reading alerts and what became of their notifications.

use ingest_model::{Nanos, Tenant};
use rusqlite::{Params, Row, params};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::alert::Alert;
use crate::error::JournalError;
use crate::id::AlertId;
use crate::journal::Journal;
use crate::notification::NotificationReason;
use crate::step::Transition;

/// A notification and what became of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Delivery {
    /// The receiver's name.
    pub receiver: String,
    /// Why it was to be sent.
    pub reason: NotificationReason,
    /// Where it stands.
    pub state: DeliveryState,
    /// How often it was tried.
    pub attempts: u32,
    /// When it is tried next, while it waits.
    pub due_at: Option<Nanos>,
    /// When it was last tried.
    pub attempted_at: Option<Nanos>,
    /// What the last attempt came to; empty before the first.
    pub detail: String,
}

/// Where a notification stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum DeliveryState {
    /// It is to be sent.
    Waiting,
    /// The receiver has it.
    Delivered,
    /// It was given up.
    Failed,
}

// === impl Journal ===

impl Journal {
    /// Every open alert, by start: what a restart goes on with.
    ///
    /// # Errors
    ///
    /// By [`kind`](JournalError::kind).
    pub fn load(&self) -> Result<Vec<Alert>, JournalError> {
        const OPEN: &str =
            "SELECT 'alert ' || id, alert FROM alerts WHERE state IN ('pending', 'firing') ORDER BY started_at, id";
        self.documents(OPEN, [])
    }

    /// The newest alerts of a tenant by start, `limit` at most, open and closed.
    ///
    /// # Errors
    ///
    /// By [`kind`](JournalError::kind).
    pub fn newest(&self, tenant: &Tenant, limit: u32) -> Result<Vec<Alert>, JournalError> {
        const NEWEST: &str =
            "SELECT 'alert ' || id, alert FROM alerts WHERE tenant = ? ORDER BY started_at DESC, id LIMIT ?";
        self.documents(NEWEST, params![tenant.as_str(), limit])
    }

    /// One alert of a tenant.
    ///
    /// # Errors
    ///
    /// By [`kind`](JournalError::kind).
    pub fn alert(&self, tenant: &Tenant, id: &AlertId) -> Result<Option<Alert>, JournalError> {
        const ONE: &str = "SELECT 'alert ' || id, alert FROM alerts WHERE tenant = ? AND id = ?";
        Ok(self.documents(ONE, params![tenant.as_str(), id.as_str()])?.pop())
    }

    /// What happened to an alert, oldest first.
    ///
    /// # Errors
    ///
    /// By [`kind`](JournalError::kind).
    pub fn history(&self, id: &AlertId) -> Result<Vec<Transition>, JournalError> {
        const HISTORY: &str =
            "SELECT 'transition ' || seq, transition FROM transitions WHERE alert_id = ? ORDER BY seq";
        self.documents(HISTORY, params![id.as_str()])
    }

    /// The notifications of an alert and what became of them, oldest first.
    ///
    /// # Errors
    ///
    /// By [`kind`](JournalError::kind).
    pub fn deliveries(&self, id: &AlertId) -> Result<Vec<Delivery>, JournalError> {
        const DELIVERIES: &str = "
            SELECT receiver, reason, state, attempts, due_at, deliveries.at, coalesce(deliveries.detail, '')
            FROM outbox LEFT JOIN deliveries
                ON deliveries.seq = (SELECT max(seq) FROM deliveries WHERE outbox_seq = outbox.seq)
            WHERE alert_id = ? ORDER BY outbox.seq";
        let failed = JournalError::when("read");
        let mut statement = self.connection.prepare_cached(DELIVERIES).map_err(&failed)?;
        let mut rows = statement.query(params![id.as_str()]).map_err(&failed)?;
        let mut deliveries = Vec::new();
        while let Some(row) = rows.next().map_err(&failed)? {
            deliveries.push(delivery(row)?);
        }
        Ok(deliveries)
    }

    /// The JSON documents a statement selects, each beside the name of its row.
    fn documents<T: DeserializeOwned>(&self, sql: &str, params: impl Params) -> Result<Vec<T>, JournalError> {
        let failed = JournalError::when("read");
        let mut statement = self.connection.prepare_cached(sql).map_err(&failed)?;
        let mut rows = statement.query(params).map_err(&failed)?;
        let mut documents = Vec::new();
        while let Some(row) = rows.next().map_err(&failed)? {
            let text: String = row.get(1).map_err(&failed)?;
            documents.push(parse(&text, || row.get(0).unwrap_or_default())?);
        }
        Ok(documents)
    }
}

/// Reads a stored JSON document.
pub(super) fn parse<T: DeserializeOwned>(text: &str, row: impl FnOnce() -> String) -> Result<T, JournalError> {
    serde_json::from_str(text).map_err(|error| JournalError::Damaged { row: row(), reason: error.to_string() })
}

fn delivery(row: &Row<'_>) -> Result<Delivery, JournalError> {
    let failed = JournalError::when("read");
    let reason: String = row.get(1).map_err(&failed)?;
    let state = match row.get::<_, String>(2).map_err(&failed)?.as_str() {
        "waiting" => DeliveryState::Waiting,
        "delivered" => DeliveryState::Delivered,
        _ => DeliveryState::Failed,
    };
    let due_at = row.get(4).map(Nanos).map_err(&failed)?;
    Ok(Delivery {
        receiver: row.get(0).map_err(&failed)?,
        reason: parse(&format!("{reason:?}"), || "an outbox entry".to_owned())?,
        state,
        attempts: row.get(3).map_err(&failed)?,
        due_at: (state == DeliveryState::Waiting).then_some(due_at),
        attempted_at: row.get::<_, Option<i64>>(5).map_err(&failed)?.map(Nanos),
        detail: row.get(6).map_err(&failed)?,
    })
}
