//! One value of an answer, whatever the type of its column.

use std::borrow::Cow;
use std::io::{self, Write};
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, StructArray};
use arrow::datatypes::{
    DataType, Float16Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type, TimeUnit,
    TimestampMicrosecondType, TimestampMillisecondType, TimestampNanosecondType, TimestampSecondType, UInt8Type,
    UInt16Type, UInt32Type, UInt64Type,
};
use arrow::temporal_conversions::{
    timestamp_ms_to_datetime, timestamp_ns_to_datetime, timestamp_s_to_datetime, timestamp_us_to_datetime,
};
use arrow::util::display::{ArrayFormatter, FormatOptions};
use chrono::SecondsFormat;

/// A value as JSON and CSV see it.
#[derive(Debug)]
pub(super) enum Cell<'a> {
    Null,
    Bool(bool),
    Int(i64),
    Unsigned(u64),
    Single(f32),
    Double(f64),
    Text(Cow<'a, str>),
    List(ArrayRef),
    Object(&'a StructArray, usize),
}

/// The value in a row of a column.
pub(super) fn cell(column: &dyn Array, row: usize) -> Cell<'_> {
    if column.is_null(row) {
        return Cell::Null;
    }
    number(column, row).or_else(|| nested(column, row)).unwrap_or_else(|| Cell::Text(text(column, row)))
}

fn number(column: &dyn Array, row: usize) -> Option<Cell<'_>> {
    Some(match column.data_type() {
        DataType::Null => Cell::Null,
        DataType::Boolean => Cell::Bool(column.as_boolean().value(row)),
        DataType::Int8 => Cell::Int(column.as_primitive::<Int8Type>().value(row).into()),
        DataType::Int16 => Cell::Int(column.as_primitive::<Int16Type>().value(row).into()),
        DataType::Int32 => Cell::Int(column.as_primitive::<Int32Type>().value(row).into()),
        DataType::Int64 => Cell::Int(column.as_primitive::<Int64Type>().value(row)),
        DataType::UInt8 => Cell::Unsigned(column.as_primitive::<UInt8Type>().value(row).into()),
        DataType::UInt16 => Cell::Unsigned(column.as_primitive::<UInt16Type>().value(row).into()),
        DataType::UInt32 => Cell::Unsigned(column.as_primitive::<UInt32Type>().value(row).into()),
        DataType::UInt64 => Cell::Unsigned(column.as_primitive::<UInt64Type>().value(row)),
        DataType::Float16 => Cell::Single(column.as_primitive::<Float16Type>().value(row).into()),
        DataType::Float32 => Cell::Single(column.as_primitive::<Float32Type>().value(row)),
        DataType::Float64 => Cell::Double(column.as_primitive::<Float64Type>().value(row)),
        _ => return None,
    })
}

fn nested(column: &dyn Array, row: usize) -> Option<Cell<'_>> {
    Some(match column.data_type() {
        DataType::List(_) => Cell::List(column.as_list::<i32>().value(row)),
        DataType::LargeList(_) => Cell::List(column.as_list::<i64>().value(row)),
        DataType::FixedSizeList(..) => Cell::List(column.as_fixed_size_list().value(row)),
        DataType::Map(..) => Cell::List(Arc::new(column.as_map().value(row))),
        DataType::Struct(_) => Cell::Object(column.as_struct(), row),
        DataType::Dictionary(..) => {
            let dictionary = column.as_any_dictionary();
            return Some(cell(dictionary.values().as_ref(), dictionary.normalized_keys()[row]));
        }
        _ => return None,
    })
}

fn text(column: &dyn Array, row: usize) -> Cow<'_, str> {
    match column.data_type() {
        DataType::Utf8 => Cow::Borrowed(column.as_string::<i32>().value(row)),
        DataType::LargeUtf8 => Cow::Borrowed(column.as_string::<i64>().value(row)),
        DataType::Utf8View => Cow::Borrowed(column.as_string_view().value(row)),
        DataType::Binary => Cow::Owned(hex::encode(column.as_binary::<i32>().value(row))),
        DataType::LargeBinary => Cow::Owned(hex::encode(column.as_binary::<i64>().value(row))),
        DataType::BinaryView => Cow::Owned(hex::encode(column.as_binary_view().value(row))),
        DataType::FixedSizeBinary(_) => Cow::Owned(hex::encode(column.as_fixed_size_binary().value(row))),
        DataType::Timestamp(unit, _) => Cow::Owned(timestamp(column, *unit, row)),
        _ => Cow::Owned(displayed(column, row)),
    }
}

