//! The burn rates of the pairs of windows, beside the thresholds they are compared with.

use leptos::prelude::*;
use query_api::PairBurn;

use crate::parts::rate;
use crate::settings::use_settings;
use crate::text::SloWords;

/// The table, fastest pair first; below it why others cannot alert.
#[component]
pub(super) fn PairTable(pairs: Vec<PairBurn>, refused: Vec<String>) -> impl IntoView {
    let settings = use_settings();
    let word = move |choose: fn(&SloWords) -> &'static str| move || choose(&settings.words().slo);
    let rows = pairs.into_iter().map(|pair| view! { <Row pair /> }).collect_view();
    let refused = refused.into_iter().map(|reason| view! { <p class="note">{reason}</p> }).collect_view();
    view! {
        <h2>{word(|words| words.windows)}</h2>
        <div class="scroller">
            <table class="list">
                <thead>
                    <tr>
                        <th scope="col">{word(|words| words.severity)}</th>
                        <th scope="col" class="num">{word(|words| words.long)}</th>
                        <th scope="col" class="num">{word(|words| words.short)}</th>
                        <th scope="col" class="num">{word(|words| words.factor)}</th>
                        <th scope="col" class="num">{word(|words| words.breaches)}</th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
        {refused}
    }
}

#[component]
fn Row(pair: PairBurn) -> impl IntoView {
    let shown = |burn: Option<f64>| burn.map_or_else(|| "–".to_owned(), rate);
    let above = |burn: Option<f64>| burn.is_some_and(|burn| burn > pair.factor);
    let mark = match pair.breaches {
        Some(true) => "●",
        Some(false) => "",
        None => "–",
    };
    view! {
        <tr data-testid="pair-row">
            <td>{pair.severity}</td>
            <td class="num" class:failed=above(pair.long_burn)>{pair.long} " " {shown(pair.long_burn)}</td>
            <td class="num" class:failed=above(pair.short_burn)>{pair.short} " " {shown(pair.short_burn)}</td>
            <td class="num">{format!("> {} ×", pair.factor)}</td>
            <td class="num failed">{mark}</td>
        </tr>
    }
}
