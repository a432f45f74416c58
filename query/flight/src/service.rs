//! The calls of Flight SQL.

use std::pin::Pin;
use std::sync::Arc;

use arrow::error::ArrowError;
use arrow_flight::error::FlightError;
use arrow_flight::flight_service_server::FlightService;
use arrow_flight::sql::server::{FlightSqlService, PeekableFlightDataStream};
use arrow_flight::sql::{
    ActionClosePreparedStatementRequest, ActionCreatePreparedStatementRequest, ActionCreatePreparedStatementResult,
    CommandGetCatalogs, CommandGetDbSchemas, CommandGetSqlInfo, CommandGetTableTypes, CommandGetTables,
    CommandPreparedStatementQuery, CommandStatementQuery, DoPutPreparedStatementResult, ProstMessageExt, SqlInfo,
    TicketStatementQuery,
};
use arrow_flight::{Action, FlightDescriptor, FlightEndpoint, FlightInfo, HandshakeRequest, HandshakeResponse, Ticket};
use bytes::Bytes;
use futures::{Stream, stream};
use ingest_model::Tenant;
use prost::Message;
use query_engine::Engine;
use tonic::metadata::MetadataValue;
use tonic::{Request, Response, Status, Streaming};

use crate::Engines;
use crate::answer::{self, Data};
use crate::catalog;
use crate::failure::{internal, status};

/// The service behind the door.
pub(crate) struct FlightSql {
    engines: Arc<dyn Engines>,
}

type Handshakes = Pin<Box<dyn Stream<Item = Result<HandshakeResponse, Status>> + Send>>;

// === impl FlightSql ===

impl FlightSql {
    pub(crate) fn new(engines: Arc<dyn Engines>) -> Self {
        Self { engines }
    }

    /// The engine of whoever asks.
    async fn engine<T>(&self, request: &Request<T>) -> Result<Arc<Engine>, Status> {
        let tenant =
            request.extensions().get::<Tenant>().ok_or_else(|| Status::unauthenticated("a known key is needed"))?;
        self.engines.of(tenant).await.map_err(|reason| internal(&reason))
    }
}

/// How to fetch what `ticket` stands for. The schema comes with the answer.
fn info(request: Request<FlightDescriptor>, ticket: &impl ProstMessageExt) -> Response<FlightInfo> {
    let ticket = Ticket { ticket: ticket.as_any().encode_to_vec().into() };
    let endpoint = FlightEndpoint::new().with_ticket(ticket);
    Response::new(FlightInfo::new().with_endpoint(endpoint).with_descriptor(request.into_inner()))
}

/// The text of a question from a handle.
fn text(handle: Bytes) -> Result<String, Status> {
    String::from_utf8(handle.into())
        .map_err(|_| Status::invalid_argument("a handle is the text of a statement, in UTF-8"))
}

fn listed(batch: Result<arrow::record_batch::RecordBatch, FlightError>) -> Result<Response<Data>, Status> {
    batch.map(answer::one).map_err(Status::from)
}

#[tonic::async_trait]
impl FlightSqlService for FlightSql {
    type FlightService = Self;

    /// Whoever came in by a password goes on with the key, which is the same.
    async fn do_handshake(
        &self,
        request: Request<Streaming<HandshakeRequest>>,
    ) -> Result<Response<Handshakes>, Status> {
        self.engine(&request).await?;
        let answer = HandshakeResponse { protocol_version: 0, payload: Bytes::new() };
        let answers: Handshakes = Box::pin(stream::iter([Ok(answer)]));
        let mut response = Response::new(answers);
        let token = request.metadata().get("authorization").cloned();
        let token = token.unwrap_or_else(|| MetadataValue::from_static("Bearer none"));
        response.metadata_mut().insert("authorization", token);
        Ok(response)
    }

    async fn get_flight_info_statement(
        &self,
        query: CommandStatementQuery,
        request: Request<FlightDescriptor>,
    ) -> Result<Response<FlightInfo>, Status> {
        self.engine(&request).await?;
        Ok(info(request, &TicketStatementQuery { statement_handle: query.query.into() }))
    }

    async fn get_flight_info_prepared_statement(
        &self,
        query: CommandPreparedStatementQuery,
        request: Request<FlightDescriptor>,
    ) -> Result<Response<FlightInfo>, Status> {
        self.engine(&request).await?;
        Ok(info(request, &query))
    }

