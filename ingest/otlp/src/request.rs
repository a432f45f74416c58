//! An export request of any signal, from and to its encodings.

use bytes::Bytes;
use ingest_model::Signal;
use ingest_store::Encoding;
use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use prost::Message;

use crate::error::DecodeError;
use crate::json;

/// A decoded export request.
#[derive(Debug, Clone, PartialEq)]
pub enum ExportRequest {
    /// Spans.
    Traces(ExportTraceServiceRequest),
    /// Log records.
    Logs(ExportLogsServiceRequest),
    /// Metric data points.
    Metrics(ExportMetricsServiceRequest),
}

// === impl ExportRequest ===

impl ExportRequest {
    /// Decodes a request body.
    ///
    /// # Errors
    ///
    /// When the body is no request of that signal and encoding.
    pub fn decode(signal: Signal, encoding: Encoding, body: &[u8]) -> Result<Self, DecodeError> {
        match encoding {
            Encoding::Json => request_from_json(signal, body),
            Encoding::Protobuf => match signal {
                Signal::Traces => ExportTraceServiceRequest::decode(body).map(Self::Traces),
                Signal::Logs => ExportLogsServiceRequest::decode(body).map(Self::Logs),
                Signal::Metrics => ExportMetricsServiceRequest::decode(body).map(Self::Metrics),
            }
            .map_err(|source| DecodeError::Protobuf { signal, source }),
        }
    }

    /// The protobuf form.
    #[must_use]
    pub fn encode(&self) -> Bytes {
        match self {
            Self::Traces(request) => request.encode_to_vec(),
            Self::Logs(request) => request.encode_to_vec(),
            Self::Metrics(request) => request.encode_to_vec(),
        }
        .into()
    }

    /// Which signal it is of.
    #[must_use]
    pub const fn signal(&self) -> Signal {
        match self {
            Self::Traces(_) => Signal::Traces,
            Self::Logs(_) => Signal::Logs,
            Self::Metrics(_) => Signal::Metrics,
        }
    }

    /// How many spans, log records or data points it carries.
    #[must_use]
    pub fn items(&self) -> usize {
        match self {
            Self::Traces(request) => {
                request.resource_spans.iter().flat_map(|one| &one.scope_spans).map(|one| one.spans.len()).sum()
            }
            Self::Logs(request) => {
                request.resource_logs.iter().flat_map(|one| &one.scope_logs).map(|one| one.log_records.len()).sum()
            }
            Self::Metrics(request) => {
                let scopes = request.resource_metrics.iter().flat_map(|one| &one.scope_metrics);
                scopes.flat_map(|one| &one.metrics).map(|metric| points(metric.data.as_ref())).sum()
            }
        }
    }
}

/// Reads OTLP/JSON.
///
/// # Errors
///
/// [`DecodeError::Json`], which names the place.
pub fn request_from_json(signal: Signal, body: &[u8]) -> Result<ExportRequest, DecodeError> {
    match signal {
        Signal::Traces => json::read(body).map(ExportRequest::Traces),
        Signal::Logs => json::read(body).map(ExportRequest::Logs),
        Signal::Metrics => json::read(body).map(ExportRequest::Metrics),
    }
    .map_err(|json::Mistake { path, reason }| DecodeError::Json { signal, path, reason })
}

fn points(data: Option<&Data>) -> usize {
    match data {
        None => 0,
        Some(Data::Gauge(gauge)) => gauge.data_points.len(),
        Some(Data::Sum(sum)) => sum.data_points.len(),
        Some(Data::Histogram(histogram)) => histogram.data_points.len(),
        Some(Data::ExponentialHistogram(histogram)) => histogram.data_points.len(),
        Some(Data::Summary(summary)) => summary.data_points.len(),
    }
}
