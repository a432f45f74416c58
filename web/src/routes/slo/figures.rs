//! How an objective does, or one of its groups: state, budget, how long it lasts.

use leptos::prelude::*;
use query_api::{Budget, GroupBudget, Objective, PairBurn};

use crate::parts::{Frozen, SloState, counted, first_burn, forecast, lasts, left, method};
use crate::settings::{telling, use_settings};
use crate::text::SloWords;

/// What the figures are of.
#[derive(Debug, Clone, Default)]
pub(super) struct Stand {
    /// The word for how it does.
    pub(super) state: Option<String>,
    /// Whether nothing is measured.
    pub(super) frozen: bool,
    /// The budget.
    pub(super) budget: Option<Budget>,
    /// The pairs of windows.
    pub(super) pairs: Vec<PairBurn>,
    /// Whether it is the whole objective, which has a forecast.
    pub(super) whole: bool,
}

// === impl Stand ===

impl Stand {
    /// Of a group where one is given, else of all together.
    pub(super) fn of(objective: &Objective, group: Option<&GroupBudget>) -> Self {
        match group.cloned() {
            Some(GroupBudget { state, frozen, budget, pairs, .. }) => {
                Self { state, frozen, budget, pairs, whole: false }
            }
            None => Self {
                state: objective.state.clone(),
                frozen: objective.frozen,
                budget: objective.budget,
                pairs: objective.pairs.clone(),
                whole: true,
            },
        }
    }
}

/// The cards.
#[component]
pub(super) fn Figures(objective: Objective, stand: Stand) -> impl IntoView {
    let settings = use_settings();
    let word = move |choose: fn(&SloWords) -> &'static str| settings.word_of(|words| &words.slo, choose);
    let Stand { state, frozen, budget, pairs, whole } = stand;
    let spent = budget.is_some_and(|budget| budget.remaining <= 0.0);
    let told = StoredValue::new(objective.clone());
    let events = telling(move || {
        let tell = |budget| told.with_value(|one| counted(&settings.words().slo, &one.method, &budget));
        budget.map(tell).unwrap_or_default()
    });
    let made_of = telling(move || told.with_value(|one| method(&settings.words().slo, &one.method)));
    let foretold = move || told.with_value(|one| forecast(&settings.words().slo, one));
    let future = (whole && untrack(foretold).is_some()).then(|| {
        let text = telling(move || foretold().unwrap_or_default());
        view! { <p class="note" data-testid="forecast">{text}</p> }
    });
    let weight = objective
        .weight
        .map(|weight| view! { <small>{telling(move || (settings.words().slo.weight)(&weight))}</small> });
    let help = frozen.then(|| view! { <p class="note">{word(|words| words.frozen_help)}</p> });
    let failure = objective.failure.map(|failure| view! { <p class="failed">{failure}</p> });
    view! {
        <div class="cards figures">
            <div class="card">
                <h2>{objective.display_name} " " {objective.target} " " {objective.threshold} " " {weight}</h2>
                <p class="big"><SloState state=state /> {frozen.then(|| view! { " " <Frozen /> })}</p>
                <p class="note" data-testid="method">{made_of}</p>
            </div>
            <div class="card">
                <h2>{word(|words| words.budget_left)}</h2>
                <p class="big" class:failed=spent data-testid="budget-left">{left(budget)}</p>
                <p class="note" data-testid="counted">{events}</p>
            </div>
            <div class="card">
                <h2>{word(|words| words.burn)} " · " {word(|words| words.exhausted_in)}</h2>
                <p class="big">{first_burn(&pairs)}</p>
                <p class="note">{telling(move || lasts(&settings.words().slo, budget))}</p>
                {future}
            </div>
        </div>
        {help}
        {failure}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_group_stands_for_itself_and_without_one_the_figures_are_of_all() {
        let pair = PairBurn { long: "1h".to_owned(), ..PairBurn::default() };
        let group =
            GroupBudget { state: Some("OK".to_owned()), pairs: vec![pair], frozen: true, ..GroupBudget::default() };
        let objective = Objective { state: Some("Exhausted".to_owned()), groups: vec![group], ..Objective::default() };
        let of_group = Stand::of(&objective, objective.groups.first());
        assert_eq!(
            (of_group.state.as_deref(), of_group.pairs.len(), of_group.frozen, of_group.whole),
            (Some("OK"), 1, true, false)
        );
        let whole = Stand::of(&objective, None);
        assert_eq!((whole.state.as_deref(), whole.pairs.len(), whole.whole), (Some("Exhausted"), 0, true));
    }
}
