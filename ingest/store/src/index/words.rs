//! What a word is, for the index of words and for those who ask it.
//!
//! A word is a run of letters and digits as Unicode knows them, in lower case; everything else parts words. Chinese
//! characters and Japanese syllables are written without spaces: there every character is a word, and so is every pair of
//! neighbours. `docs/formats/indexes.md` shows examples.

use std::borrow::Cow;

/// Gives every word of a text to `each`, as it is written; [`folded`] is its lower case.
pub fn each_word<'t>(text: &'t str, mut each: impl FnMut(&'t str)) {
    let bytes = text.as_bytes();
    // Where the word at hand began, and where the ideograph just before lies.
    let (mut word, mut ideograph): (Option<usize>, Option<usize>) = (None, None);
    let mut at = 0;
    while at < bytes.len() {
        let (kind, len) = kind(text, at);
        if kind == Kind::Letter {
            word.get_or_insert(at);
        } else if let Some(start) = word.take() {
            each(&text[start..at]);
        }
        let before = ideograph.take();
        if kind == Kind::Ideograph {
            each(&text[at..at + len]);
            if let Some(before) = before {
                each(&text[before..at + len]);
            }
            ideograph = Some(at);
        }
        at += len;
    }
    if let Some(start) = word {
        each(&text[start..]);
    }
}

/// [`each_word`] of a text of ASCII alone.
pub(super) fn each_ascii_word<'t>(text: &'t [u8], mut each: impl FnMut(&'t [u8])) {
    let mut rest = text;
    while let Some(start) = rest.iter().position(|byte| IN_WORD[*byte as usize]) {
        let from = &rest[start..];
        let end = from.iter().position(|byte| !IN_WORD[*byte as usize]).unwrap_or(from.len());
        each(&from[..end]);
        rest = &from[end..];
    }
}

/// Of each byte whether it is an ASCII letter or digit.
const IN_WORD: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < 128 {
        table[byte] = (byte as u8).is_ascii_alphanumeric();
        byte += 1;
    }
    table
};

/// The words a text must have to have all words of `question`, in lower case, each once. A pair of ideographs stands for
/// both.
#[must_use]
pub fn words_of(question: &str) -> Vec<String> {
    let mut words = Vec::new();
    each_word(question, |word| words.push(folded(word).into_owned()));
    let is_pair = |word: &&String| word.chars().count() == 2 && word.chars().all(is_ideograph);
    let pairs: Vec<String> = words.iter().filter(is_pair).cloned().collect();
    let in_a_pair = |word: &str| pairs.iter().any(|pair| pair != word && pair.contains(word));
    let is_one = |word: &str| word.chars().count() == 1 && word.chars().all(is_ideograph);
    words.retain(|word| !(is_one(word) && in_a_pair(word)));
    words.sort_unstable();
    words.dedup();
    words
}

/// The lower case of a word, character by character.
#[must_use]
pub fn folded(word: &str) -> Cow<'_, str> {
    if !word.is_ascii() {
        return word.chars().flat_map(char::to_lowercase).collect::<String>().into();
    }
    if word.bytes().any(|byte| byte.is_ascii_uppercase()) { word.to_ascii_lowercase().into() } else { word.into() }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Letter,
    Ideograph,
    Other,
}

/// What the character at a byte is, and its bytes.
fn kind(text: &str, at: usize) -> (Kind, usize) {
    let byte = text.as_bytes()[at];
    if byte.is_ascii() {
        return (if byte.is_ascii_alphanumeric() { Kind::Letter } else { Kind::Other }, 1);
    }
    let Some(character) = text.get(at..).and_then(|rest| rest.chars().next()) else { return (Kind::Other, 1) };
    let kind = match character {
        _ if is_ideograph(character) => Kind::Ideograph,
        _ if character.is_alphanumeric() => Kind::Letter,
        _ => Kind::Other,
    };
    (kind, character.len_utf8())
}

/// Whether a character is of a script that parts no words: Han, Hiragana or Katakana.
const fn is_ideograph(character: char) -> bool {
    matches!(character,
        '\u{3005}'..='\u{3007}' | '\u{3041}'..='\u{3096}' | '\u{30a1}'..='\u{30fa}' | '\u{30fc}'
        | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn words(text: &str) -> Vec<String> {
        let mut words = Vec::new();
        each_word(text, |word| words.push(folded(word).into_owned()));
        words
    }

    #[test]
    fn words_are_runs_of_letters_and_digits_in_lower_case() {
        assert_eq!(
            words("16:42 INFO [getTicketsByBatch] id=8a53-bf9"),
            ["16", "42", "info", "getticketsbybatch", "id", "8a53", "bf9"]
        );
        assert_eq!(words("Größe ÄRGER user_id Ωmega"), ["größe", "ärger", "user", "id", "ωmega"]);
        assert!(words("... -- !").is_empty());
    }

    #[test]
    fn chinese_is_found_by_character_and_by_pair() {
        assert_eq!(
            words("支付失败 order订单"),
            ["支", "付", "支付", "失", "付失", "败", "失败", "order", "订", "单", "订单"]
        );
        assert_eq!(words_of("支付失败"), ["付失", "失败", "支付"]);
        assert_eq!(words_of("败 order"), ["order", "败"]);
    }

    proptest! {
        #[test]
        fn ascii_has_the_same_words_either_way(text in "[ -~\\n]{0,60}") {
            let (mut some, mut same) = (Vec::new(), Vec::new());
            each_word(&text, |word| some.push(word.as_bytes()));
            each_ascii_word(text.as_bytes(), |word| same.push(word));
            prop_assert_eq!(some, same);
        }

        #[test]
        fn a_text_has_every_word_of_its_parts_between_spaces(before in ".{0,12}", middle in ".{0,12}", after in ".{0,12}") {
            let all = words(&format!("{before} {middle} {after}"));
            for word in words_of(&middle) {
                prop_assert!(all.contains(&word), "{word:?} of {middle:?} in {all:?}");
            }
        }
    }
}
