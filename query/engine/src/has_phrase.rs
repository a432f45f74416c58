//! `has_phrase(text, phrase)`: whether the words of a phrase stand in a text one after the other.
//!
//! Words are those of `has_word`, and so is their case; what stands between two words does not matter, but for Chinese
//! characters and Japanese syllables that stand side by side in the phrase: they do in the text. So a text that has the
//! phrase has all of its words, and the index of words may be asked for them.

use std::sync::{Arc, LazyLock};

use arrow::datatypes::DataType;
use datafusion::common::Result;
use datafusion::logical_expr::{ColumnarValue, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility};
use ingest_store::words;

use crate::has_word::{answer, same};

/// The function.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) struct HasPhrase {
    signature: Signature,
}

/// A word of a text, and whether nothing stands between it and the one before.
#[derive(Debug, Clone, Copy)]
struct Standing<'t> {
    word: &'t str,
    is_joined: bool,
}

/// The words of a phrase, in lower case.
#[derive(Debug)]
struct Phrase {
    words: Vec<(String, bool)>,
}

// === impl HasPhrase ===

impl ScalarUDFImpl for HasPhrase {
    fn name(&self) -> &'static str {
        "has_phrase"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::Boolean)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        answer(&args, |question| {
            let phrase = Phrase::new(question);
            move |text: &str| phrase.is_in(text)
        })
    }
}

/// The words of a text in their order, each ideograph one; pairs of them tell which are joined.
fn standing(text: &str) -> Vec<Standing<'_>> {
    let mut found: Vec<Standing<'_>> = Vec::new();
    let mut end = 0;
    words::each_word(text, |word| {
        let start = word.as_ptr() as usize - text.as_ptr() as usize;
        if start < end {
            // A pair: its second half came just before.
            if let Some(last) = found.last_mut() {
                last.is_joined = true;
            }
        } else {
            found.push(Standing { word, is_joined: false });
        }
        end = start + word.len();
    });
    found
}

// === impl Phrase ===

impl Phrase {
    fn new(question: &str) -> Self {
        let words = standing(question).into_iter();
        Self { words: words.map(|standing| (words::folded(standing.word).into_owned(), standing.is_joined)).collect() }
    }

    /// Whether the words stand somewhere in a text, one after the other. No text has nothing.
    fn is_in(&self, text: &str) -> bool {
        let Some((first, _)) = self.words.first() else { return false };
        if text.is_ascii() && !holds(text.as_bytes(), first.as_bytes()) {
            return false;
        }
        let places = standing(text);
        places.windows(self.words.len()).any(|place| {
            let mut pairs = place.iter().zip(&self.words).enumerate();
            pairs.all(|(at, (standing, (wanted, joined)))| {
                same(standing.word, wanted) && (at == 0 || !joined || standing.is_joined)
            })
        })
    }
}

/// Whether ASCII text has letters in any case, within a word or not: most texts have not, and are not parted into words.
fn holds(text: &[u8], letters: &[u8]) -> bool {
    let Some(first) = letters.first() else { return true };
    let (small, large) = (first.to_ascii_lowercase(), first.to_ascii_uppercase());
    let fits = |at: usize| text.get(at..at + letters.len()).is_some_and(|part| part.eq_ignore_ascii_case(letters));
    text.iter().enumerate().any(|(at, byte)| (*byte == small || *byte == large) && fits(at))
}

/// The function, for SQL.
pub(crate) fn has_phrase() -> Arc<ScalarUDF> {
    static UDF: LazyLock<Arc<ScalarUDF>> = LazyLock::new(|| {
        let signature = Signature::string(2, Volatility::Immutable);
        Arc::new(ScalarUDF::new_from_impl(HasPhrase { signature }))
    });
    Arc::clone(&UDF)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn has(text: &str, phrase: &str) -> bool {
        Phrase::new(phrase).is_in(text)
    }

    #[test]
    fn words_stand_in_order_and_side_by_side() {
        assert!(has("read: Connection RESET by-peer (7)", "connection reset by peer"));
        assert!(!has("peer reset by connection", "connection reset by peer"));
        assert!(!has("connection was reset by peer", "connection reset"));
        assert!(!has("reconnection reset", "connection reset"));
        assert!(has("a a b", "a b"));
        assert!(has("Größe ÄRGER", "größe ärger"));
        assert!(!has("anything", " - "));
    }

    #[test]
    fn characters_without_spaces_stand_as_they_are_asked() {
        assert!(has("订单支付失败 7", "支付失败"));
        assert!(has("订单支付失败 7", "失败 7"));
        assert!(!has("支 付", "支付"));
        assert!(has("支付", "支 付"));
        assert!(!has("付支", "支付"));
    }

    proptest! {
        #[test]
        fn who_has_the_phrase_has_its_words(text in "[ab支付 -]{0,10}", phrase in "[ab支付 ]{1,5}") {
            let mut words_of_text = Vec::new();
            words::each_word(&text, |word| words_of_text.push(words::folded(word).into_owned()));
            if has(&text, &phrase) {
                for word in words::words_of(&phrase) {
                    prop_assert!(words_of_text.contains(&word), "{word}");
                }
            }
        }

        #[test]
        fn a_text_has_every_run_of_its_words(before in "[aB ]{0,6}", phrase in "[aB支 ]{0,6}[ab]", after in "[aB ]{0,6}") {
            let text = format!("{before} {phrase} {after}");
            prop_assert!(has(&text, &phrase));
        }
    }
}
