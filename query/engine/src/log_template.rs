//! `log_template(text)`: a text with placeholders for what differs from record to record.
//!
//! This is the first step of Drain (He et al., "Drain: An Online Log Parsing Approach with Fixed Depth Tree", ICWS 2017,
//! section III.A), its masks, without the tree that learns: so the template of a text depends on nothing but the text, it
//! is the same in every file and at every time, and `GROUP BY` adds templates up. Masks are found in one pass over the
//! bytes, without regular expressions. `docs/formats/sql.md` lists the placeholders.

mod mask;

use std::sync::{Arc, LazyLock};

use arrow::array::{ArrayRef, AsArray, StringViewBuilder};
use arrow::compute::cast;
use arrow::datatypes::DataType;
use datafusion::common::Result;
use datafusion::logical_expr::{ColumnarValue, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility};

/// The function.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) struct LogTemplate {
    signature: Signature,
}

// === impl LogTemplate ===

impl ScalarUDFImpl for LogTemplate {
    fn name(&self) -> &'static str {
        "log_template"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::Utf8View)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let texts = cast(&args.args[0].to_array(args.number_rows)?, &DataType::Utf8View)?;
        Ok(ColumnarValue::Array(templates(&texts)))
    }
}

fn templates(texts: &ArrayRef) -> ArrayRef {
    let mut out = StringViewBuilder::with_capacity(texts.len()).with_deduplicate_strings();
    let mut template = String::new();
    for text in texts.as_string_view() {
        template.clear();
        let masked = text.map(|text| mask::template(text, &mut template));
        out.append_option(masked.map(|()| template.as_str()));
    }
    Arc::new(out.finish())
}

/// The function, for SQL.
pub(crate) fn log_template() -> Arc<ScalarUDF> {
    static UDF: LazyLock<Arc<ScalarUDF>> = LazyLock::new(|| {
        let signature = Signature::string(1, Volatility::Immutable);
        Arc::new(ScalarUDF::new_from_impl(LogTemplate { signature }))
    });
    Arc::clone(&UDF)
}
