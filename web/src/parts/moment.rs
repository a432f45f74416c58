//! A point in time by the chosen clock.

use ingest_model::Nanos;
use leptos::prelude::*;

use crate::settings::use_settings;
use crate::time::Precision;

/// Shows a point in time; pointing at it tells every digit and the zone.
#[component]
pub(crate) fn Moment(
    /// When.
    time: Nanos,
    /// How much of it is shown.
    #[prop(default = Precision::Millis)]
    precision: Precision,
) -> impl IntoView {
    let settings = use_settings();
    let whole = move || format!("{} {}", settings.stamp(time, Precision::Nanos), settings.zone_name(time));
    view! {
        <time class="moment" datetime=time.rfc3339() title=whole>
            {move || settings.stamp(time, precision)}
        </time>
    }
}
