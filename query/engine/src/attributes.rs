//! `whole_attributes`: the JSON object people see, made of the stored rest and the promoted
//! columns.
//!
//! Called as `whole_attributes(rest, 'key1', column1, 'key2', column2, …)`. The keys of the rest
//! come first, the promoted ones follow in their order, and a null column adds no key. The call
//! carries its keys, so a plan can be narrowed to the one key it needs by dropping arguments.

use std::hash::Hash;
use std::sync::{Arc, LazyLock};

use arrow::array::{Array, ArrayRef, AsArray, StringViewBuilder};
use arrow::datatypes::{DataType, Int64Type};
use datafusion::common::{Result, exec_datafusion_err, exec_err};
use datafusion::logical_expr::expr::ScalarFunction;
use datafusion::logical_expr::{
    ColumnarValue, Expr, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility, lit,
};
use datafusion::prelude::col;
use datafusion::scalar::ScalarValue;
use ingest_model::{Level, promoted};

/// The function; [`udf`] gives the shared one.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) struct WholeAttributes {
    signature: Signature,
}

/// One promoted column of a call: the key as it opens a member (`"key":`) and its values.
struct Member {
    opening: String,
    values: ArrayRef,
}

// === impl WholeAttributes ===

impl ScalarUDFImpl for WholeAttributes {
    fn name(&self) -> &'static str {
        "whole_attributes"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::Utf8View)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let Some((rest, pairs)) = args.args.split_first() else {
            return exec_err!("whole_attributes needs the rest as its first argument");
        };
        let rest = arrow::compute::cast(&rest.to_array(args.number_rows)?, &DataType::Utf8View)?;
        let members = pairs.chunks_exact(2).map(|pair| member(pair, args.number_rows)).collect::<Result<Vec<_>>>()?;
        Ok(ColumnarValue::Array(merge(&rest, &members)?))
    }
}

fn member(pair: &[ColumnarValue], rows: usize) -> Result<Member> {
    let ColumnarValue::Scalar(key) = &pair[0] else {
        return exec_err!("the keys of whole_attributes are literals");
    };
    let Some(Some(key)) = key.try_as_str() else {
        return exec_err!("the keys of whole_attributes are texts");
    };
    let values = pair[1].to_array(rows)?;
    let values = match values.data_type() {
        DataType::Int64 => values,
        _ => arrow::compute::cast(&values, &DataType::Utf8View)?,
    };
    Ok(Member { opening: format!("{}:", serde_json::Value::from(key)), values })
}

fn merge(rest: &ArrayRef, members: &[Member]) -> Result<ArrayRef> {
    if members.is_empty() && rest.null_count() == 0 {
        return Ok(Arc::clone(rest));
    }
    let texts = rest.as_string_view();
    let mut out = StringViewBuilder::with_capacity(texts.len());
    let mut object = Vec::new();
    for row in 0..texts.len() {
        object.clear();
        open(&mut object, if texts.is_null(row) { "" } else { texts.value(row) });
        members
            .iter()
            .try_for_each(|member| member.push(&mut object, row))
            .map_err(|error| exec_datafusion_err!("{error}"))?;
        object.push(b'}');
        let Ok(text) = std::str::from_utf8(&object) else {
            return exec_err!("attributes are not UTF-8");
        };
        out.append_value(text);
    }
    Ok(Arc::new(out.finish()))
}

/// Writes the rest without its closing brace. A rest that is no object counts as empty, so that
/// one damaged row does not spoil the JSON of the others.
fn open(object: &mut Vec<u8>, rest: &str) {
    let inside = rest.trim().strip_prefix('{').and_then(|rest| rest.strip_suffix('}')).unwrap_or_default();
    object.push(b'{');
    object.extend_from_slice(inside.trim().as_bytes());
}

// === impl Member ===

impl Member {
    fn push(&self, object: &mut Vec<u8>, row: usize) -> serde_json::Result<()> {
        if self.values.is_null(row) {
            return Ok(());
        }
        if object.len() > 1 {
            object.push(b',');
        }
        object.extend_from_slice(self.opening.as_bytes());
        match self.values.data_type() {
            DataType::Int64 => serde_json::to_writer(object, &self.values.as_primitive::<Int64Type>().value(row)),
            _ => serde_json::to_writer(object, self.values.as_string_view().value(row)),
        }
    }
}

/// The one instance of the function.
pub(crate) fn udf() -> Arc<ScalarUDF> {
    static UDF: LazyLock<Arc<ScalarUDF>> = LazyLock::new(|| {
        let signature = Signature::variadic_any(Volatility::Immutable);
        Arc::new(ScalarUDF::new_from_impl(WholeAttributes { signature }))
    });
    Arc::clone(&UDF)
}

/// The whole attributes of a level, whose stored rest is `rest`.
pub(crate) fn whole(level: Level, rest: &str) -> Expr {
    let pairs = promoted(level).iter().flat_map(|promoted| [lit(promoted.key), col(promoted.column)]);
    call(std::iter::once(col(rest)).chain(pairs).collect())
}

/// A JSON column without promoted keys, `{}` where it is null.
pub(crate) fn plain(column: &str) -> Expr {
    call(vec![col(column)])
}

pub(crate) fn call(args: Vec<Expr>) -> Expr {
    Expr::ScalarFunction(ScalarFunction::new_udf(udf(), args))
}

/// The arguments, when `expr` is a call of this function.
pub(crate) fn arguments(expr: &Expr) -> Option<&[Expr]> {
    match expr {
        Expr::ScalarFunction(function) if function.func.inner().is::<WholeAttributes>() => Some(&function.args),
        _ => None,
    }
}

/// The promoted column of `key` among the arguments of a call.
pub(crate) fn column_of<'a>(args: &'a [Expr], key: &str) -> Option<&'a Expr> {
    args.get(1..)?.chunks_exact(2).find(|pair| text(&pair[0]) == Some(key)).map(|pair| &pair[1])
}

/// The text of a literal.
pub(crate) fn text(expr: &Expr) -> Option<&str> {
    match expr {
        Expr::Literal(value, _) => value.try_as_str().flatten(),
        _ => None,
    }
}

/// A null-free text literal as the JSON functions take it.
pub(crate) fn key(text: &str) -> Expr {
    lit(ScalarValue::from(text))
}

#[cfg(test)]
mod tests;
