//! Lets every question be ended.
//!
//! A question is dropped where it waits, and DataFusion's operators wait for what they read. A join
//! of small tables reads little and works long: one that makes batch after batch lets those above it
//! work on without a wait, and a nested loop whose condition holds nowhere makes none at all. So
//! operators that make more rows than they take wait between their batches, and the condition of a
//! join asks whether anybody still wants the answer.
//!
//! What such operators are given is weighed (`weighed`), so that they end before they take more memory than a question may
//! use: the engine does not count what they make.

mod endable;
mod weighed;

use std::sync::Arc;

use datafusion::common::Result;
use datafusion::common::tree_node::{Transformed, TransformedResult, TreeNode};
use datafusion::logical_expr::{WindowFrame, WindowFrameBound, WindowFrameUnits};
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_expr::window::WindowExpr;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::coop::CooperativeExec;
use datafusion::physical_plan::execution_plan::{ChildrenPropertiesMode, ReplaceChildrenOptions};
use datafusion::physical_plan::joins::utils::JoinFilter;
use datafusion::physical_plan::joins::{HashJoinExec, NestedLoopJoinExec, NestedLoopJoinExecBuilder};
use datafusion::physical_plan::windows::{BoundedWindowAggExec, WindowAggExec};

use datafusion::scalar::ScalarValue;

use endable::Endable;
pub(crate) use endable::Wanted;
use weighed::{Fate, WeighedExec};

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

/// Rows a window may look back or ahead without being weighed.
const NEAR_ROWS: u64 = 10_000;

/// The same plan, which ends soon after nobody wants it any more.
///
/// # Errors
///
/// When an operator cannot be made again from its parts, which is a bug.
pub(crate) fn endable(plan: Arc<dyn ExecutionPlan>, wanted: &Wanted) -> Result<Arc<dyn ExecutionPlan>> {
    plan.transform_up(|plan| {
        if let Some(values) = kept_by(&plan) {
            return weighed(plan, &Fate::Kept(values)).map(Transformed::yes);
        }
        if !MULTIPLIERS.contains(&plan.name()) {
            return Ok(Transformed::no(plan));
        }
        let fate = if plan.name() == "UnnestExec" { Fate::Unnested } else { Fate::Joined };
        let plan = weighed(plan, &fate)?;
        let asking = asking(&plan, wanted)?.unwrap_or(plan);
        Ok(Transformed::yes(Arc::new(CooperativeExec::new(asking)) as Arc<dyn ExecutionPlan>))
    })
    .data()
}

/// The same operator, whose rows are weighed before.
fn weighed(plan: Arc<dyn ExecutionPlan>, fate: &Fate) -> Result<Arc<dyn ExecutionPlan>> {
    let weighed = |input: &Arc<dyn ExecutionPlan>| {
        Arc::new(WeighedExec::new(Arc::clone(input), fate.clone())) as Arc<dyn ExecutionPlan>
    };
    let children = plan.children().into_iter().map(weighed).collect();
    plan.replace_children(children, ReplaceChildrenOptions::new(ChildrenPropertiesMode::Recompute))
}

/// What a window that keeps all its rows makes large values of; `None` for an operator that lets rows go.
fn kept_by(plan: &Arc<dyn ExecutionPlan>) -> Option<Vec<Arc<dyn PhysicalExpr>>> {
    let windows = if let Some(window) = plan.downcast_ref::<WindowAggExec>() {
        window.window_expr()
    } else {
        let windows = plan.downcast_ref::<BoundedWindowAggExec>()?.window_expr();
        windows.iter().any(|window| is_wide(window.get_window_frame())).then_some(windows)?
    };
    let has_size =
        |window: &&Arc<dyn WindowExpr>| window.field().is_ok_and(|field| field.data_type().primitive_width().is_none());
    Some(windows.iter().filter(has_size).flat_map(|window| window.expressions()).collect())
}

/// Whether a window may look far back or far ahead.
fn is_wide(frame: &WindowFrame) -> bool {
    let is_far = |bound: &WindowFrameBound| match bound {
        WindowFrameBound::CurrentRow => false,
        WindowFrameBound::Preceding(distance) | WindowFrameBound::Following(distance) => {
            // Without end, the aggregate goes along and no row is needed again.
            let near = ScalarValue::UInt64(Some(NEAR_ROWS));
            !distance.is_null() && (frame.units != WindowFrameUnits::Rows || *distance > near)
        }
    };
    is_far(&frame.start_bound) || is_far(&frame.end_bound)
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
