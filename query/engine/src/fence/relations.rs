//! Relations between two spans, written as comparisons.
//!
//! `is_descendant(d, a)` names two tables, not columns: PostgreSQL takes a table's name for its whole row, and DataFusion has no such
//! value. So the call is written anew, as what it means, before the query is planned: a comparison that a join can be made by.

use std::ops::ControlFlow;

use datafusion::sql::sqlparser::ast::{
    BinaryOperator, Expr, Function, FunctionArg, FunctionArgExpr, FunctionArguments, Ident, Statement,
    visit_expressions_mut,
};

use crate::error::QueryError;

/// A relation: what has to hold of columns of the first (left) and the second table.
struct Relation {
    name: &'static str,
    holds: &'static [(&'static str, BinaryOperator, &'static str)],
}

const RELATIONS: [Relation; 5] = [
    Relation {
        name: "is_descendant",
        holds: &[("tree_left", BinaryOperator::Gt, "tree_left"), ("tree_left", BinaryOperator::Lt, "tree_right")],
    },
    Relation {
        name: "is_ancestor",
        holds: &[("tree_left", BinaryOperator::Lt, "tree_left"), ("tree_right", BinaryOperator::Gt, "tree_left")],
    },
    Relation { name: "is_child", holds: &[("tree_parent", BinaryOperator::Eq, "tree_left")] },
    Relation { name: "is_parent", holds: &[("tree_left", BinaryOperator::Eq, "tree_parent")] },
    Relation {
        name: "is_sibling",
        holds: &[
            ("parent_span_id", BinaryOperator::Eq, "parent_span_id"),
            ("tree_left", BinaryOperator::NotEq, "tree_left"),
        ],
    },
];

/// Writes every relation of a statement as comparisons.
///
/// # Errors
///
/// `BadRequest` for a relation of anything but two tables.
pub(super) fn write_out(statement: &mut Statement) -> Result<(), QueryError> {
    let each = |expr: &mut Expr| match written_out(expr) {
        Ok(Some(comparison)) => {
            *expr = comparison;
            ControlFlow::Continue(())
        }
        Ok(None) => ControlFlow::Continue(()),
        Err(error) => ControlFlow::Break(error),
    };
    match visit_expressions_mut(statement, each) {
        ControlFlow::Break(error) => Err(error),
        ControlFlow::Continue(()) => Ok(()),
    }
}

fn written_out(expr: &Expr) -> Result<Option<Expr>, QueryError> {
    let Expr::Function(function) = expr else { return Ok(None) };
    let name = function.name.to_string().to_lowercase();
    let Some(relation) = RELATIONS.iter().find(|relation| relation.name == name) else { return Ok(None) };
    let [left, right] = tables(function).ok_or_else(|| mistaken(&name))?;
    let mut comparison = compare(left, "trace_id", &BinaryOperator::Eq, right, "trace_id");
    for (of_left, operator, of_right) in relation.holds {
        let more = compare(left, of_left, operator, right, of_right);
        comparison = binary(comparison, BinaryOperator::And, more);
    }
    Ok(Some(Expr::Nested(Box::new(comparison))))
}

/// The names of the two tables.
fn tables(function: &Function) -> Option<[&Ident; 2]> {
    let FunctionArguments::List(list) = &function.args else { return None };
    let name = |argument| match argument {
        &FunctionArg::Unnamed(FunctionArgExpr::Expr(Expr::Identifier(ref name))) => Some(name),
        _ => None,
    };
    let is_plain = list.duplicate_treatment.is_none() && list.clauses.is_empty() && function.over.is_none();
    match list.args.as_slice() {
        [left, right] if is_plain => Some([name(left)?, name(right)?]),
        _ => None,
    }
}

fn mistaken(name: &str) -> QueryError {
    let example = "FROM span_tree AS d JOIN span_tree AS a ON is_descendant(d, a)";
    QueryError::bad(format!("{name} takes the names of two tables of the query"), format!("write {example}"))
}

fn compare(left: &Ident, of_left: &str, operator: &BinaryOperator, right: &Ident, of_right: &str) -> Expr {
    let column = |table: &Ident, name: &str| Expr::CompoundIdentifier(vec![table.clone(), Ident::new(name)]);
    binary(column(left, of_left), operator.clone(), column(right, of_right))
}

fn binary(left: Expr, op: BinaryOperator, right: Expr) -> Expr {
    Expr::BinaryOp { left: Box::new(left), op, right: Box::new(right) }
}

#[cfg(test)]
mod tests {
    use super::super::admit;

    fn written(query: &str) -> String {
        admit(query).map_or_else(|error| error.to_string(), |statement| statement.to_string())
    }

    #[test]
    fn a_relation_is_a_comparison() {
        assert_eq!(
            written("SELECT 1 FROM t AS a, t AS b WHERE IS_CHILD(a, b) AND x"),
            "SELECT 1 FROM t AS a, t AS b WHERE (a.trace_id = b.trace_id AND a.tree_parent = b.tree_left) AND x"
        );
        assert_eq!(
            written(r#"SELECT 1 FROM t JOIN t AS "B" ON is_descendant(t, "B")"#),
            r#"SELECT 1 FROM t JOIN t AS "B" ON (t.trace_id = "B".trace_id AND t.tree_left > "B".tree_left AND t.tree_left < "B".tree_right)"#
        );
    }

    #[test]
    fn a_relation_of_anything_but_two_tables_is_explained() {
        for query in ["SELECT is_child(a)", "SELECT is_child(a, 1)", "SELECT is_child(DISTINCT a, b)"] {
            assert_eq!(written(query), "is_child takes the names of two tables of the query", "{query}");
        }
        assert_eq!(written("SELECT is_root(a)"), "SELECT is_root(a)");
    }
}
