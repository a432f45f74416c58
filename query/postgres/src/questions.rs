//! Answers to what a client sends, by both protocols: whole texts, and statements that are prepared, bound and run.

use std::fmt::Debug;
use std::sync::Arc;

use async_trait::async_trait;
use datafusion::scalar::ScalarValue;
use futures::{Sink, SinkExt};
use pgwire::api::portal::{Format, Portal};
use pgwire::api::query::{ExtendedQueryHandler, SimpleQueryHandler};
use pgwire::api::results::{FieldInfo, Response, Tag};
use pgwire::api::stmt::{QueryParser, StoredStatement};
use pgwire::api::store::{Entry, PortalStore};
use pgwire::api::{ClientInfo, ClientPortalStore, DEFAULT_NAME, Type};
use pgwire::error::{PgWireError, PgWireResult};
use pgwire::messages::PgWireBackendMessage;
use pgwire::messages::extendedquery::{
    Bind, BindComplete, Close, CloseComplete, Parse, ParseComplete, TARGET_TYPE_BYTE_PORTAL, TARGET_TYPE_BYTE_STATEMENT,
};
use query_engine::Described;

use crate::command::{Command, command};
use crate::failure::{self, Code};
use crate::session::Session;
use crate::{parameters, rows, settings, split};

/// Statements one text may have.
const STATEMENTS: usize = 50;

/// Answers what clients send.
#[derive(Debug)]
pub(crate) struct Answers;

/// A prepared statement.
#[derive(Debug)]
pub(crate) struct Statement {
    text: String,
    command: Command,
    /// Of a question.
    described: Option<Described>,
    /// The types of its parameters, as the client is told them.
    parameters: Vec<Type>,
}

#[async_trait]
impl SimpleQueryHandler for Answers {
    async fn do_query<C>(&self, client: &mut C, query: &str) -> PgWireResult<Vec<Response>>
    where
        C: ClientInfo + ClientPortalStore + Sink<PgWireBackendMessage> + Unpin + Send + Sync,
        C::PortalStore: PortalStore,
        C::Error: Debug,
        PgWireError: From<<C as Sink<PgWireBackendMessage>>::Error>,
    {
        let statements = split::statements(query);
        if statements.is_empty() {
            return Ok(vec![Response::EmptyQuery]);
        }
        if statements.len() > STATEMENTS {
            let message = format!("{} statements are sent at once; {STATEMENTS} are allowed", statements.len());
            return Err(PgWireError::UserError(failure::error(Code::LimitExceeded, message, "send fewer at once")));
        }
        let mut responses = Vec::new();
        for statement in statements {
            let command = command(statement).map_err(PgWireError::UserError)?;
            responses.push(respond(client, &command, (statement, Vec::new()), &Format::UnifiedText).await?);
        }
        Ok(responses)
    }
}

/// The answer to one statement, whose parameters have those values.
async fn respond<C>(
    client: &mut C,
    command: &Command,
    (text, values): (&str, Vec<ScalarValue>),
    format: &Format,
) -> PgWireResult<Response>
where
    C: ClientInfo + ClientPortalStore + Sink<PgWireBackendMessage> + Unpin + Send + Sync,
    C::PortalStore: PortalStore,
    PgWireError: From<<C as Sink<PgWireBackendMessage>>::Error>,
{
    Ok(match command {
        Command::Begin(tag) => Response::TransactionStart(Tag::new(tag)),
        Command::End(tag) => Response::TransactionEnd(Tag::new(tag)),
        Command::Note(tag) => Response::Execution(Tag::new(tag)),
        Command::Forget(name) => forget(client, name.as_deref())?,
        Command::Show(name) => {
            let (titles, shown) = settings::show(name).map_err(PgWireError::UserError)?;
            let batch = rows::texts(&titles, &shown).map_err(|error| PgWireError::ApiError(Box::new(error)))?;
            let mut response = rows::response(&batch.schema(), vec![batch], format, None)?;
            response.set_command_tag("SHOW");
            Response::Query(response)
        }
        Command::Ask => ask(client, text, values, format).await?,
    })
}

