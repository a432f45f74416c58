//! The times an SLO is not judged by as they were counted.

use leptos::prelude::*;
use query_api::Correction;

use crate::parts::{Column, Moment, TableHead, repeats};
use crate::settings::{telling, use_settings};
use crate::text::{CorrectionWords, worded};
use crate::time::Precision;

/// The words of the API for what a correction does.
const EFFECTS: [&str; 2] = ["good", "excluded"];

/// The table; nothing where there are none.
#[component]
pub(super) fn Corrections(corrections: Vec<Correction>) -> impl IntoView {
    let settings = use_settings();
    let word = move |choose: fn(&CorrectionWords) -> &'static str| settings.word_of(|words| &words.correction, choose);
    let none = corrections.is_empty();
    let rows = corrections.into_iter().map(|correction| view! { <Row correction /> }).collect_view();
    (!none).then(|| {
        let columns = vec![
            Column::new("", |words| words.correction.correction),
            Column::new("", |words| words.correction.effect),
            Column::new("", |words| words.correction.when),
            Column::new("wide", |words| words.correction.by),
        ];
        view! {
            <section data-testid="corrections">
                <header class="section"><h2>{word(|words| words.title)}</h2></header>
                <div class="scroller">
                    <table class="list corrections">
                        <TableHead columns />
                        <tbody>{rows}</tbody>
                    </table>
                </div>
            </section>
        }
    })
}

#[component]
fn Row(correction: Correction) -> impl IntoView {
    let settings = use_settings();
    let effect = correction.effect.clone();
    view! {
        <tr data-testid="correction-row" data-correction=correction.name>
            <td class="text"><b>{correction.name.clone()}</b> " " <small>{correction.reason.clone()}</small></td>
            <td>{telling(move || worded(&EFFECTS, &settings.words().correction.effects, &effect))}</td>
            <td class="text"><When correction=correction.clone() /></td>
            <td class="wide"><Moment time=correction.changed_at precision=Precision::Seconds /> " " <small>{correction.changed_by}</small></td>
        </tr>
    }
}

/// Once from here to there, or again and again.
#[component]
fn When(correction: Correction) -> impl IntoView {
    let settings = use_settings();
    let Correction { starts_at, ends_at, lasts_minutes, .. } = correction;
    match correction.repeats {
        Some(text) => {
            let told = telling(move || repeats(settings.words(), &text, lasts_minutes));
            let until = ends_at.map(|end| {
                view! { ", " {settings.word(|words| words.correction.until)} " " <Moment time=end precision=Precision::Seconds /> }
            });
            view! { <span>{told}</span> {until} }.into_any()
        }
        None => {
            let end = ends_at.map(|end| view! { " – " <Moment time=end precision=Precision::Seconds /> });
            view! { <Moment time=starts_at precision=Precision::Seconds /> {end} }.into_any()
        }
    }
}
