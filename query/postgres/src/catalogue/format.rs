//! `format(text, …)`: `%s`, `%I` and `%L` are replaced by the arguments in their order (PostgreSQL 16, 9.4.1).

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, StringArray};
use arrow::compute::cast;
use arrow::datatypes::DataType;
use datafusion::error::{DataFusionError, Result};
use datafusion::logical_expr::{ColumnarValue, ScalarFunctionArgs, ScalarUDFImpl, Signature, Volatility};

/// The function.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct Format {
    signature: Signature,
}

// === impl Format ===

impl Format {
    pub(super) fn new() -> Self {
        Self { signature: Signature::variadic_any(Volatility::Immutable) }
    }
}

impl ScalarUDFImpl for Format {
    fn name(&self) -> &'static str {
        "format"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::Utf8)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let texts = |arg: &ColumnarValue| Ok(cast(&arg.to_array(args.number_rows)?, &DataType::Utf8)?);
        let texts: Vec<ArrayRef> = args.args.iter().map(texts).collect::<Result<_>>()?;
        let texts: Vec<&StringArray> = texts.iter().map(|array| array.as_string::<i32>()).collect();
        let row = |row: usize| {
            let mut values = texts.iter().map(|column| column.is_valid(row).then(|| column.value(row)));
            let pattern = values.next().flatten();
            pattern.map(|pattern| format(pattern, values)).transpose()
        };
        let made: StringArray = (0..args.number_rows).map(row).collect::<Result<_>>()?;
        Ok(ColumnarValue::Array(Arc::new(made)))
    }
}

fn format<'a>(pattern: &str, mut values: impl Iterator<Item = Option<&'a str>>) -> Result<String> {
    let mut made = String::new();
    let mut letters = pattern.chars();
    while let Some(letter) = letters.next() {
        if letter != '%' {
            made.push(letter);
            continue;
        }
        let kind = letters.next();
        if kind == Some('%') {
            made.push('%');
            continue;
        }
        let missing = || DataFusionError::Execution("format: there are too few arguments".to_owned());
        let value = values.next().ok_or_else(missing)?;
        match kind {
            Some('s') => made.push_str(value.unwrap_or_default()),
            Some('I') => made.push_str(&identifier(value.unwrap_or_default())),
            Some('L') => match value {
                Some(value) => made.push_str(&std::format!("'{}'", value.replace('\'', "''"))),
                None => made.push_str("NULL"),
            },
            _ => return Err(DataFusionError::Execution("format: only %s, %I and %L are known".to_owned())),
        }
    }
    Ok(made)
}

/// A name as it stands in a query; in quotes where it needs them.
fn identifier(name: &str) -> String {
    let is_plain = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '_';
    if name.starts_with(|first: char| !first.is_ascii_digit()) && name.chars().all(is_plain) {
        return name.to_owned();
    }
    std::format!("\"{}\"", name.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_replace_what_stands_for_them() {
        let made = |pattern, values: &[Option<&'static str>]| format(pattern, values.iter().copied()).unwrap();
        assert_eq!(made("%I.%I", &[Some("public"), Some("Spans")]), "public.\"Spans\"");
        assert_eq!(made("%s %% %L", &[None, Some("it's")]), " % 'it''s'");
        assert!(format("%s", std::iter::empty()).is_err());
        assert!(format("%d", [Some("1")].into_iter()).is_err());
    }
}
