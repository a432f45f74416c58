//! Notifications: what people are told, where, and until it has arrived.
//!
//! The life of one:
//!
//! 1. **Route.** [`Settings::receivers_for`] names the receivers of an alert; the journal of
//!    `alerting-rules` keeps one outbox entry for each, in the transaction that made the alert fire.
//! 2. **Due.** A [`Lane`], one for each receiver, takes the oldest entry that is due from the [`Outbox`].
//! 3. **Request.** The [`Receiver`] makes an [`HttpRequest`] of the notification: a message in its
//!    language, in its format, signed as it wants, within its limits.
//! 4. **Send.** The [`Transport`] posts it. This is the only I/O there is.
//! 5. **Outcome.** The receiver reads the [`Answer`]: delivered, to be tried again, or failed. Chat
//!    services say `200 OK` to what they refuse, so the body counts and not the status alone.
//! 6. **Settle.** The attempt goes into the outbox. What is to be tried again waits by [`Backoff`],
//!    and at least as long as the receiver asked.
//!
//! What holds always: an entry is settled after the answer, so it is sent at least once, and twice
//! only if the process is killed between the two; every attempt carries the same id; entries of one alert
//! arrive in order; a receiver that hangs holds up no other; a name in a message, whatever is in it,
//! neither pings nor formats; no secret is in a log, an error or the outbox.
//!
//! What this crate does not do: it decides nothing about alerts, follows no redirect, and reads no
//! clock of its own.

mod backoff;
mod escape;
mod http;
mod lane;
mod message;
mod mistake;
mod outbox;
mod outcome;
mod receivers;
mod secret;
mod settings;
mod sign;
mod transport;

pub use backoff::Backoff;
pub use http::{Answer, HttpRequest};
pub use lane::{Clock, Lane, LaneParts};
pub use message::Language;
pub use mistake::Mistake;
pub use outbox::Outbox;
pub use outcome::Outcome;
pub use receivers::{Receiver, receiver};
pub use secret::Secret;
pub use settings::{ReceiverKind, ReceiverSettings, Route, Rule, RuleKind, Settings, Source, files_beside};
pub use sign::verify_webhook;
pub use transport::{Http, SendError, Transport};
