//! An optimizer rule: sums of sums are sums.
//!
//! `golden_signals` adds up partial rows, so that people see one row a minute and operation; who asks for a service adds
//! those up again. Where the outer aggregates take nothing but sums, maxima, minima and sketches of groups, the inner
//! ones change nothing, and their groups, which are as many as the rows, need not be made. A branch of a `UNION ALL`
//! is judged by itself.
//!
//! The answer is the same: all four functions are associative and commutative, and an inner group is never empty. Sums of
//! doubles may differ in their last digit, as they do from run to run when threads add them up.

use std::collections::BTreeMap;
use std::sync::Arc;

use datafusion::common::tree_node::Transformed;
use datafusion::common::{Column, DFSchema, Result};
use datafusion::logical_expr::expr::{AggregateFunction, AggregateFunctionParams};
use datafusion::logical_expr::{Aggregate, Expr, ExprSchemable, Filter, LogicalPlan, Projection, SubqueryAlias, Union};
use datafusion::optimizer::{ApplyOrder, OptimizerConfig, OptimizerRule};

/// The rule.
#[derive(Debug)]
pub(crate) struct SumOnce;

/// What is asked of a column of a plan, by the column's index.
type Uses = BTreeMap<usize, Use>;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Use {
    /// Its values, as they are.
    Group,
    /// Adding up with a function.
    Add(Adds),
}

/// Functions for which adding up parts and adding up parts of parts is the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Adds {
    Sum,
    Max,
    Min,
    Latency,
}

// === impl SumOnce ===

impl OptimizerRule for SumOnce {
    fn name(&self) -> &'static str {
        "sum_once"
    }

    fn apply_order(&self) -> Option<ApplyOrder> {
        Some(ApplyOrder::TopDown)
    }

    fn rewrite(&self, plan: LogicalPlan, _: &dyn OptimizerConfig) -> Result<Transformed<LogicalPlan>> {
        let LogicalPlan::Aggregate(outer) = &plan else { return Ok(Transformed::no(plan)) };
        let Some(input) = uses_of(outer).and_then(|uses| thin(&outer.input, &uses).transpose()).transpose()? else {
            return Ok(Transformed::no(plan));
        };
        let (groups, sums) = (outer.group_expr.clone(), outer.aggr_expr.clone());
        let rewritten = Aggregate::try_new_with_schema(Arc::new(input), groups, sums, Arc::clone(&outer.schema))?;
        Ok(Transformed::yes(LogicalPlan::Aggregate(rewritten)))
    }
}

/// What an aggregate asks of its input; `None` when it is more than groups and sums.
fn uses_of(outer: &Aggregate) -> Option<Uses> {
    let (schema, mut uses) = (outer.input.schema(), Uses::new());
    outer.group_expr.iter().try_for_each(|expr| values_of(expr, schema, &mut uses))?;
    for expr in &outer.aggr_expr {
        let (adds, argument) = addition(expr)?;
        let Expr::Column(column) = argument else { return None };
        note(&mut uses, schema.maybe_index_of_column(column)?, Use::Add(adds))?;
    }
    Some(uses)
}

/// Notes that an expression takes values of its columns.
fn values_of(expr: &Expr, schema: &DFSchema, uses: &mut Uses) -> Option<()> {
    if expr.is_volatile() || matches!(expr, Expr::GroupingSet(_)) {
        return None;
    }
    expr.column_refs().into_iter().try_for_each(|column| note(uses, schema.maybe_index_of_column(column)?, Use::Group))
}

/// Notes a use; `None` when the column has another.
fn note(uses: &mut Uses, index: usize, wanted: Use) -> Option<()> {
    (*uses.entry(index).or_insert(wanted) == wanted).then_some(())
}

/// The function and its argument, of an aggregate that adds up every row.
fn addition(expr: &Expr) -> Option<(Adds, &Expr)> {
    let Expr::AggregateFunction(AggregateFunction { func, params }) = bare(expr) else { return None };
    let AggregateFunctionParams { args, distinct: false, filter: None, order_by, null_treatment: None } = params else {
        return None;
    };
    let [argument] = args.as_slice() else { return None };
    let adds = match func.name() {
        "sum" => Adds::Sum,
        "max" => Adds::Max,
        "min" => Adds::Min,
        "merge_latency" => Adds::Latency,
        _ => return None,
    };
    order_by.is_empty().then_some((adds, argument))
}

fn bare(expr: &Expr) -> &Expr {
    match expr {
        Expr::Alias(alias) => bare(&alias.expr),
        other => other,
    }
}

