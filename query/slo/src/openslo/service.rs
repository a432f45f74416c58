//! Services: what SLOs are grouped by.

use super::document::Document;
use super::metadata::{self, Annotations, Labels};
use super::mistake::{Position, Report};

/// A service (OpenSLO `Service`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Service {
    /// The name that SLOs refer to.
    pub name: String,
    /// The name people read.
    pub display_name: Option<String>,
    /// What it is.
    pub description: Option<String>,
    /// Its labels.
    pub labels: Labels,
    /// Its annotations.
    pub annotations: Annotations,
    /// Where its document begins.
    pub position: Position,
}

// === impl Service ===

impl Service {
    /// A service that an SLO of another tool names.
    pub(super) fn named(name: &str, position: Position) -> Self {
        let (labels, annotations) = (Labels::new(), Annotations::new());
        Self { name: name.to_owned(), display_name: None, description: None, labels, annotations, position }
    }

    pub(crate) fn read(document: Document<'_>, report: &mut Report) -> Option<Self> {
        let fields = document.spec.and_then(|spec| spec.fields(report));
        let description = fields.and_then(|mut fields| {
            let description = metadata::description(&mut fields, report);
            fields.close(report);
            description
        });
        let metadata = document.metadata;
        Some(Self {
            name: metadata.name?.0,
            display_name: metadata.display_name,
            description,
            labels: metadata.labels,
            annotations: metadata.annotations,
            position: report.position(document.place),
        })
    }
}
