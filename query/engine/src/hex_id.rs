//! `hex_id`: a stored binary id as the lower-case hex text people read and write.

use std::sync::{Arc, LazyLock};

use arrow::array::{Array, AsArray, StringBuilder};
use arrow::datatypes::DataType;
use datafusion::common::Result;
use datafusion::logical_expr::expr::ScalarFunction;
use datafusion::logical_expr::{
    ColumnarValue, Expr, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility,
};
use datafusion::prelude::col;

/// Hex digits of a trace id, the longer of the two kinds.
const TRACE_ID_DIGITS: usize = 32;

/// The function; [`call`] makes a call of it.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) struct HexId {
    signature: Signature,
}

// === impl HexId ===

impl ScalarUDFImpl for HexId {
    fn name(&self) -> &'static str {
        "hex_id"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::Utf8)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let ids = ColumnarValue::values_to_arrays(&args.args)?.swap_remove(0);
        let ids = ids.as_binary_view();
        let mut out = StringBuilder::with_capacity(ids.len(), ids.len() * TRACE_ID_DIGITS);
        for id in ids {
            match id {
                Some(id) => out.append_value(hex::encode(id)),
                None => out.append_null(),
            }
        }
        Ok(ColumnarValue::Array(Arc::new(out.finish())))
    }
}

/// The stored id column `name` as hex.
pub(crate) fn call(name: &str) -> Expr {
    static UDF: LazyLock<Arc<ScalarUDF>> = LazyLock::new(|| {
        let signature = Signature::exact(vec![DataType::BinaryView], Volatility::Immutable);
        Arc::new(ScalarUDF::new_from_impl(HexId { signature }))
    });
    Expr::ScalarFunction(ScalarFunction::new_udf(Arc::clone(&UDF), vec![col(name)]))
}

/// The binary id below `expr`, when it is a call of this function.
pub(crate) fn argument(expr: &Expr) -> Option<&Expr> {
    match expr {
        Expr::ScalarFunction(function) if function.func.inner().is::<HexId>() => function.args.first(),
        _ => None,
    }
}
