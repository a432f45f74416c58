//! Counts good and total events of spans, minute by minute, as a service level indicator says.
//!
//! A span that is stored several times with the same ids and start counts once, and is good when
//! one of its rows is.

use datafusion::sql::sqlparser::ast::Expr;
use datafusion::sql::sqlparser::dialect::PostgreSqlDialect;
use datafusion::sql::sqlparser::parser::Parser;
use datafusion::sql::sqlparser::tokenizer::Token;
use ingest_model::Nanos;

use crate::error::QueryError;
use crate::failure::micros;
use crate::read::{self, Columns};
use crate::session::Sessions;
use crate::{fence, question};

/// Minutes counted at once at most: a week and a bit.
const MINUTES: usize = 8 * 24 * 60;

/// Operators nested in one expression that the parser follows.
const NESTING: usize = 50;

/// Which spans are events, and which of those are good. The texts are SQL over a row of `spans`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Events {
    /// A row is an event where this predicate holds.
    pub among: String,
    /// When an event is good.
    pub good: Good,
}

/// When an event is good.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Good {
    /// Where this predicate holds.
    Holds(String),
    /// Where this predicate does not hold.
    Fails(String),
    /// Where this expression compares with a number as the operator says.
    Compares {
        /// A numeric expression.
        value: String,
        /// One of `<`, `<=`, `>`, `>=`.
        op: &'static str,
        /// The number, in decimal.
        with: String,
    },
}

/// What one minute counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EventMinute {
    /// Start of the minute.
    pub minute: Nanos,
    /// Events.
    pub total: u64,
    /// Good ones.
    pub good: u64,
}

// === impl Events ===

impl Events {
    /// The query that counts, from `$1` on and before `$2`.
    fn query(&self) -> Result<String, QueryError> {
        Ok(format!(
            "SELECT minute, count(*) AS total, count(*) FILTER (WHERE good) AS good
             FROM ({}) AS events
             GROUP BY minute",
            self.each()?
        ))
    }

    /// The query for every event, from `$1` on and before `$2`: its minute, ids, `start_ns` and `good`.
    pub(crate) fn each(&self) -> Result<String, QueryError> {
        let good = match &self.good {
            Good::Holds(predicate) => expression(predicate)?.to_string(),
            Good::Fails(predicate) => format!("NOT coalesce({}, false)", expression(predicate)?),
            Good::Compares { value, op, with } => format!("({}) {op} {}", expression(value)?, expression(with)?),
        };
        let among = expression(&self.among)?;
        Ok(format!(
            "SELECT date_bin(INTERVAL '1 minute', start_time) AS minute, trace_id, span_id,
                    start_time_unix_nano AS start_ns, bool_or(coalesce({good}, false)) AS good
             FROM spans
             WHERE ({among}) AND start_time >= $1 AND start_time < $2
             GROUP BY 1, 2, 3, 4"
        ))
    }
}

/// Counts the minutes from `from` (inclusive) to `to` (exclusive); those without events are left out.
///
/// # Errors
///
/// `BadRequest` for texts that are no SQL over spans, `ResourceLimit` for more minutes than are
/// counted at once.
pub(crate) async fn count(
    sessions: &Sessions,
    events: &Events,
    from: Nanos,
    to: Nanos,
) -> Result<Vec<EventMinute>, QueryError> {
    let query = events.query()?;
    let statement = fence::admit(&query)?;
    let session = sessions.open()?;
    question::provide_tables(&session, &statement).await?;
    let batches = read::rows(&session, &query, vec![micros(from), micros(to)], MINUTES).await?;
    let minutes = batches.iter().flat_map(|batch| {
        let columns = Columns::new(batch);
        (0..batch.num_rows()).map(move |row| EventMinute {
            minute: Nanos(columns.nanos("minute", row)),
            total: columns.int("total", row).unsigned_abs(),
            good: columns.int("good", row).unsigned_abs(),
        })
    });
    Ok(minutes.collect())
}

/// One expression and nothing behind it, printed anew: what was written cannot reach beyond its
/// place in the query.
pub(crate) fn expression(text: &str) -> Result<Expr, QueryError> {
    let wrong = |reason: String| QueryError::bad(format!("{text:?} is no SQL expression: {reason}"), "");
    let dialect = PostgreSqlDialect {};
    let parser = Parser::new(&dialect).with_recursion_limit(NESTING).try_with_sql(text);
    let mut parser = parser.map_err(|error| wrong(error.to_string()))?;
    let expression = parser.parse_expr().map_err(|error| wrong(error.to_string()))?;
    match parser.peek_token().token {
        Token::EOF => Ok(expression),
        more => Err(wrong(format!("{more} stands behind it"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_expression_cannot_reach_beyond_its_place() {
        for text in ["true) OR (true", "true -- ", "1; SELECT 1", "", "true, false", "kind = 'SERVER' GROUP BY 1"] {
            let printed = expression(text).map(|expression| expression.to_string());
            assert!(printed.is_err() || printed == Ok("true".to_owned()), "{text}: {printed:?}");
        }
        let kept = expression("service_name = 'o''brien' AND attributes->>'http.route' = '/a'").unwrap().to_string();
        assert_eq!(kept, "service_name = 'o''brien' AND attributes ->> 'http.route' = '/a'");
    }
}
