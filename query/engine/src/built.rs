//! Values that functions build are memory of the question.
//!
//! The engine counts what sorts, joins and aggregates hold, but not what a function gives back, and a few characters of
//! SQL build gigabytes: `s || s` in ten nested queries, `replace(body, 'e', '…')`, `concat(body, body, …)`. So every
//! function that may give back more than it takes is run in steps whose result is known to be small, and what it gives
//! back counts for as long as it is kept.

mod concat;
mod counted;
mod estimate;

use std::sync::Arc;

use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::{Transformed, TreeNode, TreeNodeRecursion};
use datafusion::common::{Result, plan_err};
use datafusion::execution::memory_pool::MemoryPool;
use datafusion::logical_expr::expr::{InList, ScalarFunction};
use datafusion::logical_expr::expr_rewriter::NamePreserver;
use datafusion::logical_expr::{BinaryExpr, Expr, LogicalPlan, Operator, ScalarUDF};
use datafusion::optimizer::AnalyzerRule;
use datafusion::physical_expr::expressions::Literal;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::projection::ProjectionExec;
use datafusion::scalar::ScalarValue;

use crate::asked::Asked;
use counted::Counted;
use estimate::Growth;

/// Bytes that the texts written into a query may take in one batch, where each stands in every row.
const WRITTEN_BYTES: usize = 16 << 20;

/// Aggregates that gather all they are given. Over a window they would do so for every row.
const GATHERING: [&str; 2] = ["array_agg", "string_agg"];

/// The rule: it runs once all types are known.
#[derive(Debug)]
pub(crate) struct CountBuilt {
    pool: Arc<dyn MemoryPool>,
    asked: Arc<Asked>,
}

// === impl CountBuilt ===

impl CountBuilt {
    pub(crate) fn new(pool: Arc<dyn MemoryPool>, asked: Arc<Asked>) -> Self {
        Self { pool, asked }
    }

    fn counted(&self, function: &Arc<ScalarUDF>, growth: Growth) -> Arc<ScalarUDF> {
        Arc::new(ScalarUDF::from(Counted::new(
            Arc::clone(function),
            growth,
            (Arc::clone(&self.pool), Arc::clone(&self.asked)),
        )))
    }

    fn count(&self, expr: Expr) -> Result<Transformed<Expr>> {
        Ok(match expr {
            Expr::ScalarFunction(ScalarFunction { func, args }) => match estimate::growth(&func) {
                Some(growth) => {
                    let func = self.counted(&func, growth);
                    Transformed::yes(Expr::ScalarFunction(ScalarFunction { func, args }))
                }
                None => Transformed::no(Expr::ScalarFunction(ScalarFunction { func, args })),
            },
            Expr::BinaryExpr(BinaryExpr { left, op: Operator::StringConcat, right }) => {
                let func = self.counted(&concat::text_concat(), Growth::Sum);
                Transformed::yes(Expr::ScalarFunction(ScalarFunction { func, args: vec![*left, *right] }))
            }
            Expr::WindowFunction(window) if GATHERING.contains(&window.fun.name()) => {
                return plan_err!(
                    "{} over a window is refused: it gathers for every row; group by in a subquery, and join with that",
                    window.fun.name()
                );
            }
            other => Transformed::no(other),
        })
    }
}

impl AnalyzerRule for CountBuilt {
    fn name(&self) -> &'static str {
        "count_built_values"
    }

    fn analyze(&self, plan: LogicalPlan, _: &ConfigOptions) -> Result<LogicalPlan> {
        let counted = plan.transform_up_with_subqueries(|plan| {
            let names = NamePreserver::new(&plan);
            plan.map_expressions(|expr| {
                let name = names.save(&expr);
                Ok(expr.transform_up(|expr| self.count(expr))?.update_data(|expr| name.restore(expr)))
            })
        })?;
        Ok(counted.data)
    }
}

/// Rows of a batch, so that the texts written into the query do not take too much where they stand in every row.
/// `None` where they are small.
pub(crate) fn batch_rows(plan: &LogicalPlan, physical: &Arc<dyn ExecutionPlan>, usual: usize) -> Option<usize> {
    let bytes = written_bytes(plan).max(projected_bytes(physical));
    let rows = (WRITTEN_BYTES / bytes.max(1)).max(1);
    (rows < usual).then_some(rows)
}

fn text_bytes(value: &ScalarValue) -> usize {
    match value {
        ScalarValue::Utf8(Some(text)) | ScalarValue::LargeUtf8(Some(text)) | ScalarValue::Utf8View(Some(text)) => {
            text.len()
        }
        ScalarValue::Binary(Some(bytes))
        | ScalarValue::LargeBinary(Some(bytes))
        | ScalarValue::BinaryView(Some(bytes)) => bytes.len(),
        ScalarValue::List(_) | ScalarValue::LargeList(_) | ScalarValue::Struct(_) | ScalarValue::Map(_) => value.size(),
        _ => 0,
    }
}

/// Bytes of texts in a query. Those of an `IN` list stand in no row.
fn written_bytes(plan: &LogicalPlan) -> usize {
    let mut bytes = 0_usize;
    let mut count = |expr: &Expr| {
        Ok(match expr {
            Expr::Literal(value, _) => {
                bytes = bytes.saturating_add(text_bytes(value));
                TreeNodeRecursion::Continue
            }
            Expr::InList(InList { list, .. }) if list.iter().all(|item| matches!(item, Expr::Literal(..))) => {
                TreeNodeRecursion::Jump
            }
            _ => TreeNodeRecursion::Continue,
        })
    };
    // The closure never fails, and neither does the walk.
    let _ = plan.apply_with_subqueries(|plan| plan.apply_expressions(|expr| expr.apply(&mut count)));
    bytes
}

/// The most bytes of texts that one projection puts into each row: an optimizer may have put one text into many columns.
fn projected_bytes(plan: &Arc<dyn ExecutionPlan>) -> usize {
    let own = plan.downcast_ref::<ProjectionExec>().map_or(0, |projection| {
        let literals = projection.expr().iter().filter_map(|column| column.expr.downcast_ref::<Literal>());
        literals.map(|literal| text_bytes(literal.value())).fold(0, usize::saturating_add)
    });
    plan.children().into_iter().map(projected_bytes).fold(own, usize::max)
}

#[cfg(test)]
mod tests;
