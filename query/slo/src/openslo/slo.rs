//! Service level objectives, whole: with the indicators they are about.

use std::collections::BTreeMap;

use super::alert::{self, AlertPolicy, Given};
use super::document::Document;
use super::field::{Field, Fields};
use super::indicator::Indicator;
use super::kind::Kind;
use super::metadata::{self, Annotations, Labels};
use super::mistake::{Place, Position, Report};
use super::names::Names;
use super::objective::{self, MethodWord, Objective, Setting};
use super::time_window::time_window;
use crate::window::Window;

/// A service level objective (OpenSLO `SLO`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slo {
    /// The name, unique among SLOs.
    pub name: String,
    /// The name people read.
    pub display_name: Option<String>,
    /// The name of its service.
    pub service: String,
    /// What it is for.
    pub description: Option<String>,
    /// Its labels.
    pub labels: Labels,
    /// Its annotations.
    pub annotations: Annotations,
    /// What is counted; `None` for a composite, whose objectives have indicators of their own.
    pub indicator: Option<Indicator>,
    /// The time window the objectives hold over: the period of their error budgets.
    pub window: Window,
    /// What is promised; at least one.
    pub objectives: Vec<Objective>,
    /// Its alert policies.
    pub alert_policies: Vec<Given<AlertPolicy>>,
    /// Where its document begins.
    pub position: Position,
}

/// The indicators of all `SLI` documents by name; `None` where one could not be read.
pub(crate) type Indicators = BTreeMap<String, Option<Indicator>>;

/// An SLO with what must be sound for it to be used.
pub(crate) struct Draft {
    pub(crate) slo: Slo,
    /// Places in its own document and in those it refers to.
    pub(crate) depends_on: Vec<Place>,
    /// Where its alert policies are named or written, in their order.
    pub(crate) policies: Vec<Place>,
}

// === impl Slo ===

impl Slo {
    /// The indicator of an objective: its own, or that of the SLO.
    #[must_use]
    pub fn indicator_of<'a>(&'a self, objective: &'a Objective) -> Option<&'a Indicator> {
        objective.indicator.as_ref().or(self.indicator.as_ref())
    }

    /// Whether it can be counted from what is stored here.
    #[must_use]
    pub fn is_ours(&self) -> bool {
        let of = |objective| self.indicator_of(objective).is_some_and(|indicator| indicator.metric.is_ours());
        self.objectives.iter().all(of)
    }
}

// === impl Draft ===

impl Draft {
    /// Reads an SLO when the names and indicators of all files are known.
    pub(crate) fn read(
        document: Document<'_>,
        indicators: &Indicators,
        names: &mut Names,
        report: &mut Report,
    ) -> Option<Self> {
        let mut fields = document.spec?.fields(report)?;
        let description = metadata::description(&mut fields, report);
        let service = fields.required("service", report);
        let service = service.and_then(|field| names.refer(Kind::Service, &field, report));
        let items = objectives(&mut fields, report);
        let is_composite = items.iter().any(objective::is_composite);
        let mut found = Found { indicators, names, report, places: vec![document.place] };
        let indicator = found.indicator(&mut fields, !is_composite, is_composite);
        let own: Vec<_> = items.iter().map(|item| found.own(item)).collect();
        let Found { mut places, .. } = found;
        let window = time_window(&mut fields, report);
        let method = fields.required("budgetingMethod", report);
        let method = method.and_then(|field| field.one_of(&MethodWord::WORDS, report));
        let has_threshold = indicator.as_ref().map(|indicator| indicator.metric.has_threshold());
        let setting = Setting { has_threshold, method, is_composite };
        let read = |(item, own): (&Field<'_>, _)| Objective::read(item, own, setting, report);
        let objectives: Vec<Objective> = items.iter().zip(own).filter_map(read).collect();
        check_slices(&items, &objectives, window.as_ref(), report);
        let (alert_policies, policies) = alert_policies(&mut fields, names, report);
        fields.close(report);
        let metadata = document.metadata;
        let slo = Slo {
            name: metadata.name?.0,
            display_name: metadata.display_name,
            service: service?,
            description,
            labels: metadata.labels,
            annotations: metadata.annotations,
            indicator: if is_composite { None } else { Some(indicator?) },
            window: window?,
            objectives,
            alert_policies,
            position: report.position(document.place),
        };
        places.push(names.place(Kind::Service, &slo.service)?);
        Some(Self { slo, depends_on: places, policies })
    }

    /// Adds every alert condition that can hold for none of the objectives.
    pub(crate) fn check_conditions(&self, alerting: &super::Alerting, report: &mut Report) {
        for (policy, place) in self.slo.alert_policies.iter().zip(&self.policies) {
            let Some(condition) = alerting.condition(policy) else { continue };
            if self.slo.objectives.iter().any(|objective| condition.can_hold(objective.target)) {
                continue;
            }
            let name = condition.about.name.as_deref().unwrap_or("of its policy");
            let message = format!(
                "the alert condition {name} can never hold: no objective can burn at {}, even in a total outage",
                condition.threshold
            );
            report.add(*place, message, "lower the threshold, or raise the target");
        }
    }
}

/// What is looked up while an SLO is read.
struct Found<'a> {
    indicators: &'a Indicators,
    names: &'a mut Names,
    report: &'a mut Report,
    /// The documents that the SLO depends on.
    places: Vec<Place>,
}

