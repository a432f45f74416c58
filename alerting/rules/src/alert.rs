//! One alert as it stands.

use std::fmt;

use ingest_model::Nanos;
use serde::{Deserialize, Serialize};

use crate::id::AlertId;
use crate::key::AlertKey;
use crate::proof::Proof;

/// One episode of an alert, from the first evaluation at which its condition held.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Alert {
    /// The episode's id.
    pub id: AlertId,
    /// What it is about.
    pub key: AlertKey,
    /// Where it stands.
    pub state: State,
    /// The highest severity of the episode; it never falls.
    pub severity: Severity,
    /// The latest figures; those of the resolving evaluation once it is resolved.
    pub proof: Proof,
    /// The first evaluation at which the condition held.
    pub started_at: Nanos,
    /// When it fired; `None` while it is pending.
    pub fired_at: Option<Nanos>,
    /// When it resolved.
    pub resolved_at: Option<Nanos>,
    /// Since when the condition no longer holds although the alert fires; see `keep_firing_for`.
    pub clear_since: Option<Nanos>,
    /// When somebody was last told.
    pub notified_at: Option<Nanos>,
    /// The latest evaluation that is in here.
    pub evaluated_at: Nanos,
}

/// Where an alert stands; the words of Prometheus, and Alertmanager's "resolved".
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Nothing is wrong, or what was pending did not last.
    Inactive,
    /// The condition holds, but not for long enough.
    Pending,
    /// Somebody has to act.
    Firing,
    /// It fired and is over.
    Resolved,
}

/// How soon a human has to act; the words of the SRE Workbook, chapter 5. A page is above a ticket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Within days.
    Ticket,
    /// Now.
    Page,
}

// === impl State ===

impl State {
    /// Whether further verdicts belong to this episode.
    #[must_use]
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Pending | Self::Firing)
    }

    /// Its name in the API, the journal and SQL.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Inactive => "inactive",
            Self::Pending => "pending",
            Self::Firing => "firing",
            Self::Resolved => "resolved",
        }
    }
}

impl fmt::Display for State {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.as_str())
    }
}

// === impl Severity ===

impl Severity {
    /// Its name in the API, the journal and SQL.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ticket => "ticket",
            Self::Page => "page",
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.as_str())
    }
}
