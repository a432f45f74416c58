//! Which rows are events, and which of those are good: predicates in SQL over one row.

use datafusion::sql::sqlparser::ast::Expr;
use datafusion::sql::sqlparser::dialect::PostgreSqlDialect;
use datafusion::sql::sqlparser::parser::Parser;
use datafusion::sql::sqlparser::tokenizer::Token;

use crate::error::QueryError;

/// Operators nested in one expression that the parser follows.
const NESTING: usize = 50;

/// Which rows are events, and which of those are good. The texts are SQL over one row.
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

// === impl Events ===

impl Events {
    /// The query for every span that is an event, from `$1` on and before `$2`: its minute, ids, `start_ns` and `good`. A
    /// span that is stored several times with the same ids and start is one event, and good when one of its rows is.
    pub(crate) fn each(&self) -> Result<String, QueryError> {
        self.each_with("")
    }

    /// The same with further columns, which are aggregates over the rows of one span.
    pub(crate) fn each_with(&self, further: &str) -> Result<String, QueryError> {
        let (among, good) = (expression(&self.among)?, self.good.condition()?);
        Ok(format!(
            "SELECT date_bin(INTERVAL '1 minute', start_time) AS minute, trace_id, span_id,
                    start_time_unix_nano AS start_ns, bool_or(coalesce({good}, false)) AS good{further}
             FROM spans
             WHERE ({among}) AND start_time >= $1 AND start_time < $2
             GROUP BY 1, 2, 3, 4"
        ))
    }
}

// === impl Good ===

impl Good {
    /// The condition, as SQL over one row.
    pub(crate) fn condition(&self) -> Result<String, QueryError> {
        Ok(match self {
            Self::Holds(predicate) => format!("({})", expression(predicate)?),
            Self::Fails(predicate) => format!("NOT coalesce({}, false)", expression(predicate)?),
            Self::Compares { value, op, with } => format!("({}) {op} {}", expression(value)?, expression(with)?),
        })
    }
}

/// A predicate over one row, printed anew so that it can stand among others.
///
/// # Errors
///
/// `BadRequest` for a text that is no SQL expression.
pub fn predicate(text: &str) -> Result<String, QueryError> {
    Ok(format!("({})", expression(text)?))
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
