//! OpenSLO v1 documents: YAML or JSON, several in a file, read together with all they refer to, and
//! written again. Sloth's and Pyrra's documents are read too.
//!
//! # The life of a document
//!
//! 1. `tree` parses a file into values that know where they stand.
//! 2. `document` reads the frame: version, kind, metadata, spec. `names` notes its name.
//! 3. Data sources are read first, because sources of metrics have their types; then services,
//!    indicators and the documents about alerting; then, when all indicators are known, the SLOs.
//! 4. Every reference is followed. An SLO is given out only if neither its document nor its
//!    service's nor its indicator's has a mistake.
//! 5. [`write()`] makes documents of what was read, and reading those gives the same again.
//!
//! A mistake never hides another one: reading goes on with the next field. Nothing is dropped in
//! silence: a field that nobody asked for is a mistake, and what is good and has no effect here,
//! such as a metric of another system, is kept and noted.

mod alert;
mod data_source;
mod document;
mod field;
mod free;
mod import;
mod indicator;
mod kind;
mod metadata;
mod mistake;
mod names;
mod objective;
mod service;
mod slo;
mod source;
mod time_window;
mod tree;
mod write;

pub use alert::{About, AlertCondition, AlertPolicy, AlertTarget, Given};
pub use data_source::DataSource;
pub use free::Free;
pub use indicator::{Indicator, Metric, Share};
pub use metadata::{Annotations, Labels};
pub use mistake::{Mistake, Position};
pub use objective::{Objective, Op, Threshold};
pub use service::Service;
pub use slo::Slo;
pub use source::{Rows, Source as MetricSource, Table};
pub use write::write;

use document::Document;
use import::{Imported, Tool};
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
    /// The indicators that are documents, in the order of their names.
    pub indicators: Vec<Indicator>,
    /// What is said of alerting, and data sources.
    pub alerting: Alerting,
    /// Every mistake, in the order of the files and lines.
    pub mistakes: Vec<Mistake>,
    /// What is right and has no effect here, in the same order.
    pub notes: Vec<Mistake>,
}

/// The documents about alerting and about the systems that metrics come from.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Alerting {
    /// Data sources.
    pub data_sources: Vec<DataSource>,
    /// Alert policies.
    pub policies: Vec<AlertPolicy>,
    /// Alert conditions.
    pub conditions: Vec<AlertCondition>,
    /// Notification targets.
    pub targets: Vec<AlertTarget>,
}

/// Documents as they are read one by one.
#[derive(Default)]
struct Reading<'a> {
    names: Names,
    slos: Vec<Document<'a>>,
    services: Vec<(mistake::Place, Option<Service>)>,
    indicators: Indicators,
    alerting: Alerting,
    imported: Vec<Imported>,
}

