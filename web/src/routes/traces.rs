//! The list of traces.

use leptos::prelude::*;
use leptos_router::hooks::{use_navigate, use_query_map};
use leptos_router::params::ParamsMap;
use query_api::{Services, TraceList, TraceQuestion};

use crate::api::{self, Answer, encoded};
use crate::browser;
use crate::parts::{SelectionNote, Shown, TraceTable};
use crate::selection::{Selection, use_selection, with_selection};
use crate::settings::{telling, use_settings};

/// How many are listed, and how many after each request for more.
const LIMITS: [usize; 3] = [50, 200, 1_000];

/// The list, by service if one is chosen.
#[component]
pub(crate) fn Traces() -> impl IntoView {
    let settings = use_settings();
    let query = use_query_map();
    let asked = Memo::new(move |_| query.with(question));
    let selection = use_selection();
    let traces = LocalResource::new(move || api::traces(asked.get()));
    Effect::new(move || document().set_title(&format!("{} · slowburn", settings.words().frame.traces)));
    view! {
        <div class="page">
            <header class="section">
                <h1>{settings.word(|words| words.frame.traces)}</h1>
                <ServiceChoice asked />
            </header>
            {move || view! { <SelectionNote selection=selection.get() without=address(asked.get().service.as_deref()) /> }}
            <Shown answer=traces draw=move |list: TraceList| {
                if list.traces.is_empty() {
                    view! { <p class="note" data-testid="no-traces">{settings.word(|words| words.traces.none)}</p> }.into_any()
                } else {
                    view! { <TraceTable traces=list.traces.clone() selection=selection.get_untracked() /><More shown=list.traces.len() asked=asked.get_untracked() /> }.into_any()
                }
            } />
        </div>
    }
}

/// The services that have traces, from everything stored.
#[component]
fn ServiceChoice(asked: Memo<TraceQuestion>) -> impl IntoView {
    let settings = use_settings();
    let navigate = use_navigate();
    let services = LocalResource::new(|| api::services(ingest_model::Nanos(0), browser::now()));
    let chosen = move || asked.get().service.unwrap_or_default();
    let names = move || names(services.get().as_ref(), &chosen());
    let choose = move |service: String| {
        let service = Some(service.as_str()).filter(|service| !service.is_empty());
        navigate(
            &with_selection(&address(service), selection(&asked.get_untracked())),
            leptos_router::NavigateOptions::default(),
        );
    };
    view! {
        <label class="choice">
            <span>{settings.word(|words| words.traces.service)}</span>
            <select data-testid="service-choice" on:change:target=move |event| choose(event.target().value())>
                <option value="" selected=move || chosen().is_empty()>{settings.word(|words| words.traces.every_service)}</option>
                {move || {
                    let chosen = chosen();
                    let option = |name: String| {
                        let selected = name == chosen;
                        let value = name.clone();
                        view! { <option value=value selected=selected>{name}</option> }
                    };
                    names().into_iter().map(option).collect_view()
                }}
            </select>
        </label>
    }
}

#[component]
fn More(shown: usize, asked: TraceQuestion) -> impl IntoView {
    let settings = use_settings();
    let limit = asked.limit.unwrap_or(LIMITS[0]);
    let next = LIMITS.into_iter().find(|next| *next > limit).filter(|_| shown >= limit);
    let selection = selection(&asked);
    let service = asked.service.map(|service| format!("&service={}", encoded(&service))).unwrap_or_default();
    let link = next.map(|next| {
        let address = with_selection(&format!("/traces?limit={next}{service}"), selection);
        view! { <a href=address>{settings.word(|words| words.traces.more)}</a> }
    });
    let text = telling(move || (settings.words().traces.shown)(&crate::number::count_of(shown)));
    view! { <p class="note">{text} " " {link}</p> }
}

fn question(query: &ParamsMap) -> TraceQuestion {
    let limit = query.get_str("limit").and_then(|limit| limit.parse().ok()).unwrap_or(LIMITS[0]);
    let service = query.get_str("service").filter(|service| !service.is_empty()).map(str::to_owned);
    let (from, to) = Selection::from_query(query).map(|selection| (selection.from, selection.to)).unzip();
    TraceQuestion { limit: Some(limit), service, from, to }
}

/// The list of a service, or of all.
fn address(service: Option<&str>) -> String {
    service.map_or_else(|| "/traces".to_owned(), |service| format!("/traces?service={}", encoded(service)))
}

fn selection(asked: &TraceQuestion) -> Option<Selection> {
    Selection::new(asked.from?, asked.to?)
}

/// The names to choose from, the chosen one among them even while the answer is on its way.
fn names(services: Option<&Answer<Services>>, chosen: &str) -> Vec<String> {
    let known = services.and_then(|answer| answer.as_ref().ok());
    let mut names: Vec<String> = known
        .map(|services| services.services.iter().map(|service| service.service_name.clone()).collect())
        .unwrap_or_default();
    names.push(chosen.to_owned());
    names.retain(|name| !name.is_empty());
    names.sort();
    names.dedup();
    names
}
