//! What every document says about itself.

use std::collections::BTreeMap;

use super::field::{Field, Fields};
use super::mistake::{Place, Report};
use super::tree::Value;

/// Labels by key; a label has one value or a list of them.
pub type Labels = BTreeMap<String, Vec<String>>;

/// Annotations by key.
pub type Annotations = BTreeMap<String, String>;

/// Characters of a name, and of the name part of a key.
const NAME: usize = 63;

/// Characters of the prefix of an annotation's key.
const PREFIX: usize = 253;

/// Characters of a display name: a line. The bound is ours, OpenSLO has none.
const DISPLAY_NAME: usize = 255;

/// Characters of a description.
pub(crate) const DESCRIPTION: usize = 1_050;

/// The `metadata` of a document.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Metadata {
    pub(crate) name: Option<(String, Place)>,
    pub(crate) display_name: Option<String>,
    pub(crate) labels: Labels,
    pub(crate) annotations: Annotations,
}

// === impl Metadata ===

impl Metadata {
    pub(crate) fn read(field: &Field<'_>, report: &mut Report) -> Self {
        let Some(mut fields) = field.fields(report) else { return Self::default() };
        let name = fields.required("name", report);
        let metadata = Self {
            name: name.and_then(|field| name_of(&field, report)),
            display_name: display_name(&mut fields, report),
            labels: fields.optional("labels").map(|field| labels(&field, report)).unwrap_or_default(),
            annotations: fields.optional("annotations").map(|field| annotations(&field, report)).unwrap_or_default(),
        };
        fields.close(report);
        metadata
    }
}

/// The `displayName` among the fields.
pub(crate) fn display_name(fields: &mut Fields<'_>, report: &mut Report) -> Option<String> {
    fields.optional("displayName")?.text_up_to(DISPLAY_NAME, report).map(str::to_owned)
}

/// The `description` among the fields.
pub(crate) fn description(fields: &mut Fields<'_>, report: &mut Report) -> Option<String> {
    fields.optional("description")?.text_up_to(DESCRIPTION, report).map(str::to_owned)
}

/// The name and where it stands. One that is not allowed is a mistake and is used all the same, so
/// that references to it are not mistakes too.
fn name_of(field: &Field<'_>, report: &mut Report) -> Option<(String, Place)> {
    let name = field.text(report)?;
    check_name(field, name, report);
    Some((name.to_owned(), field.node.place))
}

/// Adds a name that OpenSLO does not allow.
pub(super) fn check_name(field: &Field<'_>, name: &str, report: &mut Report) {
    let inside = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    if name.is_empty() || name.len() > NAME || !name.bytes().all(inside) || name.starts_with('-') || name.ends_with('-')
    {
        let remedy = "write at most 63 of a-z, 0-9 and -, beginning and ending with a letter or digit";
        field.wrong("that is no RFC 1123 name", remedy, report);
    }
}

fn labels(field: &Field<'_>, report: &mut Report) -> Labels {
    let mut labels = Labels::new();
    for (entry, field) in field.fields(report).map(Fields::free).unwrap_or_default() {
        check_key(&entry.key, &field, report);
        let values = match &entry.value.value {
            Value::List(_) => field.items(report).unwrap_or_default(),
            Value::Scalar { .. } | Value::Mapping(_) | Value::Refused => vec![field],
        };
        let values = values.iter().filter_map(|value| value.text(report)).map(str::to_owned);
        labels.insert(entry.key.clone(), values.collect());
    }
    labels
}

fn annotations(field: &Field<'_>, report: &mut Report) -> Annotations {
    let mut annotations = Annotations::new();
    for (entry, field) in field.fields(report).map(Fields::free).unwrap_or_default() {
        let (prefix, name) = entry.key.split_once('/').unwrap_or(("prefix", &entry.key));
        let inside = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        let is_dns = |label: &str| !label.is_empty() && label.bytes().all(inside);
        if prefix.len() > PREFIX || !prefix.split('.').all(is_dns) {
            let message = format!("{} has a key whose prefix is no DNS subdomain", field.name());
            report.add(entry.place, message, "write a prefix such as example.com before the slash, or none");
        }
        check_key(name, &field, report);
        if let Some(text) = field.text(report) {
            annotations.insert(entry.key.clone(), text.to_owned());
        }
    }
    annotations
}

/// Whether a text can be a key of a label.
pub(super) fn is_key(key: &str) -> bool {
    let inside = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    let begun = key.starts_with(|first: char| first.is_ascii_alphanumeric());
    let ended = key.ends_with(|last: char| last.is_ascii_alphanumeric());
    key.len() <= NAME && key.bytes().all(inside) && begun && ended
}

/// Adds a key that OpenSLO does not allow.
fn check_key(key: &str, field: &Field<'_>, report: &mut Report) {
    if !is_key(key) {
        let message = format!("{} has a key that is not allowed", field.name());
        let remedy = "write at most 63 letters, digits, -, _ and ., beginning and ending with a letter or digit";
        report.add(field.node.place, message, remedy);
    }
}
