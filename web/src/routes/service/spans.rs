//! The spans of the chosen minute: failed ones first, then the slowest.

use ingest_model::Nanos;
use leptos::prelude::*;
use query_api::{SqlAnswer, SqlQuestion};
use serde_json::Value;

use crate::api::{self, encoded};
use crate::parts::{Column, Moment, Shown, TableHead};
use crate::selection::{Look, Selection, with_selection};
use crate::settings::use_settings;
use crate::text::Words;
use crate::time::{Precision, duration, duration_exact};

const MINUTE_NS: i64 = 60_000_000_000;

/// Spans listed.
const SPANS: usize = 20;

/// The spans of the minute, each with the way to its trace.
#[component]
pub(super) fn MinuteSpans(service: Memo<String>, minute: RwSignal<Option<Nanos>>, look: Memo<Look>) -> impl IntoView {
    let settings = use_settings();
    let word = move |choose: fn(&Words) -> &'static str| settings.word(choose);
    move || {
        let Some(at) = minute.get() else {
            return view! { <p class="note">{word(|words| words.service.choose)}</p> }.into_any();
        };
        let query = query(&service.get(), at);
        let sql = format!("/sql?q={}", encoded(&query));
        let question = SqlQuestion { query, max_rows: Some(SPANS), ..SqlQuestion::default() };
        let spans = LocalResource::new(move || {
            let question = question.clone();
            async move {
                api::sql(&question).await.map(|answer| SqlAnswer { stats: query_api::SqlStats::default(), ..answer })
            }
        });
        view! {
            <section data-testid="minute-spans">
                <header class="section">
                    <h2><Moment time=at precision=Precision::Seconds /> " · " {word(|words| words.service.spans)}</h2>
                    <a href=sql>"SQL"</a>
                </header>
                <Shown answer=spans draw=move |answer: SqlAnswer| view! { <Table answer selection=look.get_untracked().selection /> } />
            </section>
        }
        .into_any()
    }
}

#[component]
fn Table(answer: SqlAnswer, selection: Option<Selection>) -> impl IntoView {
    let settings = use_settings();
    let word = move |choose: fn(&Words) -> &'static str| settings.word(choose);
    if answer.rows.is_empty() {
        return view! { <p class="note">{word(|words| words.service.no_spans)}</p> }.into_any();
    }
    let rows = answer.rows.iter().map(|row| view! { <Row row=row.clone() selection /> }).collect_view();
    let columns = vec![
        Column::new("", |words| words.service.operation),
        Column::new("", |words| words.details.status),
        Column::new("num", |words| words.traces.duration),
        Column::new("middle", |words| words.trace.trace),
    ];
    view! {
        <div class="scroller">
            <table class="list">
                <TableHead columns />
                <tbody>{rows}</tbody>
            </table>
        </div>
    }
    .into_any()
}

#[component]
fn Row(row: Vec<Value>, selection: Option<Selection>) -> impl IntoView {
    let text = |index: usize| row.get(index).and_then(Value::as_str).unwrap_or_default().to_owned();
    let (trace, span, status) = (text(0), text(1), text(3));
    let duration_ns = row.get(4).and_then(Value::as_i64).unwrap_or_default();
    let failed = status == "ERROR";
    let link = with_selection(&format!("/traces/{trace}?span={span}"), selection);
    view! {
        <tr data-testid="minute-span">
            <td class="root"><a href=link><b>{text(2)}</b></a></td>
            <td class:failed=failed>{status}</td>
            <td class="num" title=duration_exact(duration_ns)>{duration(duration_ns)}</td>
            <td class="middle id">{trace.chars().take(8).collect::<String>()}</td>
        </tr>
    }
}

/// What is asked; the same stands behind the link to the SQL page.
fn query(service: &str, minute: Nanos) -> String {
    let service = match service {
        "unknown_service" => "service_name IS NULL OR service_name LIKE 'unknown_service%'".to_owned(),
        named => format!("service_name = '{}'", named.replace('\'', "''")),
    };
    let (from, to) = (minute.rfc3339(), minute.plus(MINUTE_NS).rfc3339());
    format!(
        "SELECT trace_id, span_id, name, status_code, duration_ns FROM spans\n\
         WHERE ({service})\n  AND start_time >= '{from}' AND start_time < '{to}'\n\
         ORDER BY status_code = 'ERROR' DESC, kind IN ('SERVER', 'CONSUMER') DESC, duration_ns DESC LIMIT {SPANS}"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_a_service_cannot_break_out_of_the_query() {
        assert!(query("o'brien' OR 1=1 --", Nanos(0)).contains("service_name = 'o''brien'' OR 1=1 --'"));
        assert!(query("unknown_service", Nanos(0)).contains("service_name IS NULL"));
    }
}
