//! A service: its golden signals minute by minute, the spans of a chosen minute, its operations.

mod address;
mod operations;
mod signals;
mod spans;

use leptos::prelude::*;
use leptos_router::hooks::{use_params_map, use_query_map};
use query_api::{Signals, SignalsQuestion};

use self::address::{Look, follow};
use self::operations::OperationsTable;
use self::signals::Charts;
use self::spans::MinuteSpans;
use crate::api::{self, encoded};
use crate::parts::{Moment, Shown};
use crate::settings::use_settings;
use crate::text::Words;
use crate::time::Precision;

/// The page of the service the address names.
#[component]
pub(crate) fn ServicePage() -> impl IntoView {
    let settings = use_settings();
    let (params, query) = (use_params_map(), use_query_map());
    let service = Memo::new(move |_| params.with(|params| params.get_str("name").unwrap_or_default().to_owned()));
    let look = Memo::new(move |_| query.with(Look::from_query));
    let signals =
        LocalResource::new(move || api::look_back(question(service.get(), look.get()), look.get().length_ns()));
    let minute = RwSignal::new(look.get_untracked().minute);
    follow(minute, look);
    Effect::new(move || document().set_title(&format!("{} · slowburn", service.get())));
    let word = move |choose: fn(&Words) -> &'static str| move || choose(settings.words());
    view! {
        <div class="page service" data-testid="service-page">
            <header class="section">
                <h1>{move || service.get()}</h1>
                <Choice service look />
            </header>
            <Shown answer=signals draw=move |signals: Signals| {
                if signals.minutes.is_empty() {
                    return view! { <p class="note" data-testid="no-signals">{word(|words| words.service.nothing)}</p> }.into_any();
                }
                let operations = signals.operations.clone();
                view! {
                    <p class="note">
                        <Moment time=signals.from precision=Precision::Seconds /> " – "
                        <Moment time=signals.to precision=Precision::Seconds /> ". "
                        {word(if signals.entries_only { |words| words.service.entries } else { |words| words.service.everything })}
                    </p>
                    <Charts signals minute />
                    <MinuteSpans service minute />
                    <OperationsTable operations />
                }.into_any()
            } />
            <p class="note">
                <a href=move || format!("/traces?service={}", encoded(&service.get()))>{word(|words| words.service.traces)}</a>
            </p>
        </div>
    }
}

#[component]
fn Choice(service: Memo<String>, look: Memo<Look>) -> impl IntoView {
    let settings = use_settings();
    let link = move |hours: i64| {
        let current = move || (look.get().absolute.is_none() && look.get().hours == hours).then_some("true");
        let address = move || format!("/services/{}?range={hours}h", encoded(&service.get()));
        view! { <a href=address aria-current=current>{if hours > 24 { format!("{} d", hours / 24) } else { format!("{hours} h") }}</a> }
    };
    let name = move || settings.words().start.range.label;
    view! { <nav class="segments" aria-label=name>{Look::HOURS.map(link).collect_view()}</nav> }
}

fn question(service: String, look: Look) -> SignalsQuestion {
    let (from, to) = look.absolute.unzip();
    SignalsQuestion { service, from, to }
}
