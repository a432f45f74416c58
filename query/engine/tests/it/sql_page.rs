//! `docs/formats/sql.md`: every example on the page answers what the page says.

mod shop;

use serde_json::Value;

use crate::fixture::{Asked, Outcome};
use shop::shop;

const PAGE: &str = "../../docs/formats/sql.md";

/// A question on the page, and what it answers there.
#[derive(Debug, PartialEq, Eq)]
struct Example {
    /// Where the question begins.
    line: usize,
    query: String,
    /// The lines of the block that follows; `None` where none does.
    answer: Option<Vec<String>>,
}

/// A block of code: the line it begins at, what it is of, and its lines.
type Block = (usize, String, Vec<String>);

/// The blocks of code of a page, in order.
fn blocks(page: &str) -> Vec<Block> {
    let (mut found, mut open): (Vec<Block>, Option<Block>) = (Vec::new(), None);
    for (number, line) in page.lines().enumerate() {
        match (line.strip_prefix("```"), open.take()) {
            (Some(of), None) => open = Some((number + 1, of.to_owned(), Vec::new())),
            (Some(_), Some(block)) => found.push(block),
            (None, Some((begin, of, mut lines))) => {
                lines.push(line.to_owned());
                open = Some((begin, of, lines));
            }
            (None, None) => {}
        }
    }
    found.extend(open);
    found
}

fn examples(page: &str) -> Vec<Example> {
    let blocks = blocks(page);
    let answer = |index: usize| blocks.get(index).filter(|(_, of, _)| of == "text").map(|(_, _, lines)| lines.clone());
    let of_sql = blocks.iter().enumerate().filter(|(_, (_, of, _))| of == "sql");
    let examples = of_sql.map(|(index, (line, _, lines))| Example {
        line: *line,
        query: lines.join("\n"),
        answer: answer(index + 1),
    });
    examples.collect()
}

/// A line of cells without the spaces around them.
fn trimmed(line: &str) -> String {
    line.split('|').map(str::trim).collect::<Vec<_>>().join(" | ")
}

fn cell(value: &Value) -> String {
    match value {
        Value::Null => "NULL".to_owned(),
        Value::String(text) if text.is_empty() => "(empty)".to_owned(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

async fn asked(shop: &Asked, query: &str) -> Vec<String> {
    match shop.answer(query).await {
        Ok(answer) => {
            let names = answer.columns.iter().map(|column| column.name.clone()).collect();
            let rows = answer.rows.iter().map(|row| row.iter().map(cell).collect());
            let lines = std::iter::once(names).chain(rows).map(|cells: Vec<String>| cells.join(" | "));
            lines.map(|line| trimmed(&line)).collect()
        }
        Err(error) => vec![trimmed(&format!("error: {}", error.into_body().message))],
    }
}

#[tokio::test]
async fn every_example_of_the_page_answers_what_the_page_says() -> Outcome {
    let page = std::fs::read_to_string(PAGE)?;
    let (shop, mut wrong) = (shop().await?, Vec::new());
    for Example { line, query, answer } in examples(&page) {
        let is = asked(&shop, &query).await;
        let told: Option<Vec<String>> = answer.map(|lines| lines.iter().map(|line| trimmed(line)).collect());
        if told.as_ref() != Some(&is) {
            wrong.push(format!("{PAGE}:{line}\n{query}\nanswers\n{}\n", is.join("\n")));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    Ok(())
}

#[tokio::test]
async fn every_function_that_the_schema_tells_is_on_the_page() -> Outcome {
    let page = std::fs::read_to_string(PAGE)?;
    let functions = shop().await?.engine.schema().await?.functions;
    let names = functions.iter().filter_map(|function| function.call.split_once('(')).map(|(name, _)| name);
    let missing: Vec<_> = names.filter(|name| !page.contains(&format!("`{name}("))).collect();
    assert!(missing.is_empty(), "{PAGE} does not tell of {missing:?}");
    Ok(())
}

#[test]
fn an_example_is_a_block_of_sql_and_the_block_after_it() {
    let page = "text\n```sql\nSELECT 1 AS n\n```\n\nand\n```text\nn\n1\n```\n```sql\nSELECT 2\n```\n```sh\nls\n```\n";
    let first = Example { line: 2, query: "SELECT 1 AS n".into(), answer: Some(vec!["n".into(), "1".into()]) };
    let second = Example { line: 11, query: "SELECT 2".into(), answer: None };
    assert_eq!(examples(page), [first, second]);
    assert_eq!(trimmed("a  |b "), "a | b");
}
