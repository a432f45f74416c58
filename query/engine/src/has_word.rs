//! `has_word(text, words)`: whether a text has all of the words, as `ingest_store::words` parts them.
//!
//! The function is exact by itself. That it is also what the index of words can be asked is only a way to read less.

use std::sync::{Arc, LazyLock};

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, BooleanBuilder};
use arrow::compute::cast;
use arrow::datatypes::DataType;
use datafusion::common::{Result, ScalarValue};
use datafusion::logical_expr::expr::ScalarFunction;
use datafusion::logical_expr::{
    ColumnarValue, Expr, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility,
};
use ingest_store::words;

use crate::has_phrase::HasPhrase;
use crate::needle::Needle;

/// The function.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) struct HasWord {
    signature: Signature,
}

// === impl HasWord ===

impl ScalarUDFImpl for HasWord {
    fn name(&self) -> &'static str {
        "has_word"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::Boolean)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        answer(&args, |question| {
            let mut wanted = Wanted::new(question);
            move |text: &str| wanted.are_in(text)
        })
    }
}

/// Asks each text its question. What is `asked` of a question is made once where all texts have the same.
///
/// # Errors
///
/// When an argument is no text, which the signature rules out.
pub(crate) fn answer<A: FnMut(&str) -> bool>(
    args: &ScalarFunctionArgs,
    asked: impl Fn(&str) -> A,
) -> Result<ColumnarValue> {
    let texts = as_texts(&args.args[0].to_array(args.number_rows)?)?;
    let found = match &args.args[1] {
        ColumnarValue::Scalar(question) => match question.try_as_str() {
            Some(Some(question)) => all(&texts, asked(question)),
            _ => BooleanArray::new_null(texts.len()),
        },
        ColumnarValue::Array(questions) => each(&texts, &as_texts(questions)?, asked),
    };
    Ok(ColumnarValue::Array(Arc::new(found)))
}

fn as_texts(array: &ArrayRef) -> Result<ArrayRef> {
    Ok(cast(array, &DataType::Utf8View)?)
}

/// The same of every text.
fn all(texts: &ArrayRef, mut asked: impl FnMut(&str) -> bool) -> BooleanArray {
    texts.as_string_view().iter().map(|text| text.map(&mut asked)).collect()
}

/// Of each text something of its own.
fn each<A: FnMut(&str) -> bool>(texts: &ArrayRef, questions: &ArrayRef, asked: impl Fn(&str) -> A) -> BooleanArray {
    let mut found = BooleanBuilder::with_capacity(texts.len());
    for (text, question) in texts.as_string_view().iter().zip(questions.as_string_view()) {
        found.append_option(text.zip(question).map(|(text, question)| asked(question)(text)));
    }
    found.finish()
}

/// Kelvin's sign: the only character beyond ASCII whose lower case is a letter of ASCII.
const KELVIN: char = '\u{212a}';

/// The words that a text is to have.
struct Wanted {
    words: Vec<WantedWord>,
}

struct WantedWord {
    word: String,
    /// Where it is of ASCII.
    needle: Option<Needle>,
    /// Whether it is the only way to write it, as it is of ideographs.
    has_no_case: bool,
    /// Whether it was found so far.
    found: bool,
}

// === impl Wanted ===

impl Wanted {
    fn new(question: &str) -> Self {
        Self { words: words::words_of(question).into_iter().map(WantedWord::new).collect() }
    }

    /// Whether a text has them all. No text has nothing.
    fn are_in(&mut self, text: &str) -> bool {
        if text.is_ascii() {
            let has = |one: &WantedWord| one.needle.as_ref().is_some_and(|needle| needle.is_word_of(text.as_bytes()));
            return !self.words.is_empty() && self.words.iter().all(has);
        }
        if !self.words.iter().all(|wanted| wanted.may_be_in(text)) {
            return false;
        }
        let mut missing = self.words.len();
        self.words.iter_mut().for_each(|wanted| wanted.found = false);
        words::each_word(text, |word| {
            for wanted in self.words.iter_mut().filter(|wanted| !wanted.found) {
                if same(word, &wanted.word) {
                    wanted.found = true;
                    missing -= 1;
                }
            }
        });
        missing == 0 && !self.words.is_empty()
    }
}

// === impl WantedWord ===

impl WantedWord {
    fn new(word: String) -> Self {
        let is_same =
            |character: char| character.to_lowercase().eq([character]) && character.to_uppercase().eq([character]);
        let (needle, has_no_case) = (Needle::new(&word), !word.is_ascii() && word.chars().all(is_same));
        Self { word, needle, has_no_case, found: false }
    }

    /// Whether it is worth while to part a text of all characters into words.
    fn may_be_in(&self, text: &str) -> bool {
        match &self.needle {
            Some(needle) => needle.is_in(text.as_bytes()) || text.contains(KELVIN),
            None => !self.has_no_case || text.contains(&self.word),
        }
    }
}

/// Whether the lower case of `word` is `wanted`.
pub(crate) fn same(word: &str, wanted: &str) -> bool {
    if word.is_ascii() { word.eq_ignore_ascii_case(wanted) } else { words::folded(word) == wanted }
}

/// The function, for SQL.
pub(crate) fn has_word() -> Arc<ScalarUDF> {
    static UDF: LazyLock<Arc<ScalarUDF>> = LazyLock::new(|| {
        let signature = Signature::string(2, Volatility::Immutable);
        Arc::new(ScalarUDF::new_from_impl(HasWord { signature }))
    });
    Arc::clone(&UDF)
}

/// The text and the words of a call with words that are known, of this function or of `has_phrase`: who has the phrase has
/// its words.
pub(crate) fn asked(expr: &Expr) -> Option<(&Expr, &str)> {
    let is_ours = |func: &ScalarUDF| func.inner().is::<HasWord>() || func.inner().is::<HasPhrase>();
    match expr {
        Expr::ScalarFunction(ScalarFunction { func, args }) if is_ours(func) => match args.as_slice() {
            [text, Expr::Literal(question, _)] => Some((text, text_of(question)?)),
            _ => None,
        },
        _ => None,
    }
}

fn text_of(value: &ScalarValue) -> Option<&str> {
    value.try_as_str().flatten()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_word_is_found_as_among_all_words(
            text in "[aAbBkK1 ._\u{212a}éÉ支付\u{3c3}\u{3c2}-]{0,12}",
            word in "[abk1]{1,3}|支|支付|é|\u{3c3}|a\u{3c3}",
        ) {
            let mut among = false;
            words::each_word(&text, |found| among |= same(found, &word));
            prop_assert_eq!(Wanted::new(&word).are_in(&text), among);
        }
    }
}
