//! Answers as Prometheus' HTTP API writes them.

use serde::ser::SerializeTuple;
use serde::{Serialize, Serializer};

use crate::error::{Notes, PromqlError};
use crate::histogram::{Bucket, Histogram};
use crate::labels::Labels;
use crate::number::number;
use crate::query::{Answer, Data, Element};
use crate::sample::{Sample, Series, Value};

/// A body of the API: `{"status":"success","data":…}`.
#[derive(Debug, Clone, Serialize)]
pub struct Success<T> {
    status: &'static str,
    data: T,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    warnings: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    infos: Vec<String>,
}

/// A body of the API that tells an error.
#[derive(Debug, Clone, Serialize)]
pub struct Failure {
    status: &'static str,
    #[serde(rename = "errorType")]
    error_type: &'static str,
    error: String,
}

/// `{"resultType":…,"result":…}`.
#[derive(Debug, Clone, Serialize)]
pub struct QueryData {
    #[serde(rename = "resultType")]
    result_type: &'static str,
    result: QueryResult,
}

#[derive(Debug, Clone, Serialize)]
#[serde(untagged)]
enum QueryResult {
    Moment(At<String>),
    Vector(Vec<VectorElement>),
    Matrix(Vec<MatrixSeries>),
}

#[derive(Debug, Clone, Serialize)]
struct VectorElement {
    metric: Metric,
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<At<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    histogram: Option<At<HistogramBody>>,
}

#[derive(Debug, Clone, Serialize)]
struct MatrixSeries {
    metric: Metric,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    values: Vec<At<String>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    histograms: Vec<At<HistogramBody>>,
}

#[derive(Debug, Clone, Serialize)]
struct HistogramBody {
    count: String,
    sum: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    buckets: Vec<(u8, String, String, String)>,
}

/// Labels as an object.
#[derive(Debug, Clone)]
pub struct Metric(pub Labels);

/// `[seconds, value]`; the time in milliseconds since 1970.
#[derive(Debug, Clone)]
struct At<T>(i64, T);

// === impl Success ===

impl<T> Success<T> {
    /// A body with these data, of which nothing else is to be said.
    pub const fn new(data: T) -> Self {
        Self { status: "success", data, warnings: Vec::new(), infos: Vec::new() }
    }

    /// With what is to be said of the data.
    #[must_use]
    pub fn with_notes(mut self, notes: Notes) -> Self {
        self.warnings.extend(notes.warnings);
        self.infos.extend(notes.infos);
        self
    }
}

// === impl Failure ===

impl Failure {
    /// An error of this sort (`bad_data`, `execution`, `timeout`, …).
    pub fn new(error_type: &'static str, error: impl Into<String>) -> Self {
        Self { status: "error", error_type, error: error.into() }
    }

    /// What went wrong with a question, as Prometheus sorts it.
    #[must_use]
    pub fn of(error: &PromqlError) -> Self {
        let error_type = match error {
            PromqlError::Parse(_) => "bad_data",
            PromqlError::NotSupported(_) | PromqlError::Execution(_) | PromqlError::TooMuch(_) => "execution",
            PromqlError::Canceled => "canceled",
        };
        Self::new(error_type, error.to_string())
    }
}

/// The body of an answer; `at` is the moment of an instant one, in milliseconds since 1970.
#[must_use]
pub fn success(answer: Answer, at: i64) -> Success<QueryData> {
    let (result_type, result) = match answer.data {
        Data::Scalar(value) => ("scalar", QueryResult::Moment(At(at, number(value)))),
        Data::Text(text) => ("string", QueryResult::Moment(At(at, text))),
        Data::Vector(elements) => {
            let elements = elements.into_iter().map(|element| VectorElement::new(element, at)).collect();
            ("vector", QueryResult::Vector(elements))
        }
        Data::Matrix(series) => ("matrix", QueryResult::Matrix(series.into_iter().map(MatrixSeries::from).collect())),
    };
    Success::new(QueryData { result_type, result }).with_notes(answer.notes)
}

// === impl VectorElement ===

impl VectorElement {
    fn new(element: Element, at: i64) -> Self {
        let metric = Metric(element.labels);
        match element.value {
            Value::Float(value) => Self { metric, value: Some(At(at, number(value))), histogram: None },
            Value::Histogram(histogram) => {
                Self { metric, value: None, histogram: Some(At(at, HistogramBody::from(&*histogram))) }
            }
        }
    }
}

impl From<Series> for MatrixSeries {
    fn from(series: Series) -> Self {
        let (mut values, mut histograms) = (Vec::new(), Vec::new());
        for Sample { at, value } in series.samples {
            match value {
                Value::Float(value) => values.push(At(at, number(value))),
                Value::Histogram(histogram) => histograms.push(At(at, HistogramBody::from(&*histogram))),
            }
        }
        Self { metric: Metric(series.labels), values, histograms }
    }
}

impl From<&Histogram> for HistogramBody {
    fn from(histogram: &Histogram) -> Self {
        let bucket = |bucket: Bucket| {
            let bounds = match (bucket.lower_inclusive, bucket.upper_inclusive) {
                (false, true) => 0,
                (true, false) => 1,
                (false, false) => 2,
                (true, true) => 3,
            };
            (bounds, number(bucket.lower), number(bucket.upper), number(bucket.count))
        };
        let buckets = histogram.buckets().filter(|bucket| bucket.count != 0.0).map(bucket).collect();
        Self { count: number(histogram.count), sum: number(histogram.sum), buckets }
    }
}

impl Serialize for Metric {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter())
    }
}

impl<T: Serialize> Serialize for At<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut pair = serializer.serialize_tuple(2)?;
        if self.0 % 1_000 == 0 {
            pair.serialize_element(&(self.0 / 1_000))?;
        } else {
            pair.serialize_element(&(self.0 as f64 / 1_000.0))?;
        }
        pair.serialize_element(&self.1)?;
        pair.end()
    }
}
