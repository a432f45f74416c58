//! Values as YAML that reads back as them: block style, text in double quotes unless it is a plain
//! word, as JSON quotes it.

use std::fmt::Write as _;

use super::super::field::is_text;
use super::super::free::Free;

/// A document.
pub(super) fn text(value: &Free) -> String {
    let mut out = String::new();
    put(value, 0, &mut out);
    out
}

/// Writes a value that begins a line, indented by `depth`.
fn put(value: &Free, depth: usize, out: &mut String) {
    match value {
        Free::Mapping(fields) if !fields.is_empty() => {
            for (index, (key, value)) in fields.iter().enumerate() {
                if index > 0 {
                    indent(depth, out);
                }
                out.push_str(&scalar(key));
                out.push(':');
                below(value, depth + 1, out);
            }
        }
        Free::List(items) if !items.is_empty() => {
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    indent(depth, out);
                }
                out.push_str("- ");
                put(item, depth + 1, out);
            }
        }
        Free::Mapping(_) => out.push_str("{}\n"),
        Free::List(_) => out.push_str("[]\n"),
        Free::Plain(text) if text.is_empty() => out.push_str("null\n"),
        Free::Plain(text) => _ = writeln!(out, "{text}"),
        Free::Text(text) => _ = writeln!(out, "{}", scalar(text)),
    }
}

/// Writes the value of a key: on the same line if it is a scalar or empty.
fn below(value: &Free, depth: usize, out: &mut String) {
    let is_block = match value {
        Free::Mapping(fields) => !fields.is_empty(),
        Free::List(items) => !items.is_empty(),
        Free::Text(_) | Free::Plain(_) => false,
    };
    if is_block {
        out.push('\n');
        indent(depth, out);
    } else {
        out.push(' ');
    }
    put(value, depth, out);
}

fn indent(depth: usize, out: &mut String) {
    out.extend(std::iter::repeat_n("  ", depth));
}

/// A text as it must be written to be text.
fn scalar(text: &str) -> String {
    let inside = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'/');
    if text.starts_with(|first: char| first.is_ascii_alphabetic()) && text.bytes().all(inside) && is_text(text) {
        return text.to_owned();
    }
    let mut quoted = String::from('"');
    for letter in text.chars() {
        match letter {
            '"' | '\\' => quoted.extend(['\\', letter]),
            '\n' => quoted.push_str("\\n"),
            '\t' => quoted.push_str("\\t"),
            '\r' => quoted.push_str("\\r"),
            // Unicode's other controls and line ends, which a parser may take for the end of a line.
            letter if letter.is_control() || matches!(letter, '\u{2028}' | '\u{2029}' | '\u{feff}') => {
                _ = write!(quoted, "\\u{:04x}", u32::from(letter));
            }
            letter => quoted.push(letter),
        }
    }
    quoted.push('"');
    quoted
}
