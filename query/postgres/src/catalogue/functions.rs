//! Functions clients call that neither DataFusion nor `datafusion-pg-catalog` has. They read nothing but their
//! arguments.

use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, StringArray};
use arrow::compute::cast;
use arrow::datatypes::DataType;
use datafusion::error::Result;
use datafusion::logical_expr::{
    ColumnarValue, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, TypeSignature, Volatility,
};
use datafusion::scalar::ScalarValue;

use super::format::Format;
use crate::settings;

/// Every function.
pub(super) fn all() -> Vec<ScalarUDF> {
    let nothing = ScalarValue::Utf8(None);
    let text = |text: &str| ScalarValue::Utf8(Some(text.to_owned()));
    let constants = [
        ("version", text(settings::VERSION_TEXT)),
        ("pg_get_viewdef", nothing.clone()),
        ("pg_get_indexdef", nothing.clone()),
        ("pg_get_ruledef", nothing.clone()),
        ("pg_get_triggerdef", nothing.clone()),
        ("pg_get_serial_sequence", nothing.clone()),
        ("pg_tablespace_location", nothing),
        ("pg_is_in_recovery", ScalarValue::Boolean(Some(false))),
        ("pg_is_other_temp_schema", ScalarValue::Boolean(Some(false))),
        ("pg_my_temp_schema", ScalarValue::Int32(Some(0))),
        ("pg_type_is_visible", ScalarValue::Boolean(Some(true))),
        ("pg_function_is_visible", ScalarValue::Boolean(Some(true))),
        ("has_column_privilege", ScalarValue::Boolean(Some(true))),
        ("has_function_privilege", ScalarValue::Boolean(Some(true))),
        ("pg_advisory_unlock_all", ScalarValue::Boolean(None)),
    ];
    let constants = constants.into_iter().map(|(name, value)| ScalarUDF::from(Constant::new(name, value)));
    let settings = [("current_setting", 0), ("set_config", 1)];
    let settings = settings.map(|(name, answer)| ScalarUDF::from(Setting::new(name, answer)));
    constants.chain(settings).chain([ScalarUDF::from(Format::new())]).collect()
}

/// Answers the same, whatever it is asked.
#[derive(Debug, PartialEq, Eq, Hash)]
struct Constant {
    name: &'static str,
    value: ScalarValue,
    signature: Signature,
}

/// `current_setting(name, …)` answers the value of a setting; `set_config(name, value, …)` answers what it is given.
#[derive(Debug, PartialEq, Eq, Hash)]
struct Setting {
    name: &'static str,
    /// Which argument the answer is made of.
    answer: usize,
    signature: Signature,
}

// === impl Constant ===

impl Constant {
    fn new(name: &'static str, value: ScalarValue) -> Self {
        let any = TypeSignature::OneOf(vec![TypeSignature::Nullary, TypeSignature::VariadicAny]);
        Self { name, value, signature: Signature::new(any, Volatility::Stable) }
    }
}

impl ScalarUDFImpl for Constant {
    fn name(&self) -> &str {
        self.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(self.value.data_type())
    }

    fn invoke_with_args(&self, _: ScalarFunctionArgs) -> Result<ColumnarValue> {
        Ok(ColumnarValue::Scalar(self.value.clone()))
    }
}

// === impl Setting ===

impl Setting {
    fn new(name: &'static str, answer: usize) -> Self {
        Self { name, answer, signature: Signature::variadic_any(Volatility::Stable) }
    }
}

impl ScalarUDFImpl for Setting {
    fn name(&self) -> &str {
        self.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::Utf8)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let Some(asked) = args.args.get(self.answer) else {
            return Ok(ColumnarValue::Scalar(ScalarValue::Utf8(None)));
        };
        let asked = cast(&asked.to_array(args.number_rows)?, &DataType::Utf8)?;
        let asked = asked.as_string::<i32>();
        let answer: ArrayRef = match self.answer {
            0 => Arc::new(asked.iter().map(|name| settings::value(name?)).collect::<StringArray>()),
            _ => Arc::new(asked.clone()),
        };
        if args.number_rows == 1 {
            return Ok(ColumnarValue::Scalar(ScalarValue::try_from_array(&answer, 0)?));
        }
        Ok(ColumnarValue::Array(answer))
    }
}
