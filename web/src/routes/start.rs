//! The start page: SLOs, what fires, how fresh each signal is, who sends, the newest traces.

mod firing;
mod freshness;
mod seen;
mod services;
mod welcome;

use leptos::prelude::*;
use leptos_router::hooks::use_query_map;
use query_api::{Slos, TraceList, TraceQuestion};

use self::firing::{Caught, Firing};
use self::freshness::FreshnessCards;
use self::seen::{Seen, Stretch, see};
use self::services::ServicesTable;
use self::welcome::Welcome;
use crate::parts::{Shown, SloTable, TraceTable, refresh};
use crate::settings::use_settings;
use crate::{api, browser};

/// Traces listed.
const TRACES: usize = 20;

/// The start page.
#[component]
pub(crate) fn Start() -> impl IntoView {
    let settings = use_settings();
    let query = use_query_map();
    let stretch = Memo::new(move |_| query.with(|query| Stretch::from_word(query.get_str("range"))));
    let seen = LocalResource::new(move || see(stretch.get(), browser::now()));
    let traces = LocalResource::new(|| api::traces(TraceQuestion { limit: Some(TRACES), ..TraceQuestion::default() }));
    let slos = LocalResource::new(api::slos);
    let alerts = LocalResource::new(api::alerts);
    let caught = LocalResource::new(api::catcher);
    refresh(move || {
        alerts.refetch();
        caught.refetch();
        slos.refetch();
        seen.refetch();
        traces.refetch();
    });
    Effect::new(move || document().set_title(&format!("{} · slowburn", settings.words().frame.start)));
    view! {
        <div class="page start">
            <h1 class="sr">{settings.word(|words| words.frame.start)}</h1>
            <Promises slos />
            <Firing alerts />
            <Caught caught />
            <Shown answer=seen draw=move |seen: Seen| {
                if seen.nothing_stored() {
                    view! { <Welcome /> }.into_any()
                } else {
                    view! {
                        <FreshnessCards freshness=seen.services.freshness.clone() />
                        <ServicesTable seen stretch />
                    }.into_any()
                }
            } />
            <RecentTraces traces />
        </div>
    }
}

/// The SLOs, where there are any.
#[component]
fn Promises(slos: LocalResource<api::Answer<Slos>>) -> impl IntoView {
    let settings = use_settings();
    view! {
        <Shown answer=slos draw=move |slos: Slos| {
            (!slos.slos.is_empty()).then(|| view! {
                <section class="cards">
                    <div class="promises">
                        <header class="section"><h2><a href="/slos">{settings.word(|words| words.frame.slos)}</a></h2></header>
                        <SloTable slos=slos.slos />
                    </div>
                </section>
            })
        } />
    }
}

#[component]
fn RecentTraces(traces: LocalResource<api::Answer<TraceList>>) -> impl IntoView {
    let settings = use_settings();
    view! {
        <Shown answer=traces draw=move |list: TraceList| {
            (!list.traces.is_empty()).then(|| view! {
                <section>
                    <header class="section">
                        <h2>{settings.word(|words| words.start.recent_traces)}</h2>
                        <a href="/traces">{settings.word(|words| words.start.all_traces)}</a>
                    </header>
                    <TraceTable traces=list.traces />
                </section>
            })
        } />
    }
}
