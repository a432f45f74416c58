//! That somebody is told, and why.

use std::fmt;

use ingest_model::Nanos;
use serde::{Deserialize, Serialize};

use crate::alert::{Alert, State};
use crate::id::NotificationId;

/// One message to one receiver, with the alert as it was when the message became due.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Notification {
    /// The idempotency key: the same through every attempt.
    pub id: NotificationId,
    /// The receiver's name.
    pub receiver: String,
    /// Why it is sent.
    pub reason: NotificationReason,
    /// When it became due.
    pub at: Nanos,
    /// What it tells of.
    pub alert: Alert,
}

/// Why somebody is told; Alertmanager's `notification_reason`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NotificationReason {
    /// The alert began to fire.
    Firing,
    /// It fires still, and the repeat interval is over.
    Repeat,
    /// It fires still, and a ticket became a page.
    SeverityRaised,
    /// It is over.
    Resolved,
}

// === impl Notification ===

impl Notification {
    /// The message to `receiver`.
    #[must_use]
    pub fn new(receiver: &str, reason: NotificationReason, at: Nanos, alert: &Alert) -> Self {
        let id = NotificationId::new(&alert.id, reason, at, receiver);
        Self { id, receiver: receiver.to_owned(), reason, at, alert: alert.clone() }
    }

    /// Whether it tells of the end.
    #[must_use]
    pub const fn is_resolved(&self) -> bool {
        matches!(self.alert.state, State::Resolved)
    }
}

// === impl NotificationReason ===

impl NotificationReason {
    /// Its name in the API and the journal.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Firing => "firing",
            Self::Repeat => "repeat",
            Self::SeverityRaised => "severity_raised",
            Self::Resolved => "resolved",
        }
    }
}

impl fmt::Display for NotificationReason {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.as_str())
    }
}
