//! Ids of alerts and notifications: hashes, so that they are the same after every restart.

use std::fmt;
use std::str::FromStr;

use ingest_model::Nanos;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::key::AlertKey;
use crate::notification::NotificationReason;

/// The id of one episode of an alert: 32 lower-case hex digits, used for `/alerts/{id}`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub struct AlertId(String);

/// The id of one notification to one receiver: 32 lower-case hex digits.
///
/// It stays the same through every attempt, so a receiver can tell a repeat of the same
/// notification from a new one (an idempotency key).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub struct NotificationId(String);

/// The text is no id of an alert or a notification.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no id (32 lower-case hex digits)")]
pub struct ParseAlertIdError(String);

// === impl AlertId ===

impl AlertId {
    /// The first half of a SHA-256 over the key and the start of the episode.
    #[must_use]
    pub fn new(key: &AlertKey, started_at: Nanos) -> Self {
        let started_at = started_at.0.to_be_bytes();
        let mut parts = vec![started_at.as_slice()];
        parts.extend(key.parts());
        Self(hex::encode(digest("alert", &parts)))
    }

    /// The 32 hex digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

// === impl NotificationId ===

impl NotificationId {
    /// The first half of a SHA-256 over everything that makes the notification another one.
    #[must_use]
    pub fn new(alert: &AlertId, reason: NotificationReason, at: Nanos, receiver: &str) -> Self {
        let parts = [alert.0.as_bytes(), reason.as_str().as_bytes(), &at.0.to_be_bytes(), receiver.as_bytes()];
        Self(hex::encode(digest("notification", &parts)))
    }

    /// The 32 hex digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// 16 bytes of SHA-256. Each part goes in with its length, so that no two lists look alike.
pub(crate) fn digest(what: &str, parts: &[&[u8]]) -> [u8; 16] {
    let mut hash = Sha256::new();
    for part in std::iter::once(&what.as_bytes()).chain(parts) {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    let mut half = [0; 16];
    half.copy_from_slice(&hash.finalize()[..16]);
    half
}

fn checked(text: String) -> Result<String, ParseAlertIdError> {
    let digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    if text.len() == 32 && text.bytes().all(digit) { Ok(text) } else { Err(ParseAlertIdError(text)) }
}

macro_rules! text_form {
    ($id:ident) => {
        impl TryFrom<String> for $id {
            type Error = ParseAlertIdError;

            fn try_from(text: String) -> Result<Self, ParseAlertIdError> {
                checked(text).map(Self)
            }
        }

        impl FromStr for $id {
            type Err = ParseAlertIdError;

            fn from_str(text: &str) -> Result<Self, ParseAlertIdError> {
                checked(text.to_owned()).map(Self)
            }
        }

        impl fmt::Display for $id {
            fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str(&self.0)
            }
        }
    };
}

text_form!(AlertId);
text_form!(NotificationId);

#[cfg(test)]
mod tests {
    use ingest_model::Tenant;

    use super::*;

    fn key(labels: &[(&str, &str)]) -> AlertKey {
        AlertKey::new(Tenant::default(), "burn", labels.iter().copied())
    }

    #[test]
    fn an_id_is_the_same_tomorrow_and_another_for_another_episode() {
        let id = AlertId::new(&key(&[("service", "shop")]), Nanos(1));
        assert_eq!(id.as_str(), "0916558e2ea696161ad2528c97aba28f");
        assert_eq!(id.as_str().parse(), Ok(id.clone()));
        assert_ne!(id, AlertId::new(&key(&[("service", "shop")]), Nanos(2)));
    }

    #[test]
    fn labels_that_look_alike_when_joined_are_told_apart() {
        let one = key(&[("a", "bc")]);
        assert_ne!(AlertId::new(&one, Nanos(1)), AlertId::new(&key(&[("ab", "c")]), Nanos(1)));
        assert_ne!(one.fingerprint(), key(&[("ab", "c")]).fingerprint());
        assert_eq!(one.fingerprint().len(), 16);
    }

    #[test]
    fn what_is_no_id_is_refused() {
        for text in ["", "0916", "0916558E2EA696161AD2528C97ABA28F", "../../../../etc/passwd/00000000000"] {
            assert!(text.parse::<AlertId>().is_err_and(|error| error.to_string().contains("32 lower-case")), "{text}");
        }
    }
}