impl Found<'_> {
    /// The indicator of an objective that has one of its own; `Some(None)` if it cannot be read.
    fn own(&mut self, objective: &Field<'_>) -> Option<Option<Indicator>> {
        let mut fields = Some(objective).filter(|field| objective::is_composite(field))?.fields(self.report)?;
        Some(self.indicator(&mut fields, true, false))
    }

    /// Exactly one of `indicator` and `indicatorRef`, or none where the objectives have their own.
    fn indicator(&mut self, fields: &mut Fields<'_>, is_needed: bool, is_composite: bool) -> Option<Indicator> {
        let (inline, reference) = (fields.optional("indicator"), fields.optional("indicatorRef"));
        for field in [&inline, &reference].into_iter().flatten().filter(|_| is_composite) {
            let remedy = "keep it here, or below each objective";
            field.wrong("the objectives have indicators of their own", remedy, self.report);
        }
        match (inline, reference) {
            (Some(inline), None) => Indicator::inline(&inline, self.names, self.report),
            (None, Some(reference)) => {
                let name = self.names.refer(Kind::Sli, &reference, self.report)?;
                self.places.extend(self.names.place(Kind::Sli, &name));
                self.indicators.get(&name).cloned().flatten()
            }
            (Some(inline), Some(reference)) => {
                reference.conflicts("indicator", self.report);
                self.names.refer(Kind::Sli, &reference, self.report);
                Indicator::inline(&inline, self.names, self.report)
            }
            (None, None) => {
                if is_needed {
                    fields.missing("indicator", "add `indicator` or `indicatorRef`", self.report);
                }
                None
            }
        }
    }
}

fn objectives<'a>(fields: &mut Fields<'a>, report: &mut Report) -> Vec<Field<'a>> {
    let Some(field) = fields.required("objectives", report) else { return Vec::new() };
    let items = field.items(report);
    if items.as_ref().is_some_and(Vec::is_empty) {
        field.wrong("at least one objective is needed", "add an objective with a target", report);
    }
    items.unwrap_or_default()
}

/// Adds slices that are longer than the window.
fn check_slices(items: &[Field<'_>], objectives: &[Objective], window: Option<&Window>, report: &mut Report) {
    let Some(window) = window else { return };
    let too_long = |objective: &&Objective| objective.method.slice().is_some_and(|slice| slice > window.longest());
    if let (Some(_), Some(item)) = (objectives.iter().find(too_long), items.first()) {
        item.wrong("a slice is longer than the time window", "write a shorter `timeSliceWindow`", report);
    }
}

fn alert_policies(
    fields: &mut Fields<'_>,
    names: &mut Names,
    report: &mut Report,
) -> (Vec<Given<AlertPolicy>>, Vec<Place>) {
    let items = fields.optional("alertPolicies").and_then(|field| field.items(report)).unwrap_or_default();
    let policy = |item: &Field<'_>| Some((alert::given(item, "alertPolicyRef", names, report)?, item.node.place));
    items.iter().filter_map(policy).unzip()
}
