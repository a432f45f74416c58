use proptest::prelude::*;

use super::*;

/// The wordings of texts of one service at one severity, in the order of the texts.
fn of(texts: &[&str]) -> Vec<u32> {
    let mut wordings = Wordings::default();
    texts.iter().for_each(|text| wordings.read((0, 2), text));
    wordings.learn();
    texts.iter().map(|text| wordings.of((0, 2), text).expect("it was read")).collect()
}

#[test]
fn texts_that_differ_in_values_are_one() {
    let found = of(&[
        "10:00:01 INFO Trip#12 [find][Find trip][station: shanghai]",
        "10:00:02 INFO Trip#12 [find][Find trip][station: nanjing]",
        "10:00:03 INFO Trip#15 [find][Trip not found]",
        "10:00:04 INFO Trip#19 [save][Save the trip][status: ok, seats left in second class: 7]",
        "10:00:05 INFO Trip#19 [save][Save the trip][status: ok]",
    ]);
    assert_eq!(found[0], found[1]);
    assert_ne!(found[0], found[2]);
    assert_eq!(found[3], found[4], "the shorter one stands in the longer one");
    assert_ne!(found[2], found[3]);
}

#[test]
fn what_every_line_has_does_not_make_lines_alike() {
    let layout = "INFO worker thread pool request context session";
    let texts: Vec<String> = ["apples picked", "boats sunk", "clocks wound", "dogs fed"]
        .iter()
        .map(|end| format!("{layout} {end}"))
        .collect();
    let found = of(&texts.iter().map(String::as_str).collect::<Vec<_>>());
    assert_eq!(found.iter().collect::<BTreeSet<_>>().len(), 4);
}

#[test]
fn severities_and_services_are_apart() {
    let mut wordings = Wordings::default();
    for voice in [(0, 2), (0, 4), (1, 2)] {
        wordings.read(voice, "order is missing");
    }
    wordings.learn();
    assert_eq!(wordings.of((0, 4), "order is missing"), Some(0));
    assert_eq!(wordings.of((1, 4), "order is missing"), None);
    assert_eq!(wordings.of((0, 2), "never read"), None);
}

#[test]
fn of_too_many_texts_the_first_words_are_read() {
    let letters = |number: usize| -> String {
        (0..4).map(|place| char::from(b'a' + (number / 26_usize.pow(place) % 26) as u8)).collect()
    };
    let texts: Vec<String> = (0..3_000)
        .map(|number| format!("the cart of this customer holds {0} {0}x {0}y {0}z {0}w", letters(number)))
        .collect();
    let found = of(&texts.iter().map(String::as_str).collect::<Vec<_>>());
    assert_eq!(found.iter().collect::<BTreeSet<_>>().len(), 1);
}

proptest! {
    #[test]
    fn the_order_of_texts_does_not_matter(texts in prop::collection::vec("[a-d]{1,2}( [a-d]{1,2}){0,6}", 1..30)) {
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        let mut turned = texts.clone();
        turned.reverse();
        let mut found = of(&turned);
        found.reverse();
        prop_assert_eq!(found, of(&texts));
    }
}
