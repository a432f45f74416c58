//! What is normal: a robust seasonal band around each golden signal, and whether a minute left it.
//!
//! The life of one minute: the store rolls spans up to golden signals, one [`Point`] per minute. Now and then
//! [`fit()`] looks at the minutes that are over, groups them by hour of the week (or of the day, or takes the last
//! hours, see [`Kind`]; which of them, a trial on the newest period decides) with Polars, and keeps median and spread
//! of every hour: the [`Model`]. For a new minute [`judge()`] asks the model for its [`Band`], compares, and looks at the minutes before: one stray minute is no
//! breach, k of the last m are. The [`Judgement`] carries the figures that made it, so *why was this abnormal*
//! can be answered a year later. [`backtest()`] does the same over a whole series, as it would have been live.
//!
//! Any other series of numbers - a metric, an answer of SQL - is learned and judged by [`series`], with detectors of `query-detect` that are
//! chosen for it by backtest.
//!
//! Invariants:
//!
//! * A model has seen only minutes that were over at its `now`, and none of the excluded stretches.
//! * The same points, stretches, `now` and settings make the same model.
//! * A minute on the side the settings do not judge, or without enough events, is never outside.
//!
//! What it refuses to do: read a clock, use randomness, fetch or store anything, average quantiles, or judge a
//! minute that has no value. It does not know holidays, and it does not decide whom to wake.
//!
//! The page `docs/baselines.md` has the formulas with their sources, the limits and the figures measured.

mod backtest;
mod fit;
mod judge;
mod model;
mod point;
mod ratio;
pub mod series;
mod settings;
mod signal;

pub use backtest::{Row, backtest};
pub use fit::{FitError, fit};
pub use judge::{Judgement, Reason, Recent, Why, judge};
pub use model::{Band, Kind, KindTrial, Model, Slot};
pub use point::Point;
pub use settings::{Settings, SettingsError};
pub use signal::{Direction, GoldenSignal};
