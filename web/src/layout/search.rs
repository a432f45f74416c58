//! Search within a trace. Rows outside the window are not in the document, so the browser's own
//! search cannot find them.

use query_api::{LogRecord, Span, Trace};
use serde_json::Value;

use super::{Item, Tree};

/// The nodes whose name, service, id, status, attributes, events or body hold `wanted`, in order.
/// Case does not matter.
pub(crate) fn find(trace: &Trace, tree: &Tree, wanted: &str) -> Vec<u32> {
    let wanted = wanted.trim().to_lowercase();
    if wanted.is_empty() {
        return Vec::new();
    }
    let hit = |item: Item| match item {
        Item::Span(span) => span_holds(&trace.spans[span], &wanted),
        Item::Log(log) => log_holds(&trace.logs[log], &wanted),
    };
    tree.nodes().filter(|(_, node)| hit(node.item)).map(|(number, _)| number).collect()
}

/// The hit after (or before) `from`, going round at the ends.
pub(crate) fn step(hits: &[u32], from: Option<u32>, forward: bool) -> Option<u32> {
    if forward {
        let after = from.map_or(0, |from| hits.partition_point(|hit| *hit <= from));
        hits.get(after).or_else(|| hits.first()).copied()
    } else {
        let before = from.map_or(0, |from| hits.partition_point(|hit| *hit < from));
        before.checked_sub(1).and_then(|index| hits.get(index)).or_else(|| hits.last()).copied()
    }
}

fn span_holds(span: &Span, wanted: &str) -> bool {
    text_holds(&span.name, wanted)
        || text_holds(&span.service_name, wanted)
        || text_holds(&span.status_message, wanted)
        || text_holds(&span.status_code, wanted)
        || text_holds(&span.span_id.to_string(), wanted)
        || value_holds(&span.attributes, wanted)
        || span.events.iter().any(|event| text_holds(&event.name, wanted) || value_holds(&event.attributes, wanted))
}

fn log_holds(log: &LogRecord, wanted: &str) -> bool {
    text_holds(&log.body, wanted)
        || text_holds(&log.severity_text, wanted)
        || text_holds(&log.event_name, wanted)
        || value_holds(&log.attributes, wanted)
}

/// Whether a JSON value holds the text in a key or a value, however deep.
fn value_holds(value: &Value, wanted: &str) -> bool {
    let mut stack = vec![value];
    while let Some(value) = stack.pop() {
        let found = match value {
            Value::Null => false,
            Value::Bool(flag) => text_holds(if *flag { "true" } else { "false" }, wanted),
            Value::Number(number) => text_holds(&number.to_string(), wanted),
            Value::String(text) => text_holds(text, wanted),
            Value::Array(items) => {
                stack.extend(items);
                false
            }
            Value::Object(fields) => {
                stack.extend(fields.values());
                fields.keys().any(|key| text_holds(key, wanted))
            }
        };
        if found {
            return true;
        }
    }
    false
}

/// Whether `text` holds `wanted`, which is in lower case. ASCII, which is nearly everything, is
/// compared in place; only other text is copied.
fn text_holds(text: &str, wanted: &str) -> bool {
    if !text.is_ascii() {
        return text.to_lowercase().contains(wanted);
    }
    text.len() >= wanted.len()
        && text.as_bytes().windows(wanted.len()).any(|part| part.eq_ignore_ascii_case(wanted.as_bytes()))
}

#[cfg(test)]
mod tests;
