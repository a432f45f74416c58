//! What an answer means.
//!
//! | answer | outcome |
//! |---|---|
//! | 2xx | delivered; chat services say so in the body |
//! | 408, 5xx, no answer in time | tried again |
//! | 429 | tried again, nothing is sent to the receiver before |
//! | 3xx, other 4xx | failed for good |

use std::time::Duration;

use ingest_model::Nanos;
use jiff::fmt::rfc2822::DateTimeParser;

use crate::escape;
use crate::http::Answer;

/// How much of a body an operator is shown, in characters.
const SHOWN: usize = 200;

/// What came of an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The receiver has the notification.
    Delivered,
    /// It may have it later.
    Retry {
        /// How long it asked to be left alone.
        after: Option<Duration>,
        /// Whether that goes for everything that is sent to it.
        throttled: bool,
        /// What it said, for a human.
        reason: String,
    },
    /// It will never have it.
    Failed {
        /// What it said, for a human.
        reason: String,
    },
}

// === impl Outcome ===

impl Outcome {
    /// Tried again when its turn comes.
    pub(crate) fn again(reason: impl Into<String>) -> Self {
        Self::Retry { after: None, throttled: false, reason: reason.into() }
    }

    /// Too much was sent; nothing more is for `after`, or for as long as the backoff says.
    pub(crate) fn throttled(after: Option<Duration>, reason: impl Into<String>) -> Self {
        Self::Retry { after, throttled: true, reason: reason.into() }
    }

    /// Given up.
    pub(crate) fn failed(reason: impl Into<String>) -> Self {
        Self::Failed { reason: reason.into() }
    }

    /// What the status alone says; `now` is for a `Retry-After` that names a date.
    pub(crate) fn of_status(answer: &Answer, now: Nanos) -> Self {
        let after = answer.retry_after.as_deref().and_then(|text| retry_after(text, now));
        match answer.status {
            200..=299 => Self::Delivered,
            429 => Self::throttled(after, said(answer)),
            408 | 500..=599 => Self::Retry { after, throttled: false, reason: said(answer) },
            300..=399 => Self::failed(format!("{}; redirects are not followed, correct the url", said(answer))),
            _ => Self::failed(said(answer)),
        }
    }
}

/// The status and the beginning of the body, on one line.
pub(crate) fn said(answer: &Answer) -> String {
    let body = escape::name(&answer.body, SHOWN, escape::plain);
    if body.is_empty() { format!("HTTP {}", answer.status) } else { format!("HTTP {}: {body}", answer.status) }
}

/// `Retry-After`: seconds or a date (RFC 9110, section 10.2.3). `None` if it is neither.
fn retry_after(text: &str, now: Nanos) -> Option<Duration> {
    if let Ok(seconds) = text.trim().parse() {
        return Some(Duration::from_secs(seconds));
    }
    let at = DateTimeParser::new().parse_timestamp(text.trim()).ok()?.as_nanosecond();
    let wait = u64::try_from(at - i128::from(now.0)).unwrap_or_default();
    Some(Duration::from_nanos(wait))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_means_what_the_table_says() {
        let outcome = |status| match Outcome::of_status(&Answer { status, ..Answer::default() }, Nanos(0)) {
            Outcome::Delivered => "delivered",
            Outcome::Retry { .. } => "retry",
            Outcome::Failed { .. } => "failed",
        };
        let table = [
            ("delivered", vec![200, 202, 204]),
            ("retry", vec![408, 429, 500, 502, 503, 504]),
            ("failed", vec![301, 302, 307, 400, 401, 403, 404, 410, 413, 422, 100]),
        ];
        for (name, statuses) in table {
            for status in statuses {
                assert_eq!(outcome(status), name, "{status}");
            }
        }
    }

    #[test]
    fn retry_after_is_read_in_both_forms() {
        let now = Nanos(784_111_770 * 1_000_000_000);
        let read = |text| retry_after(text, now);
        assert_eq!(read("120"), Some(Duration::from_secs(120)));
        assert_eq!(read("Sun, 06 Nov 1994 08:49:37 GMT"), Some(Duration::from_secs(7)));
        assert_eq!(read("Sun, 06 Nov 1994 08:00:00 GMT"), Some(Duration::ZERO), "that is over");
        assert_eq!(read("soon"), None);
        assert_eq!(read("-5"), None);
    }

    #[test]
    fn only_too_many_requests_hold_the_receiver() {
        let answer = |status| Answer { status, retry_after: Some("9".to_owned()), body: "slow\ndown".to_owned() };
        let after = Some(Duration::from_secs(9));
        let reason = "HTTP 429: slow down".to_owned();
        assert_eq!(Outcome::of_status(&answer(429), Nanos(0)), Outcome::Retry { after, throttled: true, reason });
        let reason = "HTTP 503: slow down".to_owned();
        assert_eq!(Outcome::of_status(&answer(503), Nanos(0)), Outcome::Retry { after, throttled: false, reason });
    }
}
