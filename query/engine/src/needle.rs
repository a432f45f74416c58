//! A word of ASCII letters and digits, searched for in either case by its rarest byte.

use memchr::memchr2_iter;

/// Letters and digits of logs, which are full of ids, the most frequent first.
const FREQUENT: &[u8] = b"e0123456789atoinsrcdlfbmuphgvwyxkqjz";

/// A word that is not empty, in lower case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Needle {
    word: Box<[u8]>,
    /// Where its rarest byte is.
    rarest: usize,
}

// === impl Needle ===

impl Needle {
    /// `None` for what is no word of ASCII letters and digits in lower case.
    pub(crate) fn new(word: &str) -> Option<Self> {
        let rank = |byte: u8| FREQUENT.iter().position(|frequent| *frequent == byte);
        let ranks = word.bytes().map(rank).collect::<Option<Vec<_>>>()?;
        let (rarest, _) = ranks.iter().enumerate().max_by_key(|(_, rank)| **rank)?;
        Some(Self { word: word.as_bytes().into(), rarest })
    }

    /// Whether a text of ASCII alone has the word: between characters that part words.
    pub(crate) fn is_word_of(&self, text: &[u8]) -> bool {
        let parts = |byte: Option<&u8>| byte.is_none_or(|byte| !byte.is_ascii_alphanumeric());
        self.places(text).any(|at| {
            parts(at.checked_sub(1).and_then(|before| text.get(before))) && parts(text.get(at + self.word.len()))
        })
    }

    /// Whether a text has these letters in a row, be they a word or a part of one.
    pub(crate) fn is_in(&self, text: &[u8]) -> bool {
        self.places(text).next().is_some()
    }

    /// Where it begins.
    fn places<'t>(&'t self, text: &'t [u8]) -> impl Iterator<Item = usize> + 't {
        let rare = self.word[self.rarest];
        let starts = memchr2_iter(rare, rare.to_ascii_uppercase(), text).filter_map(|at| at.checked_sub(self.rarest));
        starts.filter(|at| {
            text.get(*at..*at + self.word.len()).is_some_and(|found| found.eq_ignore_ascii_case(&self.word))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_found_in_either_case_between_what_parts_words() {
        let needle = Needle::new("8a9bf").expect("a word");
        for text in ["8a9bf", "id: 8A9Bf.", "x8a9bf 8a9bf", "-8a9bf-"] {
            assert!(needle.is_word_of(text.as_bytes()), "{text}");
        }
        for text in ["", "8a9b", "8a9bf0", "x8a9bf", "8a9bff 08a9bf"] {
            assert!(!needle.is_word_of(text.as_bytes()), "{text}");
        }
        assert!(needle.is_in("订x8a9bf0".as_bytes()) && !needle.is_in("订8a9b".as_bytes()));
        assert_eq!(
            (Needle::new(""), Needle::new("a b"), Needle::new("größe"), Needle::new("A")),
            (None, None, None, None)
        );
    }
}
