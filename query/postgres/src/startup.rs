//! How a client comes in: the key is the password.
//!
//! The user and the database a client names do not matter. The password comes as it is, because only hashes of keys are
//! known here; whoever does not want that it can be read on the way gives the process a certificate.

use std::collections::HashMap;
use std::fmt::Debug;
use std::sync::{Arc, OnceLock};

use async_trait::async_trait;
use futures::{Sink, SinkExt};
use pgwire::api::auth::{
    ServerParameterProvider, StartupHandler, finish_authentication, protocol_negotiation,
    save_startup_parameters_to_metadata,
};
use pgwire::api::{ClientInfo, ConnectionGuard, ConnectionHandle, PgWireConnectionState, PidSecretKeyGenerator};
use pgwire::error::{PgWireError, PgWireResult};
use pgwire::messages::startup::Authentication;
use pgwire::messages::{PgWireBackendMessage, PgWireFrontendMessage};
use tokio::sync::OwnedSemaphorePermit;

use crate::door::Shared;
use crate::failure::{self, Code};
use crate::session::Session;
use crate::settings;

/// Lets one client in.
pub(crate) struct Startup {
    shared: Arc<Shared>,
    place: OnceLock<OwnedSemaphorePermit>,
}

/// Tells a client our settings.
struct Told;

// === impl Startup ===

impl Startup {
    pub(crate) fn new(shared: Arc<Shared>) -> Self {
        Self { shared, place: OnceLock::new() }
    }

    fn take_place(&self) -> PgWireResult<()> {
        let place = Arc::clone(&self.shared.places).try_acquire_owned().map_err(|_| {
            let hint = "close connections that are not needed, or let fewer stay open in the client's pool";
            PgWireError::UserError(failure::fatal(Code::TooManyConnections, "there are too many connections", hint))
        })?;
        // A second one is given back at once.
        self.place.set(place).ok();
        Ok(())
    }

    fn want_tls(&self, client: &impl ClientInfo) -> PgWireResult<()> {
        if self.shared.tls.is_none() || client.is_secure() {
            return Ok(());
        }
        let refused =
            failure::fatal(Code::InvalidAuthorization, "this door speaks TLS only", "connect with sslmode=require");
        Err(PgWireError::UserError(refused))
    }

    async fn enter<C>(&self, client: &mut C, key: Option<&str>) -> PgWireResult<()>
    where
        C: ClientInfo + Sink<PgWireBackendMessage> + Unpin + Send + Sync,
        C::Error: Debug,
        PgWireError: From<<C as Sink<PgWireBackendMessage>>::Error>,
    {
        let refused = |body: query_api::ErrorBody| PgWireError::UserError(failure::turned_away(&body));
        let entered = self.shared.gate.enter(key, client.socket_addr()).await.map_err(refused)?;
        let dialect = self.shared.dialect(&entered).await.map_err(|error| refused(error.into_body()))?;
        let (pid, secret) = self.shared.pids.generate(client);
        client.set_pid_and_secret_key(pid, secret.clone());
        let (handle, guard) = self.shared.cancels.register(pid, secret);
        let extensions = client.session_extensions();
        extensions.insert::<Arc<ConnectionHandle>>(handle);
        extensions.insert::<ConnectionGuard>(guard);
        extensions.insert(Session::new(entered.engine, dialect, self.shared.holder.clone()));
        finish_authentication(client, &Told).await
    }
}

#[async_trait]
impl StartupHandler for Startup {
    async fn on_startup<C>(&self, client: &mut C, message: PgWireFrontendMessage) -> PgWireResult<()>
    where
        C: ClientInfo + Sink<PgWireBackendMessage> + Unpin + Send + Sync,
        C::Error: Debug,
        PgWireError: From<<C as Sink<PgWireBackendMessage>>::Error>,
    {
        match message {
            PgWireFrontendMessage::Startup(startup) => {
                self.want_tls(client)?;
                self.take_place()?;
                protocol_negotiation(client, &startup).await?;
                save_startup_parameters_to_metadata(client, &startup);
                if !self.shared.gate.asks_for_key() {
                    return self.enter(client, None).await;
                }
                client.set_state(PgWireConnectionState::AuthenticationInProgress);
                client.send(PgWireBackendMessage::Authentication(Authentication::CleartextPassword)).await?;
                Ok(())
            }
            PgWireFrontendMessage::PasswordMessageFamily(message)
                if matches!(client.state(), PgWireConnectionState::AuthenticationInProgress) =>
            {
                let password = message.into_password()?;
                self.enter(client, Some(&password.password)).await
            }
            _ => Err(PgWireError::UserError(failure::fatal(
                Code::ProtocolViolation,
                "this message is not expected before a client has come in",
                "",
            ))),
        }
    }
}

// === impl Told ===

impl ServerParameterProvider for Told {
    fn server_parameters<C: ClientInfo>(&self, client: &C) -> Option<HashMap<String, String>> {
        let value = |name: &str| match client.metadata().get(name) {
            Some(own) if name == "application_name" => own.clone(),
            _ => settings::value(name).unwrap_or_default().to_owned(),
        };
        Some(settings::TOLD.iter().map(|name| ((*name).to_owned(), value(name))).collect())
    }
}
