//! Parameters of a query string or a form, as Prometheus reads them.

use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::header::CONTENT_TYPE;
use ingest_model::Nanos;
use query_promql::parse_duration;

use super::{DAY_MS, Refused, nanos};

/// What a request says: the query string first, then the form of a POST.
#[derive(Debug)]
pub(super) struct Parameters(Vec<(String, String)>);

impl<S: Send + Sync> FromRequest<S> for Parameters {
    type Rejection = Refused;

    async fn from_request(request: Request, state: &S) -> Result<Self, Refused> {
        let of = |text: &[u8]| url::form_urlencoded::parse(text).into_owned().collect::<Vec<_>>();
        let mut pairs = of(request.uri().query().unwrap_or_default().as_bytes());
        let content_type = request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
        if content_type.is_some_and(|value| value.starts_with("application/x-www-form-urlencoded")) {
            let body = Bytes::from_request(request, state).await;
            pairs.extend(of(&body.map_err(|error| Refused::bad(error.body_text()))?));
        }
        Ok(Self(pairs))
    }
}

// === impl Parameters ===

impl Parameters {
    /// The first value of a parameter that is not empty.
    pub(super) fn one(&self, name: &str) -> Option<&str> {
        self.all(name).find(|value| !value.is_empty())
    }

    pub(super) fn all<'a>(&'a self, name: &str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(other, _)| other == name).map(|(_, value)| value.as_str())
    }

    /// A moment, in milliseconds since 1970: seconds, or RFC 3339.
    pub(super) fn time(&self, name: &str) -> Result<Option<i64>, Refused> {
        self.one(name).map(|text| time(text).ok_or_else(|| wrong(name, text))).transpose()
    }

    pub(super) fn needed_time(&self, name: &str) -> Result<i64, Refused> {
        self.time(name)?.ok_or_else(|| Refused::bad(format!("the parameter {name} is missing")))
    }

    /// The step of a range in milliseconds: seconds, or a duration such as `1m30s`.
    pub(super) fn step(&self) -> Result<i64, Refused> {
        let text = self.one("step").ok_or_else(|| Refused::bad("the parameter step is missing"))?;
        let step = match text.parse::<f64>() {
            Ok(seconds) => whole_millis(seconds),
            Err(_) => parse_duration(text),
        };
        let step = step.ok_or_else(|| wrong("step", text))?;
        if step > 0 {
            Ok(step)
        } else {
            Err(Refused::bad("zero or negative query resolution step widths are not accepted"))
        }
    }

    /// From `start` (inclusive) to `end` (inclusive); the day before `now` where nothing is said.
    pub(super) fn range(&self, now: i64) -> Result<(Nanos, Nanos), Refused> {
        let end = self.time("end")?.unwrap_or(now);
        let start = self.time("start")?.unwrap_or_else(|| end.saturating_sub(DAY_MS));
        if end < start {
            return Err(Refused::bad("the end is before the start"));
        }
        Ok((nanos(start), nanos(end.saturating_add(1))))
    }

    /// How many elements an answer has at most.
    pub(super) fn limit(&self) -> Result<usize, Refused> {
        let Some(text) = self.one("limit") else { return Ok(usize::MAX) };
        let limit: usize = text.parse().map_err(|_| wrong("limit", text))?;
        Ok(if limit == 0 { usize::MAX } else { limit })
    }
}

fn wrong(name: &str, text: &str) -> Refused {
    Refused::bad(format!("invalid parameter {name:?}: cannot parse {text:?}"))
}

fn whole_millis(seconds: f64) -> Option<i64> {
    let millis = (seconds * 1_000.0).round();
    (millis.is_finite() && millis.abs() < 1e15).then_some(millis as i64)
}

fn time(text: &str) -> Option<i64> {
    match text.parse::<f64>() {
        Ok(seconds) => whole_millis(seconds),
        Err(_) => text.parse::<Nanos>().ok().map(|nanos| nanos.0.div_euclid(1_000_000)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(pairs: &[(&str, &str)]) -> Parameters {
        Parameters(pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
    }

    #[test]
    fn times_are_seconds_or_rfc_3339() {
        assert_eq!(time("1435781430.781"), Some(1_435_781_430_781));
        assert_eq!(time("2015-07-01T20:10:30.781Z"), Some(1_435_781_430_781));
        assert_eq!(time("-1.5"), Some(-1_500));
        assert_eq!((time("soon"), time("1e300"), time("NaN")), (None, None, None));
    }

    #[test]
    fn steps_are_seconds_or_durations() {
        assert_eq!(of(&[("step", "15")]).step().ok(), Some(15_000));
        assert_eq!(of(&[("step", "1m30s")]).step().ok(), Some(90_000));
        assert!(
            of(&[("step", "0")]).step().is_err() && of(&[("step", "x")]).step().is_err() && of(&[]).step().is_err()
        );
    }

    #[test]
    fn a_range_includes_its_end_and_is_a_day_otherwise() {
        let range = of(&[("start", "1"), ("end", "2")]).range(0).ok();
        assert_eq!(range, Some((Nanos(1_000_000_000), Nanos(2_001_000_000))));
        let day = of(&[]).range(DAY_MS).ok();
        assert_eq!(day, Some((Nanos(0), nanos(DAY_MS + 1))));
        assert!(of(&[("start", "2"), ("end", "1")]).range(0).is_err());
    }
}