/// RFC 3339 in UTC. Arrow holds instants in UTC whatever zone a column names, and times without
/// a zone count as UTC. A time too far away to be written as a date is its number.
fn timestamp(column: &dyn Array, unit: TimeUnit, row: usize) -> String {
    let (value, time, digits) = match unit {
        TimeUnit::Second => {
            let value = column.as_primitive::<TimestampSecondType>().value(row);
            (value, timestamp_s_to_datetime(value), SecondsFormat::Secs)
        }
        TimeUnit::Millisecond => {
            let value = column.as_primitive::<TimestampMillisecondType>().value(row);
            (value, timestamp_ms_to_datetime(value), SecondsFormat::Millis)
        }
        TimeUnit::Microsecond => {
            let value = column.as_primitive::<TimestampMicrosecondType>().value(row);
            (value, timestamp_us_to_datetime(value), SecondsFormat::Micros)
        }
        TimeUnit::Nanosecond => {
            let value = column.as_primitive::<TimestampNanosecondType>().value(row);
            (value, timestamp_ns_to_datetime(value), SecondsFormat::Nanos)
        }
    };
    time.map_or_else(|| value.to_string(), |time| time.and_utc().to_rfc3339_opts(digits, true))
}

/// Decimals, dates, times, durations and intervals, as Arrow writes them.
fn displayed(column: &dyn Array, row: usize) -> String {
    let options = FormatOptions::default();
    let written = ArrayFormatter::try_new(column, &options).and_then(|formatter| formatter.value(row).try_to_string());
    written.unwrap_or_default()
}

// === impl Cell ===

impl Cell<'_> {
    /// Writes the value as JSON.
    pub(super) fn write_json(&self, out: &mut impl Write) -> io::Result<()> {
        match self {
            Self::Null => out.write_all(b"null"),
            Self::Bool(value) => write!(out, "{value}"),
            Self::Int(value) => write!(out, "{value}"),
            Self::Unsigned(value) => write!(out, "{value}"),
            Self::Single(value) if value.is_finite() => Ok(serde_json::to_writer(out, value)?),
            Self::Double(value) if value.is_finite() => Ok(serde_json::to_writer(out, value)?),
            Self::Single(value) => write!(out, "\"{}\"", not_finite(f64::from(*value))),
            Self::Double(value) => write!(out, "\"{}\"", not_finite(*value)),
            Self::Text(value) => Ok(serde_json::to_writer(out, value)?),
            Self::List(values) => write_list(values.as_ref(), out),
            Self::Object(values, row) => write_object(values, *row, out),
        }
    }
}

/// The name of a number JSON has none for.
pub(super) fn not_finite(value: f64) -> &'static str {
    match value {
        value if value.is_nan() => "NaN",
        f64::INFINITY => "Infinity",
        _ => "-Infinity",
    }
}

fn write_list(values: &dyn Array, out: &mut impl Write) -> io::Result<()> {
    out.write_all(b"[")?;
    for index in 0..values.len() {
        if index > 0 {
            out.write_all(b",")?;
        }
        cell(values, index).write_json(out)?;
    }
    out.write_all(b"]")
}

fn write_object(values: &StructArray, row: usize, out: &mut impl Write) -> io::Result<()> {
    out.write_all(b"{")?;
    for (index, (field, column)) in values.fields().iter().zip(values.columns()).enumerate() {
        if index > 0 {
            out.write_all(b",")?;
        }
        serde_json::to_writer(&mut *out, field.name())?;
        out.write_all(b":")?;
        cell(column.as_ref(), row).write_json(out)?;
    }
    out.write_all(b"}")
}
