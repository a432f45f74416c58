//! Where rows come from: resource and scope.
//!
//! Both are turned into columns once, one row each, and every telemetry row then points at its
//! resource and its scope; the text is shared, not copied.

use arrow::array::UInt32Array;
use ingest_model::Level;
use opentelemetry_proto::tonic::common::v1::{EntityRef, InstrumentationScope};
use opentelemetry_proto::tonic::resource::v1::Resource;

use super::attributes::{Attributes, json};
use super::columns::{self, Batch};
use super::value::{write_list, write_object, write_text};
use crate::error::DecodeError;

/// The resources and scopes of a request, and which of them each row belongs to.
#[derive(Debug, Default)]
pub(super) struct Origin<'a> {
    resources: Vec<(Option<&'a Resource>, &'a str)>,
    scopes: Vec<(Option<&'a InstrumentationScope>, &'a str)>,
    resource_of: Vec<u32>,
    scope_of: Vec<u32>,
}

// === impl Origin ===

impl<'a> Origin<'a> {
    /// The rows that follow belong to this resource. A missing one is an empty one.
    pub(super) fn resource(&mut self, resource: Option<&'a Resource>, schema_url: &'a str) {
        self.resources.push((resource, schema_url));
    }

    /// The rows that follow belong to this scope. A missing one is an empty one.
    pub(super) fn scope(&mut self, scope: Option<&'a InstrumentationScope>, schema_url: &'a str) {
        self.scopes.push((scope, schema_url));
    }

    /// Adds a row.
    pub(super) fn row(&mut self) {
        self.resource_of.push(last(self.resources.len()));
        self.scope_of.push(last(self.scopes.len()));
    }

    /// Adds the columns to the batch.
    pub(super) fn put(self, batch: &mut Batch) -> Result<(), DecodeError> {
        put_resources(batch, &self.resources, &UInt32Array::from(self.resource_of))?;
        put_scopes(batch, &self.scopes, &UInt32Array::from(self.scope_of))
    }
}

/// The index of the newest of `count`; requests are far too small for more than 32 bits.
fn last(count: usize) -> u32 {
    u32::try_from(count.saturating_sub(1)).unwrap_or(u32::MAX)
}

fn put_resources(
    batch: &mut Batch,
    resources: &[(Option<&Resource>, &str)],
    of: &UInt32Array,
) -> Result<(), DecodeError> {
    let mut attributes = Attributes::new(Level::Resource);
    for (resource, _) in resources {
        attributes.push(resource.map_or(&[], |resource| &resource.attributes));
    }
    attributes.put_shared(batch, "resource_attributes_rest", of)?;
    let dropped = resources.iter().map(|(one, _)| one.map_or(0, |one| i64::from(one.dropped_attributes_count)));
    batch.put_shared("resource_dropped_attributes_count", &columns::int(dropped.map(Some)), of)?;
    batch.put_shared("resource_schema_url", &columns::text(resources.iter().map(|(_, url)| filled(url))), of)?;
    batch.put_shared("resource_entity_refs", &json(resources, |out, (one, _)| write_entity_refs(out, *one)), of)
}

fn put_scopes(
    batch: &mut Batch,
    scopes: &[(Option<&InstrumentationScope>, &str)],
    of: &UInt32Array,
) -> Result<(), DecodeError> {
    let all = || scopes.iter().map(|(scope, _)| *scope);
    let dropped = all().map(|scope| scope.map_or(0, |one| i64::from(one.dropped_attributes_count)));
    batch.put_shared("scope_name", &columns::text(all().map(|scope| scope.and_then(|one| filled(&one.name)))), of)?;
    let version = all().map(|scope| scope.and_then(|one| filled(&one.version)));
    batch.put_shared("scope_version", &columns::text(version), of)?;
    batch.put_shared("scope_attributes", &json(scopes, |out, (one, _)| write_scope_attributes(out, *one)), of)?;
    batch.put_shared("scope_dropped_attributes_count", &columns::int(dropped.map(Some)), of)?;
    batch.put_shared("scope_schema_url", &columns::text(scopes.iter().map(|(_, url)| filled(url))), of)
}

/// The text, unless it is empty.
pub(super) fn filled(text: &str) -> Option<&str> {
    (!text.is_empty()).then_some(text)
}

fn write_scope_attributes(out: &mut String, scope: Option<&InstrumentationScope>) {
    if let Some(scope) = scope.filter(|scope| !scope.attributes.is_empty()) {
        write_object(out, &scope.attributes);
    }
}

fn write_entity_refs(out: &mut String, resource: Option<&Resource>) {
    if let Some(resource) = resource.filter(|resource| !resource.entity_refs.is_empty()) {
        write_list(out, &resource.entity_refs, write_entity_ref);
    }
}

fn write_entity_ref(out: &mut String, entity: &EntityRef) {
    out.push_str(r#"{"schema_url":"#);
    write_text(out, &entity.schema_url);
    out.push_str(r#","type":"#);
    write_text(out, &entity.r#type);
    out.push_str(r#","id_keys":"#);
    write_list(out, &entity.id_keys, |out, key| write_text(out, key));
    out.push_str(r#","description_keys":"#);
    write_list(out, &entity.description_keys, |out, key| write_text(out, key));
    out.push('}');
}
