//! Data points.

use opentelemetry_proto::tonic::metrics::v1::exponential_histogram_data_point::Buckets;
use opentelemetry_proto::tonic::metrics::v1::summary_data_point::ValueAtQuantile;
use opentelemetry_proto::tonic::metrics::v1::{
    Exemplar, ExponentialHistogramDataPoint, HistogramDataPoint, NumberDataPoint, SummaryDataPoint, exemplar,
    number_data_point,
};
use serde::de::MapAccess;

use super::fields::{Message, Value};

impl Message for NumberDataPoint {
    fn read<'de, A: MapAccess<'de>>(&mut self, name: &str, value: Value<'_, A>) -> Result<(), A::Error> {
        match name {
            "attributes" => self.attributes = value.messages()?,
            "startTimeUnixNano" => self.start_time_unix_nano = value.int()?.unwrap_or_default(),
            "timeUnixNano" => self.time_unix_nano = value.int()?.unwrap_or_default(),
            "exemplars" => self.exemplars = value.messages()?,
            "flags" => self.flags = value.int()?.unwrap_or_default(),
            "asDouble" => {
                self.value = value.double()?.map(number_data_point::Value::AsDouble).or_else(|| self.value.take());
            }
            "asInt" => self.value = value.int()?.map(number_data_point::Value::AsInt).or_else(|| self.value.take()),
            _ => value.ignore()?,
        }
        Ok(())
    }
}

impl Message for HistogramDataPoint {
    fn read<'de, A: MapAccess<'de>>(&mut self, name: &str, value: Value<'_, A>) -> Result<(), A::Error> {
        match name {
            "attributes" => self.attributes = value.messages()?,
            "startTimeUnixNano" => self.start_time_unix_nano = value.int()?.unwrap_or_default(),
            "timeUnixNano" => self.time_unix_nano = value.int()?.unwrap_or_default(),
            "count" => self.count = value.int()?.unwrap_or_default(),
            "sum" => self.sum = value.double()?,
            "bucketCounts" => self.bucket_counts = value.ints()?,
            "explicitBounds" => self.explicit_bounds = value.doubles()?,
            "exemplars" => self.exemplars = value.messages()?,
            "flags" => self.flags = value.int()?.unwrap_or_default(),
            "min" => self.min = value.double()?,
            "max" => self.max = value.double()?,
            _ => value.ignore()?,
        }
        Ok(())
    }
}

impl Message for ExponentialHistogramDataPoint {
    fn read<'de, A: MapAccess<'de>>(&mut self, name: &str, value: Value<'_, A>) -> Result<(), A::Error> {
        match name {
            "attributes" => self.attributes = value.messages()?,
            "startTimeUnixNano" => self.start_time_unix_nano = value.int()?.unwrap_or_default(),
            "timeUnixNano" => self.time_unix_nano = value.int()?.unwrap_or_default(),
            "count" => self.count = value.int()?.unwrap_or_default(),
            "sum" => self.sum = value.double()?,
            "scale" => self.scale = value.int()?.unwrap_or_default(),
            "zeroCount" => self.zero_count = value.int()?.unwrap_or_default(),
            "positive" => self.positive = value.message()?,
            "negative" => self.negative = value.message()?,
            "flags" => self.flags = value.int()?.unwrap_or_default(),
            "exemplars" => self.exemplars = value.messages()?,
            "min" => self.min = value.double()?,
            "max" => self.max = value.double()?,
            "zeroThreshold" => self.zero_threshold = value.double()?.unwrap_or_default(),
            _ => value.ignore()?,
        }
        Ok(())
    }
}

impl Message for Buckets {
    fn read<'de, A: MapAccess<'de>>(&mut self, name: &str, value: Value<'_, A>) -> Result<(), A::Error> {
        match name {
            "offset" => self.offset = value.int()?.unwrap_or_default(),
            "bucketCounts" => self.bucket_counts = value.ints()?,
            _ => value.ignore()?,
        }
        Ok(())
    }
}

impl Message for SummaryDataPoint {
    fn read<'de, A: MapAccess<'de>>(&mut self, name: &str, value: Value<'_, A>) -> Result<(), A::Error> {
        match name {
            "attributes" => self.attributes = value.messages()?,
            "startTimeUnixNano" => self.start_time_unix_nano = value.int()?.unwrap_or_default(),
            "timeUnixNano" => self.time_unix_nano = value.int()?.unwrap_or_default(),
            "count" => self.count = value.int()?.unwrap_or_default(),
            "sum" => self.sum = value.double()?.unwrap_or_default(),
            "quantileValues" => self.quantile_values = value.messages()?,
            "flags" => self.flags = value.int()?.unwrap_or_default(),
            _ => value.ignore()?,
        }
        Ok(())
    }
}

impl Message for ValueAtQuantile {
    fn read<'de, A: MapAccess<'de>>(&mut self, name: &str, value: Value<'_, A>) -> Result<(), A::Error> {
        match name {
            "quantile" => self.quantile = value.double()?.unwrap_or_default(),
            "value" => self.value = value.double()?.unwrap_or_default(),
            _ => value.ignore()?,
        }
        Ok(())
    }
}

impl Message for Exemplar {
    fn read<'de, A: MapAccess<'de>>(&mut self, name: &str, value: Value<'_, A>) -> Result<(), A::Error> {
        match name {
            "filteredAttributes" => self.filtered_attributes = value.messages()?,
            "timeUnixNano" => self.time_unix_nano = value.int()?.unwrap_or_default(),
            "spanId" => self.span_id = value.hex()?,
            "traceId" => self.trace_id = value.hex()?,
            "asDouble" => self.value = value.double()?.map(exemplar::Value::AsDouble).or_else(|| self.value.take()),
            "asInt" => self.value = value.int()?.map(exemplar::Value::AsInt).or_else(|| self.value.take()),
            _ => value.ignore()?,
        }
        Ok(())
    }
}
