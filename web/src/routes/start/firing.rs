//! What fires, and what a chat would have been told.

use leptos::prelude::*;
use query_api::{Alerts, CaughtMessages};

use crate::api::Answer;
use crate::parts::{AlertTable, CaughtList, Shown};
use crate::settings::use_settings;

/// Alerts listed; the others are a click away.
const ALERTS: usize = 8;
/// Messages listed.
const MESSAGES: usize = 3;

/// The open alerts, where there are any.
#[component]
pub(super) fn Firing(alerts: LocalResource<Answer<Alerts>>) -> impl IntoView {
    let settings = use_settings();
    view! {
        <Shown answer=alerts draw=move |alerts: Alerts| {
            let open = alerts.alerts.into_iter().filter(|alert| matches!(alert.state.as_str(), "pending" | "firing"));
            let open: Vec<_> = open.take(ALERTS).collect();
            (!open.is_empty()).then(|| view! {
                <section class="promises" data-testid="open-alerts">
                    <header class="section"><h2><a href="/alerts">{settings.word(|words| words.alert.open)}</a></h2></header>
                    <AlertTable alerts=open />
                </section>
            })
        } />
    }
}

/// The newest messages of the demo's receiver. Nothing where there is none, or it does not answer.
#[component]
pub(super) fn Caught(caught: LocalResource<Answer<CaughtMessages>>) -> impl IntoView {
    let settings = use_settings();
    let newest = Memo::new(move |_| {
        let caught = caught.get()?.ok().filter(|caught| caught.running)?;
        Some(caught.messages.into_iter().take(MESSAGES).collect::<Vec<_>>())
    });
    move || {
        newest.get().filter(|messages| !messages.is_empty()).map(|messages| {
            view! {
                <section class="promises" data-testid="caught">
                    <header class="section">
                        <h2>{settings.word(|words| words.catcher.title)}</h2>
                        <a href="/catcher">{settings.word(|words| words.catcher.all)}</a>
                    </header>
                    <CaughtList messages />
                </section>
            }
        })
    }
}
