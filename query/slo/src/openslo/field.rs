//! Fields of a document, read one by one: every value of the wrong form is a mistake, and so is
//! every field that nobody asked for.

use rust_decimal::Decimal;

use super::mistake::{Report, shorten};
use super::tree::{Entry, Node, Value};
use crate::minutes::{Minutes, ParseMinutesError};
use crate::window::Length;

/// A value and the path of fields that leads to it.
#[derive(Debug, Clone)]
pub(crate) struct Field<'a> {
    pub(crate) node: &'a Node,
    path: String,
}

/// The fields of a mapping, and those that were asked for.
#[derive(Debug)]
pub(crate) struct Fields<'a> {
    whole: Field<'a>,
    entries: &'a [Entry],
    known: Vec<&'static str>,
}

// === impl Field ===

impl<'a> Field<'a> {
    pub(crate) fn root(node: &'a Node) -> Self {
        Self { node, path: String::new() }
    }

    /// The path, as messages write it.
    pub(crate) fn name(&self) -> String {
        if self.path.is_empty() { "the document".to_owned() } else { format!("`{}`", self.path) }
    }

    /// Adds that the value is not what it should be.
    pub(crate) fn wrong(&self, why: &str, remedy: impl Into<String>, report: &mut Report) {
        if self.node.value != Value::Refused {
            report.add(self.node.place, format!("{} is {}: {why}", self.name(), self.shown()), remedy);
        }
    }

    /// Adds that this and the field `other` beside it exclude each other.
    pub(crate) fn conflicts(&self, other: &str, report: &mut Report) {
        report.add(self.node.place, format!("{} and `{other}` are both given", self.name()), "keep one of them");
    }

    /// Notes that this is kept, and not counted here.
    pub(crate) fn unsupported(&self, what: &str, remedy: &str, report: &mut Report) {
        let message = format!("{} is {}: {what} not read here", self.name(), self.shown());
        report.note(self.node.place, message, remedy);
    }

    /// The value in short.
    fn shown(&self) -> String {
        match &self.node.value {
            Value::List(items) => format!("a list of {}", items.len()),
            Value::Mapping(_) => "a mapping".to_owned(),
            Value::Refused => "not read".to_owned(),
            Value::Scalar { .. } if self.node.is_empty() => "empty".to_owned(),
            Value::Scalar { text, quoted } => {
                if *quoted || is_text(text) {
                    format!("{:?}", shorten(text))
                } else {
                    shorten(text)
                }
            }
        }
    }

    /// Whether the value is written as `text`.
    pub(crate) fn is(&self, text: &str) -> bool {
        matches!(&self.node.value, Value::Scalar { text: written, .. } if written == text)
    }

    /// Whether the value is a mapping with this key.
    pub(crate) fn has(&self, key: &str) -> bool {
        matches!(&self.node.value, Value::Mapping(entries) if entries.iter().any(|entry| entry.key == key))
    }

