//! The path to a place in a JSON text that is given as line and column.

use std::fmt::Write as _;

/// Deeper than any request that can be read.
const MAX_DEPTH: usize = 128;

/// Longest part of a key that is shown.
const MAX_KEY: usize = 64;

/// An object or array around the place.
enum Around {
    Object { key: Option<String> },
    Array { index: usize },
}

/// The path, such as `resourceSpans[0].scopeSpans`; `the top level` when there is none.
pub(super) fn path(text: &[u8], line: usize, column: usize) -> String {
    let mut walk = Walk { around: Vec::new(), deeper: 0 };
    let read = &text[..offset(text, line, column)];
    // A mistake in the last value of an object or array is noticed when that was closed already.
    walk.to(read.strip_suffix(b"}").or_else(|| read.strip_suffix(b"]")).unwrap_or(read));
    let mut path = String::new();
    for around in walk.around {
        match around {
            Around::Object { key: Some(key) } => {
                path.push_str(if path.is_empty() { "" } else { "." });
                path.push_str(&key);
            }
            Around::Object { key: None } => {}
            // Writing to a string cannot fail.
            Around::Array { index } => drop(write!(path, "[{index}]")),
        }
    }
    if path.is_empty() { "the top level".to_owned() } else { path }
}

/// `serde_json` counts lines from 1 and columns in bytes since the line began.
fn offset(text: &[u8], line: usize, column: usize) -> usize {
    let breaks = text.iter().enumerate().filter(|(_, byte)| **byte == b'\n').map(|(at, _)| at + 1);
    let start = std::iter::once(0).chain(breaks).nth(line.saturating_sub(1)).unwrap_or(0);
    start.saturating_add(column).min(text.len())
}

struct Walk {
    around: Vec<Around>,
    /// Levels below [`MAX_DEPTH`], which are counted only.
    deeper: usize,
}

// === impl Walk ===

impl Walk {
    fn to(&mut self, text: &[u8]) {
        let mut at = 0;
        while let Some(byte) = text.get(at) {
            at += 1;
            match byte {
                b'{' => self.enter(Around::Object { key: None }),
                b'[' => self.enter(Around::Array { index: 0 }),
                b'}' | b']' => self.leave(),
                b',' => self.next(),
                b'"' => {
                    let length = string_length(&text[at..]);
                    self.string(&text[at..at + length]);
                    at += length + 1;
                }
                _ => {}
            }
        }
    }

    fn enter(&mut self, around: Around) {
        if self.around.len() < MAX_DEPTH {
            self.around.push(around);
        } else {
            self.deeper += 1;
        }
    }

    fn leave(&mut self) {
        if self.deeper > 0 {
            self.deeper -= 1;
        } else {
            self.around.pop();
        }
    }

    fn next(&mut self) {
        match self.around.last_mut().filter(|_| self.deeper == 0) {
            Some(Around::Object { key }) => *key = None,
            Some(Around::Array { index }) => *index += 1,
            None => {}
        }
    }

    fn string(&mut self, text: &[u8]) {
        if let Some(Around::Object { key: key @ None }) = self.around.last_mut().filter(|_| self.deeper == 0) {
            *key = Some(String::from_utf8_lossy(&text[..text.len().min(MAX_KEY)]).into_owned());
        }
    }
}

/// Bytes before the closing quote, or to the end.
fn string_length(text: &[u8]) -> usize {
    let mut at = 0;
    while let Some(byte) = text.get(at) {
        match byte {
            b'"' => return at,
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
    text.len()
}
