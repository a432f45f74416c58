//! One row of the waterfall: a span with its bar, or a log record with its mark.

use leptos::prelude::*;
use query_api::LogRecord;

use super::grid::row_id;
use super::subject::Subject;
use super::waterfall::Waterfall;
use crate::browser;
use crate::layout::{Bar, Item, Node, Oddity};
use crate::number::count_of;
use crate::parts::{Icon, Shape};
use crate::settings::use_settings;
use crate::time::duration;

/// A row. `row` counts from 0 among the rows that are not folded away.
#[component]
pub(super) fn Row(waterfall: Waterfall, row: usize, number: u32) -> impl IntoView {
    let subject = waterfall.subject();
    let node = *subject.tree.node(number)?;
    let cells = match node.item {
        Item::Span(span) => view! { <SpanCells waterfall number node span /> }.into_any(),
        Item::Log(log) => view! { <LogCells waterfall node log /> }.into_any(),
    };
    let (kind, span_id, failed) = match node.item {
        Item::Span(span) => {
            let span = &subject.trace.spans[span];
            ("span-row", Some(span.span_id), span.status_code == "ERROR")
        }
        Item::Log(log) => ("log-row", subject.trace.logs[log].span_id, subject.trace.logs[log].severity_number >= 17),
    };
    let folds = move || subject.tree.has_children(number, waterfall.logs.get());
    let unfolded = move || folds().then(|| waterfall.folded.with(|folded| !folded.contains(&number)).to_string());
    let selected = move || waterfall.cursor.get() == Some(number);
    Some(view! {
        <div
            id=row_id(number) role="row" class=format!("row {kind}") data-testid=kind
            data-span-id=span_id.map(|id| id.to_string())
            class:errored=failed class:selected=selected
            class:hit=move || waterfall.hits.with(|hits| hits.binary_search(&number).is_ok())
            attr:aria-level=(node.depth + 1).to_string() aria-rowindex=(row + 1).to_string()
            aria-expanded=unfolded aria-selected=move || selected().to_string()
            on:click=move |_| { waterfall.show(number); browser::focus(super::keys::GRID); }
        >
            {cells}
        </div>
    })
}

#[component]
fn SpanCells(waterfall: Waterfall, number: u32, node: Node, span: usize) -> impl IntoView {
    let subject = waterfall.subject();
    let shown = &subject.trace.spans[span];
    let colour = subject.colours.class(&shown.service_name);
    let repeats = (shown.repeats > 0).then(|| view! { <em class="badge">"×" {count_of(shown.repeats + 1)}</em> });
    // A service is named where it changes; below that its colour is enough, and names have room.
    let above = node.parent.and_then(|parent| subject.span_of_node(parent));
    let service = above.is_none_or(|above| above.service_name != shown.service_name);
    let service = service.then(|| view! { <span class="service">{shown.service_name.clone()}</span> });
    let odd = (node.oddity != Oddity::None).then(|| view! { <OddMark oddity=node.oddity /> });
    let failed = (shown.status_code == "ERROR").then(|| view! { <em class="badge error">"!"</em> });
    view! {
        <div class="name-cell" role="gridcell" style:padding-left=indent(node.depth)>
            <Twist waterfall number node />
            <span class=format!("dot {colour}") title=shown.service_name.clone()></span>
            {service}
            <span class="operation">{shown.name.clone()}</span>
            {failed}{odd}{repeats}
        </div>
        <div class="time-cell" role="gridcell"><SpanBar waterfall span colour /></div>
    }
}

/// The bar of a span, its part of the critical path and its duration.
#[component]
fn SpanBar(waterfall: Waterfall, span: usize, colour: String) -> impl IntoView {
    let subject = waterfall.subject();
    move || {
        let shown = &subject.trace.spans[span];
        let range = waterfall.range.get();
        let bar = range.bar(shown.start_time_unix_nano, shown.start_time_unix_nano.plus(shown.duration_ns))?;
        let stretches = if waterfall.path.get() { subject.path.bars(span, range) } else { Vec::new() };
        let stretch =
            |bar: Bar| view! { <i class="critical" style:left=percent(bar.left) style:width=percent(bar.width)></i> };
        let end = bar.left + bar.width;
        // The duration stands after the bar, before it where there is no room, else inside.
        let (class, left, right) = match () {
            () if end < 86.0 => ("after", Some(percent(end)), None),
            () if bar.left > 14.0 => ("before", None, Some(percent(100.0 - bar.left))),
            () => ("inside", None, Some(percent(100.0 - end))),
        };
        Some(view! {
            <i class=format!("bar {colour}") style:left=percent(bar.left) style:width=percent(bar.width)></i>
            {stretches.into_iter().map(stretch).collect_view()}
            <span class=format!("length {class}") style:left=left style:right=right>{duration(shown.duration_ns)}</span>
        })
    }
}

