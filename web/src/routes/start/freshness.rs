//! One card a signal: how much is stored and how new it is.

use ingest_model::{Nanos, Signal};
use leptos::prelude::*;
use query_api::Freshness;

use crate::browser;
use crate::number::{bytes, count};
use crate::parts::Moment;
use crate::settings::use_settings;
use crate::text::StartWords;
use crate::time::{Age, Precision};

/// The cards.
#[component]
pub(super) fn FreshnessCards(freshness: Vec<Freshness>) -> impl IntoView {
    let cards = freshness.into_iter().map(|signal| view! { <Card signal /> }).collect_view();
    view! { <section class="cards" data-testid="freshness">{cards}</section> }
}

#[component]
fn Card(signal: Freshness) -> impl IntoView {
    let settings = use_settings();
    let word = move |choose: fn(&StartWords) -> &'static str| move || choose(&settings.words().start);
    let name = move || signal_name(&settings.words().start, signal.signal);
    view! {
        <article class="card" class:silent={signal.rows == 0} data-testid="signal-card" data-signal=signal.signal.as_str()>
            <h2>{name}</h2>
            <p class="big">{count(signal.rows)}</p>
            <dl>
                <dt>{word(|start| start.received)}</dt>
                <dd><Since time=signal.last_received_unix_nano /></dd>
                <dt>{word(|start| start.newest)}</dt>
                <dd>{signal.newest_unix_nano.map(|time| view! { <Moment time precision=Precision::Seconds /> })}</dd>
                <dt>{word(|start| start.oldest)}</dt>
                <dd>{signal.oldest_unix_nano.map(|time| view! { <Moment time precision=Precision::Seconds /> })}</dd>
                <dt>{word(|start| start.in_memory)}</dt>
                <dd>{count(signal.hot_rows)}</dd>
                <dt>{word(|start| start.in_files)}</dt>
                <dd>{bytes(signal.file_bytes)} " · " {move || (settings.words().start.files)(&count(signal.files))}</dd>
            </dl>
        </article>
    }
}

/// How long ago something was; a dash when it never was.
#[component]
pub(super) fn Since(time: Option<Nanos>) -> impl IntoView {
    let settings = use_settings();
    time.map_or_else(
        || view! { <span class="none">"–"</span> }.into_any(),
        |time| {
            let title = move || settings.stamp(time, Precision::Nanos);
            let age = move || (settings.words().start.age)(Age::between(time, browser::now()));
            view! { <span title=title>{age}</span> }.into_any()
        },
    )
}

fn signal_name(words: &StartWords, signal: Signal) -> &'static str {
    match signal {
        Signal::Traces => words.spans,
        Signal::Logs => words.logs,
        Signal::Metrics => words.points,
    }
}
