//! Documents written as OpenSLO v1, so that reading them gives the same again.

use super::alert::{About, AlertCondition, AlertPolicy, AlertTarget, Given};
use super::data_source::DataSource;
use super::free::Free;
use super::indicator::{Indicator, Metric, Share};
use super::objective::{MethodWord, Objective};
use super::source::{Rows, Source, Table};
use super::{Documents, Service, Slo};
use crate::method::Method;
use crate::window::Window;

mod yaml;

/// Everything that was read, as one YAML file of OpenSLO v1. What was written in Sloth's or Pyrra's
/// words is written in OpenSLO's.
#[must_use]
pub fn write(documents: &Documents) -> String {
    let alerting = &documents.alerting;
    let mut all: Vec<Free> = alerting.data_sources.iter().map(data_source).collect();
    all.extend(documents.services.iter().map(service));
    all.extend(
        documents.indicators.iter().map(|indicator| document("SLI", &about(indicator), indicator_spec(indicator))),
    );
    all.extend(alerting.targets.iter().map(|it| document("AlertNotificationTarget", &it.about, target_spec(it))));
    all.extend(alerting.conditions.iter().map(|it| document("AlertCondition", &it.about, condition_spec(it))));
    all.extend(alerting.policies.iter().map(|it| document("AlertPolicy", &it.about, policy_spec(it))));
    all.extend(documents.slos.iter().map(slo));
    let texts: Vec<String> = all.iter().map(yaml::text).collect();
    texts.join("---\n")
}

/// Fields that are there.
#[derive(Default)]
struct Fields(Vec<(String, Free)>);

impl Fields {
    fn with(mut self, name: &str, value: impl Into<Option<Free>>) -> Self {
        if let Some(value) = value.into() {
            self.0.push((name.to_owned(), value));
        }
        self
    }

    fn text(self, name: &str, value: Option<&str>) -> Self {
        self.with(name, value.map(text))
    }

    fn done(self) -> Free {
        Free::Mapping(self.0)
    }
}

fn text(text: &str) -> Free {
    Free::Text(text.to_owned())
}

fn plain(text: String) -> Free {
    Free::Plain(text)
}

fn document(kind: &str, about: &About, spec: Free) -> Free {
    let fields = Fields::default().with("apiVersion", text("openslo/v1")).with("kind", text(kind));
    fields.with("metadata", metadata(about)).with("spec", spec).done()
}

fn metadata(about: &About) -> Free {
    let labels = about.labels.iter().map(|(key, values)| {
        let value = match values.as_slice() {
            [value] => text(value),
            values => Free::List(values.iter().map(|value| text(value)).collect()),
        };
        (key.clone(), value)
    });
    let labels: Vec<_> = labels.collect();
    let annotations: Vec<_> = about.annotations.iter().map(|(key, value)| (key.clone(), text(value))).collect();
    let some = |fields: Vec<(String, Free)>| (!fields.is_empty()).then_some(Free::Mapping(fields));
    let fields = Fields::default().text("name", about.name.as_deref());
    let fields = fields.text("displayName", about.display_name.as_deref());
    fields.with("labels", some(labels)).with("annotations", some(annotations)).done()
}

/// A document inside another: without metadata if it says nothing about itself but a description.
fn inline(about: &About, spec: Free) -> Free {
    let is_named = about.name.is_some();
    Fields::default().with("metadata", is_named.then(|| metadata(about))).with("spec", spec).done()
}

fn described(about: &About) -> Fields {
    Fields::default().text("description", about.description.as_deref())
}

fn service(service: &Service) -> Free {
    let about = About {
        name: Some(service.name.clone()),
        display_name: service.display_name.clone(),
        labels: service.labels.clone(),
        annotations: service.annotations.clone(),
        description: service.description.clone(),
    };
    document("Service", &about, described(&about).done())
}

fn data_source(source: &DataSource) -> Free {
    let fields = described(&source.about).text("type", Some(&source.kind));
    document("DataSource", &source.about, fields.with("connectionDetails", source.connection.clone()).done())
}

fn about(indicator: &Indicator) -> About {
    About {
        name: indicator.name.clone(),
        display_name: indicator.display_name.clone(),
        labels: indicator.labels.clone(),
        annotations: indicator.annotations.clone(),
        description: indicator.description.clone(),
    }
}

fn indicator_spec(indicator: &Indicator) -> Free {
    let ratio = || Fields::default().with("counter", indicator.counter.map(|it| plain(it.to_string())));
    let metric = match &indicator.metric {
        Metric::Good { good, total } => ratio().with("good", metric_source(good)).with("total", metric_source(total)),
        Metric::Bad { bad, total } => ratio().with("bad", metric_source(bad)).with("total", metric_source(total)),
        Metric::Raw { ratio: source, of } => {
            let word = Share::WORDS.iter().find(|(_, share)| share == of).map(|(word, _)| *word);
            ratio().text("rawType", word).with("raw", metric_source(source))
        }
        Metric::Threshold(source) => {
            return described(&about(indicator)).with("thresholdMetric", metric_source(source)).done();
        }
    };
    described(&about(indicator)).with("ratioMetric", metric.done()).done()
}

