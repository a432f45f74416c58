//! `baseline('service', 'signal')`: what was expected of every minute, by the models in `baselines`.

use std::sync::Arc;

use arrow::array::{ArrayRef, BooleanArray, Float64Array, Int64Array, StringArray, TimestampMicrosecondArray};
use arrow::record_batch::RecordBatch;
use datafusion::scalar::ScalarValue;
use ingest_model::{Judgement as Stored, Nanos};
use query_api::{SignalMinute, SignalsQuestion};
use query_baseline::{GoldenSignal, Judgement, Model, Point, Recent, judge};

use super::series;
use crate::error::QueryError;
use crate::failure::micros;
use crate::read::{self, Columns};
use crate::session::Session;
use crate::signals;

const MINUTE_NS: i64 = 60_000_000_000;
const DAY_NS: i64 = 24 * 60 * MINUTE_NS;

/// How long a model may have been there before the minutes asked for.
const MODELS_NS: i64 = 2 * DAY_NS;

/// Models read at most: 40 days of one an hour.
const MODELS: usize = 1_000;

/// Minutes before those asked for that are judged too, because a breach takes several.
const BEFORE_NS: i64 = 10 * MINUTE_NS;

/// The signals there are, by name.
const SIGNALS: [(&str, GoldenSignal); 6] = [
    ("requests", GoldenSignal::Requests),
    ("error_ratio", GoldenSignal::ErrorRatio),
    ("latency_p50", GoldenSignal::LatencyP50),
    ("latency_p95", GoldenSignal::LatencyP95),
    ("latency_p99", GoldenSignal::LatencyP99),
    ("saturation", GoldenSignal::Saturation),
];

const LEARNED: &str = "SELECT fitted_at, parameters FROM stored.baselines
    WHERE service_name = $1 AND signal = $2 AND version = $3 AND fitted_at >= $4 AND fitted_at < $5
    ORDER BY fitted_at";

/// A model and when it was there.
struct Learned {
    at: Nanos,
    model: Model,
}

/// A minute and what was expected of it, if anything was.
struct Row<'a> {
    point: Point,
    judged: Option<(Judgement, &'a Learned)>,
}

/// One row a minute with a value, of the last day or from `from` (inclusive) to `to` (exclusive).
///
/// A signal that is none of the golden ones is a watched series, and has a row a step.
///
/// # Errors
///
/// `BadRequest` for a signal there is not.
pub(super) async fn rows(
    session: &Session,
    service: &str,
    signal: &str,
    range: Option<(Nanos, Nanos)>,
    now: Nanos,
) -> Result<RecordBatch, QueryError> {
    let (from, to) = range.unwrap_or_else(|| (now.plus(-DAY_NS), now));
    let Some((_, known)) = SIGNALS.iter().find(|(name, _)| *name == signal) else {
        let rows = series::rows(session, service, signal, from..to).await?;
        return rows.ok_or_else(|| unknown(service, signal));
    };
    let models = models(session, (service, signal), from, to).await?;
    let question = SignalsQuestion { service: service.to_owned(), from: Some(from.plus(-BEFORE_NS)), to: Some(to) };
    let minutes = signals::in_session(session, &question).await?.minutes;
    let (mut recent, mut rows) = (Recent::default(), Vec::new());
    for point in minutes.iter().filter_map(|minute| point(*known, minute)) {
        // A model had seen a minute when it was fitted after its start.
        let learned = models.iter().rev().find(|learned| learned.at <= point.minute);
        let judged = learned.map(|learned| (judge(&learned.model, &point, &recent), learned));
        if let Some((judged, _)) = &judged {
            recent.note(judged);
        }
        if point.minute >= from {
            rows.push(Row { point, judged });
        }
    }
    batch(service, signal, &rows)
}

pub(super) fn unknown(service: &str, signal: &str) -> QueryError {
    let names = SIGNALS.map(|(name, _)| name).join(", ");
    let hint = format!(
        "the signals are {names}, and watched series as SELECT DISTINCT service_name, signal FROM baselines names them"
    );
    QueryError::bad(format!("there is no signal {signal} of the service {service:?}"), hint)
}

