//! Access to one key of `whole_attributes(…)` reads the column of that key only.

use std::sync::Arc;

use arrow::datatypes::DataType;
use datafusion::functions::core::expr_fn::coalesce;
use datafusion::logical_expr::Expr;
use datafusion::logical_expr::expr::ScalarFunction;
use datafusion::prelude::cast;
use datafusion_functions_json::udfs;

use crate::{attributes, operators};

/// The same access on fewer columns, when `expr` is a JSON function that follows a known key.
///
/// A promoted key keeps its column and the rest, because a value of an unexpected type stays in
/// the rest; any other key needs the rest alone.
pub(super) fn narrow(expr: &Expr) -> Option<Expr> {
    let Expr::ScalarFunction(function) = expr else { return None };
    let [whole, path @ ..] = function.args.as_slice() else { return None };
    let args = attributes::arguments(whole)?;
    let key = attributes::text(path.first()?)?;
    if !operators::functions().contains(&function.func) {
        return None;
    }
    let rest = args.first()?.clone();
    match attributes::column_of(args, key) {
        Some(column) if path.len() == 1 && function.func == udfs::json_as_text_udf() => {
            let stored = cast(column.clone(), DataType::Utf8);
            Some(coalesce(vec![stored, call(function, attributes::call(vec![rest]), path)]))
        }
        Some(column) => {
            let one = vec![rest, attributes::key(key), column.clone()];
            (args.len() > one.len()).then(|| call(function, attributes::call(one), path))
        }
        None => (args.len() > 1).then(|| call(function, attributes::call(vec![rest]), path)),
    }
}

fn call(function: &ScalarFunction, json: Expr, path: &[Expr]) -> Expr {
    let args = std::iter::once(json).chain(path.iter().cloned()).collect();
    Expr::ScalarFunction(ScalarFunction::new_udf(Arc::clone(&function.func), args))
}
