//! An optimizer rule: columns that a filter holds to one value.
//!
//! The engine knows below a filter `a = 'x'` that `a` does not vary, and takes a sort by it for done. Twice it believes that for too
//! long. Where a projection between filter and sort leaves out a column of the filter, the sort is gone and what would prove it too,
//! and the plan is refused; so sorts by what is held are taken out here, where they mean nothing. And of `ROLLUP`, `CUBE` and
//! `GROUPING SETS` it forgets that they make NULL of `a`, and rows come in another order than was asked for; so below those the
//! filter is written as `IS NOT DISTINCT FROM`, which selects the same rows and from which nothing is concluded.

use std::sync::Arc;

use datafusion::common::tree_node::Transformed;
use datafusion::common::{Result, ScalarValue};
use datafusion::logical_expr::utils::{conjunction, split_conjunction, split_conjunction_owned};
use datafusion::logical_expr::{
    BinaryExpr, Expr, Filter, Limit, LogicalPlan, Operator, Projection, Sort, SubqueryAlias, binary_expr, lit,
};
use datafusion::optimizer::{ApplyOrder, OptimizerConfig, OptimizerRule};

/// The rule.
#[derive(Debug)]
pub(crate) struct Held;

// === impl Held ===

impl OptimizerRule for Held {
    fn name(&self) -> &'static str {
        "held"
    }

    fn apply_order(&self) -> Option<ApplyOrder> {
        Some(ApplyOrder::TopDown)
    }

    fn rewrite(&self, plan: LogicalPlan, _: &dyn OptimizerConfig) -> Result<Transformed<LogicalPlan>> {
        match plan {
            LogicalPlan::Sort(sort) => Ok(sorted(sort)),
            LogicalPlan::Aggregate(mut aggregate) if sets(&aggregate.group_expr) => {
                let input = loosened(&aggregate.input)?;
                let changed = input.is_some();
                if let Some(input) = input {
                    aggregate.input = Arc::new(input);
                }
                let plan = LogicalPlan::Aggregate(aggregate);
                Ok(if changed { Transformed::yes(plan) } else { Transformed::no(plan) })
            }
            other => Ok(Transformed::no(other)),
        }
    }
}

/// A sort without the keys that do not vary.
fn sorted(mut sort: Sort) -> Transformed<LogicalPlan> {
    let before = sort.expr.len();
    let input = Arc::clone(&sort.input);
    sort.expr.retain(|key| !is_held(&key.expr, &input));
    if sort.expr.len() == before {
        return Transformed::no(LogicalPlan::Sort(sort));
    }
    let rest = match (sort.expr.is_empty(), sort.fetch) {
        (false, _) => LogicalPlan::Sort(sort),
        (true, None) => Arc::unwrap_or_clone(sort.input),
        (true, Some(fetch)) => {
            let fetch = Some(Box::new(lit(i64::try_from(fetch).unwrap_or(i64::MAX))));
            LogicalPlan::Limit(Limit { skip: None, fetch, input: sort.input })
        }
    };
    Transformed::yes(rest)
}

/// Whether an expression has the same value in all rows of a plan.
fn is_held(expr: &Expr, plan: &LogicalPlan) -> bool {
    // A comparison of a cast is simplified to one of what is cast.
    if let Expr::Cast(cast) = expr
        && is_held(&cast.expr, plan)
    {
        return true;
    }
    match plan {
        LogicalPlan::Projection(Projection { expr: exprs, input, schema, .. }) => {
            let Expr::Column(column) = expr else { return false };
            let of_it = schema.maybe_index_of_column(column).and_then(|index| exprs.get(index));
            of_it.is_some_and(|expr| is_held(&expr.clone().unalias(), input))
        }
        LogicalPlan::SubqueryAlias(SubqueryAlias { input, schema, .. }) => {
            let Expr::Column(column) = expr else { return false };
            let index = schema.maybe_index_of_column(column);
            index.is_some_and(|index| is_held(&Expr::Column(input.schema().columns()[index].clone()), input))
        }
        LogicalPlan::Filter(Filter { predicate, input, .. }) => {
            split_conjunction(predicate).into_iter().any(|one| holds(one, expr)) || is_held(expr, input)
        }
        LogicalPlan::TableScan(scan) => scan.filters.iter().flat_map(split_conjunction).any(|one| holds(one, expr)),
        LogicalPlan::Limit(limit) => is_held(expr, &limit.input),
        LogicalPlan::Sort(sort) => is_held(expr, &sort.input),
        _ => false,
    }
}

/// Whether a condition is that an expression equals a value.
fn holds(condition: &Expr, expr: &Expr) -> bool {
    equality(condition).is_some_and(|(held, _)| held == expr)
}

/// What a condition compares with a value, and the value. Not of floating point: zeros that are equal sort apart.
fn equality(condition: &Expr) -> Option<(&Expr, &ScalarValue)> {
    let Expr::BinaryExpr(BinaryExpr { left, op: Operator::Eq, right }) = condition else { return None };
    let ((held, Expr::Literal(value, _)) | (Expr::Literal(value, _), held)) = (left.as_ref(), right.as_ref()) else {
        return None;
    };
    let fine = !value.is_null() && !value.data_type().is_floating() && !held.is_volatile();
    fine.then_some((held, value))
}

/// Whether groups are made in several ways.
fn sets(group_expr: &[Expr]) -> bool {
    group_expr.iter().any(|expr| matches!(expr, Expr::GroupingSet(_)))
}

/// A plan whose filters hold nothing; `None` where they did not.
fn loosened(plan: &LogicalPlan) -> Result<Option<LogicalPlan>> {
    match plan {
        LogicalPlan::Filter(Filter { predicate, input, .. }) => {
            let below = loosened(input)?;
            let conditions = split_conjunction_owned(predicate.clone());
            if below.is_none() && !conditions.iter().any(|one| equality(one).is_some()) {
                return Ok(None);
            }
            let predicate = conjunction(conditions.into_iter().map(compared)).unwrap_or_else(|| lit(true));
            let input = below.map_or_else(|| Arc::clone(input), Arc::new);
            Ok(Some(LogicalPlan::Filter(Filter::try_new(predicate, input)?)))
        }
        LogicalPlan::Projection(_) | LogicalPlan::SubqueryAlias(_) => {
            let Some(input) = plan.inputs().first().copied() else { return Ok(None) };
            let Some(input) = loosened(input)? else { return Ok(None) };
            plan.with_new_exprs(plan.expressions(), vec![input]).map(Some)
        }
        _ => Ok(None),
    }
}

/// `a = 'x'` as `a IS NOT DISTINCT FROM 'x'`; any other condition as it is.
fn compared(condition: Expr) -> Expr {
    match equality(&condition) {
        Some((held, value)) => {
            binary_expr(held.clone(), Operator::IsNotDistinctFrom, Expr::Literal(value.clone(), None))
        }
        None => condition,
    }
}
