//! How large a query may be: small enough that planning it can neither exhaust a stack nor take
//! minutes.

use std::ops::ControlFlow;

use datafusion::sql::sqlparser::ast::{Query, Select, SetExpr, SetOperator, SetQuantifier};
use datafusion::sql::sqlparser::tokenizer::{Token, TokenWithSpan};

use crate::error::QueryError;

/// Words and signs of a query. Chains of operators nest as deep as they are long, and freeing
/// what was parsed recurses that deep; the stack of a query thread holds this many with room.
const TOKENS: usize = 50_000;

/// Operators nested in one expression: evaluating it recurses that deep.
const OPERATORS: usize = 500;

/// Tables joined in one `SELECT`.
const JOINED: usize = 32;

/// `UNION`, `INTERSECT` and `EXCEPT` in the whole query.
const SET_OPERATIONS: usize = 100;

/// What was counted so far.
#[derive(Debug, Default)]
pub(super) struct Size {
    operators: usize,
    set_operations: usize,
}

/// Refuses a query of too many tokens before it is parsed.
pub(super) fn check_tokens(tokens: &[TokenWithSpan]) -> Result<(), QueryError> {
    let count = tokens.iter().filter(|token| !matches!(token.token, Token::Whitespace(_))).count();
    if count <= TOKENS {
        return Ok(());
    }
    Err(QueryError::bad(
        format!("the query has {count} words and signs; {TOKENS} are allowed"),
        "ask in several queries",
    ))
}

/// Refuses a `SELECT` over too many tables.
pub(super) fn check_joined(select: &Select) -> ControlFlow<QueryError> {
    let joined = select.from.iter().map(|from| 1 + from.joins.len()).sum();
    bounded(joined, JOINED, "joined tables in one SELECT", "join fewer tables")
}

/// Refuses what the engine answers wrongly: it does not count how often a row stands on the right.
fn check_counts(operator: SetOperator, quantifier: SetQuantifier) -> ControlFlow<QueryError> {
    let is_wrong = matches!(operator, SetOperator::Except | SetOperator::Minus | SetOperator::Intersect)
        && matches!(quantifier, SetQuantifier::All | SetQuantifier::AllByName);
    if !is_wrong {
        return ControlFlow::Continue(());
    }
    let message = format!("{operator} ALL is not supported");
    let hint = format!("use {operator} for distinct rows, or count rows of each side with GROUP BY");
    ControlFlow::Break(QueryError::bad(message, hint))
}

fn bounded(count: usize, most: usize, what: &str, hint: &str) -> ControlFlow<QueryError> {
    if count <= most {
        return ControlFlow::Continue(());
    }
    ControlFlow::Break(QueryError::bad(format!("the query has more than {most} {what}"), hint))
}

// === impl Size ===

impl Size {
    pub(super) fn enter_query(&mut self, query: &Query) -> ControlFlow<QueryError> {
        let mut left_to_count = vec![query.body.as_ref()];
        while let Some(body) = left_to_count.pop() {
            if let SetExpr::SetOperation { left, right, op, set_quantifier } = body {
                self.set_operations += 1;
                check_counts(*op, *set_quantifier)?;
                left_to_count.extend([left.as_ref(), right.as_ref()]);
            }
        }
        bounded(self.set_operations, SET_OPERATIONS, "set operations", "ask in several queries")
    }

    pub(super) fn enter_expr(&mut self) -> ControlFlow<QueryError> {
        self.operators += 1;
        bounded(self.operators, OPERATORS, "operators nested in one expression", "use IN (…) instead of a chain of OR")
    }

    pub(super) fn leave_expr(&mut self) {
        self.operators = self.operators.saturating_sub(1);
    }
}
