//! `exhaustion('service', 'signal', 'limit')`: when a resource runs out, by the last fourteen days.

use std::sync::Arc;

use arrow::array::{ArrayRef, Float64Array, Int64Array, StringArray, TimestampMicrosecondArray};
use arrow::record_batch::RecordBatch;
use ingest_model::Nanos;
use query_api::SignalsQuestion;
use query_detect::exhaustion::{Exhaustion, ExhaustionSettings, Forecast, Limit, Outlook, Sample};

use super::series;
use crate::error::QueryError;
use crate::session::Session;
use crate::signals;

/// The golden signal that is a share of what there is.
const SATURATION: &str = "saturation";

/// What is asked.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asked<'a> {
    pub(super) service: &'a str,
    pub(super) signal: &'a str,
    pub(super) limit: &'a str,
    /// `upper` or `lower`.
    pub(super) side: &'a str,
}

/// One row.
///
/// # Errors
///
/// `BadRequest` for a limit that is no number, and for a signal that is not watched.
pub(super) async fn rows(session: &Session, asked: Asked<'_>, now: Nanos) -> Result<RecordBatch, QueryError> {
    let limit = limit(asked)?;
    let settings = ExhaustionSettings::default();
    let back = i64::try_from(settings.history.as_nanos()).unwrap_or(i64::MAX);
    let from = now.plus(-back);
    let samples = match asked.signal {
        SATURATION => saturation(session, asked.service, from, now).await?,
        signal => series::samples(session, asked.service, signal, from..now).await?,
    };
    batch(asked, &settings, &Exhaustion::of(&samples, limit, now, &settings))
}

fn limit(asked: Asked<'_>) -> Result<Limit, QueryError> {
    let number = asked.limit.parse::<f64>().ok().filter(|number| number.is_finite());
    let wrong =
        || QueryError::bad(format!("{:?} is no limit", asked.limit), "write a number in quotes, such as '0.95'");
    match (number.ok_or_else(wrong)?, asked.side) {
        (number, "upper") => Ok(Limit::Upper(number)),
        (number, "lower") => Ok(Limit::Lower(number)),
        (_, side) => Err(QueryError::bad(format!("{side:?} is no side of a limit"), "write 'upper' or 'lower'")),
    }
}

/// The saturation of a service, minute by minute.
async fn saturation(session: &Session, service: &str, from: Nanos, to: Nanos) -> Result<Vec<Sample>, QueryError> {
    let question = SignalsQuestion { service: service.to_owned(), from: Some(from), to: Some(to) };
    let minutes = signals::in_session(session, &question).await?.minutes;
    let sample =
        |minute: &query_api::SignalMinute| Some(Sample { at: minute.minute_unix_nano, value: minute.saturation? });
    Ok(minutes.iter().filter_map(sample).collect())
}

fn batch(asked: Asked<'_>, settings: &ExhaustionSettings, found: &Exhaustion) -> Result<RecordBatch, QueryError> {
    let text = |text: &str| -> ArrayRef { Arc::new(StringArray::from_iter_values([text])) };
    let number = |number: Option<f64>| -> ArrayRef { Arc::new(Float64Array::from(vec![number])) };
    let time = |time: Option<Nanos>| -> ArrayRef {
        Arc::new(TimestampMicrosecondArray::from(vec![time.map(Nanos::micros)]).with_timezone("UTC"))
    };
    let (outlook, forecast) = told(found.outlook);
    let samples = found.basis.and_then(|basis| i64::try_from(basis.samples).ok());
    let batch = RecordBatch::try_from_iter_with_nullable([
        ("service_name", text(asked.service), true),
        ("signal", text(asked.signal), true),
        ("level", number(found.level), true),
        ("per_hour", number(found.rate.map(|rate| rate.expected)), true),
        ("per_hour_lower", number(found.rate.map(|rate| rate.lower)), true),
        ("per_hour_upper", number(found.rate.map(|rate| rate.upper)), true),
        ("outlook", text(outlook), true),
        ("earliest", time(forecast.and_then(|forecast| forecast.earliest)), true),
        ("expected", time(forecast.and_then(|forecast| forecast.expected)), true),
        ("latest", time(forecast.and_then(|forecast| forecast.latest)), true),
        ("confidence", number(Some(settings.confidence)), true),
        ("until", time(found.basis.map(|basis| basis.until)), true),
        ("since", time(found.basis.map(|basis| basis.since)), true),
        ("samples", Arc::new(Int64Array::from(vec![samples])) as ArrayRef, true),
    ]);
    batch.map_err(|error| QueryError::internal(&error))
}

const fn told(outlook: Outlook) -> (&'static str, Option<Forecast>) {
    match outlook {
        Outlook::Forecast(forecast) => ("forecast", Some(forecast)),
        Outlook::Already => ("already", None),
        Outlook::NoGrowth => ("no_growth", None),
        Outlook::TooFew => ("too_few", None),
    }
}