    /// Text that is not blank.
    pub(crate) fn text(&self, report: &mut Report) -> Option<&'a str> {
        match &self.node.value {
            Value::Scalar { text, quoted } if !text.trim().is_empty() && (*quoted || is_text(text)) => Some(text),
            Value::Scalar { text, .. } if text.trim().is_empty() || self.node.is_empty() => {
                self.wrong("text is needed", "write a value, or leave the field out where it is optional", report);
                None
            }
            Value::Scalar { .. } => {
                self.wrong("that is not text", "put it in quotes", report);
                None
            }
            Value::List(_) | Value::Mapping(_) | Value::Refused => {
                self.wrong("text is needed", "write a single value", report);
                None
            }
        }
    }

    /// Text of at most so many characters.
    pub(crate) fn text_up_to(&self, characters: usize, report: &mut Report) -> Option<&'a str> {
        let text = self.text(report)?;
        let length = text.chars().count();
        if length > characters {
            let message = format!("{} has {length} characters; at most {characters} are allowed", self.name());
            report.add(self.node.place, message, "shorten it");
            return None;
        }
        Some(text)
    }

    pub(crate) fn boolean(&self, report: &mut Report) -> Option<bool> {
        match &self.node.value {
            Value::Scalar { text, quoted: false } if matches!(text.as_str(), "true" | "True" | "TRUE") => Some(true),
            Value::Scalar { text, quoted: false } if matches!(text.as_str(), "false" | "False" | "FALSE") => {
                Some(false)
            }
            _ => {
                self.wrong("true or false is needed", "write true or false, without quotes", report);
                None
            }
        }
    }

    /// A single value as it is written, whatever it stands for.
    pub(crate) fn scalar(&self, report: &mut Report) -> Option<&'a str> {
        match &self.node.value {
            Value::Scalar { text, .. } if !self.node.is_empty() => Some(text),
            _ => self.text(report),
        }
    }

    /// An exact decimal, in quotes or without.
    pub(crate) fn number_or_text(&self, report: &mut Report) -> Option<Decimal> {
        match &self.node.value {
            Value::Scalar { text, quoted: true } if is_number(text) => decimal(text),
            _ => self.number(report),
        }
    }

    /// Whether the value is a mapping whose `key` is written as `text`.
    pub(crate) fn has_text(&self, key: &str, text: &str) -> bool {
        let Value::Mapping(entries) = &self.node.value else { return false };
        let is_text = |value: &Node| matches!(&value.value, Value::Scalar { text: written, .. } if written == text);
        entries.iter().any(|entry| entry.key == key && is_text(&entry.value))
    }

    /// An exact decimal.
    pub(crate) fn number(&self, report: &mut Report) -> Option<Decimal> {
        let number = match &self.node.value {
            Value::Scalar { text, quoted: false } if is_number(text) => decimal(text),
            _ => None,
        };
        if number.is_none() {
            let remedy = "write a decimal of at most 28 digits, without quotes";
            self.wrong("a number is needed", remedy, report);
        }
        number
    }

    /// One of a few words.
    pub(crate) fn one_of<T: Copy>(&self, words: &[(&str, T)], report: &mut Report) -> Option<T> {
        let text = self.text(report)?;
        let found = words.iter().find(|(word, _)| *word == text).map(|(_, meaning)| *meaning);
        if found.is_none() {
            let words: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
            self.wrong("that is none of the words known here", format!("write one of {}", words.join(", ")), report);
        }
        found
    }

    /// A duration in shorthand, of the calendar too.
    pub(crate) fn length(&self, report: &mut Report) -> Option<Length> {
        let length = self.text(report)?.parse::<Length>();
        length
            .map_err(|error| self.wrong(&error.to_string(), "write a duration such as 30d, 4w, 1M or 1Q", report))
            .ok()
    }

    /// A duration in shorthand, or a number of minutes.
    pub(crate) fn minutes_or_number(&self, report: &mut Report) -> Option<Minutes> {
        match &self.node.value {
            Value::Scalar { text, quoted: false } if is_number(text) => {
                let minutes = text.parse().ok().and_then(Minutes::new);
                if minutes.is_none() {
                    self.wrong(
                        "a whole number of minutes is needed",
                        "write minutes, or a duration such as 5m",
                        report,
                    );
                }
                minutes
            }
            _ => self.minutes(report),
        }
    }

    /// A duration in shorthand.
    pub(crate) fn minutes(&self, report: &mut Report) -> Option<Minutes> {
        match self.text(report)?.parse() {
            Ok(minutes) => Some(minutes),
            Err(error) => {
                let remedy = match error {
                    ParseMinutesError::Calendar => "write days or weeks, such as 30d or 4w",
                    ParseMinutesError::Form | ParseMinutesError::Range => "write a duration such as 5m, 12h, 30d or 4w",
                };
                self.wrong(&error.to_string(), remedy, report);
                None
            }
        }
    }

    /// The items of a list.
    pub(crate) fn items(&self, report: &mut Report) -> Option<Vec<Self>> {
        let Value::List(items) = &self.node.value else {
            self.wrong("a list is needed", "begin each item with a dash", report);
            return None;
        };
        let item = |(index, node)| Self { node, path: format!("{}[{index}]", self.path) };
        Some(items.iter().enumerate().map(item).collect())
    }

    /// The fields of a mapping.
    pub(crate) fn fields(&self, report: &mut Report) -> Option<Fields<'a>> {
        let Value::Mapping(entries) = &self.node.value else {
            self.wrong("fields are needed", "write `field: value` lines, indented", report);
            return None;
        };
        Some(Fields { whole: self.clone(), entries, known: Vec::new() })
    }
}

