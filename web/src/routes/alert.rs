//! An alert: what fired and why, what shows it, and who was told.

mod deliveries;
mod history;
mod proof;

use leptos::prelude::*;
use leptos_router::hooks::use_params_map;
use query_api::{Alert, AlertCause, AlertDetail};

use self::deliveries::Deliveries;
use self::history::History;
use self::proof::Proof;
use crate::api::{self, encoded};
use crate::parts::{
    AlertState, AlertTable, Column, SelectionNote, Severity, Shown, TableHead, TraceLinks, refresh, sentence, times,
    whole_subject,
};
use crate::selection::{Selection, use_selection, with_selection};
use crate::settings::use_settings;
use crate::text::{AlertWords, Words};

/// The page of the alert the address names.
#[component]
pub(crate) fn AlertPage() -> impl IntoView {
    let settings = use_settings();
    let params = use_params_map();
    let chosen = use_selection();
    let id = Memo::new(move |_| params.with(|params| params.get_str("id").unwrap_or_default().to_owned()));
    let detail = LocalResource::new(move || {
        let id = id.get();
        async move { api::alert(&id).await }
    });
    refresh(move || {
        detail.refetch();
    });
    Effect::new(move || document().set_title(&format!("{} · slowburn", settings.words().frame.alerts)));
    view! {
        <div class="page alert" data-testid="alert-page">
            <Shown answer=detail draw=move |detail: AlertDetail| {
                move || view! { <Whole detail=detail.clone() chosen=chosen.get() /> }
            } />
        </div>
    }
}

#[component]
fn Whole(detail: AlertDetail, chosen: Option<Selection>) -> impl IntoView {
    let settings = use_settings();
    let AlertDetail { alert, history, deliveries, episodes } = detail;
    document().set_title(&format!("{} · slowburn", alert.subject));
    // What the alert is about is the selection, unless somebody chose another before.
    let selection = chosen.or_else(|| Selection::new(alert.from, alert.to));
    let end = alert.evaluated_at;
    let told = StoredValue::new(alert.clone());
    let say = move |tell: fn(&AlertWords, &Alert) -> String| {
        move || told.with_value(|alert| tell(&settings.words().alert, alert))
    };
    let episodes = (!episodes.is_empty()).then(|| {
        view! {
            <section data-testid="episodes">
                <header class="section"><h2>{settings.word(|words| words.alert.episodes)}</h2></header>
                <AlertTable alerts=episodes />
            </section>
        }
    });
    view! {
        <header class="alert-head">
            <p class="over"><AlertState state=alert.state.clone() /> <Severity severity=alert.severity.clone() /></p>
            <h1>{say(whole_subject)}</h1>
            <p class="lead" data-testid="sentence">{say(sentence)}</p>
            <Ways alert=alert.clone() selection />
            <SelectionNote selection=chosen without=format!("/alerts/{}", encoded(&alert.id)) />
        </header>
        <Exemplars alert=alert.clone() selection />
        <Proof alert=alert.clone() />
        <Differs alert=alert.clone() selection />
        <History history end />
        <Deliveries deliveries />
        {episodes}
        <p class="note">{settings.word(|words| words.alert.rule)} " " <code>{alert.rule}</code></p>
    }
}

/// Where the same range is shown in another light.
#[component]
fn Ways(alert: Alert, selection: Option<Selection>) -> impl IntoView {
    let settings = use_settings();
    let word = move |choose: fn(&Words) -> &'static str| settings.word(choose);
    let slo = slo_address(&alert, selection).map(|link| {
        view! { <a data-testid="to-slo" href=link>{word(|words| words.alert.to_slo)}</a> }
    });
    let service = encoded(&alert.service);
    let named = !alert.service.is_empty();
    let to_service = with_selection(&format!("/services/{service}"), selection);
    let traces = if named { format!("/traces?service={service}") } else { "/traces".to_owned() };
    view! {
        <nav class="ways-on" aria-label=word(|words| words.frame.navigation)>
            {slo}
            {named.then(|| view! { <a data-testid="to-service" href=to_service>{word(|words| words.alert.to_service)}</a> })}
            <a data-testid="to-traces" href=with_selection(&traces, selection)>{word(|words| words.alert.to_traces)}</a>
        </nav>
    }
}

#[component]
fn Exemplars(alert: Alert, selection: Option<Selection>) -> impl IntoView {
    let settings = use_settings();
    (!alert.trace_ids.is_empty()).then(|| {
        view! {
            <section data-testid="exemplars">
                <header class="section"><h2>{settings.word(|words| words.alert.exemplars)}</h2></header>
                <p class="note">{settings.word(|words| words.alert.exemplars_lead)}</p>
                <TraceLinks trace_ids=alert.trace_ids selection />
            </section>
        }
    })
}

/// What differed when it was evaluated.
#[component]
fn Differs(alert: Alert, selection: Option<Selection>) -> impl IntoView {
    let settings = use_settings();
    let word = move |choose: fn(&Words) -> &'static str| settings.word(choose);
    let more = slo_address(&alert, selection);
    let row = |cause: AlertCause| {
        view! {
            <tr data-testid="alert-cause">
                <td class="root"><code>{cause.key} "=" <b>{cause.value}</b></code></td>
                <td class="num">{times(cause.lift)}</td>
            </tr>
        }
    };
    let columns = vec![
        Column::new("", |words| words.cause.attribute),
        Column::new("num", |words| words.cause.lift).helped(|words| words.cause.lift_help),
    ];
    (!alert.causes.is_empty()).then(|| {
        view! {
            <section>
                <header class="section">
                    <h2>{word(|words| words.cause.title)}</h2>
                    {more.map(|link| view! { <a href=link>{word(|words| words.cause.everything)}</a> })}
                </header>
                <div class="scroller">
                    <table class="list">
                        <TableHead columns />
                        <tbody>{alert.causes.into_iter().map(row).collect_view()}</tbody>
                    </table>
                </div>
            </section>
        }
    })
}

/// The page of the SLO an alert is about, where it is about one.
fn slo_address(alert: &Alert, selection: Option<Selection>) -> Option<String> {
    alert.labels.get("slo").map(|name| with_selection(&format!("/slos/{}", encoded(name)), selection))
}

#[cfg(test)]
mod tests {
    use ingest_model::Nanos;

    use super::*;

    #[test]
    fn an_alert_leads_to_its_slo_in_its_range() {
        let slo = |labels: &[(&str, &str)]| {
            let labels = labels.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
            slo_address(&Alert { labels, ..Alert::default() }, Selection::new(Nanos(5), Nanos(7)))
        };
        assert_eq!(slo(&[("slo", "check out"), ("service", "shop")]).as_deref(), Some("/slos/check%20out?from=5&to=7"));
        assert_eq!(slo(&[("service", "shop")]), None);
    }
}
