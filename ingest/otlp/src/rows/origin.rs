//! Where rows come from: resource and scope.
//!
//! Both are turned into columns once, one row each, and every telemetry row then points at its
//! resource and its scope; the text is shared, not copied.

use arrow::array::UInt32Array;
use ingest_model::Level;

use super::attributes::{Attributes, json};
use super::columns::{self, Batch};
use super::value::{write_list, write_object, write_text};
use crate::error::DecodeError;
use crate::proto::{EntityRef, KeyValue, Lists, Request, Resource, ResourceItems, Scope, ScopeItems};

/// Adds the columns of rows whose scopes are at the positions `scope_of`.
pub(super) fn put<I>(batch: &mut Batch, request: &Request<'_, I>, scope_of: Vec<u32>) -> Result<(), DecodeError> {
    let resource_of = scope_of.iter().map(|scope| request.scopes[*scope as usize].resource);
    put_resources(batch, &request.resources, &request.lists, &resource_of.collect::<Vec<_>>().into())?;
    put_scopes(batch, &request.scopes, &request.lists, &scope_of.into())
}

fn put_resources(
    batch: &mut Batch,
    resources: &[ResourceItems<'_>],
    lists: &Lists<'_>,
    of: &UInt32Array,
) -> Result<(), DecodeError> {
    let all = || resources.iter().map(|one| one.resource.as_ref());
    let mut attributes = Attributes::new(Level::Resource);
    all().for_each(|one| attributes.push(one.map_or(&[], |one| one.attributes.of(&lists.attributes))));
    attributes.put_shared(batch, "resource_attributes_rest", of)?;
    let dropped = all().map(|one| one.map_or(0, |one| i64::from(one.dropped_attributes_count)));
    batch.put_shared("resource_dropped_attributes_count", &columns::int(dropped.map(Some)), of)?;
    let url = resources.iter().map(|one| filled(one.schema_url));
    batch.put_shared("resource_schema_url", &columns::text(url), of)?;
    let entities = json(resources, |out, one| write_entity_refs(out, one.resource.as_ref()));
    batch.put_shared("resource_entity_refs", &entities, of)
}

fn put_scopes(
    batch: &mut Batch,
    scopes: &[ScopeItems<'_>],
    lists: &Lists<'_>,
    of: &UInt32Array,
) -> Result<(), DecodeError> {
    let all = || scopes.iter().map(|one| one.scope.as_ref());
    let dropped = all().map(|scope| scope.map_or(0, |one| i64::from(one.dropped_attributes_count)));
    batch.put_shared("scope_name", &columns::text(all().map(|scope| scope.and_then(|one| filled(one.name)))), of)?;
    let version = all().map(|scope| scope.and_then(|one| filled(one.version)));
    batch.put_shared("scope_version", &columns::text(version), of)?;
    let attributes = json(scopes, |out, one| write_scope_attributes(out, one.scope.as_ref(), &lists.attributes));
    batch.put_shared("scope_attributes", &attributes, of)?;
    batch.put_shared("scope_dropped_attributes_count", &columns::int(dropped.map(Some)), of)?;
    batch.put_shared("scope_schema_url", &columns::text(scopes.iter().map(|one| filled(one.schema_url))), of)
}

/// The text, unless it is empty.
pub(super) fn filled(text: &str) -> Option<&str> {
    (!text.is_empty()).then_some(text)
}

fn write_scope_attributes(out: &mut String, scope: Option<&Scope<'_>>, attributes: &[KeyValue<'_>]) {
    let entries = scope.map_or(&[][..], |scope| scope.attributes.of(attributes));
    if !entries.is_empty() {
        write_object(out, entries);
    }
}

fn write_entity_refs(out: &mut String, resource: Option<&Resource<'_>>) {
    if let Some(resource) = resource.filter(|resource| !resource.entity_refs.is_empty()) {
        write_list(out, &resource.entity_refs, write_entity_ref);
    }
}

fn write_entity_ref(out: &mut String, entity: &EntityRef<'_>) {
    out.push_str(r#"{"schema_url":"#);
    write_text(out, entity.schema_url);
    out.push_str(r#","type":"#);
    write_text(out, entity.r#type);
    out.push_str(r#","id_keys":"#);
    write_list(out, &entity.id_keys, |out, key| write_text(out, key));
    out.push_str(r#","description_keys":"#);
    write_list(out, &entity.description_keys, |out, key| write_text(out, key));
    out.push('}');
}
