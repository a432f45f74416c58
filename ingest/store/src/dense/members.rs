//! The members of a JSON object, where they lie in its text.

/// Goes through the members of an object: keys without their quotes and values, both as they are written. Ends early where
/// the text is no object.
#[derive(Debug)]
pub struct Members<'a> {
    text: &'a str,
    at: usize,
}

// === impl Members ===

impl<'a> Members<'a> {
    /// The members of an object, in the order they are written in.
    #[must_use]
    pub const fn of(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

    fn byte(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn skip_space(&mut self) {
        while self.byte().is_some_and(|byte| byte.is_ascii_whitespace()) {
            self.at += 1;
        }
    }

    /// Steps over one byte, and the space around it.
    fn step_over(&mut self, expected: &[u8]) -> Option<()> {
        self.skip_space();
        expected.contains(&self.byte()?).then_some(())?;
        self.at += 1;
        self.skip_space();
        Some(())
    }

    /// A string with its quotes.
    fn string(&mut self) -> Option<&'a str> {
        let start = self.at;
        (self.byte()? == b'"').then_some(())?;
        self.at += 1;
        loop {
            match self.byte()? {
                b'"' => break,
                b'\\' => self.at += 2,
                _ => self.at += 1,
            }
        }
        self.at += 1;
        self.text.get(start..self.at)
    }

    /// A value of any kind, to its end.
    fn value(&mut self) -> Option<&'a str> {
        let start = self.at;
        let mut depth = 0_usize;
        loop {
            match self.byte()? {
                b'"' => {
                    self.string()?;
                    if depth == 0 {
                        break;
                    }
                    continue;
                }
                b'{' | b'[' => depth += 1,
                b'}' | b']' if depth > 1 => depth -= 1,
                b'}' | b']' if depth == 1 => {
                    self.at += 1;
                    break;
                }
                b'}' | b',' if depth == 0 => break,
                _ => {}
            }
            self.at += 1;
        }
        self.text.get(start..self.at).map(str::trim_end)
    }
}

impl<'a> Iterator for Members<'a> {
    type Item = (&'a str, &'a str);

    fn next(&mut self) -> Option<Self::Item> {
        self.step_over(if self.at == 0 { b"{" } else { b"," })?;
        let key = self.string()?;
        self.step_over(b":")?;
        let value = self.value()?;
        Some((&key[1..key.len() - 1], value))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Map, Value, json};

    use super::*;

    fn members(text: &str) -> Vec<(&str, &str)> {
        Members::of(text).collect()
    }

    #[test]
    fn members_lie_where_they_are_written() {
        let text = r#"{"a":1,"b c":"x,}\"y","n":{"a":[1,{"b":"]"}]},"e":{},"s":"","u":null,"k\"q":-1.5e3}"#;
        let expected = [
            ("a", "1"),
            ("b c", r#""x,}\"y""#),
            ("n", r#"{"a":[1,{"b":"]"}]}"#),
            ("e", "{}"),
            ("s", "\"\""),
            ("u", "null"),
            ("k\\\"q", "-1.5e3"),
        ];
        assert_eq!(members(text), expected);
        assert_eq!(members(" { \"a\" : [ 1 ] , \"b\" : 2 } "), [("a", "[ 1 ]"), ("b", "2")]);
        assert_eq!(members("{}"), []);
    }

    #[test]
    fn what_is_no_object_ends_early() {
        for text in ["", "[1,2]", "null", "\"a\"", "{\"a\"", "{\"a\":", "{\"a\":\"x", "{\"a\":{\"b\":1", "{\"a\\"] {
            assert_eq!(members(text), [], "{text}");
        }
        assert_eq!(members("{\"a\":1,\"b"), [("a", "1")]);
    }

    fn value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<f64>().prop_filter("no JSON", |number| number.is_finite()).prop_map(Value::from),
            any::<String>().prop_map(Value::from),
        ];
        leaf.prop_recursive(3, 16, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::hash_map(any::<String>(), inner, 0..4)
                    .prop_map(|members| Value::from(members.into_iter().collect::<Map<_, _>>())),
            ]
        })
    }

    proptest! {
        #[test]
        fn members_are_those_of_a_parser(members in prop::collection::btree_map(any::<String>(), value(), 0..6)) {
            let text = json!(members).to_string();
            let read = Members::of(&text).map(|(key, value)| {
                let key: String = serde_json::from_str(&format!("\"{key}\"")).unwrap();
                (key, serde_json::from_str::<Value>(value).unwrap())
            });
            let parsed: Map<String, Value> = serde_json::from_str(&text).unwrap();
            prop_assert_eq!(read.collect::<Map<_, _>>(), parsed);
        }

        #[test]
        fn no_text_makes_trouble(text in ".*", cut in 0_usize..64) {
            let object = json!({"a": text, "b": [text]}).to_string();
            let cut = object.char_indices().map(|(at, _)| at).nth(cut).unwrap_or(object.len());
            Members::of(&text).for_each(drop);
            Members::of(&object[..cut]).for_each(drop);
        }
    }
}
