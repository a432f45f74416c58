//! One card a signal: how much is stored and how new it is.

use ingest_model::{Nanos, Signal};
use leptos::prelude::*;
use query_api::Freshness;

use crate::browser;
use crate::number::{bytes, count};
use crate::parts::Moment;
use crate::settings::{telling, use_settings};
use crate::text::FreshnessWords;
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
    let word = move |choose: fn(&FreshnessWords) -> &'static str| settings.word_of(|words| &words.freshness, choose);
    let name = move || signal_name(&settings.words().freshness, signal.signal);
    view! {
        <article class="card" class:silent={signal.rows == 0} data-testid="signal-card" data-signal=signal.signal.as_str()>
            <h2>{name}</h2>
            <p class="big">{count(signal.rows)}</p>
            <dl>
                <dt>{word(|words| words.received)}</dt>
                <dd><Since time=signal.last_received_unix_nano /></dd>
                <dt>{word(|words| words.newest)}</dt>
                <dd>{signal.newest_unix_nano.map(|time| view! { <Moment time precision=Precision::Seconds /> })}</dd>
                <dt>{word(|words| words.oldest)}</dt>
                <dd>{signal.oldest_unix_nano.map(|time| view! { <Moment time precision=Precision::Seconds /> })}</dd>
                <dt>{word(|words| words.in_memory)}</dt>
                <dd>{count(signal.hot_rows)}</dd>
                <dt>{word(|words| words.in_files)}</dt>
                <dd>{bytes(signal.file_bytes)} " · " {telling(move || (settings.words().freshness.files)(&count(signal.files)))}</dd>
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
            let age = telling(move || (settings.words().freshness.age)(Age::between(time, browser::now())));
            view! { <span title=title>{age}</span> }.into_any()
        },
    )
}

fn signal_name(words: &FreshnessWords, signal: Signal) -> &'static str {
    match signal {
        Signal::Traces => words.spans,
        Signal::Logs => words.logs,
        Signal::Metrics => words.points,
    }
}
