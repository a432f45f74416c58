//! YAML text as a tree of values that know where they stand.
//!
//! JSON is read too, as YAML contains it. What a document format needs no more than a typing
//! mistake is refused here: duplicate keys, keys that are no text, tags, aliases (whose expansion
//! could grow without bound) and deep nesting.

use std::collections::HashMap;

use saphyr_parser::{Event, Marker, Parser, ScalarStyle, Span, StrInput};

use super::mistake::{Place, Report, shorten};

/// Bytes of a file that are read at most. A large set of documents has some 100 KiB.
const FILE_BYTES: usize = 1 << 20;

/// Nesting that is followed at most. OpenSLO's own fields are nested 8 deep.
const DEPTH: usize = 64;

/// A value and where it begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Node {
    pub(crate) value: Value,
    pub(crate) place: Place,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Value {
    /// Text as written; unless `quoted` it may stand for a number, a boolean or nothing.
    Scalar {
        text: String,
        quoted: bool,
    },
    List(Vec<Node>),
    Mapping(Vec<Entry>),
    /// Something that is not read and whose mistake is told already.
    Refused,
}

/// A key of a mapping, where it stands, and its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) key: String,
    pub(crate) place: Place,
    pub(crate) value: Node,
}

/// Builds the trees of one file.
struct Builder<'a> {
    file: usize,
    report: &'a mut Report,
    /// Lists and mappings that are not closed yet, the innermost last.
    open: Vec<Open>,
    documents: Vec<Node>,
}

/// A list or mapping that is not closed yet.
struct Open {
    node: Node,
    /// The key that waits for its value; `Some(None)` where the value is to be left out.
    key: Option<Option<(String, Place)>>,
    /// The lines of the keys so far, of a mapping.
    lines: HashMap<String, usize>,
}

/// The documents of a file that are not empty. Reading ends at the first place that is no YAML.
pub(crate) fn documents(file: usize, text: &str, report: &mut Report) -> Vec<Node> {
    let start = Place { file, line: 1, column: 1 };
    // What is wrong with the file as a whole is no mistake of the last document of another one.
    report.begin(start);
    if text.len() > FILE_BYTES {
        let message = format!("the file has {} bytes; {FILE_BYTES} are read at most", text.len());
        report.add(start, message, "split it into several files");
        return Vec::new();
    }
    let mut builder = Builder { file, report, open: Vec::new(), documents: Vec::new() };
    let mut parser = Parser::new_from_str(text.trim_start_matches('\u{feff}'));
    builder.read(&mut parser);
    builder.documents
}

// === impl Node ===

impl Node {
    /// Whether nothing is written here: an empty value, `~` or `null`.
    pub(crate) fn is_empty(&self) -> bool {
        matches!(&self.value, Value::Scalar { text, quoted: false }
            if matches!(text.as_str(), "" | "~" | "null" | "Null" | "NULL"))
    }
}

// === impl Open ===

impl Open {
    fn new(value: Value, place: Place) -> Self {
        Self { node: Node { value, place }, key: None, lines: HashMap::new() }
    }
}

// === impl Builder ===

impl Builder<'_> {
    fn read<'text>(&mut self, parser: &mut Parser<'text, StrInput<'text>>) {
        while let Some(event) = parser.next_event() {
            match event {
                Ok((event, span)) if self.open.len() < DEPTH => self.take(&event, span),
                Ok((_, span)) => {
                    let place = self.place(span.start);
                    let message = format!("values are nested more than {DEPTH} deep here");
                    return self.report.add(place, message, "flatten them; the rest of the file was not read");
                }
                Err(error) => {
                    let place = self.place(*error.marker());
                    let message = format!("this is no YAML: {}", error.info());
                    return self.report.add(place, message, "mend it; the rest of the file was not read");
                }
            }
        }
    }

    fn take(&mut self, event: &Event<'_>, span: Span) {
        let place = self.place(span.start);
        match event {
            Event::Scalar(text, style, _, tag) => {
                self.refuse_tag(tag.is_some(), place);
                let quoted = *style != ScalarStyle::Plain;
                self.put(Node { value: Value::Scalar { text: text.clone().into_owned(), quoted }, place });
            }
            Event::SequenceStart(_, tag) => {
                self.refuse_tag(tag.is_some(), place);
                self.open.push(Open::new(Value::List(Vec::new()), place));
            }
            Event::MappingStart(_, tag) => {
                self.refuse_tag(tag.is_some(), place);
                self.open.push(Open::new(Value::Mapping(Vec::new()), place));
            }
            Event::SequenceEnd | Event::MappingEnd => {
                if let Some(closed) = self.open.pop() {
                    self.put(closed.node);
                }
            }
            Event::Alias(_) => {
                self.report.add(place, "aliases are not supported", "write the value out in full");
                self.put(Node { value: Value::Refused, place });
            }
            Event::DocumentStart(_) => self.report.begin(place),
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentEnd => {}
        }
    }

    /// Puts a finished node where it belongs: into the innermost open list or mapping.
    fn put(&mut self, node: Node) {
        let Some(open) = self.open.last_mut() else {
            if !node.is_empty() {
                self.documents.push(node);
            }
            return;
        };
        match &mut open.node.value {
            Value::List(items) => items.push(node),
            Value::Mapping(entries) => match open.key.take() {
                None => open.key = Some(key(node, &mut open.lines, self.report)),
                Some(Some((key, place))) => entries.push(Entry { key, place, value: node }),
                Some(None) => {}
            },
            Value::Scalar { .. } | Value::Refused => {}
        }
    }

    fn refuse_tag(&mut self, tagged: bool, place: Place) {
        if tagged {
            self.report.add(place, "tags are not supported", "remove the tag; quotes make a value text");
        }
    }

    fn place(&self, marker: Marker) -> Place {
        Place { file: self.file, line: marker.line().max(1), column: marker.col() + 1 }
    }
}

/// The key of the next entry; `None` if it is no text or stands there already: its value is left
/// out.
fn key(node: Node, lines: &mut HashMap<String, usize>, report: &mut Report) -> Option<(String, Place)> {
    let Value::Scalar { text, .. } = node.value else {
        report.add(node.place, "this key is no single value", "write a field name");
        return None;
    };
    if let Some(first) = lines.get(&text) {
        let message = format!("`{}` stands twice in this mapping, first on line {first}", shorten(&text));
        report.add(node.place, message, "keep one of them");
        return None;
    }
    lines.insert(text.clone(), node.place.line);
    Some((text, node.place))
}

#[cfg(test)]
mod tests;
