//! What the evaluation of a rule says.

use ingest_model::Nanos;

use crate::alert::Severity;
use crate::key::AlertKey;
use crate::proof::Proof;

/// The result of one evaluation for one key.
#[derive(Debug, Clone, PartialEq)]
pub struct Verdict {
    /// What it is about.
    pub key: AlertKey,
    /// How severe it is, if it holds.
    pub severity: Severity,
    /// Whether the condition holds.
    pub condition: Condition,
    /// The figures, for and against.
    pub proof: Proof,
    /// The time that was judged.
    pub at: Nanos,
}

/// Whether a rule's condition holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Condition {
    /// It does.
    Holds,
    /// It does not.
    Clear,
    /// There were no data to judge by.
    NoData,
}

// === impl Condition ===

impl From<bool> for Condition {
    fn from(holds: bool) -> Self {
        if holds { Self::Holds } else { Self::Clear }
    }
}
