//! Service level objectives, whole: with the indicator they are about.

use std::collections::BTreeMap;

use super::alert;
use super::document::Document;
use super::field::{Field, Fields};
use super::indicator::Indicator;
use super::kind::Kind;
use super::metadata::{self, Annotations, Labels};
use super::mistake::{Place, Position, Report};
use super::names::Names;
use super::objective::{self, Objective};
use crate::minutes::Minutes;

/// A service level objective (OpenSLO `SLO`, budgeting method `Occurrences`).
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
    /// What is counted.
    pub indicator: Indicator,
    /// The rolling time window the objectives hold over: the period of their error budgets.
    pub window: Minutes,
    /// What is promised; at least one.
    pub objectives: Vec<Objective>,
    /// The names of its alert policies, which are checked and have no effect.
    pub alert_policies: Vec<String>,
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
        let objectives = objectives(&mut fields, report);
        let (indicator, sli) = indicator(&mut fields, &objectives, indicators, names, report);
        let has_threshold = indicator.as_ref().map(|indicator| indicator.metric.has_threshold());
        let read = |field: &Field<'_>| Objective::read(field, has_threshold, report);
        let objectives: Vec<Objective> = objectives.iter().filter_map(read).collect();
        let window = window(&mut fields, report);
        budgeting_method(&mut fields, report);
        let alert_policies = alert_policies(&mut fields, names, report);
        fields.close(report);
        let metadata = document.metadata;
        let slo = Slo {
            name: metadata.name?.0,
            display_name: metadata.display_name,
            service: service?,
            description,
            labels: metadata.labels,
            annotations: metadata.annotations,
            indicator: indicator?,
            window: window?,
            objectives,
            alert_policies,
            position: report.position(document.place),
        };
        let service = names.place(Kind::Service, &slo.service)?;
        let depends_on = [document.place, service].into_iter().chain(sli).collect();
        Some(Self { slo, depends_on })
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

/// Exactly one of `indicator` and `indicatorRef`; with the latter the place of its `SLI`, too.
fn indicator(
    fields: &mut Fields<'_>,
    objectives: &[Field<'_>],
    indicators: &Indicators,
    names: &mut Names,
    report: &mut Report,
) -> (Option<Indicator>, Option<Place>) {
    match (fields.optional("indicator"), fields.optional("indicatorRef")) {
        (Some(inline), None) => (Indicator::inline(&inline, report), None),
        (None, Some(reference)) => {
            let Some(name) = names.refer(Kind::Sli, &reference, report) else { return (None, None) };
            (indicators.get(&name).cloned().flatten(), names.place(Kind::Sli, &name))
        }
        (Some(inline), Some(reference)) => {
            reference.conflicts("indicator", report);
            names.refer(Kind::Sli, &reference, report);
            (Indicator::inline(&inline, report), None)
        }
        (None, None) => {
            // Objectives with indicators of their own are told as what they are: a composite.
            if !objectives.iter().any(objective::is_composite) {
                fields.missing("indicator", "add `indicator` or `indicatorRef`", report);
            }
            (None, None)
        }
    }
}

/// The one rolling time window.
fn window(fields: &mut Fields<'_>, report: &mut Report) -> Option<Minutes> {
    let field = fields.required("timeWindow", report)?;
    let items = field.items(report)?;
    let [item] = items.as_slice() else {
        field.wrong("exactly one time window is needed", "write one item, such as `- duration: 30d`", report);
        return None;
    };
    let mut fields = item.fields(report)?;
    let duration = fields.required("duration", report).and_then(|field| field.minutes(report));
    let calendar = fields.optional("calendar");
    if let Some(calendar) = &calendar {
        calendar.unsupported("calendar-aligned windows are", "write `isRolling: true` instead", report);
    }
    if let Some(rolling) = fields.optional("isRolling")
        && rolling.boolean(report) == Some(false)
        && calendar.is_none()
    {
        rolling.unsupported("calendar-aligned windows are", "write `isRolling: true`", report);
    }
    fields.close(report);
    duration
}

fn budgeting_method(fields: &mut Fields<'_>, report: &mut Report) {
    let words = [("Occurrences", true), ("Timeslices", false), ("RatioTimeslices", false)];
    let Some(field) = fields.required("budgetingMethod", report) else { return };
    if field.one_of(&words, report) == Some(false) {
        field.unsupported("budgets of time slices are", "write `budgetingMethod: Occurrences`", report);
    }
}

fn alert_policies(fields: &mut Fields<'_>, names: &mut Names, report: &mut Report) -> Vec<String> {
    let items = fields.optional("alertPolicies").and_then(|field| field.items(report)).unwrap_or_default();
    let mut policy = |item| alert::reference_or_inline(item, ("alertPolicyRef", Kind::AlertPolicy), names, report);
    items.iter().filter_map(&mut policy).collect()
}
