//! Metrics that are watched without being named: a query for each.

use anyhow::Result;
use ingest_model::Nanos;
use query_engine::{Engine, OfStep, SeriesSource, WatchedSeries};
use serde_json::Value;

use super::document::Definition;
use crate::ask;

/// How far back it is looked for metrics.
const SEEN_NS: i64 = 60 * 60 * 1_000_000_000;

/// What is watched of a kind of metric.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    /// Its value.
    Value,
    /// How fast it grows, a second.
    Rate,
    /// The 95th percentile of what a step measured.
    P95,
}

/// Queries for the metrics of the last hour, by name.
///
/// # Errors
///
/// When they cannot be listed.
pub(super) async fn definitions(engine: &Engine, step_seconds: u32, now: Nanos) -> Result<Vec<Definition>> {
    let query = format!(
        "SELECT DISTINCT metric_name, metric_type, coalesce(is_monotonic, false) FROM metrics
         WHERE time >= '{}' AND metric_type <> 'summary' AND metric_name IS NOT NULL ORDER BY 1, 2, 3",
        now.plus(-SEEN_NS).rfc3339()
    );
    let mut found: Vec<Definition> =
        ask::rows(engine, query).await?.iter().filter_map(|row| definition(row, step_seconds)).collect();
    // One name of two kinds: the first is watched.
    found.dedup_by(|later, kept| later.watched.name == kept.watched.name);
    Ok(found)
}

fn definition(row: &[Value], step_seconds: u32) -> Option<Definition> {
    let name = row.first()?.as_str().filter(|name| !name.is_empty())?;
    let form = match (row.get(1)?.as_str()?, row.get(2)?.as_bool()?) {
        ("gauge", _) | ("sum", false) => Form::Value,
        ("sum", true) => Form::Rate,
        _ => Form::P95,
    };
    let source = SeriesSource::Sql(query(name, form, step_seconds));
    let step_ns = i64::from(step_seconds) * 1_000_000_000;
    let watched = WatchedSeries { name: name.to_owned(), source, step_ns, of_step: OfStep::Mean };
    Some(Definition::of_metric(watched))
}

fn query(name: &str, form: Form, step_seconds: u32) -> String {
    let named = format!("metric_name = '{}'", name.replace('\'', "''"));
    match form {
        Form::Value => {
            format!("SELECT time, value, service_name, attributes FROM metrics WHERE {named} AND value IS NOT NULL")
        }
        Form::Rate => {
            format!("SELECT time, rate AS value, service_name, attributes FROM metric_increases WHERE {named}")
        }
        Form::P95 => format!(
            "SELECT time_bucket('{step_seconds} seconds', time) AS time, quantile(merge(sketch), 0.95) AS value, \
             service_name, attributes FROM metric_increases \
             WHERE {named} AND time >= $1 AND time < $2 GROUP BY 1, 3, 4"
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_metric_is_asked_as_its_kind_wants_it() {
        let asked = |kind: &str, monotonic: bool| {
            let row = [Value::from("it's"), Value::from(kind), Value::from(monotonic)];
            match definition(&row, 300).unwrap().watched.source {
                SeriesSource::Sql(text) | SeriesSource::Promql(text) => text,
            }
        };
        assert!(asked("gauge", false).contains("SELECT time, value,"));
        assert!(asked("sum", false).contains("SELECT time, value,"));
        assert!(asked("sum", true).contains("rate AS value"));
        assert!(asked("exponential_histogram", false).contains("quantile(merge(sketch), 0.95)"));
        assert!(asked("gauge", false).contains("metric_name = 'it''s'"));
    }
}
