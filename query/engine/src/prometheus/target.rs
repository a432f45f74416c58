//! `target_info`: what is known of each resource that metrics come from.

use std::collections::BTreeMap;

use ingest_model::Nanos;
use query_promql::{Labels, METRIC_NAME, Matcher, Need, Sample, Series, Value, otlp};

use super::points::{object, plain};
use super::{MetricFamily, SERIES, instant, service, text, too_many};
use crate::error::QueryError;
use crate::failure::micros;
use crate::read::{self, Columns};
use crate::session::Session;

/// The metric's name.
const NAME: &str = "target_info";

/// Attributes that `job` and `instance` tell.
const TOLD: [&str; 3] = ["service.name", "service.namespace", "service.instance.id"];

/// Its series that a need fits: a sample for every minute in which a point of the resource came, with the time of the
/// newest.
///
/// # Errors
///
/// `ResourceLimit` when they have more than `most` samples.
pub(super) async fn read(session: &Session, need: &Need, most: usize) -> Result<Vec<Series>, QueryError> {
    let mut series: BTreeMap<Labels, BTreeMap<i64, Value>> = BTreeMap::new();
    let mut samples = 0;
    let (from, to) = (instant(need.after, 1), instant(need.until, 1));
    each(session, &need.matchers, from, to, &mut |labels, at| {
        samples += 1;
        series.entry(labels).or_default().insert(at, Value::Float(1.0));
        if samples > most { Err(too_many("samples", most)) } else { Ok(()) }
    })
    .await?;
    let samples = |times: BTreeMap<i64, Value>| times.into_iter().map(|(at, value)| Sample { at, value }).collect();
    Ok(series.into_iter().map(|(labels, times)| Series { labels, samples: samples(times) }).collect())
}

/// The labels of its series that fit.
///
/// # Errors
///
/// `ResourceLimit` when there are more than are told at once.
pub(super) async fn labels(
    session: &Session,
    matchers: &[Matcher],
    from: Nanos,
    to: Nanos,
) -> Result<Vec<Labels>, QueryError> {
    let mut found = std::collections::BTreeSet::new();
    each(session, matchers, from, to, &mut |labels, _| {
        found.insert(labels);
        if found.len() > SERIES { Err(too_many("series", SERIES)) } else { Ok(()) }
    })
    .await?;
    Ok(found.into_iter().collect())
}

/// What it is.
pub(super) fn family() -> MetricFamily {
    MetricFamily {
        name: NAME.to_owned(),
        series: vec![NAME.to_owned()],
        kind: "gauge",
        help: "Attributes of the resource that metrics come from.".to_owned(),
        unit: String::new(),
    }
}

async fn each(
    session: &Session,
    matchers: &[Matcher],
    from: Nanos,
    to: Nanos,
    take: &mut (dyn FnMut(Labels, i64) -> Result<(), QueryError> + Send),
) -> Result<(), QueryError> {
    let named = matchers.iter().filter(|matcher| matcher.name == METRIC_NAME).all(|matcher| matcher.test.fits(NAME));
    if !named {
        return Ok(());
    }
    let mut values = vec![micros(from), micros(to)];
    let mut filter = "time >= $1 AND time < $2";
    if let Some(service) = service(matchers) {
        values.push(text(service));
        filter = "time >= $1 AND time < $2 AND service_name = $3";
    }
    let query = format!(
        "SELECT resource_attributes, max(time) AS time FROM metrics WHERE {filter}
         GROUP BY resource_attributes, date_bin(INTERVAL '1 minute', time)"
    );
    read::each(session, &query, values, |batch| {
        let columns = Columns::new(&batch);
        for row in 0..batch.num_rows() {
            let labels = info(&columns.text("resource_attributes", row));
            if let Some(labels) = labels.filter(|labels| matchers.iter().all(|matcher| matcher.fits(labels))) {
                take(labels, columns.micros("time", row).div_euclid(1_000))?;
            }
        }
        Ok(())
    })
    .await
}

/// The labels of a resource; `None` where nothing tells it from others, or nothing more is known of it.
fn info(resource: &str) -> Option<Labels> {
    let resource = object(resource);
    let others = resource.iter().filter(|(name, _)| !TOLD.contains(&name.as_str()));
    let labels = otlp::labels(others.map(|(name, value)| (name.as_str(), plain(value))), |_| None);
    let identified = otlp::labels([], |name| resource.get(name).map(plain));
    if identified == Labels::none() || labels == Labels::none() {
        return None;
    }
    let pairs = |labels: &Labels| -> Vec<(String, String)> {
        labels.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
    };
    let name = (METRIC_NAME.to_owned(), NAME.to_owned());
    Some(Labels::new(pairs(&labels).into_iter().chain(pairs(&identified)).chain([name])))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn otlp_085_a_resource_is_told_by_job_and_instance_and_has_its_other_attributes() {
        let told = |resource| info(resource).map(|labels| labels.to_string());
        let full =
            r#"{"service.name":"cart","service.instance.id":"a","service.namespace":"shop","host.name":"h","n":3}"#;
        let expected = r#"target_info{host_name="h", instance="a", job="shop/cart", n="3"}"#;
        assert_eq!(told(full).as_deref(), Some(expected));
        assert_eq!(told(r#"{"service.name":"cart"}"#), None);
        assert_eq!(told(r#"{"host.name":"h"}"#), None);
        assert_eq!(told(""), None);
    }
}