/// Reads documents. References are followed across all files that are given.
#[must_use]
pub fn read(sources: &[Source<'_>]) -> Documents {
    let mut report = Report::new(sources.iter().map(|source| source.file.to_owned()).collect());
    let files = sources.iter().enumerate();
    let trees: Vec<Node> = files.flat_map(|(index, source)| tree::documents(index, source.text, &mut report)).collect();
    let mut reading = Reading::default();
    let mut documents = Vec::new();
    for node in &trees {
        match Tool::of(node) {
            Some(tool) => reading.import(tool.read(node, &mut report), &mut report),
            None => documents.extend(Document::read(node, &mut report)),
        }
    }
    let (sources, others): (Vec<_>, Vec<_>) =
        documents.into_iter().partition(|document| document.kind == Kind::DataSource);
    for document in sources.into_iter().chain(others) {
        reading.take(document, &mut report);
    }
    reading.finish(report)
}

// === impl Alerting ===

impl Alerting {
    /// The condition of a policy, wherever it is written.
    #[must_use]
    pub fn condition<'a>(&'a self, policy: &'a Given<AlertPolicy>) -> Option<&'a AlertCondition> {
        let policy = match policy {
            Given::Here(policy) => policy,
            Given::Named(name) => self.policies.iter().find(|policy| policy.about.name.as_ref() == Some(name))?,
        };
        match &policy.condition {
            Given::Here(condition) => Some(condition),
            Given::Named(name) => self.conditions.iter().find(|condition| condition.about.name.as_ref() == Some(name)),
        }
    }
}

// === impl Reading ===

impl<'a> Reading<'a> {
    /// Reads a document; an SLO waits for the others.
    fn take(&mut self, document: Document<'a>, report: &mut Report) {
        if let Some((name, place)) = &document.metadata.name {
            self.names.give(document.kind, name, *place, report);
        }
        let (names, alerting) = (&mut self.names, &mut self.alerting);
        match document.kind {
            Kind::Slo => self.slos.push(document),
            Kind::Service => self.services.push((document.place, Service::read(document, report))),
            Kind::Sli => self.indicator(document, report),
            Kind::DataSource => alerting.data_sources.extend(alerting_document(document, names, report)),
            Kind::AlertPolicy => alerting.policies.extend(alerting_document(document, names, report)),
            Kind::AlertCondition => alerting.conditions.extend(alerting_document(document, names, report)),
            Kind::AlertNotificationTarget => alerting.targets.extend(alerting_document(document, names, report)),
        }
    }

    /// Takes the SLOs of another tool's document.
    fn import(&mut self, imported: Vec<Imported>, report: &mut Report) {
        for Imported { slo, place } in imported {
            self.names.give(Kind::Slo, &slo.name, place, report);
            self.imported.push(Imported { slo, place });
        }
    }

    /// Reads an `SLI` document; of several with one name the first stays.
    fn indicator(&mut self, document: Document<'_>, report: &mut Report) {
        let name = document.metadata.name.clone();
        let names = &mut self.names;
        let spec = document.spec;
        let indicator = spec.and_then(|spec| Indicator::read(document.metadata, &spec, true, names, report));
        if let Some((name, _)) = name {
            self.indicators.entry(name).or_insert(indicator);
        }
    }

    /// Reads the SLOs, follows every reference, and leaves out what is not sound.
    fn finish(mut self, mut report: Report) -> Documents {
        let slos = std::mem::take(&mut self.slos).into_iter();
        let read = |slo| Draft::read(slo, &self.indicators, &mut self.names, &mut report);
        let drafts: Vec<Draft> = slos.filter_map(read).collect();
        self.names.check(&mut report);
        drafts.iter().for_each(|draft| draft.check_conditions(&self.alerting, &mut report));
        let unsound = report.unsound();
        let is_sound = |place| !unsound.contains(&report.document(place));
        let drafts = drafts.into_iter().filter(|draft| draft.depends_on.iter().copied().all(is_sound));
        let imported =
            self.imported.into_iter().filter(|imported| is_sound(imported.place)).map(|imported| imported.slo);
        let imported: Vec<Slo> = imported.collect();
        let services = self.services.into_iter().filter(|(place, _)| is_sound(*place));
        let mut services: Vec<Service> = services.filter_map(|(_, service)| service).collect();
        // Other tools name a service and have no document of it.
        for slo in &imported {
            if self.names.place(Kind::Service, &slo.service).is_none()
                && services.iter().all(|it| it.name != slo.service)
            {
                services.push(Service::named(&slo.service, slo.position.clone()));
            }
        }
        let slos = drafts.map(|draft| draft.slo).chain(imported).collect();
        let indicators = self.indicators.into_values().flatten().collect();
        let (mistakes, notes) = report.into_told();
        Documents { slos, services, indicators, alerting: self.alerting, mistakes, notes }
    }
}

fn alerting_document<T: alert::Spec>(document: Document<'_>, names: &mut Names, report: &mut Report) -> Option<T> {
    alert::read(document.metadata, &document.spec?, names, report)
}

#[cfg(test)]
mod tests;
