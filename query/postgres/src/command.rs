//! Tells what a statement wants.

use pgwire::error::ErrorInfo;

use crate::failure::{self, Code};
use crate::split::bare;

/// What a statement wants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Command {
    /// An answer of the engine, which refuses what does not only read.
    Ask,
    /// To begin a transaction; its tag.
    Begin(&'static str),
    /// To end a transaction; its tag.
    End(&'static str),
    /// Something that is taken note of and changes nothing; its tag.
    Note(&'static str),
    /// To forget one prepared statement, or all.
    Forget(Option<String>),
    /// The value of a setting.
    Show(String),
}

/// What may begin a question.
const QUESTIONS: [&str; 5] = ["SELECT", "WITH", "EXPLAIN", "VALUES", "TABLE"];

/// Statements that would change something.
const WRITING: [&str; 21] = [
    "ALTER", "CALL", "CLUSTER", "COMMENT", "COPY", "CREATE", "DELETE", "DO", "DROP", "GRANT", "IMPORT", "INSERT",
    "LOCK", "MERGE", "REASSIGN", "REFRESH", "REINDEX", "REVOKE", "SECURITY", "TRUNCATE", "UPDATE",
];

/// Other statements PostgreSQL has.
const OTHERS: [&str; 12] = [
    "ANALYZE",
    "CHECKPOINT",
    "DECLARE",
    "EXECUTE",
    "FETCH",
    "LISTEN",
    "LOAD",
    "MOVE",
    "NOTIFY",
    "PREPARE",
    "VACUUM",
    "ATTACH",
];

const ALLOWED: &str = "ask with one SELECT, WITH or EXPLAIN";

/// What a statement wants; the error where nothing here does it.
pub(crate) fn command(statement: &str) -> Result<Command, Box<ErrorInfo>> {
    let words = words(statement);
    let word = |index: usize| words.get(index).map_or("", String::as_str);
    Ok(match word(0) {
        "" if bare(statement).starts_with('(') => Command::Ask,
        first if QUESTIONS.contains(&first) => Command::Ask,
        "BEGIN" => Command::Begin("BEGIN"),
        "START" if word(1) == "TRANSACTION" => Command::Begin("START TRANSACTION"),
        "COMMIT" | "END" => Command::End("COMMIT"),
        "ROLLBACK" if words.iter().any(|word| word == "TO") => Command::Note("ROLLBACK"),
        "ROLLBACK" | "ABORT" => Command::End("ROLLBACK"),
        "SAVEPOINT" => Command::Note("SAVEPOINT"),
        "RELEASE" => Command::Note("RELEASE"),
        "SET" => Command::Note("SET"),
        "RESET" => Command::Note("RESET"),
        "UNLISTEN" => Command::Note("UNLISTEN"),
        "CLOSE" if word(1) == "ALL" => Command::Note("CLOSE CURSOR ALL"),
        "DISCARD" => Command::Note(if word(1) == "ALL" { "DISCARD ALL" } else { "DISCARD" }),
        "DEALLOCATE" => Command::Forget(forgotten(statement)),
        "SHOW" => Command::Show(shown(statement)),
        first => return Err(refusal(first)),
    })
}

/// The first words of a statement, in upper case.
fn words(statement: &str) -> Vec<String> {
    let letters = bare(statement).split(|letter: char| letter.is_whitespace() || letter == '(');
    let word = |part: &str| part.chars().take_while(|letter| letter.is_alphabetic()).collect::<String>();
    letters.take(8).map(|part| word(part).to_uppercase()).collect()
}

/// The name in `DEALLOCATE [PREPARE] name`; `None` for all.
fn forgotten(statement: &str) -> Option<String> {
    let name = bare(statement).split_whitespace().next_back().unwrap_or_default();
    let name = name
        .strip_prefix('"')
        .and_then(|name| name.strip_suffix('"'))
        .map_or_else(|| name.to_lowercase(), str::to_owned);
    (name != "all").then_some(name)
}

/// The name in `SHOW name`, in lower case and with single spaces.
fn shown(statement: &str) -> String {
    let words = bare(statement).split_whitespace().skip(1).map(|word| word.trim_matches('"').to_lowercase());
    words.collect::<Vec<_>>().join(" ")
}

fn refusal(word: &str) -> Box<ErrorInfo> {
    let refused = format!("{word} is refused: SQL here only reads");
    if WRITING.contains(&word) {
        failure::error(Code::InsufficientPrivilege, refused, ALLOWED)
    } else if OTHERS.contains(&word) {
        failure::error(Code::FeatureNotSupported, refused, ALLOWED)
    } else {
        failure::error(Code::SyntaxError, format!("{word:?} begins no statement that is known here"), ALLOWED)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(statement: &str) -> String {
        command(statement).map_or_else(|error| error.code, |command| format!("{command:?}"))
    }

    #[test]
    fn questions_go_to_the_engine() {
        for question in
            ["SELECT 1", " -- why\nselect 1", "WITH t AS (SELECT 1) SELECT", "(SELECT 1)", "explain select 1"]
        {
            assert_eq!(code(question), "Ask", "{question}");
        }
    }

    #[test]
    fn what_drivers_say_is_taken_note_of() {
        for (statement, wanted) in [
            ("BEGIN", "Begin(\"BEGIN\")"),
            ("begin transaction isolation level read committed", "Begin(\"BEGIN\")"),
            ("START TRANSACTION", "Begin(\"START TRANSACTION\")"),
            ("COMMIT", "End(\"COMMIT\")"),
            ("ROLLBACK TO SAVEPOINT a", "Note(\"ROLLBACK\")"),
            ("ROLLBACK", "End(\"ROLLBACK\")"),
            ("SET extra_float_digits = 3", "Note(\"SET\")"),
            ("DISCARD ALL", "Note(\"DISCARD ALL\")"),
            ("DEALLOCATE \"_PG3_0\"", "Forget(Some(\"_PG3_0\"))"),
            ("DEALLOCATE ALL", "Forget(None)"),
            ("SHOW  TimeZone", "Show(\"timezone\")"),
            ("SHOW TRANSACTION ISOLATION LEVEL", "Show(\"transaction isolation level\")"),
        ] {
            assert_eq!(code(statement), wanted, "{statement}");
        }
    }

    #[test]
    fn everything_else_is_refused_with_a_code() {
        for (statement, wanted) in [
            ("DROP TABLE spans", "42501"),
            ("COPY spans TO '/tmp/x'", "42501"),
            ("INSERT INTO spans VALUES (1)", "42501"),
            ("VACUUM", "0A000"),
            ("DECLARE c CURSOR FOR SELECT 1", "0A000"),
            ("SELEC 1", "42601"),
            ("1", "42601"),
        ] {
            assert_eq!(code(statement), wanted, "{statement}");
        }
    }
}
