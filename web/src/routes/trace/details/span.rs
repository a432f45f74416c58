//! The details of a span.

use ingest_model::{SpanId, TraceId};
use leptos::prelude::*;
use query_api::{Event, Link, Span};
use serde_json::{Map, Value};

use super::part::{AttributePart, Copies, Dropped, Origin};
use crate::api::encoded;
use crate::layout::{Item, Oddity, logs_for};
use crate::number::percent;
use crate::parts::{Attributes, Moment};
use crate::routes::trace::row::{dot, odd_text, severity_class, severity_name};
use crate::routes::trace::waterfall::Waterfall;
use crate::selection::{use_selection, with_selection};
use crate::settings::use_settings;
use crate::text::Words;
use crate::time::{Precision, duration, duration_exact};

/// Everything a span says.
#[component]
pub(super) fn SpanDetails(waterfall: Waterfall, number: u32, span: usize) -> impl IntoView {
    let settings = use_settings();
    let subject = waterfall.subject();
    let shown = subject.trace.spans[span].clone();
    let resource = subject.trace.resources.get(shown.resource).cloned();
    let scope = subject.trace.scopes.get(shown.scope).cloned();
    let oddity = subject.tree.node(number).map_or(Oddity::None, |node| node.oddity);
    let odd = (oddity != Oddity::None).then(|| view! { <p class="note">{move || odd_text(settings, oddity)}</p> });
    let selection = use_selection();
    let path = format!("/services/{}", encoded(&shown.service_name));
    let service = move || with_selection(&path, selection.get());
    view! {
        <header>
            <p class="over">
                <span class=dot(&subject, &shown.service_name)></span>
                <a href=service data-testid="to-service">{shown.service_name.clone()}</a>
                <em class="badge">{shown.kind.clone()}</em>
            </p>
            <h2>{shown.name.clone()}</h2>
        </header>
        {odd}
        <Copies count=shown.repeats />
        <Facts waterfall span />
        <AttributePart title=|words| words.attributes value=shown.attributes dropped=shown.dropped_attributes_count />
        <Logs waterfall number />
        <Events events=shown.events dropped=shown.dropped_events_count start=shown.start_time_unix_nano />
        <Links links=shown.links dropped=shown.dropped_links_count />
        <Origin resource scope />
        <AttributePart title=|words| words.wire value=context(shown.flags, shown.trace_state) />
    }
}

/// Flags and `tracestate`, where the span has any.
fn context(flags: i64, trace_state: String) -> Value {
    let flags = (flags != 0).then(|| ("flags".to_owned(), Value::from(flags)));
    let state = (!trace_state.is_empty()).then(|| ("tracestate".to_owned(), Value::from(trace_state)));
    Value::Object(flags.into_iter().chain(state).collect::<Map<_, _>>())
}

#[component]
fn Facts(waterfall: Waterfall, span: usize) -> impl IntoView {
    let settings = use_settings();
    let word = move |choose: fn(&Words) -> &'static str| settings.word(choose);
    let subject = waterfall.subject();
    let shown = &subject.trace.spans[span];
    let offset = shown.start_time_unix_nano.since(subject.trace.start_time_unix_nano);
    let on_path = subject.path.time_ns(span);
    let share = percent(on_path, subject.length_ns());
    let link = format!("/traces/{}?span={}", subject.trace.trace_id, shown.span_id);
    view! {
        <dl class="pairs">
            <dt>{word(|words| words.trace.duration)}</dt>
            <dd class="strong">{duration(shown.duration_ns)} <small>" " {duration_exact(shown.duration_ns)}</small></dd>
            <dt>{word(|words| words.trace.start)}</dt>
            <dd><Moment time=shown.start_time_unix_nano precision=Precision::Nanos /> <small>" +" {duration(offset)}</small></dd>
            <dt>{word(|words| words.details.critical_path)}</dt>
            <dd>{duration(on_path)} <small>" " {share}</small></dd>
            <dt>{word(|words| words.details.status)}</dt>
            <dd><Status span=shown.clone() /></dd>
            <dt>{word(|words| words.details.span)}</dt>
            <dd><a class="id" href=link>{shown.span_id.to_string()}</a></dd>
            <Parent waterfall parent=shown.parent_span_id />
        </dl>
    }
}

