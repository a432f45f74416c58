//! Any series of numbers: learned, stored as a model, judged value by value.
//!
//! [`learn()`] looks at the past of a series: Polars makes its seasons (`season`), a backtest on the last quarter chooses what it is
//! watched with (`trial`), and the margin of alarms is set so that the stated rate would have held (`margin`). The
//! [`SeriesModel`] is what is stored. [`Live`] is the model at work: it takes one [`Sample`] after the other and says a [`SeriesJudgement`] of each.

mod judgement;
mod learn;
mod live;
mod margin;
mod model;
mod season;
mod settings;
mod trial;

pub use judgement::{SeriesJudgement, SeriesReason, SeriesWhy};
pub use learn::{Choice, SeriesError, learn};
pub use live::Live;
pub use model::{Candidate, Quality, SeriesModel, Trial};
pub use query_detect::exhaustion::Sample;
pub use settings::SeriesSettings;