fn metric_source(source: &Source) -> Free {
    let ours = |spec: Fields| Fields::default().text("type", Some("slowburn")).with("spec", spec.done());
    let fields = match source {
        Source::Rows(from) => ours(rows(from)),
        Source::Sql(sql) => ours(Fields::default().text("sql", Some(sql))),
        Source::Promql(promql) => ours(Fields::default().text("promql", Some(promql))),
        Source::Foreign { reference, kind, spec } => {
            let fields = Fields::default().text("metricSourceRef", reference.as_deref());
            fields.text("type", kind.as_deref()).with("spec", spec.clone())
        }
    };
    Fields::default().with("metricSource", fields.done()).done()
}

fn rows(rows: &Rows) -> Fields {
    let table = (rows.table != Table::Spans).then(|| text(rows.table.as_str()));
    let fields = Fields::default().with("from", table).text("where", Some(&rows.events));
    let groups: Vec<Free> = rows.group_by.iter().map(|group| text(group)).collect();
    let groups = (!groups.is_empty()).then_some(Free::List(groups));
    fields.text("value", rows.value.as_deref()).text("count", rows.count.as_deref()).with("groupBy", groups)
}

fn slo(slo: &Slo) -> Free {
    let about = About {
        name: Some(slo.name.clone()),
        display_name: slo.display_name.clone(),
        labels: slo.labels.clone(),
        annotations: slo.annotations.clone(),
        description: slo.description.clone(),
    };
    let fields = described(&about).text("service", Some(&slo.service));
    let fields = slo.indicator.iter().fold(fields, indicator_field);
    let method = slo.objectives.first().map(|objective| MethodWord::of(objective.method));
    let fields = fields.with("timeWindow", Free::List(vec![window(&slo.window)])).text("budgetingMethod", method);
    let fields = fields.with("objectives", Free::List(slo.objectives.iter().map(objective).collect()));
    let policies: Vec<Free> = slo
        .alert_policies
        .iter()
        .map(|policy| given(policy, "alertPolicyRef", |it| (&it.about, policy_spec(it))))
        .collect();
    let policies = (!policies.is_empty()).then_some(Free::List(policies));
    document("SLO", &about, fields.with("alertPolicies", policies).done())
}

fn indicator_field(fields: Fields, indicator: &Indicator) -> Fields {
    match &indicator.name {
        Some(name) if indicator.is_shared => fields.text("indicatorRef", Some(name)),
        _ => fields.with("indicator", inline(&about(indicator), indicator_spec(indicator))),
    }
}

fn window(window: &Window) -> Free {
    match window {
        Window::Rolling(length) => Fields::default()
            .text("duration", Some(&length.to_string()))
            .with("isRolling", plain("true".to_owned()))
            .done(),
        Window::Calendar(calendar) => {
            let when = Fields::default().text("startTime", Some(&calendar.start_text()));
            let when = when.text("timeZone", Some(calendar.zone_name())).done();
            let fields = Fields::default().text("duration", Some(&calendar.length().to_string()));
            fields.with("calendar", when).with("isRolling", plain("false".to_owned())).done()
        }
    }
}

fn objective(objective: &Objective) -> Free {
    let fields = Fields::default().text("displayName", objective.display_name.as_deref());
    let fields = fields.text("op", objective.threshold.map(|threshold| threshold.op.as_str()));
    let fields = fields.with("value", objective.threshold.map(|threshold| plain(threshold.value.to_string())));
    let fields = fields.with("target", plain(objective.target.decimal().to_string()));
    let fields = match objective.method {
        Method::Occurrences => fields,
        Method::RatioTimeslices { slice } => fields.text("timeSliceWindow", Some(&slice.to_string())),
        Method::Timeslices { slice, target } => fields
            .with("timeSliceTarget", plain(target.decimal().to_string()))
            .text("timeSliceWindow", Some(&slice.to_string())),
    };
    let fields = objective.indicator.iter().fold(fields, indicator_field);
    fields.with("compositeWeight", objective.weight.map(|weight| plain(weight.number().to_string()))).done()
}

fn given<T>(given: &Given<T>, field: &str, written: impl Fn(&T) -> (&About, Free)) -> Free {
    match given {
        Given::Named(name) => Fields::default().text(field, Some(name)).done(),
        Given::Here(document) => {
            let (about, spec) = written(document);
            inline(about, spec)
        }
    }
}

fn policy_spec(policy: &AlertPolicy) -> Free {
    let condition = given(&policy.condition, "conditionRef", |it| (&it.about, condition_spec(it)));
    let targets = policy.targets.iter().map(|target| given(target, "targetRef", |it| (&it.about, target_spec(it))));
    let fields = described(&policy.about).with("alertWhenNoData", policy.when_no_data.map(|it| plain(it.to_string())));
    let fields = fields.with("alertWhenResolved", policy.when_resolved.map(|it| plain(it.to_string())));
    let fields = fields.with("alertWhenBreaching", policy.when_breaching.map(|it| plain(it.to_string())));
    let fields = fields.with("conditions", Free::List(vec![condition]));
    fields.with("notificationTargets", Free::List(targets.collect())).done()
}

fn condition_spec(condition: &AlertCondition) -> Free {
    let fields = Fields::default().text("kind", Some("burnrate")).text("op", condition.op.map(|op| op.as_str()));
    let fields = fields.with("threshold", plain(condition.threshold.to_string()));
    let fields = fields.text("lookbackWindow", Some(&condition.lookback.to_string()));
    let fields = fields.text("alertAfter", condition.after.map(|after| after.to_string()).as_deref());
    described(&condition.about).text("severity", Some(&condition.severity)).with("condition", fields.done()).done()
}

fn target_spec(target: &AlertTarget) -> Free {
    described(&target.about).text("target", Some(&target.target)).done()
}
