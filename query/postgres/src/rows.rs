//! Answers as rows of the protocol.

use std::sync::Arc;

use arrow::array::{ArrayRef, StringArray};
use arrow::datatypes::Schema;
use arrow::error::ArrowError;
use arrow::record_batch::RecordBatch;
use arrow_pg::datatypes::arrow_schema_to_pg_fields;
use arrow_pg::encode_recordbatch;
use futures::StreamExt;
use futures::stream;
use pgwire::api::portal::Format;
use pgwire::api::results::{FieldInfo, QueryResponse};
use pgwire::error::{PgWireError, PgWireResult};

use crate::failure::{self, Code};
use crate::held::Held;

/// The columns of an answer in the formats a client asks for.
///
/// # Errors
///
/// When the formats do not fit the columns, or a type has no counterpart in PostgreSQL.
pub(crate) fn columns(schema: &Schema, format: &Format) -> PgWireResult<Vec<FieldInfo>> {
    let count = schema.fields().len();
    if let Format::Individual(formats) = format
        && formats.len() != count
    {
        let message = format!("the client asks for {} formats, but the answer has {count} columns", formats.len());
        return Err(PgWireError::UserError(failure::error(Code::ProtocolViolation, message, "")));
    }
    arrow_schema_to_pg_fields(schema, format, None).map_err(|error| {
        let message = pgwire::error::ErrorInfo::from(error).message;
        let hint = "cast the column to text, or ask for its parts";
        PgWireError::UserError(failure::error(Code::FeatureNotSupported, message, hint))
    })
}

/// An answer, encoded row by row as it is sent.
///
/// # Errors
///
/// As [`columns`].
pub(crate) fn response(
    schema: &Schema,
    batches: Vec<RecordBatch>,
    format: &Format,
    held: Option<Held>,
) -> PgWireResult<QueryResponse> {
    let columns = Arc::new(columns(schema, format)?);
    let fields = Arc::clone(&columns);
    let rows = stream::iter(batches).flat_map(move |batch| {
        // The answer is held until its last row is encoded.
        let _held = &held;
        stream::iter(encode_recordbatch(Arc::clone(&fields), batch))
    });
    Ok(QueryResponse::new(columns, rows))
}

/// Rows of texts.
///
/// # Errors
///
/// When a row has not as many texts as there are titles, which is a bug.
pub(crate) fn texts(titles: &[&str], rows: &[Vec<&str>]) -> Result<RecordBatch, ArrowError> {
    let column = |index: usize| -> ArrayRef {
        Arc::new(rows.iter().map(|row| row.get(index).copied()).collect::<StringArray>())
    };
    let columns = titles.iter().enumerate().map(|(index, title)| (*title, column(index), true));
    RecordBatch::try_from_iter_with_nullable(columns)
}

#[cfg(test)]
mod tests {
    use arrow::datatypes::{DataType, Field, TimeUnit};
    use pgwire::api::Type;

    use super::*;

    #[test]
    fn columns_have_the_types_of_postgresql() {
        let list = DataType::List(Arc::new(Field::new_list_field(DataType::Float64, true)));
        let schema = Schema::new(vec![
            Field::new("a", DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())), true),
            Field::new("b", DataType::Int64, true),
            Field::new("c", DataType::Float64, true),
            Field::new("d", DataType::Utf8, true),
            Field::new("e", DataType::Boolean, true),
            Field::new("f", list, true),
        ]);
        let columns = columns(&schema, &Format::UnifiedText).unwrap();
        let types = columns.iter().map(|column| column.datatype().clone()).collect::<Vec<_>>();
        assert_eq!(types, [Type::TIMESTAMPTZ, Type::INT8, Type::FLOAT8, Type::TEXT, Type::BOOL, Type::FLOAT8_ARRAY]);
    }

    #[test]
    fn formats_that_do_not_fit_are_refused() {
        let schema = Schema::new(vec![Field::new("a", DataType::Int64, true)]);
        assert!(columns(&schema, &Format::Individual(vec![1])).is_ok());
        let PgWireError::UserError(error) = columns(&schema, &Format::Individual(vec![1, 0])).unwrap_err() else {
            panic!("another error");
        };
        assert_eq!(error.code, "08P01");
    }
}
