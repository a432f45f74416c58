//! Series of numbers that are watched: what a query in SQL or PromQL says of every step, by its labels.
//!
//! A query in SQL gives rows with the columns `time` and `value`; further columns are labels. `$1` and `$2` in it are the first moment
//! asked for and the first one after, for queries that put moments together themselves. PromQL is asked at the end of every step. Either
//! way a sample bears the time its step began, and a step without a value has none.

mod promql;
mod sql;
mod stored;

use std::collections::BTreeMap;

use ingest_model::Nanos;
use query_api::ErrorKind;
use query_baseline::series::Sample;
use serde::{Deserialize, Serialize};

use crate::cooperate::Wanted;
use crate::error::QueryError;
use crate::session::Session;

pub use stored::{StoredSeries, WatchedSeries};

/// Samples of all series of one question at most: some 250 series of four weeks of 5 minutes.
const SAMPLES: usize = 2_000_000;

/// What a series is asked with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SeriesSource {
    /// A query in SQL.
    Sql(String),
    /// A query in PromQL.
    Promql(String),
}

/// What a step says where a query in SQL has several values of it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OfStep {
    /// Their mean.
    #[default]
    Mean,
    /// Their sum.
    Sum,
    /// The least.
    Min,
    /// The largest.
    Max,
    /// How many there are.
    Count,
}

/// Which steps of a series are asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeriesQuestion {
    /// What is asked.
    pub source: SeriesSource,
    /// From one step to the next, in nanoseconds; whole seconds.
    pub step_ns: i64,
    /// What a step says.
    pub of_step: OfStep,
    /// The first moment, at the beginning of a step.
    pub from: Nanos,
    /// The first moment after, likewise.
    pub to: Nanos,
}

/// A series and its samples, by time.
#[derive(Debug, Clone, PartialEq)]
pub struct SeriesSamples {
    /// What tells it from the others of the same query.
    pub labels: BTreeMap<String, String>,
    /// Its samples.
    pub samples: Vec<Sample>,
}

/// Samples as they are read.
#[derive(Debug, Default)]
struct Collected {
    series: BTreeMap<BTreeMap<String, String>, Vec<Sample>>,
    count: usize,
}

// === impl OfStep ===

impl OfStep {
    /// The aggregate in SQL.
    const fn sql(self) -> &'static str {
        match self {
            Self::Mean => "avg(value)",
            Self::Sum => "sum(value)",
            Self::Min => "min(value)",
            Self::Max => "max(value)",
            Self::Count => "CAST(count(value) AS DOUBLE)",
        }
    }
}

// === impl Collected ===

impl Collected {
    fn add(&mut self, labels: BTreeMap<String, String>, sample: Sample) -> Result<(), QueryError> {
        self.count += 1;
        if self.count > SAMPLES {
            let message = format!("the query gives more than {SAMPLES} samples of series");
            return Err(QueryError::new(ErrorKind::ResourceLimit, message, "use longer steps, or fewer labels"));
        }
        if sample.value.is_finite() {
            self.series.entry(labels).or_default().push(sample);
        }
        Ok(())
    }

    fn done(self) -> Vec<SeriesSamples> {
        let series = self.series.into_iter().map(|(labels, mut samples)| {
            samples.sort_by_key(|sample| sample.at);
            SeriesSamples { labels, samples }
        });
        series.collect()
    }
}

/// The samples of every series of a question.
///
/// # Errors
///
/// `BadRequest` for a query that is none, or gives something else; `ResourceLimit` for more than 2,000,000 samples.
pub(crate) async fn samples(
    session: &Session,
    question: &SeriesQuestion,
    wanted: &Wanted,
) -> Result<Vec<SeriesSamples>, QueryError> {
    let mut collected = Collected::default();
    if question.from < question.to {
        match &question.source {
            SeriesSource::Sql(text) => sql::read(session, text, question, &mut collected).await?,
            SeriesSource::Promql(text) => promql::read(session, text, question, wanted, &mut collected).await?,
        }
    }
    Ok(collected.done())
}
