//! Traces.

use ingest_model::Signal;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::trace::v1::span::{Event, Link};
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span, Status};
use serde::de::MapAccess;

use super::fields::{Message, Request, Value};

impl Request for ExportTraceServiceRequest {
    const SIGNAL: Signal = Signal::Traces;
}

impl Message for ExportTraceServiceRequest {
    fn read<'de, A: MapAccess<'de>>(&mut self, name: &str, value: Value<'_, A>) -> Result<(), A::Error> {
        match name {
            "resourceSpans" => self.resource_spans = value.messages()?,
            _ => value.ignore()?,
        }
        Ok(())
    }
}

impl Message for ResourceSpans {
    fn read<'de, A: MapAccess<'de>>(&mut self, name: &str, value: Value<'_, A>) -> Result<(), A::Error> {
        match name {
            "resource" => self.resource = value.message()?,
            "scopeSpans" => self.scope_spans = value.messages()?,
            "schemaUrl" => self.schema_url = value.text()?.unwrap_or_default(),
            _ => value.ignore()?,
        }
        Ok(())
    }
}

impl Message for ScopeSpans {
    fn read<'de, A: MapAccess<'de>>(&mut self, name: &str, value: Value<'_, A>) -> Result<(), A::Error> {
        match name {
            "scope" => self.scope = value.message()?,
            "spans" => self.spans = value.messages()?,
            "schemaUrl" => self.schema_url = value.text()?.unwrap_or_default(),
            _ => value.ignore()?,
        }
        Ok(())
    }
}

impl Message for Span {
    fn read<'de, A: MapAccess<'de>>(&mut self, name: &str, value: Value<'_, A>) -> Result<(), A::Error> {
        match name {
            "traceId" => self.trace_id = value.hex()?,
            "spanId" => self.span_id = value.hex()?,
            "traceState" => self.trace_state = value.text()?.unwrap_or_default(),
            "parentSpanId" => self.parent_span_id = value.hex()?,
            "flags" => self.flags = value.int()?.unwrap_or_default(),
            "name" => self.name = value.text()?.unwrap_or_default(),
            "kind" => self.kind = value.int()?.unwrap_or_default(),
            "startTimeUnixNano" => self.start_time_unix_nano = value.int()?.unwrap_or_default(),
            "endTimeUnixNano" => self.end_time_unix_nano = value.int()?.unwrap_or_default(),
            "attributes" => self.attributes = value.messages()?,
            "droppedAttributesCount" => self.dropped_attributes_count = value.int()?.unwrap_or_default(),
            "events" => self.events = value.messages()?,
            "droppedEventsCount" => self.dropped_events_count = value.int()?.unwrap_or_default(),
            "links" => self.links = value.messages()?,
            "droppedLinksCount" => self.dropped_links_count = value.int()?.unwrap_or_default(),
            "status" => self.status = value.message()?,
            _ => value.ignore()?,
        }
        Ok(())
    }
}

impl Message for Event {
    fn read<'de, A: MapAccess<'de>>(&mut self, name: &str, value: Value<'_, A>) -> Result<(), A::Error> {
        match name {
            "timeUnixNano" => self.time_unix_nano = value.int()?.unwrap_or_default(),
            "name" => self.name = value.text()?.unwrap_or_default(),
            "attributes" => self.attributes = value.messages()?,
            "droppedAttributesCount" => self.dropped_attributes_count = value.int()?.unwrap_or_default(),
            _ => value.ignore()?,
        }
        Ok(())
    }
}

impl Message for Link {
    fn read<'de, A: MapAccess<'de>>(&mut self, name: &str, value: Value<'_, A>) -> Result<(), A::Error> {
        match name {
            "traceId" => self.trace_id = value.hex()?,
            "spanId" => self.span_id = value.hex()?,
            "traceState" => self.trace_state = value.text()?.unwrap_or_default(),
            "attributes" => self.attributes = value.messages()?,
            "droppedAttributesCount" => self.dropped_attributes_count = value.int()?.unwrap_or_default(),
            "flags" => self.flags = value.int()?.unwrap_or_default(),
            _ => value.ignore()?,
        }
        Ok(())
    }
}

impl Message for Status {
    fn read<'de, A: MapAccess<'de>>(&mut self, name: &str, value: Value<'_, A>) -> Result<(), A::Error> {
        match name {
            "message" => self.message = value.text()?.unwrap_or_default(),
            "code" => self.code = value.int()?.unwrap_or_default(),
            _ => value.ignore()?,
        }
        Ok(())
    }
}
