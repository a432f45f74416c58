//! Events that queries in PromQL tell of.

use std::collections::BTreeMap;

use ingest_model::Nanos;
use query_promql::{Data, Query, Series, Value};

use super::sums::{self, Place, Sums};
use super::{EventMinute, Measure};
use crate::cooperate::Wanted;
use crate::error::QueryError;
use crate::prometheus::{self, PromqlQuestion};
use crate::session::Sessions;

/// What is counted at once, in milliseconds and as PromQL writes it.
const MINUTE_MS: i64 = 60_000;
const WINDOW: &str = "1m";

/// What stands for it; Sloth writes the first.
const PLACES: [&str; 2] = ["{{.window}}", "{{ .window }}"];

const NANOS: i64 = 1_000_000;

pub(super) async fn count(
    sessions: &Sessions,
    measure: &Measure,
    range: (Nanos, Nanos),
    wanted: &Wanted,
) -> Result<Vec<EventMinute>, QueryError> {
    let (total, part) = sums::queries(measure);
    let fits = fits(measure)?;
    let total = asked(sessions, total, &fits, range, wanted).await?;
    let part = match part {
        Some(part) => asked(sessions, part, &fits, range, wanted).await?,
        None => BTreeMap::new(),
    };
    Ok(sums::minutes(measure, total, &part))
}

type Fits = Box<dyn Fn(f64) -> bool + Send + Sync>;

/// Whether a value compares as it should.
fn fits(measure: &Measure) -> Result<Fits, QueryError> {
    let Measure::Compares { op, with, .. } = measure else { return Ok(Box::new(|_| false)) };
    let number: f64 = with.parse().map_err(|_| QueryError::bad(format!("{with:?} is no number"), ""))?;
    Ok(match *op {
        "<" => Box::new(move |value| value < number),
        "<=" => Box::new(move |value| value <= number),
        ">" => Box::new(move |value| value > number),
        _ => Box::new(move |value| value >= number),
    })
}

/// What a query gives at the end of every minute, by labels and minute.
async fn asked(
    sessions: &Sessions,
    text: &str,
    fits: &Fits,
    (from, to): (Nanos, Nanos),
    wanted: &Wanted,
) -> Result<BTreeMap<Place, Sums>, QueryError> {
    let text = PLACES.iter().fold(text.to_owned(), |text, place| text.replace(place, WINDOW));
    let wrong = |error: query_promql::PromqlError| QueryError::bad(format!("{text:?}: {error}"), "correct the query");
    let query = Query::parse(&text).map_err(wrong)?;
    let minute = |time: Nanos| time.0.div_euclid(NANOS).div_euclid(MINUTE_MS).saturating_mul(MINUTE_MS);
    // What is said at the end of a minute is about that minute.
    let (start, end) = (minute(from).saturating_add(MINUTE_MS), minute(to));
    if start > end {
        return Ok(BTreeMap::new());
    }
    let question = PromqlQuestion { query, start, end, step: Some(MINUTE_MS) };
    let answer = prometheus::answer(sessions, &question, wanted).await?.map_err(wrong)?;
    let mut sums: BTreeMap<Place, Sums> = BTreeMap::new();
    let Data::Matrix(series) = answer.data else { return Ok(sums) };
    for one in series {
        let group = group(&one);
        for sample in &one.samples {
            let Value::Float(value) = sample.value else { continue };
            let minute = Nanos(sample.at.saturating_sub(MINUTE_MS).saturating_mul(NANOS));
            sums.entry((group.clone(), minute)).or_default().add(value, fits(value));
        }
    }
    Ok(sums)
}

/// The labels as one text, as PromQL writes them; nothing where there are none.
fn group(series: &Series) -> Vec<Option<String>> {
    let labels = series.labels.unnamed();
    let labelled = labels.iter().next().is_some();
    if labelled { vec![Some(labels.to_string())] } else { Vec::new() }
}
