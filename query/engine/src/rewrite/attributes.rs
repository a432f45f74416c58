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
    let is_text = function.func == udfs::json_as_text_udf();
    // `->>` answers NULL for a rest that is NULL as for an object without the key, so it may ask the column itself.
    let of_rest = || call(function, if is_text { rest.clone() } else { attributes::call(vec![rest.clone()]) }, path);
    match attributes::column_of(args, key) {
        Some(column) if path.len() == 1 && is_text => {
            Some(coalesce(vec![cast(column.clone(), DataType::Utf8), of_rest()]))
        }
        Some(column) => {
            let one = vec![rest, attributes::key(key), column.clone()];
            (args.len() > one.len()).then(|| call(function, attributes::call(one), path))
        }
        None => (args.len() > 1 || is_text).then(of_rest),
    }
}

fn call(function: &ScalarFunction, json: Expr, path: &[Expr]) -> Expr {
    let args = std::iter::once(json).chain(path.iter().cloned()).collect();
    Expr::ScalarFunction(ScalarFunction::new_udf(Arc::clone(&function.func), args))
}