    async fn get_flight_info_catalogs(
        &self,
        query: CommandGetCatalogs,
        request: Request<FlightDescriptor>,
    ) -> Result<Response<FlightInfo>, Status> {
        Ok(info(request, &query))
    }

    async fn get_flight_info_schemas(
        &self,
        query: CommandGetDbSchemas,
        request: Request<FlightDescriptor>,
    ) -> Result<Response<FlightInfo>, Status> {
        Ok(info(request, &query))
    }

    async fn get_flight_info_tables(
        &self,
        query: CommandGetTables,
        request: Request<FlightDescriptor>,
    ) -> Result<Response<FlightInfo>, Status> {
        Ok(info(request, &query))
    }

    async fn get_flight_info_table_types(
        &self,
        query: CommandGetTableTypes,
        request: Request<FlightDescriptor>,
    ) -> Result<Response<FlightInfo>, Status> {
        Ok(info(request, &query))
    }

    async fn get_flight_info_sql_info(
        &self,
        query: CommandGetSqlInfo,
        request: Request<FlightDescriptor>,
    ) -> Result<Response<FlightInfo>, Status> {
        Ok(info(request, &query))
    }

    async fn do_get_statement(
        &self,
        ticket: TicketStatementQuery,
        request: Request<Ticket>,
    ) -> Result<Response<<Self as FlightService>::DoGetStream>, Status> {
        let engine = self.engine(&request).await?;
        answer::ask(&engine, text(ticket.statement_handle)?).await
    }

    async fn do_get_prepared_statement(
        &self,
        query: CommandPreparedStatementQuery,
        request: Request<Ticket>,
    ) -> Result<Response<<Self as FlightService>::DoGetStream>, Status> {
        let engine = self.engine(&request).await?;
        answer::ask(&engine, text(query.prepared_statement_handle)?).await
    }

    async fn do_get_catalogs(
        &self,
        query: CommandGetCatalogs,
        request: Request<Ticket>,
    ) -> Result<Response<<Self as FlightService>::DoGetStream>, Status> {
        self.engine(&request).await?;
        listed(catalog::catalogs(query))
    }

    async fn do_get_schemas(
        &self,
        query: CommandGetDbSchemas,
        request: Request<Ticket>,
    ) -> Result<Response<<Self as FlightService>::DoGetStream>, Status> {
        self.engine(&request).await?;
        listed(catalog::schemas(query))
    }

    async fn do_get_tables(
        &self,
        query: CommandGetTables,
        request: Request<Ticket>,
    ) -> Result<Response<<Self as FlightService>::DoGetStream>, Status> {
        let engine = self.engine(&request).await?;
        let mut tables = Vec::new();
        for table in engine.schema().await.map_err(status)?.tables {
            let schema = answer::schema(&engine, &table.name).await?;
            tables.push((table.name, schema.as_ref().clone()));
        }
        listed(catalog::tables(query, &tables))
    }

    async fn do_get_table_types(
        &self,
        query: CommandGetTableTypes,
        request: Request<Ticket>,
    ) -> Result<Response<<Self as FlightService>::DoGetStream>, Status> {
        self.engine(&request).await?;
        listed(catalog::table_types(query))
    }

    async fn do_get_sql_info(
        &self,
        query: CommandGetSqlInfo,
        request: Request<Ticket>,
    ) -> Result<Response<<Self as FlightService>::DoGetStream>, Status> {
        self.engine(&request).await?;
        let facts = catalog::info().map_err(|error: ArrowError| internal(&error))?;
        listed(query.into_builder(&facts).build())
    }

    async fn do_action_create_prepared_statement(
        &self,
        query: ActionCreatePreparedStatementRequest,
        request: Request<Action>,
    ) -> Result<ActionCreatePreparedStatementResult, Status> {
        self.engine(&request).await?;
        Ok(ActionCreatePreparedStatementResult {
            prepared_statement_handle: query.query.into(),
            ..ActionCreatePreparedStatementResult::default()
        })
    }

    async fn do_action_close_prepared_statement(
        &self,
        _: ActionClosePreparedStatementRequest,
        request: Request<Action>,
    ) -> Result<(), Status> {
        self.engine(&request).await.map(drop)
    }

    async fn do_put_prepared_statement_query(
        &self,
        _: CommandPreparedStatementQuery,
        _: Request<PeekableFlightDataStream>,
    ) -> Result<DoPutPreparedStatementResult, Status> {
        Err(Status::unimplemented("parameters are not supported at this door; write the values into the statement"))
    }

    async fn register_sql_info(&self, _: i32, _: &SqlInfo) {}
}
