//! A chart as a table, for whoever cannot see it or wants the numbers.

use std::collections::BTreeSet;

use ingest_model::Nanos;
use leptos::ev::Event;
use leptos::prelude::*;
use query_api::SignalMinute;
use wasm_bindgen::JsCast;
use web_sys::Element;

use super::{Series, value};
use crate::layout::Bands;
use crate::number::count_of;
use crate::parts::Moment;
use crate::settings::{telling, use_settings};
use crate::text::BandWords;
use crate::time::Precision;

/// Minutes that are listed; more would make the page slow.
const MOST: usize = 1_440;

/// The table, newest minute first. It is made when it is opened.
#[component]
pub(super) fn ChartTable(
    name: Signal<&'static str>,
    minutes: StoredValue<Vec<SignalMinute>>,
    bands: StoredValue<Bands>,
    text: fn(f64) -> String,
    series: StoredValue<Vec<Series>>,
) -> impl IntoView {
    let settings = use_settings();
    let open = RwSignal::new(false);
    let toggled = move |event: Event| {
        let details = event.current_target().and_then(|target| target.dyn_into::<Element>().ok());
        open.set(details.is_some_and(|details| details.has_attribute("open")));
    };
    view! {
        <details class="as-table" on:toggle=toggled>
            <summary>{settings.word(|words| words.band.table)}</summary>
            {move || open.get().then(|| view! { <Table name minutes bands text series /> })}
        </details>
    }
}

#[component]
fn Table(
    name: Signal<&'static str>,
    minutes: StoredValue<Vec<SignalMinute>>,
    bands: StoredValue<Bands>,
    text: fn(f64) -> String,
    series: StoredValue<Vec<Series>>,
) -> impl IntoView {
    let settings = use_settings();
    let (all, banded) = (times(minutes, bands, series), bands.with_value(|bands| !bands.is_empty()));
    let cut = all.len() > MOST;
    let breached = bands.with_value(Bands::breached);
    let cells = move |at: Nanos, one: &Series| {
        let shown = value(minutes, Some(at), one).map_or_else(|| "–".to_owned(), text);
        let known = bands.with_value(|bands| bands.at(one.signal, at));
        let band = banded.then(|| {
            view! {
                <td class="num">{known.map(|known| text(known.expected))}</td>
                <td class="num">{known.map(|known| range(text, known.lower, known.upper))}</td>
            }
        });
        view! { <td class="num">{shown}</td> {band} }
    };
    let row = move |at: Nanos| {
        let cells = series.with_value(|series| series.iter().map(|one| cells(at, one)).collect_view());
        let mark = if breached.contains(&at) { "●" } else { "" };
        view! {
            <tr><th scope="row"><Moment time=at precision=Precision::Seconds /></th> {cells} {banded.then(|| view! { <td class="num failed">{mark}</td> })}</tr>
        }
    };
    let rows = all.into_iter().rev().take(MOST).map(row).collect_view();
    view! {
        <div class="scroller" tabindex="0" role="region" aria-label=name>
            <table class="list">
                <Head name series banded />
                <tbody>{rows}</tbody>
            </table>
        </div>
        {cut.then(|| view! { <p class="note">{telling(move || (settings.words().band.newest)(&count_of(MOST)))}</p> })}
    }
}

/// The value of each series; beside it what was expected, where that was learned.
#[component]
fn Head(name: Signal<&'static str>, series: StoredValue<Vec<Series>>, banded: bool) -> impl IntoView {
    let settings = use_settings();
    let word = move |choose: fn(&BandWords) -> &'static str| settings.word_of(|words| &words.band, choose);
    let columns = move |one: &Series| {
        let shown = one.name;
        let title = move || if shown.is_empty() { name.get() } else { shown };
        let band = banded.then(|| {
            view! {
                <th scope="col" class="num">{word(|words| words.expected)}</th>
                <th scope="col" class="num">{word(|words| words.normal)}</th>
            }
        });
        view! { <th scope="col" class="num">{title}</th> {band} }
    };
    view! {
        <thead>
            <tr>
                <th scope="col">{word(|words| words.minute)}</th>
                {series.with_value(|series| series.iter().map(columns).collect_view())}
                {banded.then(|| view! { <th scope="col" class="num">{word(|words| words.breached)}</th> })}
            </tr>
        </thead>
    }
}

/// Every minute that has a value or a band.
fn times(
    minutes: StoredValue<Vec<SignalMinute>>,
    bands: StoredValue<Bands>,
    series: StoredValue<Vec<Series>>,
) -> BTreeSet<Nanos> {
    let values: Vec<Nanos> =
        minutes.with_value(|minutes| minutes.iter().map(|minute| minute.minute_unix_nano).collect());
    let learned: Vec<Nanos> = series.with_value(|series| {
        let of = |one: &Series| {
            bands.with_value(|bands| {
                bands.minutes(one.signal).iter().map(|minute| minute.minute_unix_nano).collect::<Vec<_>>()
            })
        };
        series.iter().flat_map(of).collect()
    });
    values.into_iter().chain(learned).collect()
}

/// A normal range.
pub(super) fn range(text: fn(f64) -> String, lower: f64, upper: f64) -> String {
    format!("{} – {}", text(lower), text(upper))
}
