//! An SLO: what is left of its budget, how fast it burns, by group too, who spent it, what differs, its alerts.

mod alerts;
mod composite;
mod corrections;
mod figures;
mod groups;
mod minutes;
mod pairs;
mod spenders;

use ingest_model::Nanos;
use leptos::prelude::*;
use leptos_router::hooks::{use_params_map, use_query_map};
use query_api::{Objective, SloDetail, SloMinute};

use self::alerts::SloAlerts;
use self::composite::Composite;
use self::corrections::Corrections;
use self::figures::{Figures, Stand};
use self::groups::{Chosen, GroupTable, chosen, use_group};
use self::minutes::Minutes;
use self::pairs::PairTable;
use self::spenders::SpentBudget;
use crate::api::{self, encoded};
use crate::browser;
use crate::parts::{About, Differs, GateForm, Gated, RangeChoice, SelectionNote, Shown, period};
use crate::selection::{Look, Selection, with_selection};
use crate::settings::{telling, use_settings};
use crate::text::Words;

/// How many hours back minutes are shown where nothing is chosen.
const HOURS: i64 = 6;

/// The page of the SLO the address names.
#[component]
pub(crate) fn SloPage() -> impl IntoView {
    let params = use_params_map();
    let name = Memo::new(move |_| params.with(|params| params.get_str("name").unwrap_or_default().to_owned()));
    let query = use_query_map();
    let look = Memo::new(move |_| query.with(|query| Look::from_query(query, HOURS)));
    let path = Signal::derive(move || format!("/slos/{}", encoded(&name.get())));
    let detail = LocalResource::new(move || {
        let (name, (from, to)) = (name.get(), range(look.get(), browser::now()));
        async move { api::slo(&name, from, to).await }
    });
    Effect::new(move || document().set_title(&format!("{} · slowburn", name.get())));
    view! {
        <div class="page service" data-testid="slo-page">
            <Shown answer=detail draw=move |detail: SloDetail| view! { <Whole detail look path /> } />
        </div>
    }
}

#[component]
fn Whole(detail: SloDetail, look: Memo<Look>, path: Signal<String>) -> impl IntoView {
    let settings = use_settings();
    let SloDetail { slo, from, to, minutes } = detail;
    let range = (from, to);
    let count = slo.objectives.len();
    let composite = slo.composite.map(|budget| view! { <Composite budget objectives=count /> });
    let objectives = slo.objectives.into_iter().zip(minutes);
    let sections = objectives
        .map(|(objective, minutes)| view! { <Section objective minutes range period=slo.period_minutes path /> })
        .collect_view();
    let selection = Signal::derive(move || look.get().selection);
    let (service, length) = (slo.service.clone(), slo.period_minutes);
    view! {
        <header class="section">
            <h1>{slo.display_name}</h1>
            <RangeChoice path look />
        </header>
        {move || view! { <SelectionNote selection=selection.get() without=path.get() /> }}
        <p class="note">{service.clone()} " · " <span data-testid="period">{telling(move || period(&settings.words().slo, &slo.period, length))}</span></p>
        {(!slo.description.is_empty()).then(|| view! { <p class="note">{slo.description}</p> })}
        <Ways service=service.clone() selection />
        {composite}
        {sections}
        <SpentBudget slo=slo.name.clone() range path />
        <Differs about=About::Slo(slo.name.clone()) range selection />
        <GateForm of=Gated::Slo(slo.name.clone()) service range path />
        <SloAlerts slo=slo.name selection />
        <Corrections corrections=slo.corrections />
        <p class="note">{settings.word(|words| words.slo.document)} " " <code>{slo.position}</code></p>
    }
}

/// Where the same range is shown in another light.
#[component]
fn Ways(service: String, selection: Signal<Option<Selection>>) -> impl IntoView {
    let settings = use_settings();
    let word = move |choose: fn(&Words) -> &'static str| settings.word(choose);
    let traces = format!("/traces?service={}", encoded(&service));
    let service = format!("/services/{}", encoded(&service));
    view! {
        <nav class="ways-on" aria-label=word(|words| words.frame.navigation)>
            <a data-testid="to-service" href=move || with_selection(&service, selection.get())>{word(|words| words.slo.service)}</a>
            <a data-testid="to-traces" href=move || with_selection(&traces, selection.get())>{word(|words| words.frame.traces)}</a>
        </nav>
    }
}

/// The selection, else the hours up to now.
fn range(look: Look, now: Nanos) -> (Nanos, Nanos) {
    look.selection.map_or_else(|| (now.plus(-look.length_ns()), now), |selection| (selection.from, selection.to))
}

/// One objective: all of it, or the group the address chooses.
#[component]
fn Section(
    objective: Objective,
    minutes: Vec<SloMinute>,
    range: (Nanos, Nanos),
    period: u32,
    path: Signal<String>,
) -> impl IntoView {
    let settings = use_settings();
    let group = use_group();
    let counting = is_counting(&objective, period)
        .then(|| view! { <p class="note">{settings.word(|words| words.slo.counting)}</p> });
    let all = objective.clone();
    let figures = move || {
        let key = group.get().filter(|_| objective.groups_total > 0);
        let one = chosen(&objective, key.as_deref()).cloned();
        let stand = Stand::of(&objective, one.as_ref());
        let (pairs, refused) = (stand.pairs.clone(), objective.refused_pairs.clone());
        view! {
            <Chosen key group=one path />
            <Figures objective=objective.clone() stand />
            <PairTable pairs refused />
        }
    };
    view! {
        <section class="objective" data-testid="objective">
            {counting}
            {figures}
            <GroupTable objective=all chosen=group path />
            <Minutes minutes range />
        </section>
    }
}

/// Whether the start of the period was not counted yet.
fn is_counting(objective: &Objective, period_minutes: u32) -> bool {
    let start = objective.until.plus(-i64::from(period_minutes) * 60_000_000_000);
    objective.counted_from.is_none_or(|from| from > start)
}
