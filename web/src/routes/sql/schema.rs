//! Tables, columns and functions to choose from.

use leptos::prelude::*;
use query_api::{ColumnHelp, FunctionHelp, Schema, TableHelp};

use super::Desk;
use crate::api;
use crate::parts::Shown;
use crate::settings::use_settings;

/// The tree; pressing a name puts it into the query.
#[component]
pub(super) fn SchemaTree(desk: Desk) -> impl IntoView {
    let settings = use_settings();
    let schema = LocalResource::new(api::schema);
    view! {
        <Shown answer=schema draw=move |schema: Schema| {
            let tables = schema.tables.into_iter().map(|table| view! { <Table desk table /> }).collect_view();
            let functions = schema.functions.into_iter().map(|function| view! { <Function desk function /> });
            view! {
                {tables}
                <details>
                    <summary>{settings.word(|words| words.sql.functions)}</summary>
                    <ul>{functions.collect_view()}</ul>
                </details>
            }
        } />
    }
}

#[component]
fn Table(desk: Desk, table: TableHelp) -> impl IntoView {
    let columns = table.columns.into_iter().map(|column| view! { <TableColumn desk column /> }).collect_view();
    view! {
        <details data-testid="schema-table">
            <summary title=table.help.clone()><b>{table.name}</b></summary>
            <p class="note">{table.help}</p>
            <ul>{columns}</ul>
        </details>
    }
}

#[component]
fn TableColumn(desk: Desk, column: ColumnHelp) -> impl IntoView {
    let name = column.name.clone();
    view! {
        <li>
            <button type="button" title=column.help on:click=move |_| desk.insert(&name)>
                <span>{column.name}</span>
                <small>{column.sql_type}</small>
            </button>
        </li>
    }
}

#[component]
fn Function(desk: Desk, function: FunctionHelp) -> impl IntoView {
    let call = function.call.clone();
    view! {
        <li>
            <button type="button" class="function" on:click=move |_| desk.insert(&call)>
                <span>{function.call}</span>
                <small>{function.help}</small>
            </button>
        </li>
    }
}
