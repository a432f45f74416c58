//! The four golden signals, one chart each.

use ingest_model::Nanos;
use leptos::prelude::*;
use query_api::{SignalMinute, Signals};

use crate::layout::Frame;
use crate::parts::{Chart, Series};
use crate::settings::use_settings;
use crate::text::ServiceWords;

/// The charts. They share the chosen minute.
#[component]
pub(super) fn Charts(signals: Signals, minute: RwSignal<Option<Nanos>>) -> impl IntoView {
    let settings = use_settings();
    let word =
        move |choose: fn(&ServiceWords) -> &'static str| Signal::derive(move || choose(&settings.words().service));
    let (from, to) = (signals.from, signals.to);
    let minutes = StoredValue::new(signals.minutes);
    let saturation = minutes.with_value(|minutes| minutes.iter().any(|minute| minute.saturation.is_some()));
    let frame = move |value: fn(&SignalMinute) -> Option<f64>| {
        let highest = minutes.with_value(|minutes| minutes.iter().filter_map(value).fold(0.0, f64::max));
        Frame::new(from, to, highest)
    };
    let latency = vec![
        Series { class: "p50", name: "p50", value: |minute| minute.p50_ns },
        Series { class: "p95", name: "p95", value: |minute| minute.p95_ns },
        Series { class: "p99", name: "p99", value: |minute| minute.p99_ns },
    ];
    view! {
        <div class="charts">
            <Chart name=word(|words| words.requests) minutes minute frame=frame(requests) bars=true text=number
                series=vec![Series { class: "requests", name: "", value: requests }] />
            <Chart name=word(|words| words.errors) minutes minute frame=Frame::new(from, to, error_top(minutes)) bars=true text=share
                series=vec![Series { class: "errors", name: "", value: error_ratio }] />
            <Chart name=word(|words| words.latency) minutes minute frame=frame(|minute| minute.p99_ns) bars=false text=time series=latency />
            {saturation.then(|| view! {
                <Chart name=word(|words| words.saturation) minutes minute frame=Frame::new(from, to, 1.0) bars=false text=share
                    series=vec![Series { class: "saturation", name: "", value: |minute| minute.saturation }] />
            })}
        </div>
    }
}

fn requests(minute: &SignalMinute) -> Option<f64> {
    (minute.requests > 0.0).then_some(minute.requests)
}

fn error_ratio(minute: &SignalMinute) -> Option<f64> {
    (minute.requests > 0.0).then(|| minute.errors / minute.requests)
}

/// A percent at least, so that one failed request does not look like an outage.
fn error_top(minutes: StoredValue<Vec<SignalMinute>>) -> f64 {
    minutes.with_value(|minutes| minutes.iter().filter_map(error_ratio).fold(0.01, f64::max))
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
