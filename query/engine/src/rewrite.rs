//! An optimizer rule that makes questions about the logical columns questions about the stored
//! ones.
//!
//! The logical tables compute hex ids and whole attributes from what is stored. When a filter or
//! a projection needs less, computing all of it would hide the stored columns from Parquet's
//! Bloom filters and statistics, and read columns nobody asked for. Both rewrites keep the value
//! of every expression, nulls included.

mod attributes;
mod ids;

use datafusion::common::Result;
use datafusion::common::tree_node::{Transformed, TreeNode};
use datafusion::logical_expr::expr_rewriter::NamePreserver;
use datafusion::logical_expr::{Expr, LogicalPlan};
use datafusion::optimizer::{ApplyOrder, OptimizerConfig, OptimizerRule};

/// The rule; it runs after filters and projections were merged with those of the logical tables.
#[derive(Debug)]
pub(crate) struct ReadStored;

// === impl ReadStored ===

impl OptimizerRule for ReadStored {
    fn name(&self) -> &'static str {
        "read_stored_columns"
    }

    fn apply_order(&self) -> Option<ApplyOrder> {
        Some(ApplyOrder::BottomUp)
    }

    fn rewrite(&self, plan: LogicalPlan, _: &dyn OptimizerConfig) -> Result<Transformed<LogicalPlan>> {
        let names = NamePreserver::new(&plan);
        plan.map_expressions(|expr| {
            let name = names.save(&expr);
            Ok(expr.transform_up(rewrite)?.update_data(|expr| name.restore(expr)))
        })?
        .map_data(LogicalPlan::recompute_schema)
    }
}

fn rewrite(expr: Expr) -> Result<Transformed<Expr>> {
    let rewritten = ids::compare_binary(&expr).or_else(|| attributes::narrow(&expr));
    Ok(rewritten.map_or_else(|| Transformed::no(expr), Transformed::yes))
}

#[cfg(test)]
mod tests;