#[component]
fn Status(span: Span) -> impl IntoView {
    let failed = span.status_code == "ERROR";
    view! { <span class:failed=failed>{span.status_code}</span> " " {span.status_message} }
}

#[component]
fn Parent(waterfall: Waterfall, parent: Option<SpanId>) -> impl IntoView {
    let settings = use_settings();
    let known = parent.is_some_and(|id| waterfall.subject().tree.of_span(id).is_some());
    parent.map(|id| {
        let shown = if known {
            view! { <button type="button" class="link id" on:click=move |_| waterfall.select_span(id)>{id.to_string()}</button> }
                .into_any()
        } else {
            view! { <span class="id">{id.to_string()}</span> }.into_any()
        };
        view! { <dt>{settings.word(|words| words.details.parent)}</dt><dd>{shown}</dd> }
    })
}

/// The log records of the span itself, not of its children; where it has none, those of the nearest span above.
#[component]
fn Logs(waterfall: Waterfall, number: u32) -> impl IntoView {
    let settings = use_settings();
    let subject = waterfall.subject();
    let (of, numbers) = logs_for(&subject.tree, number)?;
    let line = |number: u32| {
        let Item::Log(log) = subject.tree.node(number)?.item else { return None };
        let record = &subject.trace.logs[log];
        let severity = format!("severity {}", severity_class(record.severity_number));
        let offset = duration(record.time_unix_nano.since(subject.trace.start_time_unix_nano));
        Some(view! {
            <li data-testid="span-log">
                <button type="button" class="log" on:click=move |_| waterfall.show(number)>
                    <small>"+" {offset}</small> <em class=severity>{severity_name(record)}</em>
                    <span>{record.body.clone()}</span>
                </button>
            </li>
        })
    };
    let lines: Vec<_> = numbers.into_iter().filter_map(line).collect();
    let above = subject.span_of_node(of).filter(|_| of != number).map(|span| span.name.clone());
    let title = move || match &above {
        Some(name) => (settings.words().details.logs_above)(name),
        None => settings.words().trace.logs.to_owned(),
    };
    Some(view! {
        <section>
            <h3>{title}</h3>
            <ul class="logs">{lines}</ul>
        </section>
    })
}

#[component]
fn Events(events: Vec<Event>, dropped: i64, start: ingest_model::Nanos) -> impl IntoView {
    let settings = use_settings();
    if events.is_empty() && dropped == 0 {
        return None;
    }
    let event = move |event: Event| {
        view! {
            <li data-testid="span-event">
                <p><b>{event.name}</b> <small>"+" {duration(event.time_unix_nano.since(start))}</small></p>
                <p class="note"><Moment time=event.time_unix_nano precision=Precision::Nanos /></p>
                <Attributes value=event.attributes />
                <Dropped count=event.dropped_attributes_count />
            </li>
        }
    };
    Some(view! {
        <section>
            <h3>{settings.word(|words| words.details.events)}</h3>
            <ul class="events">{events.into_iter().map(event).collect_view()}</ul>
            <Dropped count=dropped />
        </section>
    })
}

#[component]
fn Links(links: Vec<Link>, dropped: i64) -> impl IntoView {
    let settings = use_settings();
    if links.is_empty() && dropped == 0 {
        return None;
    }
    let link = |link: Link| {
        view! {
            <li data-testid="span-link">
                <p><LinkTarget trace_id=link.trace_id span_id=link.span_id /></p>
                <Attributes value=link.attributes />
                <Dropped count=link.dropped_attributes_count />
            </li>
        }
    };
    Some(view! {
        <section>
            <h3>{settings.word(|words| words.details.links)}</h3>
            <ul class="events">{links.into_iter().map(link).collect_view()}</ul>
            <Dropped count=dropped />
        </section>
    })
}

/// The other end of a link; a way to it only when both ids are ids.
#[component]
fn LinkTarget(trace_id: String, span_id: String) -> impl IntoView {
    match (trace_id.parse::<TraceId>(), span_id.parse::<SpanId>()) {
        (Ok(trace), Ok(span)) => {
            view! { <a class="id" href=format!("/traces/{trace}?span={span}")>{trace_id} " / " {span_id}</a> }
                .into_any()
        }
        _ => view! { <span class="id">{trace_id} " / " {span_id}</span> }.into_any(),
    }
}
