//! One chart: bars or lines of minutes within their bands, a cursor for pointer and keyboard.

mod table;
mod why;

use ingest_model::Nanos;
use leptos::ev::{KeyboardEvent, MouseEvent};
use leptos::prelude::*;
use query_api::SignalMinute;
use wasm_bindgen::JsCast;
use web_sys::Element;

use self::table::{ChartTable, range};
use self::why::Why;
use crate::layout::{Bands, CHART_HEIGHT, CHART_WIDTH, Frame};
use crate::settings::use_settings;
use crate::time::Precision;

/// One line or row of bars.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Series {
    /// Its class in the stylesheet.
    pub(crate) class: &'static str,
    /// Its name; empty where it is the only one.
    pub(crate) name: &'static str,
    /// The signal its band is of; empty where there is none.
    pub(crate) signal: &'static str,
    /// Its value in a minute.
    pub(crate) value: fn(&SignalMinute) -> Option<f64>,
}

/// The chart. Clicking, or Enter, chooses a minute; arrows move the cursor.
#[component]
pub(crate) fn Chart(
    #[prop(into)] name: Signal<&'static str>,
    minutes: StoredValue<Vec<SignalMinute>>,
    minute: RwSignal<Option<Nanos>>,
    frame: Frame,
    bars: bool,
    text: fn(f64) -> String,
    series: Vec<Series>,
    /// What was normal.
    #[prop(optional)]
    bands: Bands,
) -> impl IntoView {
    let cursor = RwSignal::new(None::<Nanos>);
    let looked_at = Memo::new(move |_| cursor.get().or_else(|| minute.get()));
    let bands = StoredValue::new(bands);
    let first = series.first().copied();
    let series = StoredValue::new(series);
    let place = move |event: &MouseEvent| share(event).map(|share| frame.minute_at(share));
    let keys = move |event: KeyboardEvent| press(&event, frame, looked_at.get_untracked(), cursor, minute);
    let settings = use_settings();
    view! {
        <figure class="chart" data-testid="chart">
            <figcaption>
                <b>{name}</b>
                <Reading minutes looked_at text series bands />
            </figcaption>
            <div
                class="plot" role="slider" tabindex="0" aria-label=name aria-valuemin="0" aria-valuemax=frame.top().to_string()
                aria-valuenow=move || first.and_then(|first| value(minutes, looked_at.get(), &first)).unwrap_or(0.0).to_string()
                aria-valuetext=move || said(settings.words().band.said, minutes, bands, looked_at.get(), first, text)
                on:mousemove=move |event| cursor.set(place(&event))
                on:mouseleave=move |_| cursor.set(None)
                on:click=move |event| minute.set(place(&event))
                on:keydown=keys
            >
                <Drawing minutes bands series frame bars />
                <Mark at=looked_at frame />
                <span class="highest">{text(frame.top())}</span>
            </div>
            <Why bands series />
            <ChartTable name minutes bands text series />
        </figure>
    }
}

/// Breached minutes at the back, then the values, their bands and what was expected.
#[component]
fn Drawing(
    minutes: StoredValue<Vec<SignalMinute>>,
    bands: StoredValue<Bands>,
    series: StoredValue<Vec<Series>>,
    frame: Frame,
    bars: bool,
) -> impl IntoView {
    let values = move |one: &Series| {
        let points = |minutes: &Vec<SignalMinute>| {
            let values = minutes.iter().filter_map(|at| Some((at.minute_unix_nano, (one.value)(at)?)));
            if bars { frame.bars(values) } else { frame.line(values) }
        };
        view! { <path class=one.class d=minutes.with_value(points) /> }
    };
    let band = move |one: &Series| {
        bands.with_value(|bands| {
            let known = bands.minutes(one.signal);
            let area = frame.area(known.iter().map(|at| (at.minute_unix_nano, at.lower, at.upper)));
            let expected = frame.line(known.iter().map(|at| (at.minute_unix_nano, at.expected)));
            (!known.is_empty()).then(|| {
                view! {
                    <path class=format!("band {}", one.class) d=area />
                    <path class=format!("expected {}", one.class) d=expected />
                }
            })
        })
    };
    let breached = bands.with_value(|bands| frame.columns(bands.breached().into_iter()));
    let breached =
        (!breached.is_empty()).then(|| view! { <path class="breached" data-testid="breached" d=breached /> });
    view! {
        <svg viewBox=format!("0 0 {CHART_WIDTH} {CHART_HEIGHT}") preserveAspectRatio="none" aria-hidden="true" class:bars=bars>
            {breached}
            {series.with_value(|series| series.iter().map(values).collect_view())}
            {series.with_value(|series| series.iter().map(band).collect_view())}
        </svg>
    }
}

