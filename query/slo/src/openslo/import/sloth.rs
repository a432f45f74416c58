//! Sloth's `prometheus/v1`: a service with its SLOs, in PromQL with `{{.window}}`.
//!
//! Source: `pkg/prometheus/api/v1` of slok/sloth.

use super::{Imported, Marks, Taken, name, percent, promql};
use crate::minutes::Minutes;
use crate::openslo::field::{Field, Fields};
use crate::openslo::free::Free;
use crate::openslo::indicator::{Metric, Share};
use crate::openslo::metadata;
use crate::openslo::mistake::Report;
use crate::openslo::source::Source;
use crate::openslo::tree::Node;
use crate::window::Window;

const PREFIX: &str = "sloth.slok.dev";

/// Sloth's period unless its own command line says otherwise.
const PERIOD: Minutes = Minutes::known(30 * 24 * 60);

/// The SLOs of a document.
pub(super) fn read(node: &Node, report: &mut Report) -> Vec<Imported> {
    let Some(mut fields) = Field::root(node).fields(report) else { return Vec::new() };
    if let Some(version) = fields.required("version", report) {
        version.one_of(&[("prometheus/v1", ())], report);
    }
    let service = fields.required("service", report).and_then(|field| field.text(report));
    let mut marks = Marks::default();
    marks.labels(fields.optional("labels"), report);
    plugins(&mut fields, "slo_plugins", report);
    let slos = fields.required("slos", report).and_then(|field| field.items(report)).unwrap_or_default();
    let read = |item: &Field<'_>| slo(item, service, marks.clone(), report);
    let slos: Vec<Taken<'_>> = slos.iter().filter_map(read).collect();
    fields.close(report);
    slos.into_iter().map(|slo| slo.finish(report)).collect()
}

fn slo<'a>(item: &Field<'_>, service: Option<&'a str>, mut marks: Marks, report: &mut Report) -> Option<Taken<'a>> {
    let mut fields = item.fields(report)?;
    let named = fields.required("name", report);
    let description = metadata::description(&mut fields, report);
    let objective = fields.required("objective", report);
    let target = objective.and_then(|field| percent(&field, field.number(report), report));
    marks.labels(fields.optional("labels"), report);
    plugins(&mut fields, "plugins", report);
    let metric = fields.required("sli", report).and_then(|sli| indicator(&sli, report));
    if let Some(alerting) = fields.optional("alerting") {
        self::alerting(&alerting, &mut marks, report);
    }
    fields.close(report);
    let (named, service) = (named?, service?);
    // As Sloth's own `sloth_id`: names are unique within their service only.
    let name = name(&named, format!("{service}-{}", named.text(report)?), report);
    let place = named.node.place;
    let window = Window::Rolling(PERIOD);
    Some(Taken { name, place, service, description, marks, target: target?, window, metric: metric? })
}

/// Exactly one of `events`, `raw` and `plugin`.
fn indicator(sli: &Field<'_>, report: &mut Report) -> Option<Metric> {
    let mut fields = sli.fields(report)?;
    let (events, raw, plugin) = (fields.optional("events"), fields.optional("raw"), fields.optional("plugin"));
    fields.close(report);
    match (events, raw, plugin) {
        (Some(events), None, None) => {
            let [bad, total] = queries(&events, ["error_query", "total_query"], report)?;
            Some(Metric::Bad { bad, total })
        }
        (None, Some(raw), None) => {
            let [ratio] = queries(&raw, ["error_ratio_query"], report)?;
            Some(Metric::Raw { ratio, of: Share::Failure })
        }
        (None, None, Some(plugin)) => {
            plugin.unsupported("plugins are", "it is kept; write `events` to have it counted", report);
            let (kind, spec) = (Some("sloth-plugin".to_owned()), Some(Free::read(plugin.node)));
            Some(Metric::Raw { ratio: Source::Foreign { reference: None, kind, spec }, of: Share::Failure })
        }
        _ => {
            sli.wrong("one kind of indicator is needed", "write one of `events`, `raw` and `plugin`", report);
            None
        }
    }
}

/// Queries that must all be there, and nothing else.
fn queries<const N: usize>(field: &Field<'_>, names: [&'static str; N], report: &mut Report) -> Option<[Source; N]> {
    let mut fields = field.fields(report)?;
    let queries = names.map(|name| fields.required(name, report).and_then(|field| field.text(report)));
    fields.close(report);
    let queries: Vec<Source> = queries.into_iter().flatten().map(|text| promql(text.trim())).collect();
    queries.try_into().ok()
}

/// Alert names, labels and annotations: who is told is said by rules here, so they are kept only.
fn alerting(field: &Field<'_>, marks: &mut Marks, report: &mut Report) {
    let Some(mut fields) = field.fields(report) else { return };
    field.unsupported("alerts' labels are", "they are kept as annotations; rules say who is told", report);
    if let Some(name) = fields.optional("name").and_then(|field| field.text(report)) {
        marks.annotation(PREFIX, "alerting.name", name);
    }
    keep(&mut fields, "alerting", marks, report);
    for (name, path) in [("page_alert", "page"), ("ticket_alert", "ticket")] {
        let Some(mut alert) = fields.optional(name).and_then(|field| field.fields(report)) else { continue };
        for scalar in ["disable", "for"] {
            if let Some(text) = alert.optional(scalar).and_then(|field| field.scalar(report)) {
                marks.annotation(PREFIX, &format!("{path}.{scalar}"), text);
            }
        }
        keep(&mut alert, path, marks, report);
        alert.close(report);
    }
    fields.close(report);
}

/// Keeps `labels` and `annotations`.
fn keep(fields: &mut Fields<'_>, path: &str, marks: &mut Marks, report: &mut Report) {
    for name in ["labels", "annotations"] {
        for (key, value) in super::texts(fields.optional(name), report) {
            marks.annotation(PREFIX, &format!("{path}.{name}.{key}"), &value);
        }
    }
}

fn plugins(fields: &mut Fields<'_>, name: &'static str, report: &mut Report) {
    if let Some(plugins) = fields.optional(name) {
        plugins.unsupported("plugins are", "they are left out", report);
    }
}
