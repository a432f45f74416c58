//! Lets every question be ended.
//!
//! A question is dropped where it waits, and DataFusion's operators wait for what they read. A join
//! of small tables reads little and works long: one that makes batch after batch lets those above it
//! work on without a wait, and a nested loop whose condition holds nowhere makes none at all. So
//! operators that make more rows than they take wait between their batches, and the condition of a
//! join asks whether anybody still wants the answer.

mod endable;

use std::sync::Arc;

use datafusion::common::Result;
use datafusion::common::tree_node::{Transformed, TransformedResult, TreeNode};
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::coop::CooperativeExec;
use datafusion::physical_plan::joins::utils::JoinFilter;
use datafusion::physical_plan::joins::{HashJoinExec, NestedLoopJoinExec, NestedLoopJoinExecBuilder};

use endable::Endable;
pub(crate) use endable::Wanted;

/// Operators that may make many rows from few.
const MULTIPLIERS: [&str; 7] = [
    "CrossJoinExec",
    "HashJoinExec",
    "NestedLoopJoinExec",
    "PiecewiseMergeJoinExec",
    "SortMergeJoinExec",
    "SymmetricHashJoinExec",
    "UnnestExec",
];

/// The same plan, which ends soon after nobody wants it any more.
///
/// # Errors
///
/// When an operator cannot be made again from its parts, which is a bug.
pub(crate) fn endable(plan: Arc<dyn ExecutionPlan>, wanted: &Wanted) -> Result<Arc<dyn ExecutionPlan>> {
    plan.transform_up(|plan| {
        if !MULTIPLIERS.contains(&plan.name()) {
            return Ok(Transformed::no(plan));
        }
        let asking = asking(&plan, wanted)?.unwrap_or(plan);
        Ok(Transformed::yes(Arc::new(CooperativeExec::new(asking)) as Arc<dyn ExecutionPlan>))
    })
    .data()
}

/// The same join, whose condition asks first; `None` for an operator without a condition.
fn asking(plan: &Arc<dyn ExecutionPlan>, wanted: &Wanted) -> Result<Option<Arc<dyn ExecutionPlan>>> {
    if let Some(join) = plan.downcast_ref::<NestedLoopJoinExec>() {
        let (left, right) = (Arc::clone(join.left()), Arc::clone(join.right()));
        let builder = NestedLoopJoinExecBuilder::new(left, right, *join.join_type());
        let builder = builder.with_projection_ref(join.projection().clone());
        return Ok(Some(Arc::new(builder.with_filter(asking_filter(join.filter(), wanted)).build()?)));
    }
    if let Some(join) = plan.downcast_ref::<HashJoinExec>() {
        return join.builder().with_filter(asking_filter(join.filter(), wanted)).build_exec().map(Some);
    }
    Ok(None)
}

fn asking_filter(filter: Option<&JoinFilter>, wanted: &Wanted) -> Option<JoinFilter> {
    let filter = filter?;
    let condition = Endable::new(Arc::clone(filter.expression()), wanted.clone());
    Some(JoinFilter::new(Arc::new(condition), filter.column_indices().to_vec(), Arc::clone(filter.schema())))
}
