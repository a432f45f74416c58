//! What a connection has once its client has come in.

use std::sync::Arc;

use pgwire::api::ClientInfo;
use pgwire::error::{PgWireError, PgWireResult};
use query_engine::{Dialect, Engine};

use crate::failure::{self, Code};
use crate::held::{Holder, Names};

/// Prepared statements of a connection. JDBC keeps 256, psycopg 100.
const STATEMENTS: usize = 1_000;

/// Portals of a connection.
const PORTALS: usize = 100;

/// Whose questions a connection asks, and what it has made.
#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) engine: Arc<Engine>,
    pub(crate) dialect: Dialect,
    pub(crate) holder: Holder,
    pub(crate) statements: Names,
    pub(crate) portals: Names,
}

// === impl Session ===

impl Session {
    pub(crate) fn new(engine: Arc<Engine>, dialect: Dialect, holder: Holder) -> Self {
        let (statements, portals) = (Names::new("prepared statements", STATEMENTS), Names::new("portals", PORTALS));
        Self { engine, dialect, holder, statements, portals }
    }

    /// The session of a client.
    ///
    /// # Errors
    ///
    /// When it has not come in.
    pub(crate) fn of(client: &(impl ClientInfo + ?Sized)) -> PgWireResult<Arc<Self>> {
        client.session_extensions().get::<Self>().ok_or_else(|| {
            PgWireError::UserError(failure::fatal(Code::InvalidAuthorization, "nobody has come in yet", ""))
        })
    }
}