#[component]
fn LogCells(waterfall: Waterfall, node: Node, log: usize) -> impl IntoView {
    let subject = waterfall.subject();
    let record = &subject.trace.logs[log];
    let severity = severity_class(record.severity_number);
    let (time, start) = (record.time_unix_nano, subject.trace.start_time_unix_nano);
    let place = move || {
        let at = waterfall.range.get().percent(time);
        (0.0..=100.0).contains(&at).then(|| view! { <i class=format!("mark {severity}") style:left=percent(at)></i> })
    };
    view! {
        <div class="name-cell" role="gridcell" style:padding-left=indent(node.depth)>
            <em class=format!("severity {severity}")>{severity_name(record)}</em>
            <span class="body">{first_line(record)}</span>
        </div>
        <div class="time-cell" role="gridcell">
            {place}
            <span class="offset">"+" {duration(time.since(start))}</span>
        </div>
    }
}

/// The button that folds what is below a span.
#[component]
fn Twist(waterfall: Waterfall, number: u32, node: Node) -> impl IntoView {
    let settings = use_settings();
    let subject = waterfall.subject();
    let folds = move || subject.tree.has_children(number, waterfall.logs.get());
    let folded = move || waterfall.folded.with(|folded| folded.contains(&number));
    let hidden = count_of((node.end - number - 1) as usize);
    view! {
        <button
            type="button" class="twist" class:folded=folded class:none=move || !folds() tabindex="-1" data-testid="twist"
            aria-label=settings.word(|words| words.waterfall.fold)
            on:click=move |event| { event.stop_propagation(); waterfall.toggle(number); browser::focus(super::keys::GRID); }
        >
            <Icon shape=Shape::Chevron />
            <Show when=folded><small>{hidden.clone()}</small></Show>
        </button>
    }
}

#[component]
fn OddMark(oddity: Oddity) -> impl IntoView {
    let settings = use_settings();
    let text = move || odd_text(settings, oddity);
    view! { <em class="badge odd" title=text>"?"</em> }
}

/// What is odd about a span's place, in words.
pub(super) fn odd_text(settings: crate::settings::Settings, oddity: Oddity) -> &'static str {
    match oddity {
        Oddity::None => "",
        Oddity::MissingParent => settings.words().waterfall.missing_parent,
        Oddity::Cycle => settings.words().waterfall.cycle,
    }
}

/// The CSS class of a severity number.
pub(super) fn severity_class(severity_number: i64) -> &'static str {
    match severity_number {
        17.. => "error",
        13..=16 => "warn",
        9..=12 => "info",
        _ => "debug",
    }
}

/// The sender's word for the severity, else OpenTelemetry's for the number.
pub(super) fn severity_name(record: &LogRecord) -> String {
    if !record.severity_text.is_empty() {
        return record.severity_text.clone();
    }
    let name = match record.severity_number {
        21.. => "FATAL",
        17..=20 => "ERROR",
        13..=16 => "WARN",
        9..=12 => "INFO",
        5..=8 => "DEBUG",
        1..=4 => "TRACE",
        _ => "–",
    };
    name.to_owned()
}

/// What a row has room for: the first line of the body, or the name of an event without one.
fn first_line(record: &LogRecord) -> String {
    let text = if record.body.is_empty() { &record.event_name } else { &record.body };
    text.lines().next().unwrap_or_default().chars().take(300).collect()
}

/// Deep rows stand under each other at some point, or their names would have no room.
fn indent(depth: u32) -> String {
    format!("min(calc(var(--indent) * {depth}), 45%)")
}

fn percent(percent: f64) -> String {
    format!("{percent:.3}%")
}

/// The colour class of the service of a trace, for the parts outside the rows.
pub(super) fn dot(subject: &Subject, service: &str) -> String {
    format!("dot {}", subject.colours.class(service))
}
