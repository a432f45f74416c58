//! Every word a person reads, in every language.
//!
//! A language is a value of [`Words`]; one that lacks a text does not compile. Words from the
//! server (error messages, table help) and from telemetry are shown as they come.

mod en;
mod words;
mod zh;

pub(crate) use words::{
    AlertWords, BandText, BandWords, BurnText, CalendarText, CatcherWords, CauseWords, ComparedText, CorrectionWords,
    DetailWords, ErrorWords, ExampleWords, ForecastText, FrameWords, FreshnessWords, GateText, GateWords, HarmText,
    KeyWords, RangeWords, ServiceWords, SloWords, SpentText, SuspectWords, TraceWords, WelcomeWords, WhyText, Words,
};

/// The word of a language for a word of the API; an unknown one is shown as it comes.
pub(crate) fn worded(known: &[&str], words: &[&'static str], word: &str) -> String {
    let place = known.iter().position(|known| *known == word);
    place.and_then(|place| words.get(place)).map_or_else(|| word.to_owned(), |word| (*word).to_owned())
}

/// A language of the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lang {
    /// English.
    En,
    /// Simplified Chinese.
    Zh,
}

// === impl Lang ===

impl Lang {
    /// The language asked for, else the stored one, else the first preferred one we speak, else
    /// English.
    pub(crate) fn choose(asked: Option<&str>, stored: Option<&str>, preferred: &[String]) -> Self {
        let mut wishes = asked.into_iter().chain(stored).chain(preferred.iter().map(String::as_str));
        wishes.find_map(Self::from_tag).unwrap_or(Self::En)
    }

    /// The language of a BCP 47 tag such as `zh-CN` or `en`.
    pub(crate) fn from_tag(tag: &str) -> Option<Self> {
        match tag.split(['-', '_']).next()?.to_ascii_lowercase().as_str() {
            "en" => Some(Self::En),
            "zh" => Some(Self::Zh),
            _ => None,
        }
    }

    /// The BCP 47 tag.
    pub(crate) fn tag(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::Zh => "zh-CN",
        }
    }

    /// The words.
    pub(crate) fn words(self) -> &'static Words {
        match self {
            Self::En => &en::WORDS,
            Self::Zh => &zh::WORDS,
        }
    }

    /// The other language.
    pub(crate) fn other(self) -> Self {
        match self {
            Self::En => Self::Zh,
            Self::Zh => Self::En,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_outranks_the_stored_choice_and_that_the_browser() {
        let german_then_chinese = ["de-DE".to_owned(), "zh-TW".to_owned()];
        assert_eq!(Lang::choose(Some("en"), Some("zh-CN"), &german_then_chinese), Lang::En);
        assert_eq!(Lang::choose(Some("xx"), Some("en"), &german_then_chinese), Lang::En);
        assert_eq!(Lang::choose(None, None, &german_then_chinese), Lang::Zh);
        assert_eq!(Lang::choose(None, None, &[]), Lang::En);
    }

    #[test]
    fn a_word_nobody_knows_is_shown_as_it_comes() {
        let word = |word| worded(&["page", "ticket"], &["紧急", "工单"], word);
        assert_eq!(["ticket", "carrier_pigeon"].map(word), ["工单", "carrier_pigeon"]);
    }

    #[test]
    fn every_language_reads_its_own_tag() {
        for lang in [Lang::En, Lang::Zh] {
            assert_eq!(Lang::from_tag(lang.tag()), Some(lang));
        }
    }
}