async fn models(
    session: &Session,
    (service, signal): (&str, &str),
    from: Nanos,
    to: Nanos,
) -> Result<Vec<Learned>, QueryError> {
    session.provide(Stored::Baselines.table()).await?;
    let values = vec![
        ScalarValue::from(service),
        ScalarValue::from(signal),
        ScalarValue::from(i64::from(Model::VERSION)),
        micros(from.plus(-MODELS_NS)),
        micros(to),
    ];
    let mut models = Vec::new();
    for batch in read::rows(session, LEARNED, values, MODELS).await? {
        let columns = Columns::new(&batch);
        models.extend((0..batch.num_rows()).filter_map(|row| {
            let model = serde_json::from_str(&columns.text("parameters", row)).ok()?;
            Some(Learned { at: Nanos(columns.nanos("fitted_at", row)), model })
        }));
    }
    Ok(models)
}

/// The value of a signal in a minute; `None` where it has none.
fn point(signal: GoldenSignal, minute: &SignalMinute) -> Option<Point> {
    let requests = minute.requests;
    let value = match signal {
        GoldenSignal::Requests => Some(requests),
        GoldenSignal::ErrorRatio => (requests > 0.0).then(|| (minute.errors / requests).min(1.0)),
        GoldenSignal::LatencyP50 => minute.p50_ns,
        GoldenSignal::LatencyP95 => minute.p95_ns,
        GoldenSignal::LatencyP99 => minute.p99_ns,
        GoldenSignal::Saturation => minute.saturation,
        GoldenSignal::Value => None,
    };
    let requests = (signal != GoldenSignal::Saturation).then_some(requests.round() as u64);
    value.map(|value| Point { minute: minute.minute_unix_nano, value, requests })
}

fn batch(service: &str, signal: &str, rows: &[Row<'_>]) -> Result<RecordBatch, QueryError> {
    let times = |time: &dyn Fn(&Row<'_>) -> Option<Nanos>| -> ArrayRef {
        let micros = rows.iter().map(|row| time(row).map(Nanos::micros));
        Arc::new(micros.collect::<TimestampMicrosecondArray>().with_timezone("UTC"))
    };
    let texts = |text: &dyn Fn(&Row<'_>) -> Option<String>| -> ArrayRef {
        Arc::new(rows.iter().map(text).collect::<StringArray>())
    };
    let doubles = |number: &dyn Fn(&Judgement) -> f64| -> ArrayRef {
        let of_row = |row: &Row<'_>| row.judged.as_ref().map(|(judged, _)| number(judged));
        Arc::new(rows.iter().map(of_row).collect::<Float64Array>())
    };
    let truths = |truth: &dyn Fn(&Judgement) -> bool| -> ArrayRef {
        Arc::new(rows.iter().map(|row| row.judged.as_ref().map(|(judged, _)| truth(judged))).collect::<BooleanArray>())
    };
    let values: ArrayRef = Arc::new(Float64Array::from_iter_values(rows.iter().map(|row| row.point.value)));
    let samples = rows.iter().map(|row| row.judged.as_ref().map(|(judged, _)| i64::from(judged.why.samples)));
    let learned = |row: &Row<'_>| row.judged.as_ref().map(|(_, learned)| learned.at);
    let batch = RecordBatch::try_from_iter_with_nullable([
        ("minute", times(&|row| Some(row.point.minute)), true),
        ("service_name", texts(&|_| Some(service.to_owned())), true),
        ("signal", texts(&|_| Some(signal.to_owned())), true),
        ("value", values, true),
        ("expected", doubles(&|judged| judged.band.expected), true),
        ("lower", doubles(&|judged| judged.band.lower), true),
        ("upper", doubles(&|judged| judged.band.upper), true),
        ("score", doubles(&|judged| judged.score), true),
        ("outside", truths(&|judged| judged.outside), true),
        ("breached", truths(&|judged| judged.breached), true),
        ("model", texts(&|row| row.judged.as_ref().map(|(_, one)| one.model.kind.name().to_owned())), true),
        ("samples", Arc::new(samples.collect::<Int64Array>()) as ArrayRef, true),
        ("fitted_at", times(&learned), true),
    ]);
    batch.map_err(|error| QueryError::internal(&error))
}