/// The plan without inner aggregates that change nothing; `None` when there are none.
fn thin(plan: &LogicalPlan, uses: &Uses) -> Result<Option<LogicalPlan>> {
    match plan {
        LogicalPlan::Projection(projection) => thin_projection(projection, uses),
        LogicalPlan::Filter(filter) => thin_filter(filter, uses),
        LogicalPlan::SubqueryAlias(alias) => {
            let Some(input) = thin(&alias.input, uses)? else { return Ok(None) };
            Ok(Some(LogicalPlan::SubqueryAlias(SubqueryAlias::try_new(Arc::new(input), alias.alias.clone())?)))
        }
        LogicalPlan::Union(union) => thin_union(union, uses),
        LogicalPlan::Aggregate(inner) => rows_of(inner, uses),
        _ => Ok(None),
    }
}

fn thin_projection(projection: &Projection, uses: &Uses) -> Result<Option<LogicalPlan>> {
    let Some(input) =
        below(projection, uses).and_then(|below| thin(&projection.input, &below).transpose()).transpose()?
    else {
        return Ok(None);
    };
    let schema = Arc::clone(&projection.schema);
    let thinned = Projection::try_new_with_schema(projection.expr.clone(), Arc::new(input), schema)?;
    Ok(Some(LogicalPlan::Projection(thinned)))
}

/// What is asked of the input of a projection. Sums are asked of columns only, or of nothing.
fn below(projection: &Projection, uses: &Uses) -> Option<Uses> {
    let (schema, mut below) = (projection.input.schema(), Uses::new());
    for (index, wanted) in uses {
        let expr = bare(projection.expr.get(*index)?);
        match (wanted, expr) {
            (Use::Group, _) => values_of(expr, schema, &mut below)?,
            (Use::Add(_), Expr::Column(column)) => note(&mut below, schema.maybe_index_of_column(column)?, *wanted)?,
            (Use::Add(_), Expr::Literal(value, _)) if value.is_null() => {}
            (Use::Add(_), _) => return None,
        }
    }
    Some(below)
}

fn thin_filter(filter: &Filter, uses: &Uses) -> Result<Option<LogicalPlan>> {
    let mut below = uses.clone();
    if values_of(&filter.predicate, filter.input.schema(), &mut below).is_none() {
        return Ok(None);
    }
    let Some(input) = thin(&filter.input, &below)? else { return Ok(None) };
    Ok(Some(LogicalPlan::Filter(Filter::try_new(filter.predicate.clone(), Arc::new(input))?)))
}

fn thin_union(union: &Union, uses: &Uses) -> Result<Option<LogicalPlan>> {
    let thinned: Vec<_> = union.inputs.iter().map(|input| thin(input, uses)).collect::<Result<_>>()?;
    if thinned.iter().all(Option::is_none) {
        return Ok(None);
    }
    let inputs = union.inputs.iter().zip(thinned);
    let inputs = inputs.map(|(input, thinned)| thinned.map_or_else(|| Arc::clone(input), Arc::new)).collect();
    Ok(Some(LogicalPlan::Union(Union { inputs, schema: Arc::clone(&union.schema) })))
}

/// The rows of an inner aggregate in place of its groups, under the names of its columns. `None` when what is asked of
/// a column is not what the aggregate did to make it.
fn rows_of(inner: &Aggregate, uses: &Uses) -> Result<Option<LogicalPlan>> {
    let groups = inner.group_expr.len();
    let fits = |(index, wanted): (&usize, &Use)| match index.checked_sub(groups) {
        None => *wanted == Use::Group,
        Some(sum) => inner.aggr_expr.get(sum).and_then(addition).is_some_and(|(adds, _)| *wanted == Use::Add(adds)),
    };
    let is_plain = |expr: &Expr| !expr.is_volatile() && !matches!(expr, Expr::GroupingSet(_));
    if groups == 0 || !inner.group_expr.iter().all(is_plain) || !uses.iter().all(fits) {
        return Ok(None);
    }
    let Some(added) = inner.aggr_expr.iter().map(|expr| Some(addition(expr)?.1)).collect::<Option<Vec<_>>>() else {
        return Ok(None);
    };
    let sources = inner.group_expr.iter().map(bare).chain(added);
    let columns = inner.schema.iter().zip(sources).map(|((qualifier, field), source)| {
        let cast = source.clone().cast_to(field.data_type(), inner.input.schema())?;
        Ok(match &cast {
            Expr::Column(column) if *column == Column::from((qualifier, field)) => cast,
            _ => cast.alias_qualified(qualifier.cloned(), field.name()),
        })
    });
    let rows = Projection::try_new(columns.collect::<Result<_>>()?, Arc::clone(&inner.input))?;
    Ok(Some(LogicalPlan::Projection(rows)))
}

#[cfg(test)]
mod tests;
