//! The one budget that the objectives of a composite spend.

use leptos::prelude::*;
use query_api::CompositeBudget;

use super::pairs::PairTable;
use crate::number::count_of;
use crate::parts::{first_burn, percent, rate};
use crate::settings::{telling, use_settings};
use crate::text::SloWords;

/// What is left of it, how fast it burns, and the windows that alert.
#[component]
pub(super) fn Composite(budget: CompositeBudget, objectives: usize) -> impl IntoView {
    let settings = use_settings();
    let word = move |choose: fn(&SloWords) -> &'static str| settings.word_of(|words| &words.slo, choose);
    let spent = budget.remaining.is_some_and(|remaining| remaining <= 0.0);
    let left = budget.remaining.map_or_else(|| "–".to_owned(), percent);
    let most = rate(budget.max_burn);
    let help = telling(move || (settings.words().slo.composite_help)(&most));
    view! {
        <section class="objective" data-testid="composite">
            <header class="section"><h2>{telling(move || (settings.words().slo.composite)(&count_of(objectives)))}</h2></header>
            <p class="note">{help}</p>
            <div class="cards figures">
                <div class="card">
                    <h2>{word(|words| words.budget_left)}</h2>
                    <p class="big" class:failed=spent data-testid="composite-left">{left}</p>
                </div>
                <div class="card">
                    <h2>{word(|words| words.burn)}</h2>
                    <p class="big">{first_burn(&budget.pairs)}</p>
                </div>
            </div>
            <PairTable pairs=budget.pairs refused=budget.refused_pairs />
        </section>
    }
}
