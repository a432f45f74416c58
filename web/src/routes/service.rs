//! A service: its golden signals minute by minute, the spans of a chosen minute, its operations.

mod address;
mod operations;
mod signals;
mod spans;

use ingest_model::Nanos;
use leptos::prelude::*;
use leptos_router::hooks::{use_params_map, use_query_map};
use query_api::{Signals, SignalsQuestion};

use self::address::follow;
use self::operations::OperationsTable;
use self::signals::Charts;
use self::spans::MinuteSpans;
use crate::api::{self, encoded};
use crate::parts::{About, Differs, GateForm, Gated, Moment, RangeChoice, SelectionNote, Shown};
use crate::selection::{Look, with_selection};
use crate::settings::use_settings;
use crate::text::Words;
use crate::time::Precision;

/// The page of the service the address names.
#[component]
pub(crate) fn ServicePage() -> impl IntoView {
    let settings = use_settings();
    let (params, query) = (use_params_map(), use_query_map());
    let service = Memo::new(move |_| params.with(|params| params.get_str("name").unwrap_or_default().to_owned()));
    let look = Memo::new(move |_| query.with(|query| Look::from_query(query, 1)));
    let signals =
        LocalResource::new(move || api::look_back(question(service.get(), look.get()), look.get().length_ns()));
    let path = Signal::derive(move || format!("/services/{}", encoded(&service.get())));
    let minute = RwSignal::new(look.get_untracked().minute);
    follow(minute, look);
    Effect::new(move || document().set_title(&format!("{} · slowburn", service.get())));
    let word = move |choose: fn(&Words) -> &'static str| settings.word(choose);
    view! {
        <div class="page service" data-testid="service-page">
            <header class="section">
                <h1>{move || service.get()}</h1>
                <RangeChoice path=path look />
            </header>
            {move || view! { <SelectionNote selection=look.get().selection without=path.get() /> }}
            <Shown answer=signals draw=move |signals: Signals| {
                if signals.minutes.is_empty() {
                    return view! { <p class="note" data-testid="no-signals">{word(|words| words.service.nothing)}</p> }.into_any();
                }
                let operations = signals.operations.clone();
                let (range, name) = ((signals.from, signals.to), service.get_untracked());
                view! {
                    <p class="note">
                        <Moment time=signals.from precision=Precision::Seconds /> " – "
                        <Moment time=signals.to precision=Precision::Seconds /> ". "
                        {word(if signals.entries_only { |words| words.service.entries } else { |words| words.service.everything })}
                    </p>
                    <Charts signals minute />
                    <MinuteSpans service minute look />
                    <OperationsTable operations />
                    <Matter service=name.clone() range look />
                    <GateForm of=Gated::Service(name.clone()) service=name range path />
                }.into_any()
            } />
            <p class="note">
                <a data-testid="to-traces" href=move || with_selection(&format!("/traces?service={}", encoded(&service.get())), look.get().selection)>{word(|words| words.service.traces)}</a>
            </p>
        </div>
    }
}

/// What differs in the selection; nothing without one, because nobody says that anything is the matter.
#[component]
fn Matter(service: String, range: (Nanos, Nanos), look: Memo<Look>) -> impl IntoView {
    let selection = Signal::derive(move || look.get().selection);
    look.get_untracked().selection.map(|_| view! { <Differs about=About::Service(service) range selection /> })
}

fn question(service: String, look: Look) -> SignalsQuestion {
    let (from, to) = look.selection.map(|selection| (selection.from, selection.to)).unzip();
    SignalsQuestion { service, from, to }
}
