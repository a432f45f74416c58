//! What slowburn itself concludes from telemetry.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A kind of conclusion. Each has one table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Judgement {
    /// Who called whom in a minute.
    ServiceEdges,
    /// What a minute counted for an objective.
    SloSlices,
    /// A time that an SLO is not to be judged by as it was counted.
    SloCorrections,
    /// What was learned as normal of a golden signal.
    Baselines,
    /// A minute in which a golden signal was not normal.
    Anomalies,
    /// A change of an alert.
    AlertEvents,
    /// An attempt to tell somebody of an alert.
    Notifications,
    /// What was done to the system, and by whom.
    Audit,
}

// === impl Judgement ===

impl Judgement {
    /// Every kind, in the order they are listed everywhere.
    pub const ALL: [Self; 8] = [
        Self::ServiceEdges,
        Self::SloSlices,
        Self::SloCorrections,
        Self::Baselines,
        Self::Anomalies,
        Self::AlertEvents,
        Self::Notifications,
        Self::Audit,
    ];

    /// The name of the table that holds its rows.
    #[must_use]
    pub const fn table(self) -> &'static str {
        match self {
            Self::ServiceEdges => "service_edges",
            Self::SloSlices => "slo_slices",
            Self::SloCorrections => "slo_corrections",
            Self::Baselines => "baselines",
            Self::Anomalies => "anomalies",
            Self::AlertEvents => "alert_events",
            Self::Notifications => "notifications",
            Self::Audit => "audit",
        }
    }
}

impl fmt::Display for Judgement {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.table())
    }
}
