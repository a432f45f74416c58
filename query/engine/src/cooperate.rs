//! Lets every question be ended.
//!
//! A question is dropped where it waits, and DataFusion's operators wait for what they read. A join
//! of small tables reads little and works long: one that makes batch after batch lets those above it
//! work on without a wait, and a nested loop whose condition holds nowhere makes none at all. So
//! operators that make more rows than they take wait between their batches, and the condition of a
//! nested loop asks whether anybody still wants the answer.

mod endable;

use std::sync::Arc;

use datafusion::common::Result;
use datafusion::common::tree_node::{Transformed, TransformedResult, TreeNode};
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::coop::CooperativeExec;
use datafusion::physical_plan::joins::utils::JoinFilter;
use datafusion::physical_plan::joins::{NestedLoopJoinExec, NestedLoopJoinExecBuilder};

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
        let plan = match plan.downcast_ref::<NestedLoopJoinExec>() {
            Some(join) => asking(join, wanted)?,
            None => plan,
        };
        Ok(Transformed::yes(Arc::new(CooperativeExec::new(plan)) as Arc<dyn ExecutionPlan>))
    })
    .data()
}

/// The same join, whose condition asks first.
fn asking(join: &NestedLoopJoinExec, wanted: &Wanted) -> Result<Arc<dyn ExecutionPlan>> {
    let filter = join.filter().map(|filter| {
        let condition = Endable::new(Arc::clone(filter.expression()), wanted.clone());
        JoinFilter::new(Arc::new(condition), filter.column_indices().to_vec(), Arc::clone(filter.schema()))
    });
    let (left, right) = (Arc::clone(join.left()), Arc::clone(join.right()));
    let builder = NestedLoopJoinExecBuilder::new(left, right, *join.join_type());
    let same = builder.with_projection_ref(join.projection().clone()).with_filter(filter).build()?;
    Ok(Arc::new(same))
}
