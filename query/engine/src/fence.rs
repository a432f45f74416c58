//! What a query may be: one `SELECT`, `WITH` or `EXPLAIN` over known tables, of bounded size.
//!
//! This is the first of two fences; the second is the engine itself, which is told to plan
//! neither DDL nor DML nor statements, and has no file, URL or catalogue to reach.
//!
//! Relations between spans are written out here, so that every door knows them (`relations`).

mod relations;
mod size;

use std::ops::ControlFlow;

use datafusion::sql::parser::{DFParserBuilder, Statement};
use datafusion::sql::sqlparser::ast::{Expr, Query, Select, Statement as SqlStatement, TableFactor, Visit, Visitor};
use datafusion::sql::sqlparser::dialect::PostgreSqlDialect;
use datafusion::sql::sqlparser::tokenizer::Tokenizer;

use crate::error::QueryError;
use size::Size;

/// Table functions that may be called.
const TABLE_FUNCTIONS: &[&str] =
    &["baseline", "burn", "differences", "exhaustion", "generate_series", "range", "suspects", "trace"];

/// Nested parentheses and subqueries the parser follows.
const NESTING: usize = 50;

const ALLOWED: &str = "ask with one SELECT, WITH or EXPLAIN";

/// Which table functions a query may call.
#[derive(Debug, Clone, Copy)]
pub(crate) enum TableFunctions {
    /// Those every door has.
    Own,
    /// Those, and those of a catalogue.
    Of(&'static [&'static str]),
    /// Any: the query is written anew and admitted again before it is planned.
    Any,
}

/// The statement of a query that may be planned.
///
/// # Errors
///
/// `BadRequest` for everything else, saying what is refused.
pub(crate) fn admit(query: &str) -> Result<Statement, QueryError> {
    admit_with(query, TableFunctions::Own)
}

/// The same, with other table functions.
///
/// # Errors
///
/// As [`admit`].
pub(crate) fn admit_with(query: &str, functions: TableFunctions) -> Result<Statement, QueryError> {
    let mut statement = parse(query)?;
    let inner = match &mut statement {
        Statement::Explain(explain) => explain.statement.as_mut(),
        other => other,
    };
    let Statement::Statement(inner) = inner else { return Err(refused(query)) };
    let SqlStatement::Query(asked) = inner.as_ref() else { return Err(refused(query)) };
    if let ControlFlow::Break(error) = asked.visit(&mut Fence { size: Size::default(), functions }) {
        return Err(error);
    }
    relations::write_out(inner)?;
    Ok(statement)
}

/// Parses as PostgreSQL does. The generic dialect binds `->>` weaker than `=`, and takes `->` for
/// a lambda inside calls.
fn parse(query: &str) -> Result<Statement, QueryError> {
    let dialect = PostgreSqlDialect {};
    let tokens = Tokenizer::new(&dialect, query).tokenize_with_location();
    let tokens = tokens.map_err(|error| QueryError::bad(format!("the query is no SQL: {error}"), ""))?;
    size::check_tokens(&tokens)?;
    let parser = DFParserBuilder::new(tokens).with_dialect(&dialect).with_recursion_limit(NESTING).build();
    let mut statements = parser.and_then(|mut parser| parser.parse_statements())?;
    match (statements.pop_front(), statements.len()) {
        (None, _) => Err(QueryError::bad("the query is empty", ALLOWED)),
        (Some(statement), 0) => Ok(statement),
        (Some(_), more) => Err(QueryError::bad(format!("the query has {} statements", more + 1), ALLOWED)),
    }
}

fn refused(query: &str) -> QueryError {
    let word: String = query.trim_start().chars().take_while(|character| character.is_alphabetic()).take(20).collect();
    let of = if word.eq_ignore_ascii_case("explain") { " of anything but a query" } else { "" };
    QueryError::bad(format!("{}{of} is refused: SQL here only reads", word.to_uppercase()), ALLOWED)
}

/// Walks a query and stops at the first thing that is refused.
#[derive(Debug)]
struct Fence {
    size: Size,
    functions: TableFunctions,
}

type Step = ControlFlow<QueryError>;

fn refuse(message: impl Into<String>, hint: &str) -> Step {
    ControlFlow::Break(QueryError::bad(message, hint))
}

// === impl TableFunctions ===

impl TableFunctions {
    fn admit(self, name: &str) -> bool {
        let of_catalogue = match self {
            Self::Own => false,
            Self::Of(names) => names.contains(&name),
            Self::Any => true,
        };
        of_catalogue || TABLE_FUNCTIONS.contains(&name)
    }
}

// === impl Fence ===

impl Visitor for Fence {
    type Break = QueryError;

    fn pre_visit_statement(&mut self, _: &SqlStatement) -> Step {
        refuse("a statement inside the query is refused: SQL here only reads", ALLOWED)
    }

    fn pre_visit_query(&mut self, query: &Query) -> Step {
        if !query.locks.is_empty() {
            return refuse("FOR UPDATE and FOR SHARE are refused: SQL here only reads", "leave the clause out");
        }
        self.size.enter_query(query)
    }

    fn pre_visit_select(&mut self, select: &Select) -> Step {
        if select.into.is_some() {
            return refuse("SELECT INTO is refused: SQL here only reads", "leave INTO out");
        }
        size::check_joined(select)
    }

    fn pre_visit_table_factor(&mut self, factor: &TableFactor) -> Step {
        let function = match factor {
            TableFactor::Table { name, args: Some(_), .. } | TableFactor::Function { name, .. } => name.to_string(),
            TableFactor::TableFunction { expr, .. } => expr.to_string(),
            _ => return ControlFlow::Continue(()),
        };
        if self.functions.admit(&function.to_lowercase()) {
            return ControlFlow::Continue(());
        }
        let hint = format!("the table functions are {}", TABLE_FUNCTIONS.join(", "));
        refuse(format!("the table function {function} is refused"), &hint)
    }

    fn pre_visit_expr(&mut self, _: &Expr) -> Step {
        self.size.enter_expr()
    }

    fn post_visit_expr(&mut self, _: &Expr) -> Step {
        self.size.leave_expr();
        ControlFlow::Continue(())
    }
}

#[cfg(test)]
mod tests;
