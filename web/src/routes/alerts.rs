//! The list of alerts: open ones first, then the latest.

use leptos::prelude::*;
use query_api::Alerts;

use crate::api;
use crate::parts::{AlertTable, Mistakes, Shown, refresh};
use crate::selection::use_selection;
use crate::settings::use_settings;
use crate::text::Words;

/// The list.
#[component]
pub(crate) fn AlertsPage() -> impl IntoView {
    let settings = use_settings();
    let selection = use_selection();
    let alerts = LocalResource::new(api::alerts);
    refresh(move || {
        alerts.refetch();
    });
    Effect::new(move || document().set_title(&format!("{} · slowburn", settings.words().frame.alerts)));
    let word = move |choose: fn(&Words) -> &'static str| settings.word(choose);
    view! {
        <div class="page" data-testid="alerts-page">
            <h1>{word(|words| words.frame.alerts)}</h1>
            <Shown answer=alerts draw=move |alerts: Alerts| {
                let none = alerts.alerts.is_empty();
                view! {
                    <Mistakes mistakes=alerts.mistakes title=|words| words.alert.mistakes mark="rule-mistakes" />
                    {(!none).then(|| view! { <AlertTable alerts=alerts.alerts selection=selection.get_untracked() /> })}
                    {none.then(|| view! {
                        <section class="empty" data-testid="no-alerts">
                            <h2>{word(|words| words.alert.none)}</h2>
                            <p>{word(|words| words.alert.how)}</p>
                        </section>
                    })}
                }
            } />
        </div>
    }
}