// === impl Fields ===

impl<'a> Fields<'a> {
    /// The field, if it is there.
    pub(crate) fn optional(&mut self, name: &'static str) -> Option<Field<'a>> {
        self.known.push(name);
        let entry = self.entries.iter().find(|entry| entry.key == name)?;
        Some(Field { node: &entry.value, path: self.path(name) })
    }

    /// The field; a mistake if it is missing.
    pub(crate) fn required(&mut self, name: &'static str, report: &mut Report) -> Option<Field<'a>> {
        let field = self.optional(name);
        if field.is_none() {
            self.missing(name, &format!("add `{name}`"), report);
        }
        field
    }

    /// Adds that something is not there.
    pub(crate) fn missing(&self, name: &str, remedy: &str, report: &mut Report) {
        report.add(self.whole.node.place, format!("`{}` is missing", self.path(name)), remedy);
    }

    /// All entries, of a mapping whose keys are free.
    pub(crate) fn free(self) -> Vec<(&'a Entry, Field<'a>)> {
        let field = |entry: &'a Entry| (entry, Field { node: &entry.value, path: self.path(&entry.key) });
        self.entries.iter().map(field).collect()
    }

    /// Adds every field that was not asked for.
    pub(crate) fn close(self, report: &mut Report) {
        for entry in self.entries.iter().filter(|entry| !self.known.contains(&entry.key.as_str())) {
            let message = format!("`{}` is no known field", self.path(&entry.key));
            report.add(entry.place, message, format!("remove it; known here are {}", self.known.join(", ")));
        }
    }

    fn path(&self, name: &str) -> String {
        let name = shorten(name);
        if self.whole.path.is_empty() { name } else { format!("{}.{name}", self.whole.path) }
    }
}

/// Whether an unquoted scalar is text: neither nothing nor a boolean nor a number (YAML 1.2.2,
/// section 10.3.2, core schema).
pub(super) fn is_text(scalar: &str) -> bool {
    let other = ["~", "null", "Null", "NULL", "true", "True", "TRUE", "false", "False", "FALSE"];
    let special = |text: &str| matches!(text, ".inf" | ".Inf" | ".INF" | ".nan" | ".NaN" | ".NAN");
    let based = |prefix, base| {
        scalar.strip_prefix(prefix).is_some_and(|digits: &str| digits.chars().all(|digit| digit.is_digit(base)))
    };
    let unsigned = scalar.trim_start_matches(['+', '-']);
    !(other.contains(&scalar) || special(unsigned) || is_number(scalar) || based("0x", 16) || based("0o", 8))
}

/// Whether an unquoted scalar is a decimal number.
fn is_number(scalar: &str) -> bool {
    let begins =
        scalar.trim_start_matches(['+', '-']).starts_with(|first: char| first == '.' || first.is_ascii_digit());
    begins && scalar.parse::<f64>().is_ok()
}

/// The exact value of a number; `None` if it has too many digits.
fn decimal(number: &str) -> Option<Decimal> {
    let number = number.trim_start_matches('+');
    if number.contains(['e', 'E']) {
        return Decimal::from_scientific(number).ok();
    }
    Decimal::from_str_exact(number).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unquoted_scalars_are_told_apart_as_yaml_does() {
        for text in ["checkout", "12:30", "2020-01-21", "1.2.3", "0xzz", "yes", "-", "e5", "inf", "5m", "1_000"] {
            assert!(is_text(text), "{text}");
        }
        for other in ["1", "-1.5", "+.5", "1e3", "0x1F", "0o17", ".inf", "-.inf", ".nan", "true", "~", "null"] {
            assert!(!is_text(other), "{other}");
        }
    }

    #[test]
    fn numbers_are_exact_or_refused() {
        let read = |text| decimal(text).map(|number| number.normalize().to_string());
        assert_eq!(read("99.90").as_deref(), Some("99.9"));
        assert_eq!(read("+2.5e2").as_deref(), Some("250"));
        assert_eq!(read("1e-3").as_deref(), Some("0.001"));
        assert_eq!(read("0.12345678901234567890123456789"), None);
        assert_eq!(read("1e99"), None);
    }
}
