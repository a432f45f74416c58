//! The burn rates of the pairs of windows, beside the thresholds they are compared with.

use leptos::prelude::*;
use query_api::PairBurn;

use crate::parts::{Column, TableHead, percent, rate, severity_name};
use crate::settings::{telling, use_settings};
use crate::text::SloWords;

/// The table, fastest pair first; below it why others cannot alert.
#[component]
pub(super) fn PairTable(pairs: Vec<PairBurn>, refused: Vec<String>) -> impl IntoView {
    let settings = use_settings();
    let word = move |choose: fn(&SloWords) -> &'static str| settings.word_of(|words| &words.slo, choose);
    let took = pairs.iter().any(|pair| pair.spent_by_events.is_some());
    let doubts = pairs.iter().filter(|pair| is_doubted(pair)).cloned().map(|pair| {
        let text = telling(move || doubt(&settings.words().slo, &pair));
        view! { <p class="note" data-testid="doubt">{text}</p> }
    });
    let doubts = doubts.collect_view();
    let mut columns = vec![
        Column::new("", |words| words.slo.severity),
        Column::new("num", |words| words.slo.long),
        Column::new("num", |words| words.slo.short),
        Column::new("num", |words| words.slo.factor),
        Column::new("num", |words| words.slo.breaches),
    ];
    if took {
        columns.insert(4, Column::new("num wide", |words| words.slo.took));
    }
    let rows = pairs.into_iter().map(|pair| view! { <Row pair took /> }).collect_view();
    let refused = refused.into_iter().map(|reason| view! { <p class="note">{reason}</p> }).collect_view();
    view! {
        <h2>{word(|words| words.windows)}</h2>
        <div class="scroller">
            <table class="list">
                <TableHead columns />
                <tbody>{rows}</tbody>
            </table>
        </div>
        {doubts}
        {refused}
    }
}

#[component]
fn Row(pair: PairBurn, took: bool) -> impl IntoView {
    let settings = use_settings();
    let shown = |burn: Option<f64>| burn.map_or_else(|| "–".to_owned(), rate);
    let above = |burn: Option<f64>| burn.is_some_and(|burn| burn > pair.factor);
    let mark = match pair.breaches {
        Some(true) => "●",
        Some(false) if is_doubted(&pair) => "○",
        Some(false) => "",
        None => "–",
    };
    let by_rate = pair.spent_by_rate.map(percent);
    let help =
        telling(move || by_rate.as_ref().map(|by_rate| (settings.words().slo.took_help)(by_rate)).unwrap_or_default());
    let spent = pair.spent_by_events.map_or_else(|| "–".to_owned(), percent);
    let severity = pair.severity.clone();
    view! {
        <tr data-testid="pair-row">
            <td>{telling(move || severity_name(&settings.words().alert, &severity))}</td>
            <td class="num" class:failed=above(pair.long_burn)>{pair.long} " " {shown(pair.long_burn)}</td>
            <td class="num" class:failed=above(pair.short_burn)>{pair.short} " " {shown(pair.short_burn)}</td>
            <td class="num">{format!("> {} ×", pair.factor)}</td>
            {took.then(|| view! { <td class="num wide" title=help>{spent}</td> })}
            <td class="num failed">{mark}</td>
        </tr>
    }
}

/// Whether both windows are above the factor and nobody is told, because bad events are too few.
fn is_doubted(pair: &PairBurn) -> bool {
    let above = |burn: Option<f64>| burn.is_some_and(|burn| burn > pair.factor);
    pair.doubt.is_some() && pair.breaches == Some(false) && above(pair.long_burn) && above(pair.short_burn)
}

fn doubt(words: &SloWords, pair: &PairBurn) -> String {
    (words.doubt)(&pair.long, &pair.short, pair.doubt.as_deref().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::Lang;

    #[test]
    fn doubt_is_told_only_of_a_pair_that_would_alert_without_it() {
        let few = PairBurn {
            long: "1h".to_owned(),
            short: "5m".to_owned(),
            factor: 14.4,
            long_burn: Some(20.0),
            short_burn: Some(30.0),
            breaches: Some(false),
            doubt: Some("2 bad events, 3 are needed".to_owned()),
            ..PairBurn::default()
        };
        assert!(is_doubted(&few));
        assert!(!is_doubted(&PairBurn { short_burn: Some(3.0), ..few.clone() }), "it is not above");
        assert!(!is_doubted(&PairBurn { breaches: Some(true), doubt: None, ..few.clone() }));
        assert_eq!(
            doubt(&Lang::En.words().slo, &few),
            "1h and 5m are above their threshold and do not alert: 2 bad events, 3 are needed."
        );
    }
}
