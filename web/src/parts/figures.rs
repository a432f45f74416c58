//! What an alert compared, in words.

use std::cmp::Ordering;

use query_api::{Alert, AlertFigures};

use super::rate;
use crate::number::measured;
use crate::text::{AlertWords, BandText, BurnText, worded};
use crate::time::window;

/// The words of the API for a golden signal.
const SIGNALS: [&str; 6] = ["requests", "error_ratio", "latency_p50", "latency_p95", "latency_p99", "saturation"];

/// The figures in a phrase, for a list; a dash where there are none.
pub(crate) fn phrase(words: &AlertWords, figures: Option<&AlertFigures>) -> String {
    match figures.map(told) {
        None => "–".to_owned(),
        Some(Told::Burn(burn)) => (words.burn)(&burn),
        Some(Told::Band(band)) => (words.band)(&band),
    }
}

/// What an alert is about: the name of a signal in the words of the language, else the subject as it comes.
pub(crate) fn subject(words: &AlertWords, alert: &Alert) -> String {
    signal(alert).map_or_else(|| alert.subject.clone(), |signal| worded(&SIGNALS, &words.signals, signal))
}

/// [`subject`], with the service whose signal it is.
pub(crate) fn whole_subject(words: &AlertWords, alert: &Alert) -> String {
    let subject = subject(words, alert);
    if signal(alert).is_some() { (words.of)(&subject, &alert.service) } else { subject }
}

fn signal(alert: &Alert) -> Option<&str> {
    alert.labels.get("signal").map(String::as_str)
}

/// What fired and why, in a sentence.
pub(crate) fn sentence(words: &AlertWords, alert: &Alert) -> String {
    let subject = whole_subject(words, alert);
    match alert.figures.as_ref().map(told) {
        None => (words.bare_sentence)(&subject),
        Some(Told::Burn(burn)) => (words.burn_sentence)(&subject, &burn),
        Some(Told::Band(band)) => (words.band_sentence)(&subject, &band),
    }
}

/// A measured value with its unit.
pub(crate) fn with_unit(value: f64, unit: &str) -> String {
    let number = measured(value);
    if unit.is_empty() { number } else { format!("{number} {unit}") }
}

enum Told {
    Burn(BurnText),
    Band(BandText),
}

fn told(figures: &AlertFigures) -> Told {
    match figures {
        AlertFigures::Burn { long, long_window_s, short, short_window_s, factor } => Told::Burn(BurnText {
            long: rate(*long),
            long_window: window(*long_window_s),
            short: rate(*short),
            short_window: window(*short_window_s),
            factor: rate(*factor),
            both: long > factor && short > factor,
        }),
        AlertFigures::Band { value, expected, lower, upper, unit } => Told::Band(BandText {
            value: with_unit(*value, unit),
            expected: with_unit(*expected, unit),
            lower: with_unit(*lower, unit),
            upper: with_unit(*upper, unit),
            side: match () {
                () if value < lower => Ordering::Less,
                () if value > upper => Ordering::Greater,
                () => Ordering::Equal,
            },
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::Lang;

    fn burn(long: f64, short: f64) -> AlertFigures {
        AlertFigures::Burn { long, long_window_s: 3_600, short, short_window_s: 300, factor: 14.4 }
    }

    fn alert(figures: Option<AlertFigures>) -> Alert {
        Alert { subject: "checkout".to_owned(), figures, ..Alert::default() }
    }

    #[test]
    fn a_burn_rate_is_told_with_both_windows_and_its_threshold() {
        let words = &Lang::En.words().alert;
        assert_eq!(phrase(words, Some(&burn(36.24, 40.0))), "36.2 × over 1 h, 40.0 × over 5 min; threshold 14.4 ×");
        let firing = sentence(words, &alert(Some(burn(36.24, 40.0))));
        assert!(firing.contains("checkout burns at 36.2 × over 1 h and 40.0 × over 5 min; both are above"), "{firing}");
        let resolved = sentence(words, &alert(Some(burn(36.24, 2.0))));
        assert!(resolved.contains("it fires while both are above the threshold of 14.4 ×"), "{resolved}");
    }

    #[test]
    fn a_band_is_told_with_the_side_the_value_is_on() {
        let band = |value| {
            let unit = "ms".to_owned();
            sentence(
                &Lang::En.words().alert,
                &alert(Some(AlertFigures::Band { value, expected: 100.0, lower: 80.0, upper: 120.5, unit })),
            )
        };
        assert_eq!(
            band(420.0),
            "checkout is 420 ms. That is above its normal range of 80 ms – 120 ms; 100 ms was expected."
        );
        assert!(band(10.0).contains("below"));
        assert!(band(90.0).contains("within"));
    }

    #[test]
    fn a_signal_is_named_in_the_words_of_the_language() {
        let labels = [("signal".to_owned(), "latency_p95".to_owned())].into();
        let alert = Alert { labels, service: "payment".to_owned(), ..alert(None) };
        let named = |lang: Lang| whole_subject(&lang.words().alert, &alert);
        assert_eq!([Lang::En, Lang::Zh].map(named), ["p95 latency of payment", "payment 的p95 延迟"]);
    }

    #[test]
    fn every_language_tells_every_figure() {
        for lang in [Lang::En, Lang::Zh] {
            let words = &lang.words().alert;
            for figures in [burn(36.24, 40.0), burn(36.24, 2.0)] {
                let text = sentence(words, &alert(Some(figures)));
                assert!(
                    ["checkout", "36.2 ×", "1 h", "5 min", "14.4 ×"].iter().all(|part| text.contains(part)),
                    "{text}"
                );
            }
            assert!(sentence(words, &alert(None)).contains("checkout"));
            assert_eq!(phrase(words, None), "–");
        }
    }
}
