use proptest::prelude::*;

use super::*;

fn read(text: &str) -> (Vec<Node>, Vec<String>) {
    let mut report = Report::new(vec!["f".to_owned()]);
    let documents = documents(0, text, &mut report);
    (documents, report.into_told().0.iter().map(ToString::to_string).collect())
}

fn entries(node: &Node) -> Vec<(&str, usize, usize)> {
    let Value::Mapping(entries) = &node.value else { return Vec::new() };
    entries.iter().map(|entry| (entry.key.as_str(), entry.place.line, entry.value.place.column)).collect()
}

#[test]
fn documents_and_places_are_those_of_the_text() {
    let (documents, mistakes) = read("---\na: 1\nbcd: x\n---\n# nothing\n---\n{\"e\": [1]}\n");
    assert_eq!(mistakes, [""; 0]);
    assert_eq!(
        documents.iter().map(entries).collect::<Vec<_>>(),
        [vec![("a", 2, 4), ("bcd", 3, 6)], vec![("e", 7, 7)]]
    );
}

#[test]
fn a_duplicate_key_is_told_and_the_first_one_stays() {
    let (documents, mistakes) = read("a: 1\nb: 2\na: 3\na: {a: 4}\n");
    assert_eq!(entries(&documents[0]), [("a", 1, 4), ("b", 2, 4)]);
    assert_eq!(
        mistakes,
        [
            "f:3:1: `a` stands twice in this mapping, first on line 1; keep one of them",
            "f:4:1: `a` stands twice in this mapping, first on line 1; keep one of them",
        ]
    );
}

#[test]
fn tags_aliases_and_keys_that_are_no_text_are_told() {
    let (documents, mistakes) = read("a: &x !!str 1\nb: *x\n? [c]\n: 2\nd: 3\n");
    assert_eq!(mistakes.len(), 3, "{mistakes:?}");
    assert!(mistakes[0].contains("tags") && mistakes[1].contains("aliases") && mistakes[2].contains("key"));
    assert_eq!(entries(&documents[0]).iter().map(|entry| entry.0).collect::<Vec<_>>(), ["a", "b", "d"]);
}

#[test]
fn what_is_no_yaml_keeps_the_documents_before_it() {
    let (documents, mistakes) = read("a: 1\n---\nb: [1\n---\nc: 1\n");
    assert_eq!(entries(&documents[0]), [("a", 1, 4)]);
    assert_eq!(documents.len(), 1);
    assert!(mistakes.len() == 1 && mistakes[0].contains("no YAML"), "{mistakes:?}");
}

#[test]
fn deep_and_large_files_are_not_followed() {
    for brackets in [65, 5_000] {
        let (_, mistakes) = read(&"[".repeat(brackets));
        assert!(mistakes.len() == 1 && mistakes[0].contains("rest of the file was not read"), "{mistakes:?}");
    }
    let (_, mistakes) = read(&"- - - - - - - - - - ".repeat(500));
    assert!(mistakes.len() == 1 && mistakes[0].contains("64 deep"), "{mistakes:?}");
    let (documents, mistakes) = read(&format!("a: {}", "x".repeat(FILE_BYTES)));
    assert!(documents.is_empty() && mistakes.len() == 1, "{mistakes:?}");
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused(text in "([a-c\\[\\]{}:,&*!|>'\"#%@?\\-\n ]|: |- ){0,60}") {
        let (documents, mistakes) = read(&text);
        let written = text.lines().any(|line| !line.trim().is_empty() && !line.trim_start().starts_with('#'));
        prop_assert!(written || documents.is_empty() && mistakes.is_empty());
    }
}
