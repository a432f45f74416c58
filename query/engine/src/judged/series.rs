//! `baseline('service', 'signal')` of a watched series: its steps, judged again by the models in `baselines`.
//!
//! Nothing but models is stored of what was normal. So the weeks before are asked again, as the model says how, and the model goes
//! through them; then it judges the steps asked for, by what it knew at each.

use std::ops::Range;
use std::sync::Arc;

use arrow::array::{ArrayRef, BooleanArray, Float64Array, Int64Array, StringArray, TimestampMicrosecondArray};
use arrow::record_batch::RecordBatch;
use datafusion::scalar::ScalarValue;
use ingest_model::{Judgement as Stored, Nanos};
use query_baseline::series::{Live, Sample, SeriesJudgement, SeriesModel};

use super::baseline::unknown;
use crate::cooperate::Wanted;
use crate::error::QueryError;
use crate::failure::micros;
use crate::read::{self, Columns};
use crate::series::{self, StoredSeries};
use crate::session::Session;

/// Models read at most.
const MODELS: usize = 1_000;

/// Those of before the end, the newest first.
const LEARNED: &str = "SELECT fitted_at, parameters FROM stored.baselines
    WHERE service_name = $1 AND signal = $2 AND version = $3 AND fitted_at < $4
    ORDER BY fitted_at DESC LIMIT 1000";

/// A model and when it was there.
struct Learned {
    at: Nanos,
    stored: StoredSeries,
}

/// A step and what became of it.
struct Row {
    judged: SeriesJudgement,
    fitted_at: Nanos,
}

/// One row a step with a value; `None` where no model of such a series was ever stored.
///
/// # Errors
///
/// As the query of the series.
pub(super) async fn rows(
    session: &Session,
    service: &str,
    signal: &str,
    range: Range<Nanos>,
) -> Result<Option<RecordBatch>, QueryError> {
    let learned = models(session, (service, signal), &range).await?;
    let Some(first) = learned.first() else { return Ok(None) };
    let past = first.stored.model.trained_from.min(range.start);
    let samples = of_series(session, &first.stored, past..range.end).await?;
    batch(service, signal, &judged(&learned, &samples, &range)).map(Some)
}

/// The samples of a watched series in a range, asked as its newest model says.
///
/// # Errors
///
/// `BadRequest` for a series no model was ever stored of, and as its query.
pub(super) async fn samples(
    session: &Session,
    service: &str,
    signal: &str,
    range: Range<Nanos>,
) -> Result<Vec<Sample>, QueryError> {
    let mut learned = models(session, (service, signal), &range).await?;
    let newest = learned.pop().ok_or_else(|| unknown(service, signal))?;
    of_series(session, &newest.stored, range).await
}

/// What a stored series says in a range.
async fn of_series(session: &Session, stored: &StoredSeries, range: Range<Nanos>) -> Result<Vec<Sample>, QueryError> {
    let watched = &stored.series;
    let question = watched.question(watched.step_of(range.start), watched.step_of(range.end));
    let found = series::samples(session, &question, &Wanted::default()).await?;
    let of_it = found.into_iter().find(|found| found.labels == stored.labels);
    Ok(of_it.map(|found| found.samples).unwrap_or_default())
}

/// The models that judge a range, the oldest first: the newest of before it, and those that came in it; else the first there was.
async fn models(
    session: &Session,
    (service, signal): (&str, &str),
    range: &Range<Nanos>,
) -> Result<Vec<Learned>, QueryError> {
    session.provide(Stored::Baselines.table()).await?;
    let version = ScalarValue::from(i64::from(SeriesModel::VERSION));
    let values = vec![ScalarValue::from(service), ScalarValue::from(signal), version, micros(range.end)];
    let mut models = Vec::new();
    for batch in read::rows(session, LEARNED, values, MODELS).await? {
        let columns = Columns::new(&batch);
        models.extend((0..batch.num_rows()).filter_map(|row| {
            let stored = serde_json::from_str(&columns.text("parameters", row)).ok()?;
            Some(Learned { at: Nanos(columns.nanos("fitted_at", row)), stored })
        }));
    }
    let before = models.iter().position(|learned| learned.at <= range.start);
    models.truncate(before.map_or(models.len(), |before| before + 1));
    models.reverse();
    Ok(models)
}

/// The steps of a range, each judged by the newest model that was there before it, which has been through the steps before.
fn judged(learned: &[Learned], samples: &[Sample], range: &Range<Nanos>) -> Vec<Row> {
    let mut rows = Vec::new();
    for (number, Learned { at, stored }) in learned.iter().enumerate() {
        let from = if number == 0 { range.start } else { *at };
        let to = learned.get(number + 1).map_or(range.end, |next| next.at);
        let is_excluded = |time: Nanos| stored.excluded.iter().any(|stretch| stretch.contains(&time));
        let mut live = Live::new(stored.model.clone());
        for sample in samples.iter().filter(|sample| sample.at >= stored.model.trained_from && sample.at < to) {
            let judged = live.observe(*sample, is_excluded(sample.at));
            if sample.at >= from && range.contains(&sample.at) {
                rows.push(Row { judged, fitted_at: *at });
            }
        }
    }
    rows
}

fn batch(service: &str, signal: &str, rows: &[Row]) -> Result<RecordBatch, QueryError> {
    let times = |time: fn(&Row) -> Nanos| -> ArrayRef {
        let micros = rows.iter().map(|row| Some(time(row).micros()));
        Arc::new(micros.collect::<TimestampMicrosecondArray>().with_timezone("UTC"))
    };
    let texts = |text: &dyn Fn(&Row) -> String| -> ArrayRef {
        Arc::new(rows.iter().map(|row| Some(text(row))).collect::<StringArray>())
    };
    let doubles = |number: fn(&SeriesJudgement) -> f64| -> ArrayRef {
        Arc::new(Float64Array::from_iter_values(rows.iter().map(|row| number(&row.judged))))
    };
    let truths = |truth: fn(&SeriesJudgement) -> bool| -> ArrayRef {
        Arc::new(rows.iter().map(|row| Some(truth(&row.judged))).collect::<BooleanArray>())
    };
    let samples = Int64Array::from_iter_values(rows.iter().map(|row| i64::from(row.judged.why.samples)));
    let batch = RecordBatch::try_from_iter_with_nullable([
        ("minute", times(|row| row.judged.at), true),
        ("service_name", texts(&|_| service.to_owned()), true),
        ("signal", texts(&|_| signal.to_owned()), true),
        ("value", doubles(|judged| judged.value), true),
        ("expected", doubles(|judged| judged.band.expected), true),
        ("lower", doubles(|judged| judged.band.lower), true),
        ("upper", doubles(|judged| judged.band.upper), true),
        ("score", doubles(|judged| judged.score), true),
        ("outside", truths(|judged| judged.outside), true),
        ("breached", truths(|judged| judged.alarm), true),
        ("model", texts(&|row| row.judged.why.candidate.name().to_owned()), true),
        ("samples", Arc::new(samples), true),
        ("fitted_at", times(|row| row.fitted_at), true),
    ]);
    batch.map_err(|error| QueryError::internal(&error))
}
