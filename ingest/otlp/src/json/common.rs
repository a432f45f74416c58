//! Resources, scopes and attributes.

use opentelemetry_proto::tonic::common::v1::any_value::Value as Any;
use opentelemetry_proto::tonic::common::v1::{
    AnyValue, ArrayValue, EntityRef, InstrumentationScope, KeyValue, KeyValueList,
};
use opentelemetry_proto::tonic::resource::v1::Resource;
use serde::de::MapAccess;

use super::fields::{Message, Value};

impl Message for Resource {
    fn read<'de, A: MapAccess<'de>>(&mut self, name: &str, value: Value<'_, A>) -> Result<(), A::Error> {
        match name {
            "attributes" => self.attributes = value.messages()?,
            "droppedAttributesCount" => self.dropped_attributes_count = value.int()?.unwrap_or_default(),
            "entityRefs" => self.entity_refs = value.messages()?,
            _ => value.ignore()?,
        }
        Ok(())
    }
}

impl Message for EntityRef {
    fn read<'de, A: MapAccess<'de>>(&mut self, name: &str, value: Value<'_, A>) -> Result<(), A::Error> {
        match name {
            "schemaUrl" => self.schema_url = value.text()?.unwrap_or_default(),
            "type" => self.r#type = value.text()?.unwrap_or_default(),
            "idKeys" => self.id_keys = value.texts()?,
            "descriptionKeys" => self.description_keys = value.texts()?,
            _ => value.ignore()?,
        }
        Ok(())
    }
}

impl Message for InstrumentationScope {
    fn read<'de, A: MapAccess<'de>>(&mut self, name: &str, value: Value<'_, A>) -> Result<(), A::Error> {
        match name {
            "name" => self.name = value.text()?.unwrap_or_default(),
            "version" => self.version = value.text()?.unwrap_or_default(),
            "attributes" => self.attributes = value.messages()?,
            "droppedAttributesCount" => self.dropped_attributes_count = value.int()?.unwrap_or_default(),
            _ => value.ignore()?,
        }
        Ok(())
    }
}

impl Message for KeyValue {
    fn read<'de, A: MapAccess<'de>>(&mut self, name: &str, value: Value<'_, A>) -> Result<(), A::Error> {
        match name {
            "key" => self.key = value.text()?.unwrap_or_default(),
            "value" => self.value = value.message()?,
            "keyStrindex" => self.key_strindex = value.int()?.unwrap_or_default(),
            _ => value.ignore()?,
        }
        Ok(())
    }
}

impl Message for AnyValue {
    fn read<'de, A: MapAccess<'de>>(&mut self, name: &str, value: Value<'_, A>) -> Result<(), A::Error> {
        let member = match name {
            "stringValue" => value.text()?.map(Any::StringValue),
            "boolValue" => value.boolean()?.map(Any::BoolValue),
            "intValue" => value.int()?.map(Any::IntValue),
            "doubleValue" => value.double()?.map(Any::DoubleValue),
            "arrayValue" => value.message()?.map(Any::ArrayValue),
            "kvlistValue" => value.message()?.map(Any::KvlistValue),
            "bytesValue" => value.base64()?.map(Any::BytesValue),
            "stringValueStrindex" => value.int()?.map(Any::StringValueStrindex),
            _ => return value.ignore(),
        };
        self.value = member.or_else(|| self.value.take());
        Ok(())
    }
}

impl Message for ArrayValue {
    fn read<'de, A: MapAccess<'de>>(&mut self, name: &str, value: Value<'_, A>) -> Result<(), A::Error> {
        match name {
            "values" => self.values = value.messages()?,
            _ => value.ignore()?,
        }
        Ok(())
    }
}

impl Message for KeyValueList {
    fn read<'de, A: MapAccess<'de>>(&mut self, name: &str, value: Value<'_, A>) -> Result<(), A::Error> {
        match name {
            "values" => self.values = value.messages()?,
            _ => value.ignore()?,
        }
        Ok(())
    }
}