/// The values of the minute that is looked at.
#[component]
fn Reading(
    minutes: StoredValue<Vec<SignalMinute>>,
    looked_at: Memo<Option<Nanos>>,
    text: fn(f64) -> String,
    series: StoredValue<Vec<Series>>,
    bands: StoredValue<Bands>,
) -> impl IntoView {
    let settings = use_settings();
    let when = move || looked_at.get().map(|at| settings.stamp(at, Precision::Seconds));
    let each = move |one: Series| {
        let shown = move || value(minutes, looked_at.get(), &one).map_or_else(|| "–".to_owned(), text);
        // The ranges of several series would not fit; the table has them.
        let normal = move || {
            let known = bands.with_value(|bands| bands.at(one.signal, looked_at.get()?));
            known
                .filter(|_| one.name.is_empty())
                .map(|known| view! { <small>{range(text, known.lower, known.upper)}</small> })
        };
        view! { <span class=format!("value {}", one.class)>{one.name} " " {shown} " " {normal}</span> }
    };
    let values = series.get_value().into_iter().map(each).collect_view();
    view! { <span class="values">{values}</span> <time>{when}</time> }
}

#[component]
fn Mark(at: Memo<Option<Nanos>>, frame: Frame) -> impl IntoView {
    let place = move || at.get().and_then(|at| frame.place(at));
    let left = move || place().map(|(left, _)| format!("calc({left:.5} * 100%)"));
    let width = move || place().map(|(left, right)| format!("max(1px, calc({:.5} * 100%))", right - left));
    view! { <i class="chosen" class:none=move || place().is_none() style:left=left style:width=width></i> }
}

fn press(
    event: &KeyboardEvent,
    frame: Frame,
    at: Option<Nanos>,
    cursor: RwSignal<Option<Nanos>>,
    minute: RwSignal<Option<Nanos>>,
) {
    let from = at.unwrap_or_else(|| frame.minute_at(1.0));
    match event.key().as_str() {
        "ArrowLeft" => cursor.set(Some(frame.step(from, -1))),
        "ArrowRight" => cursor.set(Some(frame.step(from, 1))),
        "PageUp" => cursor.set(Some(frame.step(from, -10))),
        "PageDown" => cursor.set(Some(frame.step(from, 10))),
        "Home" => cursor.set(Some(frame.minute_at(0.0))),
        "End" => cursor.set(Some(frame.minute_at(1.0))),
        "Enter" | " " => minute.set(Some(from)),
        "Escape" => {
            cursor.set(None);
            minute.set(None);
        }
        _ => return,
    }
    event.prevent_default();
}

fn value(minutes: StoredValue<Vec<SignalMinute>>, at: Option<Nanos>, series: &Series) -> Option<f64> {
    let at = at?;
    minutes.with_value(|minutes| {
        let index = minutes.binary_search_by_key(&at, |minute| minute.minute_unix_nano).ok()?;
        (series.value)(&minutes[index])
    })
}

/// The value of the first series and its normal range, for a screen reader.
fn said(
    with_range: fn(&str, &str, &str) -> String,
    minutes: StoredValue<Vec<SignalMinute>>,
    bands: StoredValue<Bands>,
    at: Option<Nanos>,
    series: Option<Series>,
    text: fn(f64) -> String,
) -> String {
    let shown = series.and_then(|series| value(minutes, at, &series)).map_or_else(|| "–".to_owned(), text);
    let known = series.zip(at).and_then(|(series, at)| bands.with_value(|bands| bands.at(series.signal, at)));
    match known {
        Some(known) => with_range(&shown, &text(known.lower), &text(known.upper)),
        None => shown,
    }
}

/// How far across the plot the pointer is, 0 to 1.
fn share(event: &MouseEvent) -> Option<f64> {
    let plot = event.current_target()?.dyn_into::<Element>().ok()?.get_bounding_client_rect();
    Some((f64::from(event.client_x()) - plot.left()) / plot.width().max(1.0))
}
