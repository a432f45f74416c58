//! The alerts of an SLO.

use leptos::prelude::*;
use query_api::Alerts;

use crate::api;
use crate::parts::{AlertTable, Shown};
use crate::selection::Selection;
use crate::settings::use_settings;

/// The alerts, open ones first; nothing where there has been none.
#[component]
pub(super) fn SloAlerts(slo: String, #[prop(into)] selection: Signal<Option<Selection>>) -> impl IntoView {
    let settings = use_settings();
    let alerts = LocalResource::new(api::alerts);
    view! {
        <Shown answer=alerts draw=move |alerts: Alerts| {
            let own = alerts.alerts.into_iter().filter(|alert| alert.labels.get("slo") == Some(&slo));
            let own: Vec<_> = own.collect();
            (!own.is_empty()).then(|| view! {
                <section data-testid="slo-alerts">
                    <header class="section"><h2>{settings.word(|words| words.cause.alerts)}</h2></header>
                    <AlertTable alerts=own selection=selection.get_untracked() />
                </section>
            })
        } />
    }
}
