//! Metrics.

use ingest_model::Signal;
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::{
    ExponentialHistogram, Gauge, Histogram, Metric, ResourceMetrics, ScopeMetrics, Sum, Summary,
};
use serde::de::MapAccess;

use super::fields::{Message, Request, Value};

impl Request for ExportMetricsServiceRequest {
    const SIGNAL: Signal = Signal::Metrics;
}

impl Message for ExportMetricsServiceRequest {
    fn read<'de, A: MapAccess<'de>>(&mut self, name: &str, value: Value<'_, A>) -> Result<(), A::Error> {
        match name {
            "resourceMetrics" => self.resource_metrics = value.messages()?,
            _ => value.ignore()?,
        }
        Ok(())
    }
}

impl Message for ResourceMetrics {
    fn read<'de, A: MapAccess<'de>>(&mut self, name: &str, value: Value<'_, A>) -> Result<(), A::Error> {
        match name {
            "resource" => self.resource = value.message()?,
            "scopeMetrics" => self.scope_metrics = value.messages()?,
            "schemaUrl" => self.schema_url = value.text()?.unwrap_or_default(),
            _ => value.ignore()?,
        }
        Ok(())
    }
}

impl Message for ScopeMetrics {
    fn read<'de, A: MapAccess<'de>>(&mut self, name: &str, value: Value<'_, A>) -> Result<(), A::Error> {
        match name {
            "scope" => self.scope = value.message()?,
            "metrics" => self.metrics = value.messages()?,
            "schemaUrl" => self.schema_url = value.text()?.unwrap_or_default(),
            _ => value.ignore()?,
        }
        Ok(())
    }
}

impl Message for Metric {
    fn read<'de, A: MapAccess<'de>>(&mut self, name: &str, value: Value<'_, A>) -> Result<(), A::Error> {
        match name {
            "name" => self.name = value.text()?.unwrap_or_default(),
            "description" => self.description = value.text()?.unwrap_or_default(),
            "unit" => self.unit = value.text()?.unwrap_or_default(),
            "metadata" => self.metadata = value.messages()?,
            "gauge" => self.data = value.message()?.map(Data::Gauge).or_else(|| self.data.take()),
            "sum" => self.data = value.message()?.map(Data::Sum).or_else(|| self.data.take()),
            "histogram" => self.data = value.message()?.map(Data::Histogram).or_else(|| self.data.take()),
            "exponentialHistogram" => {
                self.data = value.message()?.map(Data::ExponentialHistogram).or_else(|| self.data.take());
            }
            "summary" => self.data = value.message()?.map(Data::Summary).or_else(|| self.data.take()),
            _ => value.ignore()?,
        }
        Ok(())
    }
}

impl Message for Gauge {
    fn read<'de, A: MapAccess<'de>>(&mut self, name: &str, value: Value<'_, A>) -> Result<(), A::Error> {
        match name {
            "dataPoints" => self.data_points = value.messages()?,
            _ => value.ignore()?,
        }
        Ok(())
    }
}

impl Message for Sum {
    fn read<'de, A: MapAccess<'de>>(&mut self, name: &str, value: Value<'_, A>) -> Result<(), A::Error> {
        match name {
            "dataPoints" => self.data_points = value.messages()?,
            "aggregationTemporality" => self.aggregation_temporality = value.int()?.unwrap_or_default(),
            "isMonotonic" => self.is_monotonic = value.boolean()?.unwrap_or_default(),
            _ => value.ignore()?,
        }
        Ok(())
    }
}

impl Message for Histogram {
    fn read<'de, A: MapAccess<'de>>(&mut self, name: &str, value: Value<'_, A>) -> Result<(), A::Error> {
        match name {
            "dataPoints" => self.data_points = value.messages()?,
            "aggregationTemporality" => self.aggregation_temporality = value.int()?.unwrap_or_default(),
            _ => value.ignore()?,
        }
        Ok(())
    }
}

impl Message for ExponentialHistogram {
    fn read<'de, A: MapAccess<'de>>(&mut self, name: &str, value: Value<'_, A>) -> Result<(), A::Error> {
        match name {
            "dataPoints" => self.data_points = value.messages()?,
            "aggregationTemporality" => self.aggregation_temporality = value.int()?.unwrap_or_default(),
            _ => value.ignore()?,
        }
        Ok(())
    }
}

impl Message for Summary {
    fn read<'de, A: MapAccess<'de>>(&mut self, name: &str, value: Value<'_, A>) -> Result<(), A::Error> {
        match name {
            "dataPoints" => self.data_points = value.messages()?,
            _ => value.ignore()?,
        }
        Ok(())
    }
}
