//! Answers of the engine as Flight data.

use std::pin::Pin;

use arrow::datatypes::SchemaRef;
use arrow::ipc::reader::StreamReader;
use arrow::record_batch::RecordBatch;
use arrow_flight::FlightData;
use arrow_flight::encode::FlightDataEncoderBuilder;
use arrow_flight::error::FlightError;
use bytes::{Buf, Bytes};
use futures::{Stream, StreamExt, TryStreamExt, stream};
use query_api::SqlQuestion;
use query_engine::{Engine, Format};
use tonic::{Response, Status};

use crate::failure::{internal, status};

/// What `DoGet` sends.
pub(crate) type Data = Pin<Box<dyn Stream<Item = Result<FlightData, Status>> + Send>>;

/// Asks a question.
///
/// # Errors
///
/// Those of the engine; `RESOURCE_EXHAUSTED` where there are more rows than may be answered, because a part of them would
/// be taken for all.
pub(crate) async fn ask(engine: &Engine, query: String) -> Result<Response<Data>, Status> {
    let question = SqlQuestion { query, ..SqlQuestion::default() };
    let answer = engine.sql(&question, Format::ArrowStream).await.map_err(status)?;
    if answer.truncated {
        let text = format!("the answer has more than {} rows; add LIMIT, or ask for less at once", answer.rows);
        return Err(Status::resource_exhausted(text));
    }
    let reader = StreamReader::try_new(answer.body.reader(), None).map_err(|error| internal(&error))?;
    let mut response = Response::new(data(reader.schema(), stream::iter(reader).map_err(FlightError::from).boxed()));
    if !answer.left_out.is_empty() {
        // As the other doors name what the answer is without.
        let files = answer
            .left_out
            .join(",")
            .parse()
            .map_err(|error: tonic::metadata::errors::InvalidMetadataValue| internal(&error))?;
        response.metadata_mut().insert("x-slowburn-damaged-files", files);
    }
    Ok(response)
}

/// One batch that is at hand.
pub(crate) fn one(batch: RecordBatch) -> Response<Data> {
    let schema = batch.schema();
    Response::new(data(schema, stream::iter([Ok(batch)]).boxed()))
}

/// The schema of what a table has.
///
/// # Errors
///
/// Those of the engine.
pub(crate) async fn schema(engine: &Engine, table: &str) -> Result<SchemaRef, Status> {
    let question = SqlQuestion { query: format!("SELECT * FROM {table} LIMIT 0"), ..SqlQuestion::default() };
    let answer = engine.sql(&question, Format::ArrowStream).await.map_err(status)?;
    let reader = StreamReader::try_new(Bytes::reader(answer.body), None).map_err(|error| internal(&error))?;
    Ok(reader.schema())
}

fn data(schema: SchemaRef, batches: Pin<Box<dyn Stream<Item = Result<RecordBatch, FlightError>> + Send>>) -> Data {
    FlightDataEncoderBuilder::new().with_schema(schema).build(batches).map_err(Status::from).boxed()
}
