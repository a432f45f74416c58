//! What differs, and who is to blame.
//!
//! The life of an incident: the store counts, for every attribute value, the events that failed (or were slow) and
//! those of a baseline; [`attributes`] says which values the failing events have in common and the others have not.
//! And it cuts the golden signals of every service into a fault window and a baseline window; [`services`] says
//! which service changed in itself, and which ones only wait for it. [`suspects`] looks closer, at single spans, log records
//! and readings of resources. A scan that counts attributes itself feeds a [`Tally`]. Of two traces, [`operations`] says what each of their
//! operations did in either.
//!
//! Invariants:
//!
//! * The same counts and series give the same order, however the input is sorted; ties fall to names.
//! * No cause without figures: every one carries the counts or the windows it was derived from.
//! * Where nothing differs beyond chance, the list of causes is empty, and the first suspect has a low score.
//!
//! What it refuses to do: tell two attribute values apart that mark the same events, because it has counts of each alone; prove
//! causation, because counts only tell what goes together; read a clock, use randomness, fetch or store anything.
//!
//! The page `docs/causes.md` has the formulas with their sources, the limits and the figures measured.

mod attribute;
mod robust;
mod service;
mod significance;
mod suspect;
mod tally;
mod trace;

pub use attribute::{
    AttributeCause, AttributeCauses, AttributeCount, AttributeSettings, CountError, LeftOut, Populations, attributes,
};
pub use service::{Evidence, Role, ServiceCause, ServiceCauses, ServiceSeries, ServiceSignal, services};
pub use suspect::{
    Finding, FindingKind, FirstFailing, Impact, ResourceSeries, Seen, SeenRecord, SeenSpan, Suspect, Suspects, suspects,
};
pub use tally::{Population, Tally};
pub use trace::{Difference, Spent, TraceSpan, operations};
