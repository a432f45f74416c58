//! `slowburn sql`: one question to a server.

use std::io::{self, Read as _, Write as _};
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use clap::{Args, ValueEnum};
use comfy_table::presets::UTF8_HORIZONTAL_ONLY;
use comfy_table::{Cell, CellAlignment, Table};
use query_api::{ErrorAnswer, SqlAnswer, SqlQuestion};
use reqwest::Client;
use reqwest::header::ACCEPT;
use serde_json::Value;

use crate::written;

/// What to ask, where, and how to show the answer.
#[derive(Debug, Args)]
pub(crate) struct Order {
    /// One SELECT, WITH or EXPLAIN; - reads it from standard input
    query: String,
    /// Where the server's page and API are
    #[arg(long, value_name = "URL", env = "SLOWBURN_ENDPOINT", default_value = "http://127.0.0.1:7077")]
    endpoint: String,
    /// How the answer is printed
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
    /// Rows to print at most; the server's own limit when larger
    #[arg(long, value_name = "N")]
    max_rows: Option<usize>,
    /// A key with the role read or admin, where the server asks for one
    #[arg(long, value_name = "KEY", env = "SLOWBURN_KEY", hide_env_values = true)]
    key: Option<String>,
}

/// How an answer is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people
    Table,
    /// As the API answers it
    Json,
    /// RFC 4180 with a header line
    Csv,
}

/// Asks and prints.
///
/// # Errors
///
/// When the server cannot be reached or refuses the question.
pub(crate) async fn run(order: Order) -> Result<ExitCode> {
    let mut query = order.query;
    if query == "-" {
        query.clear();
        io::stdin().read_to_string(&mut query).context("cannot read the query from standard input")?;
    }
    let question = SqlQuestion { query, max_rows: order.max_rows, timeout_ms: None };
    let mut body = ask(&order.endpoint, order.key.as_deref(), &question, order.format).await?;
    match order.format {
        Format::Table => {
            let answer: SqlAnswer = serde_json::from_slice(&body).context("the server's answer is not understood")?;
            written(print(format!("{}\n", table(&answer)).as_bytes()))?;
            // Nobody may be listening any more.
            let _ = writeln!(io::stderr(), "{}", footer(&answer));
        }
        Format::Json => {
            body.push(b'\n');
            written(print(&body))?;
        }
        Format::Csv => written(print(&body))?,
    }
    Ok(ExitCode::SUCCESS)
}

fn print(text: &[u8]) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(text)?;
    out.flush()
}

async fn ask(endpoint: &str, key: Option<&str>, question: &SqlQuestion, format: Format) -> Result<Vec<u8>> {
    let accept = if format == Format::Csv { "text/csv" } else { "application/json" };
    let url = format!("{}/api/v1/sql", endpoint.trim_end_matches('/'));
    let mut request = Client::builder().no_proxy().build()?.post(url).header(ACCEPT, accept).json(question);
    if let Some(key) = key {
        request = request.bearer_auth(key);
    }
    let unreachable =
        || format!("cannot reach {endpoint}: start `slowburn serve`, or give its address with --endpoint");
    let answer = request.send().await.with_context(unreachable)?;
    let status = answer.status();
    let body = answer.bytes().await.with_context(unreachable)?;
    if status.is_success() {
        return Ok(body.into());
    }
    match serde_json::from_slice::<ErrorAnswer>(&body) {
        Ok(ErrorAnswer { error }) if error.hint.is_empty() => bail!("{}", error.message),
        Ok(ErrorAnswer { error }) => bail!("{}\n{}", error.message, error.hint),
        Err(_) => bail!("{endpoint} answered with status {status} and no reason; is it slowburn's --http address?"),
    }
}

fn table(answer: &SqlAnswer) -> Table {
    let mut table = Table::new();
    table.load_preset(UTF8_HORIZONTAL_ONLY);
    table.set_header(answer.columns.iter().map(|column| harmless(&column.name)));
    for row in &answer.rows {
        table.add_row(row.iter().map(cell));
    }
    table
}

fn cell(value: &Value) -> Cell {
    match value {
        Value::Null => Cell::new("NULL"),
        Value::String(text) => Cell::new(harmless(text)),
        Value::Number(number) => Cell::new(number).set_alignment(CellAlignment::Right),
        other => Cell::new(harmless(&other.to_string())),
    }
}

/// The text with its control characters written out, because a terminal would obey them.
fn harmless(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for letter in text.chars() {
        if letter.is_control() {
            shown.extend(letter.escape_default());
        } else {
            shown.push(letter);
        }
    }
    shown
}

fn footer(answer: &SqlAnswer) -> String {
    let rows = answer.rows.len();
    let more = if answer.truncated { "; there are more, which the limit of rows left out" } else { "" };
    format!("{rows} {} in {} ms{more}", if rows == 1 { "row" } else { "rows" }, answer.stats.elapsed_ms)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_table_shows_names_values_and_nulls() {
        let answer: SqlAnswer = serde_json::from_value(json!({
            "columns": [{"name": "service_name", "type": "VARCHAR"}, {"name": "spans", "type": "BIGINT"}],
            "rows": [["cart", 12], [null, 9_007_199_254_740_993_i64]],
            "truncated": true,
            "stats": {"elapsed_ms": 3, "files_read": 0, "bytes_read": 0},
        }))
        .unwrap();
        let shown = table(&answer).to_string();
        for wanted in ["service_name", "cart", "NULL", "9007199254740993"] {
            assert!(shown.contains(wanted), "{shown}");
        }
        assert!(footer(&answer).starts_with("2 rows in 3 ms; there are more"));
    }

    #[test]
    fn control_characters_are_written_out_and_letters_stay() {
        assert_eq!(harmless("a\u{1b}[2J\tß\n\u{9b}\"'"), r#"a\u{1b}[2J\tß\n\u{9b}"'"#);
    }
}
