//! The four golden signals, one chart each.

use ingest_model::Nanos;
use leptos::prelude::*;
use query_api::{SignalMinute, Signals};

use crate::layout::{Bands, Frame};
use crate::parts::{Chart, Series};
use crate::settings::use_settings;
use crate::text::ServiceWords;

/// The charts. They share the chosen minute.
#[component]
pub(super) fn Charts(signals: Signals, minute: RwSignal<Option<Nanos>>) -> impl IntoView {
    let settings = use_settings();
    let word =
        move |choose: fn(&ServiceWords) -> &'static str| Signal::derive(move || choose(&settings.words().service));
    let (from, to, bands) = (signals.from, signals.to, signals.bands);
    let minutes = StoredValue::new(signals.minutes);
    let saturation = minutes.with_value(|minutes| minutes.iter().any(|minute| minute.saturation.is_some()));
    let bands_of = |series: &[Series]| Bands::of(&bands, &series.iter().map(|one| one.signal).collect::<Vec<_>>());
    // High enough for the values and for most of what was normal.
    let frame = |series: &[Series], least: f64| {
        let values = |minute: &SignalMinute| series.iter().filter_map(|one| (one.value)(minute)).fold(0.0, f64::max);
        let highest = minutes.with_value(|minutes| minutes.iter().map(values).fold(least, f64::max));
        Frame::new(from, to, bands_of(series).highest(highest))
    };
    let [requests, errors, latency, used] = series();
    // A percent at least, so that one failed request does not look like an outage.
    let frames = [frame(&requests, 0.0), frame(&errors, 0.01), frame(&latency, 0.0)];
    let normal = [&requests, &errors, &latency, &used].map(|series| bands_of(series));
    let [of_requests, of_errors, of_latency, of_used] = normal;
    let legend = (!bands.is_empty())
        .then(|| view! { <p class="note" data-testid="band-legend">{settings.word(|words| words.band.legend)}</p> });
    view! {
        {legend}
        <div class="charts">
            <Chart name=word(|words| words.requests) minutes minute frame=frames[0] bars=true text=number series=requests bands=of_requests />
            <Chart name=word(|words| words.errors) minutes minute frame=frames[1] bars=true text=share series=errors bands=of_errors />
            <Chart name=word(|words| words.latency) minutes minute frame=frames[2] bars=false text=time series=latency bands=of_latency />
            {saturation.then(|| view! {
                <Chart name=word(|words| words.saturation) minutes minute frame=Frame::new(from, to, 1.0) bars=false text=share series=used bands=of_used />
            })}
        </div>
    }
}

/// What each of the four charts shows.
fn series() -> [Vec<Series>; 4] {
    let latency = vec![
        Series { class: "p50", name: "p50", signal: "latency_p50", value: |minute| minute.p50_ns },
        Series { class: "p95", name: "p95", signal: "latency_p95", value: |minute| minute.p95_ns },
        Series { class: "p99", name: "p99", signal: "latency_p99", value: |minute| minute.p99_ns },
    ];
    [
        vec![Series { class: "requests", name: "", signal: "requests", value: requests }],
        vec![Series { class: "errors", name: "", signal: "error_ratio", value: error_ratio }],
        latency,
        vec![Series { class: "saturation", name: "", signal: "saturation", value: |minute| minute.saturation }],
    ]
}

fn requests(minute: &SignalMinute) -> Option<f64> {
    (minute.requests > 0.0).then_some(minute.requests)
}

fn error_ratio(minute: &SignalMinute) -> Option<f64> {
    (minute.requests > 0.0).then(|| minute.errors / minute.requests)
}

#[expect(clippy::cast_possible_truncation, reason = "a float beyond i64 is held at its ends")]
fn number(value: f64) -> String {
    if value.fract() == 0.0 { crate::number::count(value as i64) } else { format!("{value:.1}") }
}

fn share(value: f64) -> String {
    format!("{:.1} %", value * 100.0)
}

#[expect(clippy::cast_possible_truncation, reason = "a float beyond i64 is held at its ends")]
fn time(value: f64) -> String {
    crate::time::duration(value as i64)
}
