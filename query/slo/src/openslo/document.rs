//! The frame that all documents share: version, kind, metadata and spec.

use super::field::{Field, Fields};
use super::kind::Kind;
use super::metadata::Metadata;
use super::mistake::{Place, Report};
use super::tree::Node;

/// The version that is read.
const VERSION: &str = "openslo/v1";

/// A document whose frame is read and whose spec is not yet.
#[derive(Debug)]
pub(crate) struct Document<'a> {
    pub(crate) kind: Kind,
    pub(crate) metadata: Metadata,
    /// `None` if it is missing or empty.
    pub(crate) spec: Option<Field<'a>>,
    pub(crate) place: Place,
}

// === impl Document ===

impl<'a> Document<'a> {
    /// Reads the frame; `None` if the document is of no kind that is known. One of another version
    /// gives its name, and nothing else.
    pub(crate) fn read(node: &'a Node, report: &mut Report) -> Option<Self> {
        let mut fields = Field::root(node).fields(report)?;
        let version = fields.required("apiVersion", report).is_some_and(|field| is_version(&field, report));
        let kind = fields.required("kind", report).and_then(|field| field.one_of(&Kind::WORDS, report));
        let metadata = fields.required("metadata", report).map(|field| Metadata::read(&field, report));
        let kind = kind?;
        let mut given = None;
        // Of an unknown version or kind it cannot be said what the rest should be.
        if version {
            given = spec(&mut fields, kind, report);
            fields.close(report);
        }
        Some(Self { kind, metadata: metadata.unwrap_or_default(), spec: given, place: node.place })
    }
}

/// A document inside another one: it needs no version, kind or name.
pub(crate) fn inline<'a>(field: &Field<'a>, kind: Kind, report: &mut Report) -> Option<(Metadata, Option<Field<'a>>)> {
    let mut fields = field.fields(report)?;
    if let Some(version) = fields.optional("apiVersion") {
        is_version(&version, report);
    }
    if let Some(given) = fields.optional("kind") {
        given.one_of(&[(kind.to_string().as_str(), ())], report);
    }
    let metadata = fields.optional("metadata").map(|field| Metadata::read(&field, report));
    let spec = spec(&mut fields, kind, report);
    fields.close(report);
    Some((metadata.unwrap_or_default(), spec))
}

/// The spec, which only a service can do without.
fn spec<'a>(fields: &mut Fields<'a>, kind: Kind, report: &mut Report) -> Option<Field<'a>> {
    if kind == Kind::Service {
        return fields.optional("spec").filter(|spec| !spec.node.is_empty());
    }
    fields.required("spec", report)
}

fn is_version(field: &Field<'_>, report: &mut Report) -> bool {
    let version = field.text(report);
    if version.is_some_and(|version| version != VERSION) {
        field.wrong("that version is not read", format!("write {VERSION}, and its fields"), report);
    }
    version == Some(VERSION)
}
