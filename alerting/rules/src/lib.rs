//! Alerts: when one starts, fires and resolves, and the journal that remembers it.
//!
//! The words are those of Prometheus and Alertmanager: an alert is inactive, pending, firing or
//! resolved. The life of one:
//!
//! 1. **Verdict.** Each evaluation of a rule gives a [`Verdict`] for every [`AlertKey`]: whether
//!    the condition holds, how severe that is, and the [`Proof`].
//! 2. **Step.** [`OpenAlerts::evaluate`] (or the bare [`step()`]) says what follows: the [`Alert`] as it is now, a
//!    [`Transition`] when its state changed, and why somebody is to be told.
//! 3. **Record.** [`Journal::record`] stores the alert, the transition and one outbox entry a
//!    receiver in one transaction. Only then the step is applied to memory.
//! 4. **Delivery.** Whoever sends takes entries with [`Journal::due`] and writes down each attempt
//!    with [`Journal::settle`].
//! 5. **Restart.** [`Journal::load`] gives back every open alert, and the outbox is as it was.
//!
//! What holds always: nothing fires without a condition that holds; only what fired resolves; one
//! first notification an episode, and one resolved; a kill at any moment loses neither a
//! transition nor what was to be sent because of it; a verdict seen twice changes nothing.
//!
//! **Missing data.** An alert that fires keeps firing while data are missing: silence is no proof
//! of health, and a resolved message would claim it is. A pending alert is dropped, because it is
//! no longer known to hold. A rule that is gone is taken leave of with [`OpenAlerts::retire`].
//!
//! What this crate does not do: it reads no clock, evaluates no rule, sends nothing, and knows no
//! receiver but its name.

mod alert;
mod error;
#[cfg(test)]
mod fake;
mod id;
mod journal;
mod key;
mod notification;
mod open;
mod proof;
mod step;
mod timing;
mod verdict;
mod wire;

pub use alert::{Alert, Severity, State};
pub use error::{ErrorKind, JournalError};
pub use id::{AlertId, NotificationId, ParseAlertIdError};
pub use journal::{Attempt, AttemptOutcome, Delivery, DeliveryState, Entry, Journal};
pub use key::AlertKey;
pub use notification::{Notification, NotificationReason};
pub use open::OpenAlerts;
pub use proof::{Band, Burn, Cause, Figures, MAX_CAUSES, MAX_TRACE_IDS, Proof};
pub use step::{Step, Transition, TransitionReason, step};
pub use timing::Timing;
pub use verdict::{Condition, Verdict};
