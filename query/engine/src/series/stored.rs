//! What is stored of a watched series in `baselines`: how it is asked, and its model.

use std::collections::BTreeMap;
use std::ops::Range;

use ingest_model::Nanos;
use query_baseline::series::SeriesModel;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{OfStep, SeriesQuestion, SeriesSource};

/// Labels that say whose a series is, the first that there is.
const SERVICE: [&str; 3] = ["service_name", "service", "job"];

/// The column that holds an object of labels.
const ATTRIBUTES: &str = "attributes";

/// How all series of one name are asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WatchedSeries {
    /// The name.
    pub name: String,
    /// What is asked.
    pub source: SeriesSource,
    /// From one step to the next, in nanoseconds; whole seconds.
    pub step_ns: i64,
    /// What a step says.
    pub of_step: OfStep,
}

/// One series: the column `parameters` of `baselines`, as JSON.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StoredSeries {
    /// How it is asked.
    pub series: WatchedSeries,
    /// Which one of those it is.
    pub labels: BTreeMap<String, String>,
    /// Times that are neither judged nor learned.
    pub excluded: Vec<Range<Nanos>>,
    /// What was learned of it.
    pub model: SeriesModel,
}

// === impl WatchedSeries ===

impl WatchedSeries {
    /// The question for the steps that begin from `from` on and before `to`.
    #[must_use]
    pub fn question(&self, from: Nanos, to: Nanos) -> SeriesQuestion {
        let Self { source, step_ns, of_step, .. } = self.clone();
        SeriesQuestion { source, step_ns, of_step, from, to }
    }

    /// The beginning of the step that holds a moment.
    #[must_use]
    pub const fn step_of(&self, time: Nanos) -> Nanos {
        Nanos(time.0 - time.0.rem_euclid(self.step_ns))
    }

    /// The service a series is of, as the columns `service_name` have it; empty where no label tells.
    #[must_use]
    pub fn service(labels: &BTreeMap<String, String>) -> &str {
        SERVICE.iter().find_map(|name| labels.get(*name)).map_or("", String::as_str)
    }

    /// What one of the series is called, as the columns `signal` have it: the name and its labels but for the service, as
    /// PromQL writes them.
    #[must_use]
    pub fn signal(&self, labels: &BTreeMap<String, String>) -> String {
        let service = SERVICE.iter().find(|name| labels.contains_key(**name));
        let others = labels.iter().filter(|(name, _)| Some(&name.as_str()) != service);
        let told: Vec<String> = others.flat_map(|(name, value)| told(name, value)).collect();
        if told.is_empty() { self.name.clone() } else { format!("{}{{{}}}", self.name, told.join(",")) }
    }
}

/// A label as PromQL writes it; the object that the column `attributes` is, key by key.
fn told(name: &str, value: &str) -> Vec<String> {
    let object = if name == ATTRIBUTES { serde_json::from_str(value).ok() } else { None };
    match object {
        Some(Value::Object(attributes)) => {
            let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            attributes.iter().map(|(name, value)| format!("{name}={:?}", text(value))).collect()
        }
        _ => vec![format!("{name}={value:?}")],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_series_is_called_by_its_name_and_labels() {
        let series = WatchedSeries {
            name: "queue.depth".to_owned(),
            source: SeriesSource::Sql(String::new()),
            step_ns: 300_000_000_000,
            of_step: OfStep::Mean,
        };
        let labels = |pairs: &[(&str, &str)]| -> BTreeMap<String, String> {
            pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
        };
        let alone = labels(&[("service_name", "cart")]);
        assert_eq!((WatchedSeries::service(&alone), series.signal(&alone)), ("cart", "queue.depth".to_owned()));
        let with = labels(&[("queue", "a\"b"), ("service_name", "cart")]);
        assert_eq!(series.signal(&with), r#"queue.depth{queue="a\"b"}"#);
        let attributes = labels(&[("attributes", r#"{"pool":"a","size":3}"#), ("service_name", "cart")]);
        assert_eq!(series.signal(&attributes), r#"queue.depth{pool="a",size="3"}"#);
        assert_eq!(series.signal(&labels(&[("attributes", "{}")])), "queue.depth");
        assert_eq!((WatchedSeries::service(&labels(&[])), series.signal(&labels(&[]))), ("", "queue.depth".to_owned()));
    }
}
