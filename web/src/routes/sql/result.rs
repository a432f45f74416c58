//! The rows of an answer.

use ingest_model::TraceId;
use leptos::prelude::*;
use query_api::{Column, SqlAnswer};
use serde_json::Value;

use crate::settings::use_settings;

/// The rows as a table. Numbers stand to the right; a trace id leads to its trace.
#[component]
pub(super) fn ResultTable(answer: SqlAnswer) -> impl IntoView {
    let settings = use_settings();
    if answer.rows.is_empty() {
        return view! { <p class="note">{settings.word(|words| words.sql.no_rows)}</p> }.into_any();
    }
    let numeric: Vec<bool> = answer.columns.iter().map(|column| is_numeric(&column.sql_type)).collect();
    let heads = answer.columns.iter().zip(&numeric).map(|(column, numeric)| head(column, *numeric)).collect_view();
    let rows = answer.rows.into_iter().map(|row| {
        let cells = row.into_iter().zip(&numeric).map(|(value, numeric)| cell(value, *numeric)).collect_view();
        view! { <tr data-testid="sql-row">{cells}</tr> }
    });
    view! {
        <div class="scroller rows">
            <table class="list result">
                <thead><tr>{heads}</tr></thead>
                <tbody>{rows.collect_view()}</tbody>
            </table>
        </div>
    }
    .into_any()
}

fn head(column: &Column, numeric: bool) -> impl IntoView + use<> {
    let (name, sql_type) = (column.name.clone(), column.sql_type.clone());
    view! { <th scope="col" class:num=numeric>{name} <small>{sql_type}</small></th> }
}

fn cell(value: Value, numeric: bool) -> AnyView {
    match value {
        Value::Null => view! { <td class="null" class:num=numeric>"NULL"</td> }.into_any(),
        Value::String(text) => match text.parse::<TraceId>() {
            Ok(id) => view! { <td><a class="id" href=format!("/traces/{id}")>{text}</a></td> }.into_any(),
            Err(_) => view! { <td class:num=numeric>{text}</td> }.into_any(),
        },
        other => view! { <td class:num=numeric>{other.to_string()}</td> }.into_any(),
    }
}

/// Whether values of a SQL type are read by comparing digits.
fn is_numeric(sql_type: &str) -> bool {
    const NUMERIC: [&str; 8] = ["INT", "BIGINT", "SMALLINT", "TINYINT", "DOUBLE", "FLOAT", "REAL", "DECIMAL"];
    let sql_type = sql_type.to_ascii_uppercase();
    NUMERIC.iter().any(|name| sql_type.starts_with(name)) && !sql_type.starts_with("INTERVAL")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_numbers_stand_to_the_right() {
        for sql_type in ["BIGINT", "BIGINT UNSIGNED", "double", "DECIMAL(10,2)"] {
            assert!(is_numeric(sql_type), "{sql_type}");
        }
        for sql_type in ["VARCHAR", "TIMESTAMP", "INTERVAL", "BOOLEAN"] {
            assert!(!is_numeric(sql_type), "{sql_type}");
        }
    }
}
