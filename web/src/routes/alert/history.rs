//! The history of an alert: a strip of its states, and the changes as a table.

use ingest_model::Nanos;
use leptos::prelude::*;
use query_api::AlertTransition;

use crate::layout::{Stage, stages};
use crate::parts::{AlertState, Column, Moment, Severity, TableHead, state_name};
use crate::settings::{telling, use_settings};
use crate::text::{AlertWords, worded};
use crate::time::{Precision, duration};

/// The words of the API for why an alert changed.
const REASONS: [&str; 7] = ["started", "held", "ceased", "data_missing", "severity_raised", "cleared", "retired"];

/// The strip and the table. What is open lasts until `end`.
#[component]
pub(super) fn History(history: Vec<AlertTransition>, end: Nanos) -> impl IntoView {
    let settings = use_settings();
    let word = move |choose: fn(&AlertWords) -> &'static str| settings.word_of(|words| &words.alert, choose);
    let stages = stages(&history, end);
    let lengths: Vec<i64> = stages.iter().map(|stage| stage.to.since(stage.from)).collect();
    let strip = stages.into_iter().map(|stage| view! { <Part stage /> }).collect_view();
    let rows = history.into_iter().zip(lengths).map(|(change, lasted)| view! { <Row change lasted /> }).collect_view();
    let columns = vec![
        Column::new("", |words| words.alert.at),
        Column::new("", |words| words.alert.state),
        Column::new("middle", |words| words.alert.reason),
        Column::new("wide", |words| words.alert.severity),
        Column::new("num", |words| words.alert.lasted),
    ];
    view! {
        <section data-testid="history">
            <header class="section"><h2>{word(|words| words.history)}</h2></header>
            <div class="strip" aria-hidden="true">{strip}</div>
            <div class="scroller">
                <table class="list">
                    <TableHead columns />
                    <tbody>{rows}</tbody>
                </table>
            </div>
        </section>
    }
}

#[component]
fn Part(stage: Stage) -> impl IntoView {
    let settings = use_settings();
    // What has just begun ends at the right edge and is drawn before it.
    let moment = if stage.left >= 99.5 { " moment" } else { "" };
    let class = format!("stage {}{moment}", stage.state);
    let title = move || {
        let from = settings.stamp(stage.from, Precision::Seconds);
        format!(
            "{} {from} · {}",
            state_name(&settings.words().alert, &stage.state),
            duration(stage.to.since(stage.from))
        )
    };
    let percent = |share: f64| format!("calc({share:.3} * 1%)");
    view! { <i class=class title=title style:left=percent(stage.left) style:width=percent(stage.width)></i> }
}

#[component]
fn Row(change: AlertTransition, lasted: i64) -> impl IntoView {
    let settings = use_settings();
    let reason = telling(move || worded(&REASONS, &settings.words().alert.reasons, &change.reason));
    view! {
        <tr data-testid="transition-row">
            <td><Moment time=change.at precision=Precision::Seconds /></td>
            <td><AlertState state=change.to /></td>
            <td class="middle">{reason}</td>
            <td class="wide"><Severity severity=change.severity /></td>
            <td class="num">{if lasted > 0 { duration(lasted) } else { String::new() }}</td>
        </tr>
    }
}
