//! A trace: its header, the waterfall, the details of what is selected.

mod details;
mod grid;
mod head;
mod help;
mod keys;
mod link;
mod row;
mod subject;
mod toolbar;
mod waterfall;

use std::sync::Arc;

use ingest_model::TraceId;
use leptos::prelude::*;
use leptos_router::hooks::use_params_map;
use query_api::Trace;

use self::details::Details;
use self::grid::Grid;
use self::head::Head;
use self::help::Help;
use self::keys::listen;
use self::link::keep_in_address;
use self::subject::Subject;
use self::toolbar::Toolbar;
use self::waterfall::Waterfall;
use crate::api;
use crate::parts::Shown;
use crate::settings::use_settings;
use crate::time::duration;

/// The page of the trace the address names.
#[component]
pub(crate) fn TracePage() -> impl IntoView {
    let settings = use_settings();
    let params = use_params_map();
    let named = Memo::new(move |_| params.with(|params| params.get_str("trace_id").unwrap_or_default().to_owned()));
    Effect::new(move || document().set_title(&format!("{} · slowburn", settings.words().trace.trace)));
    move || match named.get().parse::<TraceId>() {
        Ok(id) => view! { <Asked id /> }.into_any(),
        Err(error) => {
            let name = named.get();
            view! {
                <section class="empty" data-testid="error">
                    <h1>{settings.word(|words| words.error.no_trace_id)}</h1>
                    <p class="message">{name} ": " {error.to_string()}</p>
                    <p><a href="/traces">{settings.word(|words| words.frame.traces)}</a></p>
                </section>
            }
            .into_any()
        }
    }
}

#[component]
fn Asked(id: TraceId) -> impl IntoView {
    let trace = LocalResource::new(move || api::trace(id));
    view! { <Shown answer=trace draw={move |trace: Arc<Trace>| view! { <Whole trace /> }} /> }
}

#[component]
fn Whole(trace: Arc<Trace>) -> impl IntoView {
    let subject = Arc::new(Subject::new(trace));
    document().set_title(&format!("{} {} · slowburn", subject.name(), duration(subject.length_ns())));
    let waterfall = Waterfall::new(Arc::clone(&subject));
    keep_in_address(waterfall);
    listen(waterfall);
    view! {
        <div class="trace">
            <Head subject />
            <Toolbar waterfall />
            <div class="split" class:open=move || waterfall.open.get()>
                <Grid waterfall />
                <Details waterfall />
            </div>
            <Help waterfall />
        </div>
    }
}
