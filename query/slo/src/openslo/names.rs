//! The names that documents give, and the references to them.

use std::collections::BTreeMap;

use super::field::Field;
use super::kind::Kind;
use super::mistake::{Place, Report, shorten};

/// Every name of every kind, over all files that are read together.
#[derive(Debug, Default)]
pub(crate) struct Names {
    given: BTreeMap<(Kind, String), Place>,
    references: Vec<Reference>,
    /// The types of data sources.
    sources: BTreeMap<String, String>,
}

/// A field that names a document.
#[derive(Debug)]
struct Reference {
    kind: Kind,
    name: String,
    /// The field's path as messages write it.
    field: String,
    place: Place,
}

// === impl Names ===

impl Names {
    /// Gives a name to a document. A second document of the kind with this name is a mistake.
    pub(crate) fn give(&mut self, kind: Kind, name: &str, place: Place, report: &mut Report) {
        let Some(first) = self.place(kind, name) else {
            self.given.insert((kind, name.to_owned()), place);
            return;
        };
        let first = report.position(first);
        let message = format!("`metadata.name` is {:?}: another {kind} has this name, at {first}", shorten(name));
        report.add(place, message, "give each its own name, or remove one");
    }

    /// Notes a reference, which is followed when all files are read, and returns the name.
    pub(crate) fn refer(&mut self, kind: Kind, field: &Field<'_>, report: &mut Report) -> Option<String> {
        let name = field.text(report)?.to_owned();
        let place = field.node.place;
        self.references.push(Reference { kind, name: name.clone(), field: field.name(), place });
        Some(name)
    }

    /// Notes the type of a data source.
    pub(crate) fn source(&mut self, name: Option<&str>, kind: &str) {
        if let Some(name) = name {
            self.sources.entry(name.to_owned()).or_insert_with(|| kind.to_owned());
        }
    }

    /// The type of a data source.
    pub(crate) fn source_type(&self, name: &str) -> Option<&str> {
        self.sources.get(name).map(String::as_str)
    }

    /// Where the document of the kind with this name says its name.
    pub(crate) fn place(&self, kind: Kind, name: &str) -> Option<Place> {
        self.given.get(&(kind, name.to_owned())).copied()
    }

    /// Adds every reference that leads nowhere.
    pub(crate) fn check(&self, report: &mut Report) {
        for Reference { kind, name, field, place } in &self.references {
            if self.place(*kind, name).is_none() {
                let message = format!("{field} is {:?}: no {kind} has this name", shorten(name));
                let remedy = format!("add a document of kind {kind} with this name, or mend the name");
                report.add(*place, message, remedy);
            }
        }
    }
}
