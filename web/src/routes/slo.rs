//! An SLO: what is left of its budget, how fast it burns, its minutes, what differs, its alerts.

mod alerts;
mod differs;
mod pairs;

use ingest_model::Nanos;
use leptos::prelude::*;
use leptos_router::hooks::{use_params_map, use_query_map};
use query_api::{Objective, SignalMinute, SloDetail, SloMinute};

use self::alerts::SloAlerts;
use self::differs::Differs;
use self::pairs::PairTable;
use crate::api::{self, encoded};
use crate::browser;
use crate::layout::Frame;
use crate::number::count;
use crate::parts::{Chart, RangeChoice, SelectionNote, Series, Shown, SloState};
use crate::parts::{lasts, percent, rate};
use crate::selection::{Look, with_selection};
use crate::settings::use_settings;
use crate::text::{SloWords, Words};

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
    let word = move |choose: fn(&Words) -> &'static str| move || choose(settings.words());
    let SloDetail { slo, from, to, minutes } = detail;
    let range = (from, to);
    let objectives = slo.objectives.iter().cloned().zip(minutes);
    let sections = objectives
        .map(|(objective, minutes)| view! { <Section objective minutes range period=slo.period_minutes /> })
        .collect_view();
    let selection = Signal::derive(move || look.get().selection);
    let service = format!("/services/{}", encoded(&slo.service));
    let traces = format!("/traces?service={}", encoded(&slo.service));
    view! {
        <header class="section">
            <h1>{slo.display_name}</h1>
            <RangeChoice path look />
        </header>
        {move || view! { <SelectionNote selection=selection.get() without=path.get() /> }}
        <p class="note">{slo.service.clone()} " · " {slo.period}</p>
        {(!slo.description.is_empty()).then(|| view! { <p class="note">{slo.description}</p> })}
        <nav class="ways-on" aria-label=word(|words| words.frame.navigation)>
            <a data-testid="to-service" href=move || with_selection(&service, selection.get())>{word(|words| words.slo.service)}</a>
            <a data-testid="to-traces" href=move || with_selection(&traces, selection.get())>{word(|words| words.frame.traces)}</a>
        </nav>
        {sections}
        <Differs slo=slo.name.clone() range selection />
        <SloAlerts slo=slo.name selection />
        <p class="note">{word(|words| words.slo.document)} " " <code>{slo.position}</code></p>
    }
}

/// The selection, else the hours up to now.
fn range(look: Look, now: Nanos) -> (Nanos, Nanos) {
    look.selection.map_or_else(|| (now.plus(-look.length_ns()), now), |selection| (selection.from, selection.to))
}

/// One objective.
#[component]
fn Section(objective: Objective, minutes: Vec<SloMinute>, range: (Nanos, Nanos), period: u32) -> impl IntoView {
    let settings = use_settings();
    let counting =
        is_counting(&objective, period).then(|| view! { <p class="note">{move || settings.words().slo.counting}</p> });
    view! {
        <section class="objective" data-testid="objective">
            <Figures objective=objective.clone() />
            {counting}
            <PairTable pairs=objective.pairs refused=objective.refused_pairs />
            <Minutes minutes range />
        </section>
    }
}

/// Target and state, budget left, how long it lasts.
#[component]
fn Figures(objective: Objective) -> impl IntoView {
    let settings = use_settings();
    let word = move |choose: fn(&SloWords) -> &'static str| move || choose(&settings.words().slo);
    let budget = objective.budget;
    let left = budget.map_or_else(|| "–".to_owned(), |budget| percent(budget.remaining));
    let burn = objective.pairs.first().and_then(|pair| pair.long_burn).map_or_else(|| "–".to_owned(), rate);
    #[expect(clippy::cast_possible_truncation, reason = "a float beyond i64 is held at its ends")]
    let events = move || {
        budget.map(|budget| {
            let whole = |number: u64| count(i64::try_from(number).unwrap_or(i64::MAX));
            (settings.words().slo.events)(&whole(budget.bad), &whole(budget.total), &count(budget.allowed as i64))
        })
    };
    let failure = objective.failure.map(|failure| view! { <p class="failed">{failure}</p> });
    view! {
        <div class="cards figures">
            <div class="card">
                <h2>{objective.display_name} " " {objective.target} " " {objective.threshold}</h2>
                <p class="big"><SloState state=objective.state /></p>
            </div>
            <div class="card">
                <h2>{word(|words| words.budget_left)}</h2>
                <p class="big" data-testid="budget-left">{left}</p>
                <p class="note">{events}</p>
            </div>
            <div class="card">
                <h2>{word(|words| words.burn)} " · " {word(|words| words.exhausted_in)}</h2>
                <p class="big">{burn}</p>
                <p class="note">{move || lasts(&settings.words().slo, budget)}</p>
            </div>
        </div>
        {failure}
    }
}

/// Events and bad events by minute.
#[component]
fn Minutes(minutes: Vec<SloMinute>, range: (Nanos, Nanos)) -> impl IntoView {
    let settings = use_settings();
    let word = move |choose: fn(&SloWords) -> &'static str| Signal::derive(move || choose(&settings.words().slo));
    let minutes: Vec<SignalMinute> = minutes.into_iter().map(signal).collect();
    let most = minutes.iter().map(|minute| minute.requests).fold(0.0, f64::max);
    let worst = minutes.iter().filter_map(bad_share).fold(0.01, f64::max);
    let (minutes, minute) = (StoredValue::new(minutes), RwSignal::new(None));
    let frame = |highest: f64| Frame::new(range.0, range.1, highest);
    view! {
        <div class="charts">
            <Chart name=word(|words| words.total) minutes minute frame=frame(most) bars=true text=|value| format!("{value:.0}")
                series=vec![Series { class: "requests", name: "", signal: "", value: |minute| Some(minute.requests) }] />
            <Chart name=word(|words| words.bad_share) minutes minute frame=frame(worst) bars=true text=percent
                series=vec![Series { class: "errors", name: "", signal: "", value: bad_share }] />
        </div>
    }
}

/// Whether the start of the period was not counted yet.
fn is_counting(objective: &Objective, period_minutes: u32) -> bool {
    let start = objective.until.plus(-i64::from(period_minutes) * 60_000_000_000);
    objective.counted_from.is_none_or(|from| from > start)
}

fn bad_share(minute: &SignalMinute) -> Option<f64> {
    (minute.requests > 0.0).then(|| minute.errors / minute.requests)
}

#[expect(clippy::cast_precision_loss, reason = "a height on the screen needs no more than a double holds")]
fn signal(minute: SloMinute) -> SignalMinute {
    SignalMinute {
        minute_unix_nano: minute.minute_unix_nano,
        requests: minute.total as f64,
        errors: minute.bad as f64,
        ..SignalMinute::default()
    }
}
