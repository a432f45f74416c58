//! Values that belong to another system: kept as they were written, and not looked into.

use super::field::is_text;
use super::tree::{Node, Value};

/// A value of YAML or JSON.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Free {
    /// Text.
    Text(String),
    /// A number, a boolean or nothing, as it was written.
    Plain(String),
    /// A list.
    List(Vec<Self>),
    /// Fields in the order they were written.
    Mapping(Vec<(String, Self)>),
}

// === impl Free ===

impl Free {
    pub(crate) fn read(node: &Node) -> Self {
        match &node.value {
            Value::Scalar { text, quoted } if !*quoted && (!is_text(text) || node.is_empty()) => {
                Self::Plain(text.clone())
            }
            Value::Scalar { text, .. } => Self::Text(text.clone()),
            Value::List(items) => Self::List(items.iter().map(Self::read).collect()),
            Value::Mapping(entries) => {
                Self::Mapping(entries.iter().map(|entry| (entry.key.clone(), Self::read(&entry.value))).collect())
            }
            // Its mistake is told already.
            Value::Refused => Self::Plain("null".to_owned()),
        }
    }
}
