//! Why a band is where it is.

use leptos::prelude::*;
use query_api::SignalBand;

use super::Series;
use crate::layout::Bands;
use crate::number::count;
use crate::settings::use_settings;
use crate::text::{WhyText, worded};
use crate::time::Precision;

/// The words of the API for how minutes of the past were grouped.
const MODELS: [&str; 3] = ["trailing", "hour_of_day", "hour_of_week"];

/// A line for each way the bands of a chart were learned.
#[component]
pub(super) fn Why(bands: StoredValue<Bands>, series: StoredValue<Vec<Series>>) -> impl IntoView {
    let settings = use_settings();
    let line = move |group: Vec<&SignalBand>| {
        let first = group.first().copied().cloned()?;
        let names: Vec<&str> = group.iter().filter_map(|band| name(series, &band.signal)).collect();
        let names = names.join(", ");
        let text = move || {
            let words = &settings.words().band;
            (words.why)(&WhyText {
                signals: names.clone(),
                model: worded(&MODELS, &words.models, &first.model),
                samples: count(i64::from(first.samples)),
                from: settings.stamp(first.trained_from, Precision::Seconds),
                to: settings.stamp(first.trained_to, Precision::Seconds),
                version: first.version,
            })
        };
        Some(view! { <p class="note why" data-testid="band-why">{text}</p> })
    };
    bands.with_value(|bands| bands.alike().into_iter().map(line).collect_view())
}

/// The name of the series a band belongs to; none where the chart has one series.
fn name(series: StoredValue<Vec<Series>>, signal: &str) -> Option<&'static str> {
    series.with_value(|series| {
        series.iter().find(|one| one.signal == signal).map(|one| one.name).filter(|name| !name.is_empty())
    })
}