async fn ask<C>(client: &mut C, text: &str, values: Vec<ScalarValue>, format: &Format) -> PgWireResult<Response>
where
    C: ClientInfo + Sink<PgWireBackendMessage> + Unpin + Send + Sync,
    PgWireError: From<<C as Sink<PgWireBackendMessage>>::Error>,
{
    let session = Session::of(client)?;
    let answer = session.engine.batches(&session.dialect, text, values).await.map_err(failure::of_question)?;
    if answer.truncated {
        let rows: usize = answer.batches.iter().map(arrow::record_batch::RecordBatch::num_rows).sum();
        let hint = "add LIMIT, narrow the time range, or aggregate";
        let error = failure::error(Code::LimitExceeded, format!("the answer has more than {rows} rows"), hint);
        return Err(PgWireError::UserError(error));
    }
    if !answer.left_out.is_empty() {
        let message = format!("files that cannot be read are left out: {}", answer.left_out.join(", "));
        client.feed(PgWireBackendMessage::NoticeResponse(failure::warning(message).into())).await?;
    }
    let held = session.holder.hold(answer.bytes).map_err(PgWireError::UserError)?;
    Ok(Response::Query(rows::response(&answer.schema, answer.batches, format, Some(held))?))
}

fn forget<C>(client: &C, name: Option<&str>) -> PgWireResult<Response>
where
    C: ClientInfo + ClientPortalStore,
    C::PortalStore: PortalStore,
{
    let session = Session::of(client)?;
    let forgotten = match name {
        Some(name) => [name.to_owned()].into(),
        None => session.statements.take(),
    };
    for name in &forgotten {
        session.statements.forget(name);
        client.portal_store().rm_statement(name);
    }
    Ok(Response::Execution(Tag::new(if name.is_some() { "DEALLOCATE" } else { "DEALLOCATE ALL" })))
}

#[async_trait]
impl QueryParser for Answers {
    type Statement = Arc<Statement>;

    async fn parse_sql<C>(&self, client: &C, sql: &str, types: &[Option<Type>]) -> PgWireResult<Option<Arc<Statement>>>
    where
        C: ClientInfo + Unpin + Send + Sync,
    {
        let session = Session::of(client)?;
        let text = match split::statements(sql)[..] {
            [] => return Ok(None),
            [one] => one.to_owned(),
            ref more => {
                let message = format!("a prepared statement is one statement, not {}", more.len());
                return Err(PgWireError::UserError(failure::error(Code::SyntaxError, message, "send them one by one")));
            }
        };
        let command = command(&text).map_err(PgWireError::UserError)?;
        if command != Command::Ask {
            return Ok(Some(Arc::new(Statement { text, command, described: None, parameters: Vec::new() })));
        }
        let known = types.iter().map(parameters::known).collect();
        let described = session.engine.describe(&session.dialect, &text, known).await.map_err(failure::of_question)?;
        let parameters = parameters::told(types, &described.parameters)?;
        Ok(Some(Arc::new(Statement { text, command, described: Some(described), parameters })))
    }

    fn get_parameter_types(&self, statement: &Arc<Statement>) -> PgWireResult<Vec<Type>> {
        Ok(statement.parameters.clone())
    }

    fn get_result_schema(&self, statement: &Arc<Statement>, format: Option<&Format>) -> PgWireResult<Vec<FieldInfo>> {
        let format = format.unwrap_or(&Format::UnifiedText);
        match (&statement.described, &statement.command) {
            (Some(described), _) => rows::columns(&described.columns, format),
            (None, Command::Show(name)) => {
                let (titles, _) = settings::show(name).map_err(PgWireError::UserError)?;
                let batch = rows::texts(&titles, &[]).map_err(|error| PgWireError::ApiError(Box::new(error)))?;
                rows::columns(&batch.schema(), format)
            }
            (None, _) => Ok(Vec::new()),
        }
    }
}

#[async_trait]
impl ExtendedQueryHandler for Answers {
    type Statement = Arc<Statement>;
    type QueryParser = Self;

    fn query_parser(&self) -> Arc<Self> {
        Arc::new(Self)
    }

