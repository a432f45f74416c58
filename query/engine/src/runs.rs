//! Adds up rows of one group that follow each other, before their group is looked up among all groups.
//!
//! Files are sorted by service and time, so that `GROUP BY service_name, date_trunc('minute', start_time)` meets some thirty rows
//! of a group in a row. The engine looks up the group of every row in a table of all groups. [`RunsExec`] stands in for its
//! first step of an aggregation: it compares each row with the one before, adds up what is equal, and gives one partial sum a
//! run. It holds a batch at a time. Where rows do not come in runs, the engine's own step takes over.

mod rows;
mod sums;

use std::fmt;
use std::sync::Arc;

use arrow::datatypes::FieldRef;
use datafusion::common::tree_node::{Transformed, TransformedResult, TreeNode, TreeNodeRecursion};
use datafusion::common::{Result, internal_err};
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_expr::aggregate::AggregateFunctionExpr;
use datafusion::physical_plan::aggregates::{AggregateExec, AggregateMode};
use datafusion::physical_plan::execution_plan::{ChildrenPropertiesMode, ReplaceChildrenOptions};
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::{DisplayAs, DisplayFormatType, ExecutionPlan, InputOrderMode, PlanProperties};

use rows::Rows;
use sums::Sums;

/// The same plan, whose first steps of aggregations add up runs.
///
/// # Errors
///
/// When an operator cannot be made again from its parts, which is a bug.
pub(crate) fn added_up(plan: Arc<dyn ExecutionPlan>) -> Result<Arc<dyn ExecutionPlan>> {
    plan.transform_up(|plan| match plan.downcast_ref::<AggregateExec>().filter(|step| may_have_runs(step)) {
        Some(step) => {
            Ok(Transformed::yes(Arc::new(RunsExec { step: Arc::new(step.clone()) }) as Arc<dyn ExecutionPlan>))
        }
        None => Ok(Transformed::no(plan)),
    })
    .data()
}

/// Whether an aggregation is a first step of groups, of functions that keep all groups at once.
fn may_have_runs(step: &AggregateExec) -> bool {
    let is_plain = *step.mode() == AggregateMode::Partial
        && step.group_expr().is_single()
        && !step.group_expr().is_empty()
        && step.limit_options().is_none()
        && *step.input_order_mode() == InputOrderMode::Linear;
    is_plain && step.aggr_expr().iter().all(|sum| may_add_up(sum))
}

/// Whether runs may be added up in any order. Sums of doubles may not: the last digit would be another each time.
fn may_add_up(sum: &AggregateFunctionExpr) -> bool {
    let is_exact = |fields: Vec<FieldRef>| !fields.iter().any(|field| field.data_type().is_floating());
    sum.groups_accumulator_supported()
        && !sum.is_distinct()
        && sum.order_bys().is_empty()
        && sum.state_fields().is_ok_and(is_exact)
}

/// The operator.
#[derive(Debug)]
struct RunsExec {
    /// The step it stands in for.
    step: Arc<AggregateExec>,
}

// === impl RunsExec ===

impl DisplayAs for RunsExec {
    fn fmt_as(&self, format: DisplayFormatType, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "RunsExec: ")?;
        self.step.fmt_as(format, out)
    }
}

impl ExecutionPlan for RunsExec {
    fn name(&self) -> &'static str {
        "RunsExec"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        self.step.properties()
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        vec![self.step.input()]
    }

    fn apply_expressions(
        &self,
        each: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> Result<TreeNodeRecursion>,
    ) -> Result<TreeNodeRecursion> {
        self.step.apply_expressions(each)
    }

    fn replace_children(
        self: Arc<Self>,
        children: Vec<Arc<dyn ExecutionPlan>>,
        options: ReplaceChildrenOptions,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let step = Arc::clone(&self.step).replace_children(children, options)?;
        match step.downcast_ref::<AggregateExec>() {
            Some(step) => Ok(Arc::new(Self { step: Arc::new(step.clone()) })),
            None => internal_err!("an aggregation became something else"),
        }
    }

    fn with_new_children(self: Arc<Self>, children: Vec<Arc<dyn ExecutionPlan>>) -> Result<Arc<dyn ExecutionPlan>> {
        self.replace_children(children, ReplaceChildrenOptions::new(ChildrenPropertiesMode::Recompute))
    }

    fn execute(&self, partition: usize, task: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        let input = self.step.input().execute(partition, Arc::clone(&task))?;
        let rows = Rows::new(input, Arc::clone(&self.step), Sums::new(&self.step)?, task);
        let batches = futures::stream::try_unfold(rows, Rows::next);
        Ok(Box::pin(RecordBatchStreamAdapter::new(self.schema(), batches)))
    }
}

#[cfg(test)]
mod tests;
