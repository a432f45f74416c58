//! Answers in the forms they are sent: JSON, CSV or an Arrow stream, each of bounded size.

mod cell;
mod csv;
mod json;
mod scanned;

use std::io::{self, Write};

use arrow::compute::cast;
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use arrow::ipc::writer::StreamWriter;
use arrow::record_batch::{RecordBatch, RecordBatchOptions};
use bytes::Bytes;
use query_api::{ErrorKind, SqlStats};

use crate::error::QueryError;
pub(crate) use scanned::{Scanned, scanned};

/// How an answer is encoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// `query_api::SqlAnswer` as JSON. Integers have every digit; NaN and the infinities are
    /// strings; timestamps are RFC 3339 in UTC with the digits of their unit; decimals, dates,
    /// times and intervals are strings; binary is lower-case hex; lists are arrays, structs
    /// objects, maps arrays of entries.
    Json,
    /// RFC 4180 with a header line. NULL is empty; values look as in JSON without the quotes. A
    /// text that a spreadsheet would run as a formula (it starts with `=`, `+`, `-`, `@`, tab or
    /// carriage return) gets a leading `'`.
    Csv,
    /// Arrow IPC stream. Views are sent as plain strings and binaries, for readers of any age.
    ArrowStream,
}

/// An encoded answer.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The whole body.
    pub body: Bytes,
    /// How many rows it has.
    pub rows: usize,
    /// Whether the query had more rows than were answered.
    pub truncated: bool,
    /// Damaged files that may hold more of it: the answer is complete when there are none.
    pub left_out: Vec<String>,
    /// What it took.
    pub stats: SqlStats,
}

/// Encodes an answer batch by batch.
pub(crate) enum Encoder {
    Json(json::Json),
    Csv(csv::Csv),
    ArrowStream { writer: Box<StreamWriter<Body>>, schema: SchemaRef },
}

/// Bytes written so far, and how many may be.
#[derive(Debug)]
pub(crate) struct Body {
    bytes: Vec<u8>,
    limit: usize,
    full: bool,
}

// === impl Format ===

impl Format {
    /// The media type of the body.
    #[must_use]
    pub const fn content_type(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::Csv => "text/csv; charset=utf-8; header=present",
            Self::ArrowStream => "application/vnd.apache.arrow.stream",
        }
    }
}

// === impl Encoder ===

impl Encoder {
    pub(crate) fn new(format: Format, schema: &SchemaRef, limit: usize) -> Result<Self, QueryError> {
        let body = Body { bytes: Vec::new(), limit, full: false };
        Ok(match format {
            Format::Json => Self::Json(json::Json::start(body, schema).map_err(|_| too_large(limit))?),
            Format::Csv => Self::Csv(csv::Csv::start(body, schema).map_err(|_| too_large(limit))?),
            Format::ArrowStream => {
                let schema = without_views(schema);
                Self::ArrowStream { writer: Box::new(StreamWriter::try_new(body, &schema)?), schema }
            }
        })
    }

    /// Appends rows.
    ///
    /// # Errors
    ///
    /// `ResourceLimit` when the answer grows over its limit.
    pub(crate) fn push(&mut self, batch: &RecordBatch) -> Result<(), QueryError> {
        match self {
            Self::Json(json) => json.push(batch).map_err(|error| json.body().explain(&error)),
            Self::Csv(csv) => csv.push(batch).map_err(|error| csv.body().explain(&error)),
            Self::ArrowStream { writer, schema } => {
                let columns = batch.columns().iter().zip(schema.fields());
                let columns = columns.map(|(column, field)| cast(column, field.data_type()));
                let columns = columns.collect::<Result<Vec<_>, _>>()?;
                let rows = RecordBatch::try_new_with_options(
                    SchemaRef::clone(schema),
                    columns,
                    &RecordBatchOptions::new().with_row_count(Some(batch.num_rows())),
                )?;
                writer.write(&rows).map_err(|error| writer.get_ref().explain(&error))
            }
        }
    }

    /// The body.
    ///
    /// # Errors
    ///
    /// `ResourceLimit` when the answer grows over its limit.
    pub(crate) fn finish(self, truncated: bool, left_out: &[String], stats: SqlStats) -> Result<Bytes, QueryError> {
        let body = match self {
            Self::Json(json) => json.finish(truncated, left_out, stats),
            Self::Csv(csv) => Ok(csv.finish()),
            Self::ArrowStream { writer, .. } => writer.into_inner().map_err(io::Error::other),
        };
        body.map(|body| Bytes::from(body.bytes)).map_err(|error| QueryError::internal(&error))
    }
}

fn without_views(schema: &SchemaRef) -> SchemaRef {
    let fields = schema.fields().iter().map(|field| {
        let plain = match field.data_type() {
            DataType::Utf8View => DataType::Utf8,
            DataType::BinaryView => DataType::Binary,
            other => other.clone(),
        };
        Field::new(field.name(), plain, field.is_nullable()).with_metadata(field.metadata().clone())
    });
    SchemaRef::new(Schema::new(fields.collect::<Vec<_>>()))
}

// === impl Body ===

impl Body {
    /// A body without a limit, for what follows the last row.
    fn unbounded(self) -> Self {
        Self { limit: usize::MAX, ..self }
    }

    fn explain(&self, error: &dyn std::fmt::Display) -> QueryError {
        if self.full { too_large(self.limit) } else { QueryError::internal(error) }
    }
}

impl Write for Body {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.bytes.len() + bytes.len() > self.limit {
            self.full = true;
            return Err(io::Error::other("the answer is too large"));
        }
        self.bytes.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn too_large(limit: usize) -> QueryError {
    QueryError::new(
        ErrorKind::ResourceLimit,
        format!("the answer is larger than {limit} bytes"),
        "select fewer columns, ask for fewer rows, or aggregate",
    )
}

#[cfg(test)]
mod tests;
