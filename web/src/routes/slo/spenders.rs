//! Who spent the error budget: the bad events by the attributes of their traces.

use ingest_model::Nanos;
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;
use query_api::{Spender, Spenders, SpentBy};

use crate::api;
use crate::number::{count, count_of};
use crate::parts::{Column, Shown, TableHead, TraceLinks, percent};
use crate::selection::{Selection, with_parameters};
use crate::settings::{Settings, telling, use_settings};
use crate::text::{SpentText, Words};
use crate::time::Precision;

/// Attributes that are shown at first, and values of each.
const KEYS: usize = 4;
const VALUES: usize = 3;
/// Traces listed a value.
const TRACES: usize = 2;
/// The parameter of the address: `period`, or nothing for the range of the page.
const SPENT: &str = "spent";

/// The panel: of the range of the page, or of the period so far.
#[component]
pub(super) fn SpentBudget(slo: String, range: (Nanos, Nanos), #[prop(into)] path: Signal<String>) -> impl IntoView {
    let settings = use_settings();
    let query = use_query_map();
    let whole = Memo::new(move |_| query.with(|query| query.get_str(SPENT) == Some("period")));
    let spenders = LocalResource::new(move || {
        let (slo, range) = (slo.clone(), (!whole.get()).then_some(range));
        async move { api::spenders(&slo, range).await }
    });
    let all = RwSignal::new(false);
    view! {
        <section class="differs" data-testid="spenders">
            <header class="section">
                <h2>{settings.word(|words| words.spender.title)}</h2>
                <Choice whole path />
            </header>
            <Shown answer=spenders draw=move |spenders: Spenders| view! { <Spent spenders all /> } />
        </section>
    }
}

/// This range, or the period so far.
#[component]
fn Choice(whole: Memo<bool>, path: Signal<String>) -> impl IntoView {
    let settings = use_settings();
    let query = use_query_map();
    let link = move |value: Option<&'static str>, name: fn(&Words) -> &'static str| {
        let current = move || (whole.get() == value.is_some()).then_some("true");
        let address =
            telling(move || query.with(|query| format!("{}{}", path.get(), with_parameters(query, &[(SPENT, value)]))));
        view! { <a href=address data-noscroll="true" aria-current=current>{settings.word(name)}</a> }
    };
    view! {
        <nav class="segments" aria-label=settings.word(|words| words.spender.choice)>
            {link(None, |words| words.spender.range)}
            {link(Some("period"), |words| words.spender.period)}
        </nav>
    }
}

#[component]
fn Spent(spenders: Spenders, all: RwSignal<bool>) -> impl IntoView {
    let settings = use_settings();
    let selection = Selection::new(spenders.from, spenders.to);
    let left_out = spenders.left_out.join(", ");
    let left_out = (!left_out.is_empty())
        .then(|| view! { <p class="note">{telling(move || (settings.words().cause.left_out)(&left_out))}</p> });
    let (keys, by) = (spenders.by.len(), StoredValue::new(spenders.by.clone()));
    let lead = telling(move || lead(settings, &spenders));
    let shown = move || {
        let all = all.get();
        let by = by.with_value(|by| by.iter().take(if all { keys } else { KEYS }).cloned().collect::<Vec<_>>());
        by.into_iter().map(|by| view! { <Key by all selection /> }).collect_view()
    };
    let more = (keys > KEYS).then(|| view! { <More all keys /> });
    view! {
        <p class="note" data-testid="spent">{lead}</p>
        {(keys > 0).then(|| view! { <div class="scroller"><table class="list causes"><Head />{shown}</table></div> })}
        {more}
        {left_out}
    }
}

#[component]
fn Head() -> impl IntoView {
    let columns = vec![
        Column::new("", |words| words.cause.attribute),
        Column::new("num wide", |words| words.spender.bad),
        Column::new("num", |words| words.spender.share).helped(|words| words.spender.share_help),
        Column::new("num middle", |words| words.spender.of_good).helped(|words| words.spender.of_good_help),
        Column::new("num", |words| words.spender.budget),
        Column::new("", |words| words.cause.traces),
    ];
    view! {
        <TableHead columns />
    }
}

/// An attribute, and below it the values that spent most.
#[component]
fn Key(by: SpentBy, all: bool, selection: Option<Selection>) -> impl IntoView {
    let settings = use_settings();
    let shown = if all { by.spenders.len() } else { by.spenders.len().min(VALUES) };
    let total = by.values_total;
    let cut = (shown < total).then(|| {
        let text = telling(move || (settings.words().spender.values)(&count_of(shown), &count_of(total)));
        view! { " " <small>{text}</small> }
    });
    let rows = by.spenders.into_iter().take(shown).map(|spender| view! { <Row spender selection /> }).collect_view();
    let mark = by.key.clone();
    view! {
        <tbody data-testid="spent-by" data-key=mark>
            <tr class="key"><th scope="rowgroup" colspan="6"><code>{by.key}</code> {cut}</th></tr>
            {rows}
        </tbody>
    }
}

#[component]
fn Row(spender: Spender, selection: Option<Selection>) -> impl IntoView {
    let bad = count(i64::try_from(spender.bad).unwrap_or(i64::MAX));
    let traces: Vec<_> = spender.trace_ids.into_iter().take(TRACES).collect();
    let (mark, title) = (spender.value.clone(), spender.value.clone());
    view! {
        <tr data-testid="spender-row" data-value=mark>
            <td class="root"><code title=title><b>{spender.value}</b></code></td>
            <td class="num wide">{bad}</td>
            <td class="num">{percent(spender.share)}</td>
            <td class="num middle">{percent(spender.share_of_good)}</td>
            <td class="num">{spender.budget.map_or_else(|| "–".to_owned(), percent)}</td>
            <td><TraceLinks trace_ids=traces selection /></td>
        </tr>
    }
}

#[component]
fn More(all: RwSignal<bool>, keys: usize) -> impl IntoView {
    let settings = use_settings();
    let name = telling(move || {
        let words = &settings.words().spender;
        if all.get() { words.fewer.to_owned() } else { (words.more)(&count_of(keys)) }
    });
    view! {
        <p><button type="button" class="link" data-testid="all-spenders" aria-expanded=telling(move || all.get().to_string())
            on:click=move |_| all.update(|all| *all = !*all)>{name}</button></p>
    }
}

/// How many bad events there are, and what they took of the budget.
fn lead(settings: Settings, spenders: &Spenders) -> String {
    let words = &settings.words().spender;
    let time = |time: Nanos| settings.stamp(time, Precision::Seconds);
    let (from, to) = (time(spenders.from), time(spenders.to));
    if spenders.bad == 0 {
        return (words.none)(&from, &to);
    }
    let bad = count(i64::try_from(spenders.bad).unwrap_or(i64::MAX));
    (words.lead)(&SpentText { bad, from, to, budget: spenders.budget.map(percent) })
}
