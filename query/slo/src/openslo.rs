//! OpenSLO v1 documents: YAML or JSON, several in a file, read together with all they refer to.
//!
//! # The life of a document
//!
//! 1. `tree` parses a file into values that know where they stand.
//! 2. `document` reads the frame: version, kind, metadata, spec. `names` notes its name.
//! 3. Services, indicators and the documents about alerting are read; then, when all indicators
//!    are known, the SLOs.
//! 4. Every reference is followed. An SLO is given out only if neither its document nor its
//!    service's nor its indicator's has a mistake.
//!
//! A mistake never hides another one: reading goes on with the next field. Nothing is dropped in
//! silence: a field that nobody asked for is a mistake, and so is what OpenSLO allows and this
//! reader does not support yet.

mod alert;
mod document;
mod field;
mod indicator;
mod kind;
mod metadata;
mod mistake;
mod names;
mod objective;
mod service;
mod slo;
mod tree;

pub use indicator::{Indicator, Metric};
pub use metadata::{Annotations, Labels};
pub use mistake::{Mistake, Position};
pub use objective::{Objective, Op, Threshold};
pub use service::Service;
pub use slo::Slo;

use document::Document;
use kind::Kind;
use mistake::Report;
use names::Names;
use slo::{Draft, Indicators};
use tree::Node;

/// A file to read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Source<'a> {
    /// The name that mistakes and positions tell.
    pub file: &'a str,
    /// Its whole text.
    pub text: &'a str,
}

/// What the files say.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Documents {
    /// The SLOs without mistakes, in the order of the files.
    pub slos: Vec<Slo>,
    /// The services without mistakes, in the order of the files.
    pub services: Vec<Service>,
    /// Every mistake, in the order of the files and lines.
    pub mistakes: Vec<Mistake>,
}

/// Reads OpenSLO documents. References are followed across all files that are given.
#[must_use]
pub fn read(sources: &[Source<'_>]) -> Documents {
    let mut report = Report::new(sources.iter().map(|source| source.file.to_owned()).collect());
    let files = sources.iter().enumerate();
    let trees: Vec<Node> = files.flat_map(|(index, source)| tree::documents(index, source.text, &mut report)).collect();
    let mut names = Names::default();
    let (mut slos, mut services, mut indicators) = (Vec::new(), Vec::new(), Indicators::new());
    for document in trees.iter().filter_map(|node| Document::read(node, &mut report)).collect::<Vec<_>>() {
        if let Some((name, place)) = &document.metadata.name {
            names.give(document.kind, name, *place, &mut report);
        }
        match document.kind {
            Kind::Slo => slos.push(document),
            Kind::Service => services.push((document.place, Service::read(document, &mut report))),
            Kind::Sli => indicator(document, &mut indicators, &mut report),
            kind => document.spec.iter().for_each(|spec| alert::check(kind, spec, &mut names, &mut report)),
        }
    }
    let read = |slo| Draft::read(slo, &indicators, &mut names, &mut report);
    let drafts: Vec<Draft> = slos.into_iter().filter_map(read).collect();
    names.check(&mut report);
    let unsound = report.unsound();
    let is_sound = |place| !unsound.contains(&report.document(place));
    let drafts = drafts.into_iter().filter(|draft| draft.depends_on.iter().copied().all(is_sound));
    let services = services.into_iter().filter(|(place, _)| is_sound(*place));
    Documents {
        slos: drafts.map(|draft| draft.slo).collect(),
        services: services.filter_map(|(_, service)| service).collect(),
        mistakes: report.into_mistakes(),
    }
}

/// Reads an `SLI` document; of several with one name the first stays.
fn indicator(document: Document<'_>, indicators: &mut Indicators, report: &mut Report) {
    let name = document.metadata.name.clone();
    let spec = document.spec;
    let indicator = spec.and_then(|spec| Indicator::read(document.metadata, &spec, report));
    if let Some((name, _)) = name {
        indicators.entry(name).or_insert(indicator);
    }
}

#[cfg(test)]
mod tests;
