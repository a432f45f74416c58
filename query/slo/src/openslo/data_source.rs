//! Data sources: the systems that metrics come from.

use super::alert::{About, Spec};
use super::field::Fields;
use super::free::Free;
use super::kind::Kind;
use super::mistake::Report;
use super::names::Names;

/// A system that metrics come from (OpenSLO `DataSource`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DataSource {
    /// What it says about itself.
    pub about: About,
    /// Which system it is; `slowburn` is this one.
    pub kind: String,
    /// How to reach it: anything.
    pub connection: Option<Free>,
}

// === impl DataSource ===

impl Spec for DataSource {
    const KIND: Kind = Kind::DataSource;

    fn read(about: About, fields: &mut Fields<'_>, names: &mut Names, report: &mut Report) -> Option<Self> {
        let kind = fields.required("type", report).and_then(|field| field.text(report));
        // OpenSLO: "everything that is valid YAML can be put here".
        let connection = fields.optional("connectionDetails").map(|field| Free::read(field.node));
        let kind = kind?.to_owned();
        names.source(about.name.as_deref(), &kind);
        Some(Self { about, kind, connection })
    }
}
