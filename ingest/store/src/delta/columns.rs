//! Arrow columns as Delta columns.

use arrow::datatypes::{DataType as Arrow, Field, TimeUnit};
use deltalake_core::DeltaTableError;
use deltalake_core::kernel::{ArrayType, DataType, PrimitiveType, StructField};

use crate::schema::{PARTITION, TableSpec};

/// The columns of a table as the Delta log declares them, the partition column last.
pub(super) fn columns(spec: &TableSpec) -> Result<Vec<StructField>, DeltaTableError> {
    let mut columns: Vec<StructField> =
        spec.schema.fields().iter().map(|field| column(field)).collect::<Result<_, _>>()?;
    columns.push(StructField::nullable(PARTITION, DataType::Primitive(PrimitiveType::Date)));
    Ok(columns)
}

fn column(field: &Field) -> Result<StructField, DeltaTableError> {
    Ok(StructField::new(field.name(), data_type(field.data_type())?, field.is_nullable()))
}

fn data_type(arrow: &Arrow) -> Result<DataType, DeltaTableError> {
    let primitive = match arrow {
        Arrow::Utf8View => PrimitiveType::String,
        Arrow::BinaryView => PrimitiveType::Binary,
        Arrow::Int64 => PrimitiveType::Long,
        Arrow::Float64 => PrimitiveType::Double,
        Arrow::Boolean => PrimitiveType::Boolean,
        Arrow::Timestamp(TimeUnit::Microsecond, Some(_)) => PrimitiveType::Timestamp,
        Arrow::List(element) => {
            let element = data_type(element.data_type())?;
            return Ok(DataType::Array(Box::new(ArrayType::new(element, true))));
        }
        other => return Err(DeltaTableError::generic(format!("no stored column may be a {other}"))),
    };
    Ok(DataType::Primitive(primitive))
}
