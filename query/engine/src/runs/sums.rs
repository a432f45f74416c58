//! The sums of the runs of a batch.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, UInt32Array};
use arrow::compute::kernels::cmp::distinct;
use arrow::compute::take;
use arrow::datatypes::{DataType, SchemaRef};
use arrow::record_batch::{RecordBatch, RecordBatchOptions};
use datafusion::common::Result;
use datafusion::common::cast::as_boolean_array;
use datafusion::logical_expr::{EmitTo, GroupsAccumulator};
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_expr::aggregate::AggregateFunctionExpr;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::aggregates::AggregateExec;

/// Adds up one batch after the other; nothing is left of a batch for the next.
pub(super) struct Sums {
    groups: Vec<Arc<dyn PhysicalExpr>>,
    sums: Vec<Sum>,
    schema: SchemaRef,
}

struct Sum {
    sum: Box<dyn GroupsAccumulator>,
    of: Vec<Arc<dyn PhysicalExpr>>,
    filter: Option<Arc<dyn PhysicalExpr>>,
}

// === impl Sums ===

impl Sums {
    /// The sums of a first step of an aggregation.
    pub(super) fn new(step: &AggregateExec) -> Result<Self> {
        let sum = |(function, filter): (&Arc<AggregateFunctionExpr>, &Option<_>)| {
            let (sum, of) = (function.create_groups_accumulator()?, function.expressions());
            Ok(Sum { sum, of, filter: filter.clone() })
        };
        let sums = step.aggr_expr().iter().zip(step.filter_expr()).map(sum).collect::<Result<_>>()?;
        let groups = step.group_expr().expr().iter().map(|(group, _)| Arc::clone(group)).collect();
        Ok(Self { groups, sums, schema: step.schema() })
    }

    /// One row a run: its group, and the state of each sum.
    pub(super) fn add_up(&mut self, batch: &RecordBatch) -> Result<RecordBatch> {
        let rows = batch.num_rows();
        let groups = evaluate(&self.groups, batch)?;
        let begins = begins(&groups, rows)?;
        let (firsts, run_of) = runs(&begins);
        let count = firsts.len();
        let firsts = UInt32Array::from(firsts);
        let mut columns = groups.iter().map(|group| Ok(take(group, &firsts, None)?)).collect::<Result<Vec<_>>>()?;
        for Sum { sum, of, filter } in &mut self.sums {
            let filter = filter.as_ref().map(|filter| filter.evaluate(batch)?.into_array(rows)).transpose()?;
            let kept = filter.as_ref().map(|filter| as_boolean_array(filter)).transpose()?;
            sum.update_batch(&evaluate(of, batch)?, &run_of, kept, count)?;
            columns.extend(sum.state(EmitTo::All)?);
        }
        let options = RecordBatchOptions::new().with_row_count(Some(count));
        Ok(RecordBatch::try_new_with_options(Arc::clone(&self.schema), columns, &options)?)
    }
}

fn evaluate(exprs: &[Arc<dyn PhysicalExpr>], batch: &RecordBatch) -> Result<Vec<ArrayRef>> {
    exprs.iter().map(|expr| expr.evaluate(batch)?.into_array(batch.num_rows())).collect()
}

/// Which rows are the first of a run. Rows of one group may be told apart, which costs a sum; never the other way round.
fn begins(groups: &[ArrayRef], rows: usize) -> Result<Vec<bool>> {
    let mut begins = vec![false; rows];
    if let Some(first) = begins.first_mut() {
        *first = true;
        groups.iter().try_for_each(|group| mark(group, &mut begins[1..]))?;
    }
    Ok(begins)
}

/// Marks rows that are not as the row before; `differs` begins with the second row.
fn mark(group: &ArrayRef, differs: &mut [bool]) -> Result<()> {
    // Views of one batch are equal only where the texts are; texts of one dictionary page have one view.
    let views: Option<&[u128]> = match group.data_type() {
        _ if group.null_count() > 0 => None,
        DataType::Utf8View => group.as_string_view_opt().map(|texts| texts.views().as_ref()),
        DataType::BinaryView => group.as_binary_view_opt().map(|values| values.views().as_ref()),
        _ => None,
    };
    if let Some(views) = views {
        differs.iter_mut().zip(views.windows(2)).for_each(|(differs, pair)| *differs |= pair[0] != pair[1]);
        return Ok(());
    }
    let others: BooleanArray = distinct(&group.slice(0, differs.len()), &group.slice(1, differs.len()))?;
    differs.iter_mut().zip(others.values()).for_each(|(differs, other)| *differs |= other);
    Ok(())
}

/// The first row of each run, and the run of each row.
fn runs(begins: &[bool]) -> (Vec<u32>, Vec<usize>) {
    let mut firsts = Vec::new();
    let run_of = (0_u32..).zip(begins).map(|(row, begins)| {
        if *begins {
            firsts.push(row);
        }
        firsts.len().saturating_sub(1)
    });
    let run_of = run_of.collect();
    (firsts, run_of)
}
