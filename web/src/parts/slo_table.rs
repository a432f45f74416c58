//! A list of SLOs.

use leptos::prelude::*;
use query_api::{Budget, CompositeBudget, Objective, PairBurn, Slo};

use super::{Column, TableHead};
use crate::api::encoded;
use crate::number::count_of;
use crate::settings::{telling, use_settings};
use crate::text::SloWords;
use crate::time::duration;

/// The words of the API for how an objective does, best first.
const STATES: [&str; 5] = ["OK", "Recovering", "Rising", "Burning", "Exhausted"];

/// The SLOs, an objective a row, in order.
#[component]
pub(crate) fn SloTable(slos: Vec<Slo>) -> impl IntoView {
    let rows = slos.into_iter().flat_map(|slo| {
        let (objectives, composite) = (slo.objectives.clone(), slo.composite.clone());
        let whole = composite.map(|budget| view! { <Together slo=slo.clone() budget /> }.into_any());
        let rows = objectives.into_iter().map(move |objective| view! { <Row slo=slo.clone() objective /> }.into_any());
        whole.into_iter().chain(rows)
    });
    let columns = vec![
        Column::new("", |words| words.slo.slo),
        Column::new("", |words| words.slo.state),
        Column::new("num wide", |words| words.slo.target),
        Column::new("num", |words| words.slo.budget_left),
        Column::new("num", |words| words.slo.burn),
        Column::new("num middle", |words| words.slo.exhausted_in),
    ];
    view! {
        <div class="scroller">
            <table class="list">
                <TableHead columns />
                <tbody>{rows.collect_view()}</tbody>
            </table>
        </div>
    }
}

#[component]
fn Row(slo: Slo, objective: Objective) -> impl IntoView {
    let settings = use_settings();
    let budget = objective.budget;
    let lasts = telling(move || lasts(&settings.words().slo, budget));
    let link = format!("/slos/{}", encoded(&slo.name));
    let spent = budget.is_some_and(|budget| budget.remaining <= 0.0);
    let groups = objective.groups.first().map(|worst| (count_of(objective.groups_total), worst.name.clone()));
    let groups = groups.map(|(count, worst)| {
        let text = telling(move || (settings.words().group.some)(&count, &worst));
        view! { <span data-testid="slo-groups">{text}</span> }
    });
    view! {
        <tr data-testid="slo-row" data-slo=slo.name>
            <td class="root">
                <a href=link>
                    <b>{slo.display_name}</b>
                    <span>{slo.service} " " {objective.display_name}</span>
                    {groups}
                </a>
            </td>
            <td><SloState state=objective.state /> {objective.frozen.then(|| view! { " " <Frozen /> })}</td>
            <td class="num wide">{objective.target} " " {objective.threshold}</td>
            <td class="num" class:failed=spent>{left(budget)}</td>
            <td class="num">{first_burn(&objective.pairs)}</td>
            <td class="num middle">{lasts}</td>
        </tr>
    }
}

/// The one budget of a composite, above its objectives.
#[component]
fn Together(slo: Slo, budget: CompositeBudget) -> impl IntoView {
    let settings = use_settings();
    let link = format!("/slos/{}", encoded(&slo.name));
    let count = count_of(slo.objectives.len());
    let spent = budget.remaining.is_some_and(|remaining| remaining <= 0.0);
    let left = budget.remaining.map_or_else(|| "–".to_owned(), percent);
    view! {
        <tr data-testid="composite-row" data-slo=slo.name>
            <td class="root">
                <a href=link>
                    <b>{slo.display_name}</b>
                    <span>{telling(move || (settings.words().slo.composite)(&count))}</span>
                </a>
            </td>
            <td></td>
            <td class="num wide"></td>
            <td class="num" class:failed=spent>{left}</td>
            <td class="num">{first_burn(&budget.pairs)}</td>
            <td class="num middle"></td>
        </tr>
    }
}

/// That nothing is measured, so that a budget stays as it was.
#[component]
pub(crate) fn Frozen() -> impl IntoView {
    let settings = use_settings();
    let help = settings.word(|words| words.slo.frozen_help);
    view! { <span class="badge" data-testid="frozen" title=help>{settings.word(|words| words.slo.frozen)}</span> }
}

/// How an objective does, as a coloured word.
#[component]
pub(crate) fn SloState(state: Option<String>) -> impl IntoView {
    let settings = use_settings();
    let place = state.and_then(|state| STATES.iter().position(|known| *known == state));
    let class =
        place.map_or_else(|| "state unknown".to_owned(), |place| format!("state {}", STATES[place].to_lowercase()));
    let word = move || {
        let words = &settings.words().slo;
        place.map_or(words.unknown, |place| words.states[place])
    };
    view! { <span class=class data-testid="slo-state">{word}</span> }
}

/// What is left of a budget.
pub(crate) fn left(budget: Option<Budget>) -> String {
    budget.map_or_else(|| "–".to_owned(), |budget| percent(budget.remaining))
}

/// The burn rate of the first pair's long window.
pub(crate) fn first_burn(pairs: &[PairBurn]) -> String {
    pairs.first().and_then(|pair| pair.long_burn).map_or_else(|| "–".to_owned(), rate)
}

/// A share in percent.
pub(crate) fn percent(share: f64) -> String {
    let sign = if share < 0.0 { "\u{2212}" } else { "" };
    format!("{sign}{:.1} %", share.abs() * 100.0)
}

/// A burn rate.
pub(crate) fn rate(burn: f64) -> String {
    if burn >= 100.0 { format!("{burn:.0} ×") } else { format!("{burn:.1} ×") }
}

/// How many times as much.
pub(crate) fn times(ratio: f64) -> String {
    if ratio >= 10.0 { format!("{ratio:.0} ×") } else { format!("{ratio:.1} ×") }
}

/// How long the budget lasts at the burn rate of the first pair's long window.
pub(crate) fn lasts(words: &SloWords, budget: Option<Budget>) -> String {
    budget.map_or_else(|| "–".to_owned(), |budget| exhausted(words, budget.remaining, budget.exhausted_in_s))
}

/// When a budget is spent, of which `remaining` is left.
pub(crate) fn exhausted(words: &SloWords, remaining: f64, exhausted_in_s: Option<u64>) -> String {
    if remaining <= 0.0 {
        return words.exhausted.to_owned();
    }
    exhausted_in_s.map_or_else(
        || words.never.to_owned(),
        |seconds| duration(i64::try_from(seconds).unwrap_or(i64::MAX).saturating_mul(1_000_000_000)),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spent_budget_does_not_last() {
        let words = &crate::text::Lang::En.words().slo;
        assert_eq!(exhausted(words, -0.1, Some(9)), "spent");
        assert_eq!(exhausted(words, 0.5, Some(7_200)), "2 h 00 min");
        assert_eq!(exhausted(words, 0.5, None), "no end at this rate");
    }

    #[test]
    fn shares_and_rates_are_short() {
        assert_eq!([0.9995, 0.0, -0.5].map(percent), ["100.0 %", "0.0 %", "\u{2212}50.0 %"]);
        assert_eq!([0.04, 14.4, 1_000.0].map(rate), ["0.0 ×", "14.4 ×", "1000 ×"]);
        assert_eq!([1.24, 31.0].map(times), ["1.2 ×", "31 ×"]);
    }
}
