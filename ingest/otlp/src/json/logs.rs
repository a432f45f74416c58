//! Logs.

use ingest_model::Signal;
use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::logs::v1::{LogRecord, ResourceLogs, ScopeLogs};
use serde::de::MapAccess;

use super::fields::{Message, Request, Value};

impl Request for ExportLogsServiceRequest {
    const SIGNAL: Signal = Signal::Logs;
}

impl Message for ExportLogsServiceRequest {
    fn read<'de, A: MapAccess<'de>>(&mut self, name: &str, value: Value<'_, A>) -> Result<(), A::Error> {
        match name {
            "resourceLogs" => self.resource_logs = value.messages()?,
            _ => value.ignore()?,
        }
        Ok(())
    }
}

impl Message for ResourceLogs {
    fn read<'de, A: MapAccess<'de>>(&mut self, name: &str, value: Value<'_, A>) -> Result<(), A::Error> {
        match name {
            "resource" => self.resource = value.message()?,
            "scopeLogs" => self.scope_logs = value.messages()?,
            "schemaUrl" => self.schema_url = value.text()?.unwrap_or_default(),
            _ => value.ignore()?,
        }
        Ok(())
    }
}

impl Message for ScopeLogs {
    fn read<'de, A: MapAccess<'de>>(&mut self, name: &str, value: Value<'_, A>) -> Result<(), A::Error> {
        match name {
            "scope" => self.scope = value.message()?,
            "logRecords" => self.log_records = value.messages()?,
            "schemaUrl" => self.schema_url = value.text()?.unwrap_or_default(),
            _ => value.ignore()?,
        }
        Ok(())
    }
}

impl Message for LogRecord {
    fn read<'de, A: MapAccess<'de>>(&mut self, name: &str, value: Value<'_, A>) -> Result<(), A::Error> {
        match name {
            "timeUnixNano" => self.time_unix_nano = value.int()?.unwrap_or_default(),
            "observedTimeUnixNano" => self.observed_time_unix_nano = value.int()?.unwrap_or_default(),
            "severityNumber" => self.severity_number = value.int()?.unwrap_or_default(),
            "severityText" => self.severity_text = value.text()?.unwrap_or_default(),
            "body" => self.body = value.message()?,
            "attributes" => self.attributes = value.messages()?,
            "droppedAttributesCount" => self.dropped_attributes_count = value.int()?.unwrap_or_default(),
            "flags" => self.flags = value.int()?.unwrap_or_default(),
            "traceId" => self.trace_id = value.hex()?,
            "spanId" => self.span_id = value.hex()?,
            "eventName" => self.event_name = value.text()?.unwrap_or_default(),
            _ => value.ignore()?,
        }
        Ok(())
    }
}
