//! The words of telemetry that every part of slowburn shares: signals, ids, time and the
//! attribute keys that get a column of their own.
//!
//! Nothing here does I/O, reads a clock or knows another crate of ours, and everything
//! compiles to WebAssembly, so the page in the browser and the store on disk speak of the
//! same things in the same types.

mod id;
mod judgement;
mod promoted;
mod signal;
mod tenant;
mod time;

pub use id::{ParseIdError, SpanId, TraceId};
pub use judgement::Judgement;
pub use promoted::{Level, Promoted, PromotedKind, promoted};
pub use signal::{ParseSignalError, Signal};
pub use tenant::{ParseTenantError, Tenant};
pub use time::{Nanos, ParseTimeError};
