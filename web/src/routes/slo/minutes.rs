//! Events and bad events by minute.

use ingest_model::Nanos;
use leptos::prelude::*;
use query_api::{SignalMinute, SloMinute};

use crate::layout::Frame;
use crate::parts::{Chart, Series, percent};
use crate::settings::use_settings;
use crate::text::SloWords;

/// The charts.
#[component]
pub(super) fn Minutes(minutes: Vec<SloMinute>, range: (Nanos, Nanos)) -> impl IntoView {
    let settings = use_settings();
    let word = move |choose: fn(&SloWords) -> &'static str| Signal::derive(move || choose(&settings.words().slo));
    let minutes: Vec<SignalMinute> = minutes.into_iter().map(signal).collect();
    let most = minutes.iter().map(|minute| minute.requests).fold(0.0, f64::max);
    let worst = minutes.iter().filter_map(bad_share).fold(0.01, f64::max);
    let (minutes, minute) = (StoredValue::new(minutes), RwSignal::new(None));
    let frame = |highest: f64| Frame::new(range.0, range.1, highest);
    view! {
        <div class="charts">
            <Chart name=word(|words| words.total) minutes minute frame=frame(most) bars=true text=|value| format!("{value:.0}")
                series=vec![Series { class: "requests", name: "", signal: "", value: |minute| Some(minute.requests) }] />
            <Chart name=word(|words| words.bad_share) minutes minute frame=frame(worst) bars=true text=percent
                series=vec![Series { class: "errors", name: "", signal: "", value: bad_share }] />
        </div>
    }
}

fn bad_share(minute: &SignalMinute) -> Option<f64> {
    (minute.requests > 0.0).then(|| minute.errors / minute.requests)
}

#[expect(clippy::cast_precision_loss, reason = "a height on the screen needs no more than a double holds")]
fn signal(minute: SloMinute) -> SignalMinute {
    SignalMinute {
        minute_unix_nano: minute.minute_unix_nano,
        requests: minute.total as f64,
        errors: minute.bad as f64,
        ..SignalMinute::default()
    }
}
