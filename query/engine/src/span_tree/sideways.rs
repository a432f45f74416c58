//! What one side of a join says about the traces the other side needs.
//!
//! Of `span_tree AS d JOIN span_tree AS a ON is_descendant(d, a)` with filters on both, only traces that have a span of each
//! kind matter. Filters are pushed into scans, each on its own; this rule tells a scan of `span_tree` the filters of what it is
//! joined with by its trace id. It takes nothing from the answer: a row without a partner is not in it.

use std::sync::Arc;

use datafusion::catalog::TableProvider;
use datafusion::common::tree_node::Transformed;
use datafusion::common::{Column, Result};
use datafusion::datasource::{provider_as_source, source_as_provider};
use datafusion::logical_expr::{Expr, Join, JoinType, LogicalPlan, TableScan};
use datafusion::optimizer::{ApplyOrder, OptimizerConfig, OptimizerRule};

use super::SpanTree;
use super::chosen::Restriction;
use super::columns::TRACE_ID;
use crate::hex_id;
use crate::table::StoredTable;

/// The rule; it runs after filters were pushed into scans.
#[derive(Debug)]
pub(crate) struct TellTraces;

// === impl TellTraces ===

impl OptimizerRule for TellTraces {
    fn name(&self) -> &'static str {
        "tell_traces_across_joins"
    }

    fn apply_order(&self) -> Option<ApplyOrder> {
        Some(ApplyOrder::BottomUp)
    }

    fn rewrite(&self, plan: LogicalPlan, _: &dyn OptimizerConfig) -> Result<Transformed<LogicalPlan>> {
        let LogicalPlan::Join(join) = &plan else { return Ok(Transformed::no(plan)) };
        let (mut left, mut right, mut told) = (Arc::clone(&join.left), Arc::clone(&join.right), false);
        for (of_left, of_right) in &join.on {
            if may_tell_left(join.join_type)
                && let Some(known) = known_of(&right, of_right)
                && let Some(changed) = tell(&left, of_left, &known)?
            {
                (left, told) = (Arc::new(changed), true);
            }
            if may_tell_right(join.join_type)
                && let Some(known) = known_of(&left, of_left)
                && let Some(changed) = tell(&right, of_right, &known)?
            {
                (right, told) = (Arc::new(changed), true);
            }
        }
        if !told {
            return Ok(Transformed::no(plan));
        }
        Ok(Transformed::yes(LogicalPlan::Join(Join { left, right, ..join.clone() })))
    }
}

/// Whether rows of the left without a partner on the right are not in the answer.
fn may_tell_left(join: JoinType) -> bool {
    matches!(join, JoinType::Inner | JoinType::Right | JoinType::LeftSemi | JoinType::RightSemi | JoinType::RightAnti)
}

/// The same of the right.
fn may_tell_right(join: JoinType) -> bool {
    matches!(join, JoinType::Inner | JoinType::Left | JoinType::LeftSemi | JoinType::RightSemi | JoinType::LeftAnti)
}

/// The column an expression gives as it is, or as hex.
fn column_of(expr: &Expr) -> Option<&Column> {
    match expr {
        Expr::Column(column) => Some(column),
        Expr::Alias(alias) => column_of(&alias.expr),
        other => column_of(hex_id::argument(other)?),
    }
}

/// Where a column of a plan comes from: the input, by its number, and the column there.
fn input_of(plan: &LogicalPlan, column: &Column) -> Option<(usize, Column)> {
    match plan {
        LogicalPlan::Filter(_) => Some((0, column.clone())),
        LogicalPlan::Projection(projection) => {
            let index = projection.schema.maybe_index_of_column(column)?;
            Some((0, column_of(projection.expr.get(index)?)?.clone()))
        }
        LogicalPlan::SubqueryAlias(alias) => {
            let index = alias.schema.maybe_index_of_column(column)?;
            Some((0, Column::from(alias.input.schema().qualified_field(index))))
        }
        LogicalPlan::Join(join) if join.join_type == JoinType::Inner => {
            let sides = [&join.left, &join.right];
            sides.iter().position(|side| side.schema().has_column(column)).map(|side| (side, column.clone()))
        }
        _ => None,
    }
}

/// The scan whose trace id an expression over a plan is.
fn scan_of<'a>(plan: &'a LogicalPlan, expr: &Expr) -> Option<&'a TableScan> {
    let (mut plan, mut column) = (plan, column_of(expr)?.clone());
    loop {
        if let LogicalPlan::TableScan(scan) = plan {
            return (column.name == TRACE_ID).then_some(scan);
        }
        let (input, below) = input_of(plan, &column)?;
        (plan, column) = (plan.inputs().into_iter().nth(input)?, below);
    }
}

/// What the scan whose trace id `expr` is says about traces.
fn known_of(plan: &LogicalPlan, expr: &Expr) -> Option<Restriction> {
    let scan = scan_of(plan, expr)?;
    let provider = source_as_provider(&scan.source).ok()?;
    if let Some(tree) = provider.downcast_ref::<SpanTree>() {
        return tree.restriction(&scan.filters);
    }
    let table = Arc::downcast::<StoredTable>(provider as Arc<dyn std::any::Any + Send + Sync>).ok()?;
    Restriction::of(&table, &scan.filters)
}

/// The plan with `known` told to the scan of `span_tree` whose trace id `expr` is; `None` where there is none, or it knows.
fn tell(plan: &LogicalPlan, expr: &Expr, known: &Restriction) -> Result<Option<LogicalPlan>> {
    let Some(column) = column_of(expr) else { return Ok(None) };
    if let LogicalPlan::TableScan(scan) = plan {
        return Ok((column.name == TRACE_ID).then(|| told(scan, known)).flatten());
    }
    let Some((input, below)) = input_of(plan, column) else { return Ok(None) };
    let mut inputs: Vec<LogicalPlan> = plan.inputs().into_iter().cloned().collect();
    let Some(changed) = inputs.get(input).map(|input| tell(input, &Expr::Column(below), known)).transpose()?.flatten()
    else {
        return Ok(None);
    };
    inputs[input] = changed;
    Ok(Some(plan.with_new_exprs(plan.expressions(), inputs)?))
}

fn told(scan: &TableScan, known: &Restriction) -> Option<LogicalPlan> {
    let provider = source_as_provider(&scan.source).ok()?;
    let tree = provider.downcast_ref::<SpanTree>()?;
    let own = tree.restriction(&scan.filters);
    if own.iter().chain(&tree.others).any(|other| other.is_same(known)) {
        return None;
    }
    let mut tree = tree.clone();
    tree.others.push(known.clone());
    let source = provider_as_source(Arc::new(tree) as Arc<dyn TableProvider>);
    Some(LogicalPlan::TableScan(TableScan { source, ..scan.clone() }))
}
