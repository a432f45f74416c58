//! Reads columns of dense attributes where files have them.
//!
//! `attributes ->> 'key'` asks the JSON object of a row. A file that has a column of that key answers from it: the object
//! is not read, and the statistics of the column choose row groups and pages. Files differ in the columns they have, so
//! this is decided file by file when one is opened.

use std::sync::Arc;

use arrow::datatypes::{DataType, Schema, SchemaRef};
use datafusion::common::Result;
use datafusion::common::tree_node::{Transformed, TreeNode};
use datafusion::physical_expr::expressions::{CastExpr, Column, Literal};
use datafusion::physical_expr::{PhysicalExpr, ScalarFunctionExpr};
use datafusion::physical_expr_adapter::{
    DefaultPhysicalExprAdapterFactory, PhysicalExprAdapter, PhysicalExprAdapterFactory,
};
use datafusion_functions_json::udfs;
use ingest_store::dense_column;

/// Adapts expressions to a file: first to its dense columns, then as DataFusion does.
#[derive(Debug)]
pub(super) struct ReadDense;

#[derive(Debug)]
struct Adapter {
    file: SchemaRef,
    plain: Arc<dyn PhysicalExprAdapter>,
}

// === impl ReadDense ===

impl PhysicalExprAdapterFactory for ReadDense {
    fn create(&self, table: SchemaRef, file: SchemaRef) -> Result<Arc<dyn PhysicalExprAdapter>> {
        let plain = DefaultPhysicalExprAdapterFactory.create(table, Arc::clone(&file))?;
        Ok(Arc::new(Adapter { file, plain }))
    }
}

// === impl Adapter ===

impl PhysicalExprAdapter for Adapter {
    fn rewrite(&self, expr: Arc<dyn PhysicalExpr>) -> Result<Arc<dyn PhysicalExpr>> {
        let narrowed = expr.transform_down(|expr| {
            let column = dense(&expr, &self.file);
            Ok(column.map_or_else(|| Transformed::no(expr), Transformed::yes))
        })?;
        self.plain.rewrite(narrowed.data)
    }
}

/// What answers `object ->> 'key'`, as a text or a view of one, when that is what `expr` asks and the file has its column.
fn dense(expr: &Arc<dyn PhysicalExpr>, file: &Schema) -> Option<Arc<dyn PhysicalExpr>> {
    match expr.downcast_ref::<CastExpr>() {
        Some(cast) if *cast.cast_type() == DataType::Utf8View => column(cast.expr(), file).map(|column| column as _),
        _ => Some(Arc::new(CastExpr::new(column(expr, file)?, DataType::Utf8, None))),
    }
}

fn column(expr: &Arc<dyn PhysicalExpr>, file: &Schema) -> Option<Arc<Column>> {
    let function = expr.downcast_ref::<ScalarFunctionExpr>()?;
    let [object, key] = function.args() else { return None };
    if function.fun() != udfs::json_as_text_udf().as_ref() {
        return None;
    }
    let object = object.downcast_ref::<Column>()?;
    let key = key.downcast_ref::<Literal>()?.value().try_as_str()??;
    let (index, field) = file.column_with_name(&dense_column(object.name(), key))?;
    Some(Arc::new(Column::new(field.name(), index)))
}
