//! The values of `$1`, `$2`, …: what a client says of their types, and what it binds.

use std::sync::Arc;

use arrow::datatypes::{DataType, Field, TimeUnit};
use arrow_pg::datatypes::df::deserialize_parameters_with_server_types;
use arrow_pg::datatypes::into_pg_type;
use datafusion::common::ParamValues;
use datafusion::scalar::ScalarValue;
use pgwire::api::Type;
use pgwire::api::portal::{Format, Portal};
use pgwire::error::{PgWireError, PgWireResult};

use crate::failure::{self, Code};

/// Digits of a decimal parameter, and how many of them are behind the point.
const DECIMAL: DataType = DataType::Decimal128(38, 9);

/// The type of a parameter a client names; `None` where it leaves that to us.
pub(crate) fn known(given: &Option<Type>) -> Option<DataType> {
    let list = |element| DataType::List(Arc::new(Field::new_list_field(element, true)));
    Some(match *given.as_ref()? {
        Type::TEXT_ARRAY | Type::VARCHAR_ARRAY => list(DataType::Utf8),
        Type::BOOL_ARRAY => list(DataType::Boolean),
        Type::INT2_ARRAY => list(DataType::Int16),
        Type::INT4_ARRAY => list(DataType::Int32),
        Type::INT8_ARRAY => list(DataType::Int64),
        Type::FLOAT4_ARRAY => list(DataType::Float32),
        Type::FLOAT8_ARRAY => list(DataType::Float64),
        Type::BOOL => DataType::Boolean,
        Type::INT2 => DataType::Int16,
        Type::INT4 | Type::OID => DataType::Int32,
        Type::INT8 => DataType::Int64,
        Type::FLOAT4 => DataType::Float32,
        Type::FLOAT8 => DataType::Float64,
        Type::NUMERIC => DECIMAL,
        Type::TEXT | Type::VARCHAR | Type::BPCHAR | Type::NAME | Type::UUID | Type::JSON | Type::JSONB => {
            DataType::Utf8
        }
        Type::BYTEA => DataType::Binary,
        Type::DATE => DataType::Date32,
        Type::TIMESTAMP => DataType::Timestamp(TimeUnit::Microsecond, None),
        Type::TIMESTAMPTZ => DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
        _ => return None,
    })
}

/// The types of parameters as a client is told them: its own where it named them.
///
/// # Errors
///
/// When one has no counterpart in PostgreSQL.
pub(crate) fn told(given: &[Option<Type>], types: &[DataType]) -> PgWireResult<Vec<Type>> {
    let one = |(index, arrow): (usize, &DataType)| match given.get(index).cloned().flatten() {
        Some(own) => Ok(own),
        None => into_pg_type(arrow),
    };
    types.iter().enumerate().map(one).collect()
}

/// The values a client has bound, in the types the query was planned with.
///
/// # Errors
///
/// When there are too many or too few, or one cannot be read.
pub(crate) fn values<S: Clone>(portal: &Portal<S>, types: &[DataType]) -> PgWireResult<Vec<ScalarValue>> {
    let (bound, needed) = (portal.parameter_len(), types.len());
    let mistaken = |message| Err(PgWireError::UserError(failure::error(Code::ProtocolViolation, message, "")));
    if bound != needed {
        return mistaken(format!("the client binds {bound} parameters, but the statement has {needed}"));
    }
    if matches!(&portal.parameter_format, Format::Individual(formats) if formats.len() != bound) {
        return mistaken("the client does not tell the format of every parameter".to_owned());
    }
    let given = |index: usize| portal.statement.parameter_types.get(index).and_then(Option::as_ref);
    let is_open = |index: usize| given(index).is_none();
    // What a client sends as text and without a type is read as text first, as a constant in a query would be.
    let server: Vec<Option<Type>> = types
        .iter()
        .enumerate()
        .map(|(index, arrow)| match portal.parameter_format.is_text(index) && is_open(index) {
            true => Some(Type::TEXT),
            false => into_pg_type(arrow).ok(),
        })
        .collect();
    let server: Vec<Option<&Type>> = server.iter().map(Option::as_ref).collect();
    // A decimal is read with digits enough at once; by itself it would have no room for leading zeros.
    let decimals = types.iter().map(|arrow| Some(arrow).filter(|arrow| **arrow == DECIMAL)).collect::<Vec<_>>();
    let read = deserialize_parameters_with_server_types(portal, &decimals, &server).map_err(unreadable)?;
    let ParamValues::List(read) = read else { return mistaken("the parameters have no order".to_owned()) };
    let fitted = read.into_iter().zip(types).map(|(read, arrow)| fit(&read.value, arrow));
    fitted.collect::<Result<Vec<_>, _>>().map_err(unreadable)
}

fn fit(value: &ScalarValue, arrow: &DataType) -> Result<ScalarValue, datafusion::error::DataFusionError> {
    if value.data_type() == *arrow { Ok(value.clone()) } else { value.cast_to(arrow) }
}

fn unreadable(error: impl std::fmt::Display) -> PgWireError {
    let text = error.to_string();
    let message = format!("a parameter cannot be read: {}", text.lines().next().unwrap_or_default());
    PgWireError::UserError(failure::error(Code::InvalidText, message, "send it in the type the statement names"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_is_told_its_own_types_and_ours_for_the_others() {
        let given = [Some(Type::INT2), None, None];
        let types = [DataType::Int64, DataType::Utf8, DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()))];
        assert_eq!(told(&given, &types).unwrap(), [Type::INT2, Type::TEXT, Type::TIMESTAMPTZ]);
        assert_eq!(told(&[], &types).unwrap(), [Type::INT8, Type::TEXT, Type::TIMESTAMPTZ]);
        assert_eq!(known(&Some(Type::POINT)), None);
    }
}