    async fn on_parse<C>(&self, client: &mut C, mut message: Parse) -> PgWireResult<()>
    where
        C: ClientInfo + ClientPortalStore + Sink<PgWireBackendMessage> + Unpin + Send + Sync,
        C::PortalStore: PortalStore<Statement = Self::Statement>,
        C::Error: Debug,
        PgWireError: From<<C as Sink<PgWireBackendMessage>>::Error>,
    {
        // A type that is called unknown is one that is left to us.
        message.type_oids.iter_mut().filter(|oid| **oid == Type::UNKNOWN.oid()).for_each(|oid| *oid = 0);
        let name = message.name.as_deref().unwrap_or(DEFAULT_NAME);
        Session::of(client)?.statements.give(name).map_err(PgWireError::UserError)?;
        match StoredStatement::parse(client, &message, self.query_parser()).await? {
            Some(statement) => client.portal_store().put_statement(Arc::new(statement)),
            None => client.portal_store().put_empty_statement(name),
        }
        client.feed(PgWireBackendMessage::ParseComplete(ParseComplete::new())).await?;
        Ok(())
    }

    async fn on_bind<C>(&self, client: &mut C, message: Bind) -> PgWireResult<()>
    where
        C: ClientInfo + ClientPortalStore + Sink<PgWireBackendMessage> + Unpin + Send + Sync,
        C::PortalStore: PortalStore<Statement = Self::Statement>,
        C::Error: Debug,
        PgWireError: From<<C as Sink<PgWireBackendMessage>>::Error>,
    {
        let statement = message.statement_name.as_deref().unwrap_or(DEFAULT_NAME);
        let name = message.portal_name.as_deref().unwrap_or(DEFAULT_NAME);
        Session::of(client)?.portals.give(name).map_err(PgWireError::UserError)?;
        match client.portal_store().get_statement(statement) {
            Some(Entry::Value(statement)) => {
                let portal = Portal::try_new(&message, statement)?;
                client.portal_store().put_portal(Arc::new(portal));
            }
            Some(Entry::Empty) => client.portal_store().put_empty_portal(name),
            None => return Err(PgWireError::StatementNotFound(statement.to_owned())),
        }
        client.feed(PgWireBackendMessage::BindComplete(BindComplete::new())).await?;
        Ok(())
    }

    async fn on_close<C>(&self, client: &mut C, message: Close) -> PgWireResult<()>
    where
        C: ClientInfo + ClientPortalStore + Sink<PgWireBackendMessage> + Unpin + Send + Sync,
        C::PortalStore: PortalStore<Statement = Self::Statement>,
        C::Error: Debug,
        PgWireError: From<<C as Sink<PgWireBackendMessage>>::Error>,
    {
        let name = message.name.as_deref().unwrap_or(DEFAULT_NAME);
        let session = Session::of(client)?;
        match message.target_type {
            TARGET_TYPE_BYTE_STATEMENT => {
                session.statements.forget(name);
                client.portal_store().rm_statement(name);
            }
            TARGET_TYPE_BYTE_PORTAL => {
                session.portals.forget(name);
                client.portal_store().rm_portal(name);
            }
            other => return Err(PgWireError::InvalidTargetType(other)),
        }
        client.feed(PgWireBackendMessage::CloseComplete(CloseComplete::new())).await?;
        Ok(())
    }

    async fn do_query<C>(&self, client: &mut C, portal: &Portal<Arc<Statement>>, _: usize) -> PgWireResult<Response>
    where
        C: ClientInfo + ClientPortalStore + Sink<PgWireBackendMessage> + Unpin + Send + Sync,
        C::PortalStore: PortalStore<Statement = Self::Statement>,
        C::Error: Debug,
        PgWireError: From<<C as Sink<PgWireBackendMessage>>::Error>,
    {
        let statement = Arc::clone(&portal.statement.statement);
        let values = match &statement.described {
            Some(described) => parameters::values(portal, &described.parameters)?,
            None => Vec::new(),
        };
        respond(client, &statement.command, (&statement.text, values), &portal.result_column_format).await
    }
}
