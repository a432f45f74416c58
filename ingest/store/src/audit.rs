//! What was done to the system and by whom: rows of the table `audit`.

use std::fmt;
use std::sync::Arc;

use arrow::array::{ArrayRef, StringViewArray, TimestampMicrosecondArray};
use arrow::error::ArrowError;
use arrow::record_batch::RecordBatch;
use ingest_model::{Judgement, Nanos};

use crate::schema;

/// What was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum AuditAction {
    /// A request without a known key, or with one of another role, was refused.
    RefuseKey,
    /// An SLO was put.
    PutSlo,
    /// An SLO was deleted.
    DeleteSlo,
    /// A correction of an SLO was put.
    PutCorrection,
    /// A correction of an SLO was withdrawn.
    DeleteCorrection,
    /// Files were removed because of their age, or because there was too much.
    RemoveFiles,
    /// The document of holds was changed.
    ChangeHolds,
    /// The process began.
    Start,
    /// The process was asked to end.
    Stop,
}

/// One event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditEvent {
    /// When it happened.
    pub time: Nanos,
    /// Who did it: the id of a key, never the key; `slowburn` for the process itself, `anonymous` for nobody known.
    pub actor: String,
    /// What was done.
    pub action: AuditAction,
    /// To what.
    pub object: String,
    /// What came of it: `done`, `refused`, `failed`.
    pub outcome: &'static str,
    /// The address it came from, if it came from one.
    pub source_address: Option<String>,
    /// Figures, as a JSON object.
    pub details: serde_json::Value,
}

// === impl AuditAction ===

impl AuditAction {
    /// The word for it in the table.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::RefuseKey => "key.refuse",
            Self::PutSlo => "slo.put",
            Self::DeleteSlo => "slo.delete",
            Self::PutCorrection => "slo_correction.put",
            Self::DeleteCorrection => "slo_correction.delete",
            Self::RemoveFiles => "files.remove",
            Self::ChangeHolds => "holds.change",
            Self::Start => "process.start",
            Self::Stop => "process.stop",
        }
    }

    /// What an auditor asks of: `access`, `configuration`, `retention`, `operation`.
    #[must_use]
    pub const fn compliance_domain(self) -> &'static str {
        match self {
            Self::RefuseKey => "access",
            Self::PutSlo | Self::DeleteSlo | Self::PutCorrection | Self::DeleteCorrection => "configuration",
            Self::RemoveFiles | Self::ChangeHolds => "retention",
            Self::Start | Self::Stop => "operation",
        }
    }
}

impl fmt::Display for AuditAction {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.as_str())
    }
}

/// The rows of some events, each with an id of its own: a UUID of version 7, which sorts by time.
///
/// # Errors
///
/// When the columns do not fit the table, which is a bug.
pub fn audit_rows(events: &[AuditEvent]) -> Result<RecordBatch, ArrowError> {
    let texts = |text: &dyn Fn(&AuditEvent) -> Option<String>| -> ArrayRef {
        Arc::new(StringViewArray::from_iter(events.iter().map(text)))
    };
    let times = TimestampMicrosecondArray::from_iter_values(events.iter().map(|event| event.time.micros()));
    let columns: Vec<ArrayRef> = vec![
        Arc::new(times.with_timezone("UTC")),
        texts(&|event| Some(event_id(event.time))),
        texts(&|event| Some(event.actor.clone())),
        texts(&|event| Some(event.action.as_str().to_owned())),
        texts(&|event| Some(event.object.clone())),
        texts(&|event| Some(event.outcome.to_owned())),
        texts(&|event| event.source_address.clone()),
        texts(&|event| Some(event.action.compliance_domain().to_owned())),
        texts(&|event| Some(event.details.to_string())),
    ];
    RecordBatch::try_new(Arc::clone(&schema::judgement(Judgement::Audit).schema), columns)
}

fn event_id(time: Nanos) -> String {
    let millis = u64::try_from(time.0 / 1_000_000).unwrap_or_default();
    let mut random = [0; 10];
    random.copy_from_slice(&uuid::Uuid::new_v4().as_bytes()[..10]);
    uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid().to_string()
}

#[cfg(test)]
mod tests {
    use arrow::array::AsArray;

    use super::*;

    #[test]
    fn every_event_has_an_id_of_its_own_that_sorts_by_time() {
        let event = |time| AuditEvent {
            time: Nanos(time),
            actor: "slowburn".to_owned(),
            action: AuditAction::Start,
            object: "process".to_owned(),
            outcome: "done",
            source_address: None,
            details: serde_json::json!({"version": "1"}),
        };
        let second = 1_000_000_000;
        let rows = audit_rows(&[event(second), event(second), event(2_000 * second)]).unwrap();
        let ids: Vec<_> = rows["event_id"].as_string_view().iter().flatten().map(str::to_owned).collect();
        assert!(ids[0] != ids[1] && ids[2] > ids[0] && ids[2] > ids[1], "{ids:?}");
        assert!(ids.iter().all(|id| id.len() == 36 && &id[14..15] == "7"), "{ids:?}");
        assert_eq!(rows["compliance_domain"].as_string_view().value(0), "operation");
        assert_eq!(rows["details"].as_string_view().value(0), "{\"version\":\"1\"}");
    }
}
