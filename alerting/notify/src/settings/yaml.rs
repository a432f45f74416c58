//! Walking a YAML tree that knows its lines, and gathering what is wrong with it.

use saphyr::{LoadableYamlNode, MarkedYaml, Scalar, YamlData};

use crate::mistake::Mistake;

/// Gathers the mistakes of a file.
pub(super) struct Reader<'s> {
    file: &'s str,
    mistakes: Vec<Mistake>,
}

/// The fields of a mapping, all of them known ones.
pub(super) struct Fields<'n> {
    fields: Vec<(&'n str, &'n MarkedYaml<'n>)>,
}

/// Whether a document has nothing in it, like the one after a last `---`.
pub(super) fn is_empty(node: &MarkedYaml<'_>) -> bool {
    matches!(node.data, YamlData::Value(Scalar::Null) | YamlData::BadValue)
}

// === impl Reader ===

impl<'s> Reader<'s> {
    pub(super) fn new(file: &'s str) -> Self {
        Self { file, mistakes: Vec::new() }
    }

    /// The documents of a file; none if it is no YAML. A doubled key is a mistake of YAML itself.
    pub(super) fn documents<'t>(&mut self, text: &'t str) -> Vec<MarkedYaml<'t>> {
        MarkedYaml::load_from_str(text).unwrap_or_else(|error| {
            self.at(error.marker(), format!("this is no YAML: {}", error.info()), "correct it");
            Vec::new()
        })
    }

    /// Notes a mistake at a node.
    pub(super) fn mistake(&mut self, node: &MarkedYaml<'_>, message: String, remedy: &str) {
        self.at(&node.span.start, message, remedy);
    }

    fn at(&mut self, marker: &saphyr::Marker, message: String, remedy: &str) {
        let (line, column) = (marker.line(), marker.col() + 1);
        self.mistakes.push(Mistake { file: self.file.to_owned(), line, column, message, remedy: remedy.to_owned() });
    }

    /// The fields of a mapping at `path`. Unknown ones are mistakes.
    pub(super) fn fields<'n>(&mut self, node: &'n MarkedYaml<'n>, path: &str, known: &[&str]) -> Option<Fields<'n>> {
        let one_of = format!("known keys are {}", known.join(", "));
        let YamlData::Mapping(mapping) = &node.data else {
            self.mistake(node, format!("{} is no mapping", place(path, "")), &one_of);
            return None;
        };
        let mut fields = Vec::new();
        for (key, value) in mapping {
            match scalar(key) {
                Some(Scalar::String(name)) if known.contains(&name.as_ref()) => fields.push((name.as_ref(), value)),
                Some(Scalar::String(name)) => {
                    self.mistake(key, format!("{} is not known", place(path, name)), &one_of);
                }
                _ => self.mistake(key, format!("{} has a key that is no text", place(path, "")), &one_of),
            }
        }
        Some(Fields { fields })
    }

    /// The items of a list that must have some.
    pub(super) fn items<'n>(&mut self, node: &'n MarkedYaml<'n>, path: &str) -> &'n [MarkedYaml<'n>] {
        match &node.data {
            YamlData::Sequence(items) if !items.is_empty() => items,
            _ => {
                self.mistake(
                    node,
                    format!("{path} is no list with items"),
                    "write one `- ` for each item, or remove it",
                );
                &[]
            }
        }
    }

    /// A text that is not empty. The value is not repeated: it may be a secret.
    pub(super) fn text<'n>(&mut self, node: &'n MarkedYaml<'n>, path: &str) -> Option<&'n str> {
        match scalar(node) {
            Some(Scalar::String(text)) if !text.trim().is_empty() => Some(text.as_ref()),
            Some(Scalar::String(_) | Scalar::Null) => {
                self.mistake(node, format!("{path} is empty"), "give it a value");
                None
            }
            _ => {
                self.mistake(node, format!("{path} is no text"), "put it in quotes");
                None
            }
        }
    }

    /// What was read, unless there are mistakes.
    pub(super) fn finish<T>(mut self, read: T) -> Result<T, Vec<Mistake>> {
        if self.mistakes.is_empty() {
            return Ok(read);
        }
        self.mistakes.sort();
        Err(self.mistakes)
    }
}

fn scalar<'n>(node: &'n MarkedYaml<'n>) -> Option<&'n Scalar<'n>> {
    match &node.data {
        YamlData::Value(scalar) => Some(scalar),
        _ => None,
    }
}

/// How a field is called in a mistake.
fn place(path: &str, name: &str) -> String {
    match (path, name) {
        ("", "") => "the document".to_owned(),
        (path, "") => path.to_owned(),
        ("", name) => name.to_owned(),
        (path, name) => format!("{path}.{name}"),
    }
}

// === impl Fields ===

impl<'n> Fields<'n> {
    pub(super) fn get(&self, name: &str) -> Option<&'n MarkedYaml<'n>> {
        self.fields.iter().find(|(field, _)| *field == name).map(|(_, value)| *value)
    }
}
