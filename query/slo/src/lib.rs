//! Are we keeping our promises? Service level objectives, their error budgets and how fast those
//! burn: documents in, exact figures out.
//!
//! # The life of an objective
//!
//! 1. [`openslo::read`] turns OpenSLO documents, and Sloth's and Pyrra's, into [`openslo::Slo`]s: what
//!    is counted, over which period, and the targets. Whatever is wrong with a document is told, all
//!    of it at once. [`openslo::write()`] makes documents again.
//! 2. Somebody else counts good and total events minute by minute, as the indicator says.
//!    [`Slices`] keeps these [`Counts`], or [`Groups`] those of every group; when late rows change a
//!    minute, its latest count holds.
//! 3. A [`Promise`] says how they are judged: the [`Window`], rolling or of a calendar, the [`Method`],
//!    events or slices of time, the [`Corrections`], and the [`Floor`] that an alert must rest on.
//!    [`Pairs`] scales the four pairs of windows of the Site Reliability Workbook to the period and
//!    tells which of them can alert on the [`Target`] at all.
//! 4. [`Promise::stand`] sums the slices of every window and gives where the objective stands: the
//!    burn rates, and the [`Budget`] of the period. [`Weighed::breaches`] is the condition of an
//!    alert; [`State`] is the one word for people. [`Promise::forecast`] tells when the budget will be
//!    spent. Objectives with indicators of their own spend one budget as a [`Composite`].
//!    [`evaluate()`] is the same for events over a rolling window, with nothing else asked.
//! 5. [`Promise::replay`] judges as it would have been judged, moment by moment.
//! 6. A [`Gate`] compares a version or an environment with its baseline.
//!
//! # What holds
//!
//! * **Exact.** Events are integers, targets parts of 10^9, burn rates and factors fractions in
//!   lowest terms. A comparison is never decided by rounding; `f64` is for showing, and for what is
//!   uncertain anyway: evidence, forecasts and gates.
//! * **Strict.** A window breaches when it burns *faster* than the factor, not as fast.
//! * **Weighted by events**, unless slices of time are asked for. Budgets and burn rates are made of
//!   sums of events, never of averages of ratios, so a quiet minute does not weigh as much as a busy
//!   one.
//! * **No events, no verdict.** What has no events is `None`, never "all good"; a budget is frozen
//!   while nothing is measured.
//! * **Nothing is changed by judging.** Corrections leave what was counted as it is.
//!
//! # What it refuses to do
//!
//! To read a clock, a file or a table: time and texts are arguments, and SQL is text that is not
//! looked into. To send or remember alerts: a breach is a fact of one moment, and pending times,
//! notifications and history belong to those who act on it.

mod budget;
mod burn;
mod composite;
mod correction;
mod counts;
mod evaluate;
mod evidence;
mod forecast;
mod gate;
mod groups;
mod interval;
mod method;
mod minutes;
pub mod openslo;
mod pairs;
mod ratio;
mod replay;
mod slices;
mod standing;
mod state;
mod target;
mod window;

pub use budget::{Budget, Spend, rate_spend};
pub use burn::{Exhaustion, burn_rate, can_fire, exhausted_in, max_burn_rate, reset_time, time_to_fire};
pub use composite::{Composite, Member, Weight};
pub use correction::{Applied, Correction, Corrections, Effect, ParseEffectError, When};
pub use counts::{Counts, CountsError};
pub use evaluate::{Evaluation, PairBurn, evaluate};
pub use evidence::{Evidence, Floor};
pub use forecast::Forecast;
pub use gate::{Bearable, Gate, Latencies, Pass, Question, Reason, Side};
pub use groups::{Group, Groups};
pub use interval::{Confidence, Interval};
pub use method::{Method, ParseMethodError, SliceTarget};
pub use minutes::{Minutes, ParseMinutesError};
pub use pairs::{Pair, PairError, Pairs, RefusedPair, ScaledPair, Severity};
pub use ratio::Ratio;
pub use replay::{Episode, Moment, Replay};
pub use slices::{Minute, Placed, Slices};
pub use standing::{Promise, Standing, Weighed};
pub use state::State;
pub use target::{Target, TargetError};
pub use window::{Calendar, CalendarError, Length, ParseWindowError, Window};
