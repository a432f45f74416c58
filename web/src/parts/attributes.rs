//! A JSON object as a table of keys and values.

use leptos::prelude::*;
use serde_json::Value;

/// The attributes, by key. Nothing is drawn for an empty object.
#[component]
pub(crate) fn Attributes(
    /// A JSON object; anything else is shown as one value.
    value: Value,
) -> impl IntoView {
    let fields: Vec<(String, Value)> = match value {
        Value::Object(fields) => fields.into_iter().collect(),
        Value::Null => Vec::new(),
        other => vec![(String::new(), other)],
    };
    let row = |(key, value): (String, Value)| {
        let (class, text) = text_of(value);
        view! {
            <tr>
                <th scope="row">{key}</th>
                <td class=class>{text}</td>
            </tr>
        }
    };
    (!fields.is_empty()).then(
        || view! { <table class="attributes"><tbody>{fields.into_iter().map(row).collect_view()}</tbody></table> },
    )
}

/// A value as text, with the class of its type.
fn text_of(value: Value) -> (&'static str, String) {
    match value {
        Value::String(text) => ("text", text),
        Value::Number(number) => ("number", number.to_string()),
        Value::Bool(flag) => ("number", flag.to_string()),
        other => ("json", other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn text_stands_without_quotes_and_numbers_with_every_digit() {
        assert_eq!(text_of(json!("a \"b\"")), ("text", "a \"b\"".to_owned()));
        assert_eq!(text_of(json!(i64::MAX)), ("number", i64::MAX.to_string()));
        assert_eq!(text_of(json!([1, null])), ("json", "[1,null]".to_owned()));
    }
}
