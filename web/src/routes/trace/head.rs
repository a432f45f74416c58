//! What the trace is, in two lines.

use std::sync::Arc;

use leptos::prelude::*;

use super::subject::Subject;
use crate::number::count_of;
use crate::parts::Moment;
use crate::settings::{telling, use_settings};
use crate::text::TraceWords;
use crate::time::{Precision, duration, duration_exact};

/// The header of the page.
#[component]
pub(super) fn Head(subject: Arc<Subject>) -> impl IntoView {
    let trace = &subject.trace;
    let service = subject.root().map(|root| root.service_name.clone()).unwrap_or_default();
    let link = format!("/traces/{}", trace.trace_id);
    view! {
        <header class="trace-head" data-testid="trace-head">
            <h1>
                <span class=format!("dot {}", subject.colours.class(&service))></span>
                <span class="service">{service}</span>
                <b>{subject.name().to_owned()}</b>
            </h1>
            <a class="id" href=link data-testid="permalink">{trace.trace_id.to_string()}</a>
            <Facts subject=Arc::clone(&subject) />
            <Repeats spans=trace.repeated_spans logs=trace.repeated_logs />
            <Legend subject />
        </header>
    }
}

#[component]
fn Facts(subject: Arc<Subject>) -> impl IntoView {
    let settings = use_settings();
    let word = move |choose: fn(&TraceWords) -> &'static str| settings.word_of(|words| &words.trace, choose);
    let trace = &subject.trace;
    let errors = subject.errors();
    view! {
        <dl class="facts">
            <div>
                <dt>{word(|trace| trace.duration)}</dt>
                <dd class="strong" title=duration_exact(subject.length_ns())>{duration(subject.length_ns())}</dd>
            </div>
            <div><dt>{word(|trace| trace.spans)}</dt><dd>{count_of(trace.spans.len())}</dd></div>
            <div><dt>{word(|trace| trace.services)}</dt><dd>{count_of(subject.colours.services().len())}</dd></div>
            <div><dt>{word(|trace| trace.errors)}</dt><dd class:failed={errors > 0}>{count_of(errors)}</dd></div>
            <div><dt>{word(|trace| trace.logs)}</dt><dd>{count_of(trace.logs.len())}</dd></div>
            <div>
                <dt>{word(|trace| trace.start)}</dt>
                <dd><Moment time=trace.start_time_unix_nano precision=Precision::Millis /></dd>
            </div>
        </dl>
    }
}

/// Tells how many copies were folded away, if any.
#[component]
fn Repeats(spans: usize, logs: usize) -> impl IntoView {
    let settings = use_settings();
    let text = telling(move || (settings.words().trace.repeats)(&count_of(spans), &count_of(logs)));
    (spans + logs > 0).then(|| view! { <p class="note repeats" data-testid="repeats">{text}</p> })
}

#[component]
fn Legend(subject: Arc<Subject>) -> impl IntoView {
    let entry = |(service, spans): (String, usize)| {
        let class = format!("dot {}", subject.colours.class(&service));
        view! { <li><span class=class></span>{service} <small>{count_of(spans)}</small></li> }
    };
    let entries = subject.colours.services().into_iter().map(entry).collect_view();
    view! { <ul class="legend">{entries}</ul> }
}
