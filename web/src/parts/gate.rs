//! A gate: a version or environment beside its baseline, asked by a form and kept in the address.

mod asked;
mod verdict;

use ingest_model::Nanos;
use leptos::ev::{Event, SubmitEvent};
use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::{use_navigate, use_query_map};
use query_api::{SqlAnswer, SqlQuestion};
use wasm_bindgen::JsCast;
use web_sys::Element;

use self::asked::{ATTRIBUTES, Asked, values_query};
use self::verdict::Verdict;
use super::Shown;
use crate::api;
use crate::selection::with_parameters;
use crate::settings::use_settings;
use crate::text::GateWords;

pub(crate) use self::asked::Gated;

/// The form, folded away until somebody asks; below it the answer.
#[component]
pub(crate) fn GateForm(
    /// Whose events are compared.
    of: Gated,
    /// The service whose versions and environments are offered.
    service: String,
    /// Start and end of what is compared.
    range: (Nanos, Nanos),
    /// The page.
    #[prop(into)]
    path: Signal<String>,
) -> impl IntoView {
    let settings = use_settings();
    let query = use_query_map();
    let asked = Memo::new(move |_| query.with(Asked::from_query));
    let word = move |choose: fn(&GateWords) -> &'static str| settings.word_of(|words| &words.gate, choose);
    let lead = word(if matches!(of, Gated::Service(_)) { |words| words.of_service } else { |words| words.of_slo });
    let was_asked = asked.get_untracked().is_some();
    let open = RwSignal::new(was_asked);
    let toggled = move |event: Event| {
        let details = event.current_target().and_then(|target| target.dyn_into::<Element>().ok());
        open.set(details.is_some_and(|details| details.has_attribute("open")));
    };
    let answer = move || {
        let (asked, of) = (asked.get()?, of.clone());
        let question = asked.question(&of, range);
        let gate = LocalResource::new(move || {
            let question = question.clone();
            async move { api::gate(&question).await }
        });
        Some(view! { <Shown answer=gate draw=move |gate| view! { <Verdict gate asked=asked.clone() /> } /> })
    };
    view! {
        <details class="gate" data-testid="gate" open=was_asked on:toggle=toggled>
            <summary><h2>{word(|words| words.title)}</h2></summary>
            <p class="note">{lead}</p>
            {move || open.get().then(|| view! { <Form asked service=service.clone() range path /> })}
            {answer}
        </details>
    }
}

/// What is to be compared with what.
#[component]
fn Form(
    asked: Memo<Option<Asked>>,
    service: String,
    range: (Nanos, Nanos),
    #[prop(into)] path: Signal<String>,
) -> impl IntoView {
    let settings = use_settings();
    let word = move |choose: fn(&GateWords) -> &'static str| settings.word_of(|words| &words.gate, choose);
    let (query, navigate) = (use_query_map(), use_navigate());
    let typed = RwSignal::new(Asked::default());
    // Back shows what was asked before.
    Effect::new(move || typed.set(asked.get().unwrap_or_default()));
    let ask = move |event: SubmitEvent| {
        event.prevent_default();
        let typed = typed.get_untracked();
        let address = query.with_untracked(|query| with_parameters(query, &typed.parameters()));
        let options = NavigateOptions { scroll: false, ..NavigateOptions::default() };
        navigate(&format!("{}{address}", path.get_untracked()), options);
    };
    let option = move |place: usize| {
        let name = move || settings.words().gate.attributes[place];
        view! { <option value=ATTRIBUTES[place].0 selected=move || typed.with(|typed| typed.by == place)>{name}</option> }
    };
    let chosen = move |name: String| typed.update(|typed| typed.by = Asked::place(&name).unwrap_or_default());
    view! {
        <form class="asked" on:submit=ask>
            <label class="choice">
                <span>{word(|words| words.by)}</span>
                <select data-testid="gate-by" on:change:target=move |event| chosen(event.target().value())>
                    {option(0)} {option(1)}
                </select>
            </label>
            <label class="choice">
                <span>{word(|words| words.candidate)}</span>
                <input data-testid="gate-candidate" list="gate-values" required autocomplete="off" spellcheck="false"
                    prop:value=move || typed.with(|typed| typed.candidate.clone())
                    on:input:target=move |event| typed.update(|typed| typed.candidate = event.target().value()) />
            </label>
            <label class="choice">
                <span>{word(|words| words.against)}</span>
                <input data-testid="gate-against" list="gate-values" autocomplete="off" spellcheck="false"
                    placeholder=word(|words| words.all)
                    prop:value=move || typed.with(|typed| typed.against.clone())
                    on:input:target=move |event| typed.update(|typed| typed.against = event.target().value()) />
            </label>
            <button type="submit" class="primary" data-testid="gate-compare">{word(|words| words.compare)}</button>
            <Offered typed service range />
        </form>
    }
}

/// The values that were sent in the range, to choose from.
#[component]
fn Offered(typed: RwSignal<Asked>, service: String, range: (Nanos, Nanos)) -> impl IntoView {
    let by = Memo::new(move |_| typed.with(|typed| typed.by));
    let values = LocalResource::new(move || {
        let question = SqlQuestion { query: values_query(&service, by.get(), range), ..SqlQuestion::default() };
        async move { api::sql(&question).await }
    });
    let options = move || {
        // Without them a person types the value.
        let answer: SqlAnswer = values.get()?.ok()?;
        let text = |row: &Vec<serde_json::Value>| row.first()?.as_str().map(str::to_owned);
        Some(answer.rows.iter().filter_map(text).map(|value| view! { <option value=value></option> }).collect_view())
    };
    view! { <datalist id="gate-values" data-testid="gate-values">{options}</datalist> }
}
