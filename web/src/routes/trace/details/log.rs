//! The details of a log record.

use leptos::prelude::*;

use super::part::{AttributePart, Copies, Origin};
use crate::parts::Moment;
use crate::routes::trace::row::{dot, severity_class, severity_name};
use crate::routes::trace::waterfall::Waterfall;
use crate::settings::use_settings;
use crate::time::{Precision, duration};

/// Body, attributes and origin of a log record, and the way to its span.
#[component]
pub(super) fn LogDetails(waterfall: Waterfall, log: usize) -> impl IntoView {
    let settings = use_settings();
    let subject = waterfall.subject();
    let record = subject.trace.logs[log].clone();
    let resource = subject.trace.resources.get(record.resource).cloned();
    let scope = subject.trace.scopes.get(record.scope).cloned();
    let severity = format!("severity {}", severity_class(record.severity_number));
    let offset = duration(record.time_unix_nano.since(subject.trace.start_time_unix_nano));
    let span = record.span_id.filter(|id| subject.tree.of_span(*id).is_some()).map(|id| {
        view! {
            <dt>{settings.word(|words| words.details.span)}</dt>
            <dd><button type="button" class="link id" on:click=move |_| waterfall.select_span(id)>{id.to_string()}</button></dd>
        }
    });
    let event = Some(record.event_name.clone()).filter(|name| !name.is_empty()).map(|name| {
        view! { <dt>{settings.word(|words| words.details.event)}</dt><dd>{name}</dd> }
    });
    view! {
        <header>
            <p class="over"><span class=dot(&subject, &record.service_name)></span>{record.service_name.clone()}</p>
            <h2><em class=severity>{severity_name(&record)}</em> {settings.word(|words| words.details.log)}</h2>
        </header>
        <pre class="body" data-testid="log-body">{record.body}</pre>
        <Copies count=record.repeats />
        <dl class="pairs">
            <dt>{settings.word(|words| words.waterfall.time)}</dt>
            <dd><Moment time=record.time_unix_nano precision=Precision::Nanos /> <small>" +" {offset}</small></dd>
            {span}
            {event}
        </dl>
        <AttributePart title=|words| words.attributes value=record.attributes />
        <Origin resource scope />
    }
}
