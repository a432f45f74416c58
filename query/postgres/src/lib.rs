//! The PostgreSQL door: psql, psycopg, JDBC and what stands on them ask in their own protocol.
//!
//! # The life of a connection
//!
//! 1. [`Door::serve`] takes it over, with TLS if the process has a certificate.
//! 2. `startup` asks for the key, which is the password, and the [`Gate`] gives the engine of its tenant.
//! 3. `connection` reads message after message, each of bounded size, until the client leaves, a message is no
//!    message, or the process stops. A client that leaves while its question runs ends it, and so does a request to
//!    cancel it.
//!
//! # The life of a statement
//!
//! 1. `split` parts what was sent into statements; `command` tells questions from what drivers say about
//!    transactions and settings, which is taken note of and changes nothing, and refuses all others.
//! 2. A question goes to [`query_engine::Engine`], under the fence and the limits of every door. `catalogue` makes the
//!    dialect it is asked in: `pg_catalog` and `information_schema`, made of the tenant's tables and nothing else.
//! 3. `parameters` reads the values a client binds, `rows` sends the answer. **An answer is complete before its first
//!    row is sent, so an error is always answered as an error.** One with more rows than a door answers is an error too:
//!    the protocol has no way to say that rows are missing.
//! 4. `failure` gives every error its SQLSTATE, its message and its hint.

mod catalogue;
mod command;
mod connection;
mod door;
mod failure;
mod held;
mod parameters;
mod questions;
mod rows;
mod session;
mod settings;
mod split;
mod startup;

pub use door::{Door, Entered, Gate};
