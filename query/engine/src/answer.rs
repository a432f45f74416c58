//! Answers in the forms they are sent: JSON, CSV or an Arrow stream, each of bounded size.

pub(crate) mod cache;
mod cell;
mod csv;
mod json;
mod scanned;

use std::io::{self, Write};

use arrow::array::{ArrayRef, AsArray};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use arrow::ipc::writer::StreamWriter;
use arrow::record_batch::{RecordBatch, RecordBatchOptions};
use bytes::Bytes;
use query_api::{ErrorKind, SqlStats};

use crate::error::QueryError;
pub(crate) use scanned::{Scanned, scanned, spilled};

/// How an answer is encoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
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
    /// How long the part of the body is that says nothing of what it took.
    pub(crate) rows_end: usize,
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

// === impl Answer ===

impl Answer {
    /// The same answer, given again.
    pub(crate) fn again(mut self, format: Format, elapsed_ms: u64) -> Self {
        self.stats = SqlStats { elapsed_ms, cached: true, ..SqlStats::default() };
        if format == Format::Json {
            let mut body = self.body[..self.rows_end].to_vec();
            // Writing into memory does not fail.
            if json::finish(&mut body, self.truncated, &self.left_out, self.stats).is_ok() {
                self.body = Bytes::from(body);
            }
        }
        self
    }
}

// === impl Encoder ===

impl Encoder {
    /// How long the body is so far.
    pub(crate) fn written(&self) -> usize {
        match self {
            Self::Json(json) => json.body().bytes.len(),
            Self::Csv(csv) => csv.body().bytes.len(),
            Self::ArrowStream { writer, .. } => writer.get_ref().bytes.len(),
        }
    }

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
                let limit = writer.get_ref().limit;
                // Rows may share one text, which becomes one each.
                if batch.columns().iter().map(viewed_bytes).fold(0, usize::saturating_add) > limit {
                    return Err(too_large(limit));
                }
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

/// Bytes of the values of a column of views.
fn viewed_bytes(column: &ArrayRef) -> usize {
    match column.data_type() {
        DataType::Utf8View => column.as_string_view().lengths().map(|length| length as usize).sum(),
        DataType::BinaryView => column.as_binary_view().lengths().map(|length| length as usize).sum(),
        _ => 0,
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
        "select fewer columns, ask for fewer rows, or aggregate; question_answer_bytes of the limits file sets the limit",
    )
}

#[cfg(test)]
mod tests;
