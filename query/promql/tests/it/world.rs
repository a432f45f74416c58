//! Series as a test loads them.

use std::collections::BTreeMap;

use query_promql::{Answer, Labels, Limits, Need, PromqlError, Query, Sample, Series, Source, Times, Value};

/// Series by their labels.
#[derive(Debug, Default, Clone)]
pub(crate) struct World {
    series: BTreeMap<Labels, BTreeMap<i64, Value>>,
}

struct Selected(Vec<Vec<Series>>);

impl Source for Selected {
    fn series(&self, need: &Need) -> &[Series] {
        &self.0[need.id]
    }
}

impl World {
    pub(crate) fn add(&mut self, labels: Labels, at: i64, value: Value) {
        self.series.entry(labels).or_default().insert(at, value);
    }

    fn selected(&self, query: &Query, times: Times) -> Selected {
        let of_need = |need: &Need| {
            let fitting =
                self.series.iter().filter(|(labels, _)| need.matchers.iter().all(|matcher| matcher.fits(labels)));
            let series = |(labels, samples): (&Labels, &BTreeMap<i64, Value>)| {
                let wanted = samples.iter().filter(|(at, _)| **at > need.after && **at <= need.until);
                let samples = wanted.map(|(at, value)| Sample { at: *at, value: value.clone() }).collect();
                Series { labels: labels.clone(), samples }
            };
            fitting.map(series).collect()
        };
        Selected(query.needs(times).iter().map(of_need).collect())
    }

    pub(crate) fn instant(&self, text: &str, at: i64) -> Result<Answer, PromqlError> {
        let query = Query::parse(text)?;
        let selected = self.selected(&query, Times { start: at, end: at, step: 1 });
        query.instant(at, &selected, Limits::default(), &|| false)
    }

    pub(crate) fn range(&self, text: &str, times: Times) -> Result<Answer, PromqlError> {
        self.limited(text, times, Limits::default(), &|| false)
    }

    pub(crate) fn limited(
        &self,
        text: &str,
        times: Times,
        limits: Limits,
        canceled: &dyn Fn() -> bool,
    ) -> Result<Answer, PromqlError> {
        let query = Query::parse(text)?;
        query.range(times, &self.selected(&query, times), limits, canceled)
    }
}
