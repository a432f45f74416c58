//! A list of alerts.

use leptos::prelude::*;
use query_api::Alert;

use super::{Column, Moment, TableHead, phrase, subject};
use crate::api::encoded;
use crate::selection::{Selection, with_selection};
use crate::settings::{telling, use_settings};
use crate::text::{AlertWords, worded};
use crate::time::Precision;

/// The words of the API for the state of an alert.
const STATES: [&str; 4] = ["pending", "firing", "resolved", "inactive"];
/// The words of the API for how urgent it is.
const SEVERITIES: [&str; 2] = ["page", "ticket"];

/// The alerts, one a row, in order; each leads to its page and takes the selection along.
#[component]
pub(crate) fn AlertTable(
    /// What to list.
    alerts: Vec<Alert>,
    /// What is looked at.
    #[prop(default = None)]
    selection: Option<Selection>,
) -> impl IntoView {
    let rows = alerts.into_iter().map(|alert| view! { <Row alert selection /> }).collect_view();
    let columns = vec![
        Column::new("", |words| words.alert.state),
        Column::new("", |words| words.alert.subject),
        Column::new("middle", |words| words.alert.severity),
        Column::new("wide", |words| words.alert.figures),
        Column::new("middle", |words| words.alert.since),
    ];
    view! {
        <div class="scroller">
            <table class="list alerts">
                <TableHead columns />
                <tbody>{rows}</tbody>
            </table>
        </div>
    }
}

#[component]
fn Row(alert: Alert, selection: Option<Selection>) -> impl IntoView {
    let settings = use_settings();
    let link = with_selection(&format!("/alerts/{}", encoded(&alert.id)), selection);
    let state = alert.state.clone();
    let shown = StoredValue::new(alert.clone());
    let figures = move || shown.with_value(|alert| phrase(&settings.words().alert, alert.figures.as_ref()));
    let subject = move || shown.with_value(|alert| subject(&settings.words().alert, alert));
    view! {
        <tr data-testid="alert-row" data-alert=alert.id data-state=state>
            <td><AlertState state=alert.state /></td>
            <td class="root">
                <a href=link>
                    <b>{subject}</b>
                    <span>{alert.service}</span>
                </a>
                <small class="narrow">{figures}</small>
            </td>
            <td class="middle"><Severity severity=alert.severity /></td>
            <td class="wide">{figures}</td>
            <td class="middle"><Moment time=alert.fired_at.unwrap_or(alert.started_at) precision=Precision::Seconds /></td>
        </tr>
    }
}

/// The state of an alert, as a coloured word.
#[component]
pub(crate) fn AlertState(state: String) -> impl IntoView {
    let settings = use_settings();
    let class = format!("state {}", if STATES.contains(&state.as_str()) { &state } else { "unknown" });
    view! { <span class=class data-testid="alert-state">{telling(move || state_name(&settings.words().alert, &state))}</span> }
}

/// The name of a state.
pub(crate) fn state_name(words: &AlertWords, state: &str) -> String {
    worded(&STATES, &words.states, state)
}

/// How urgent it is.
#[component]
pub(crate) fn Severity(severity: String) -> impl IntoView {
    let settings = use_settings();
    let class = if severity == "page" { "urgent" } else { "" };
    view! { <span class=class>{telling(move || severity_name(&settings.words().alert, &severity))}</span> }
}

/// How urgent it is, in a word.
pub(crate) fn severity_name(words: &AlertWords, severity: &str) -> String {
    worded(&SEVERITIES, &words.severities, severity)
}
