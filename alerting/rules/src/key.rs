//! What tells one alert of a rule from another.

use std::collections::BTreeMap;

use ingest_model::Tenant;
use serde::{Deserialize, Serialize};

/// The identity of an alert through all its episodes: whose it is, the rule, and its labels.
///
/// Two verdicts with equal keys are about the same thing. Severity is not part of it, so that a
/// ticket that becomes a page is one alert and not two.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct AlertKey {
    /// Whose telemetry it judges.
    #[serde(with = "crate::wire::tenant")]
    pub tenant: Tenant,
    /// The rule's name; Alertmanager's `alertname`.
    pub rule: String,
    /// What the rule's result is about, such as `service` and `slo`.
    pub labels: BTreeMap<String, String>,
}

// === impl AlertKey ===

impl AlertKey {
    /// The key of a rule with labels.
    pub fn new<L, K, V>(tenant: Tenant, rule: impl Into<String>, labels: L) -> Self
    where
        L: IntoIterator<Item = (K, V)>,
        K: Into<String>,
        V: Into<String>,
    {
        let labels = labels.into_iter().map(|(key, value)| (key.into(), value.into())).collect();
        Self { tenant, rule: rule.into(), labels }
    }

    /// Its parts in a fixed order, for hashing.
    pub(crate) fn parts(&self) -> Vec<&[u8]> {
        let labels = self.labels.iter().flat_map(|(key, value)| [key.as_bytes(), value.as_bytes()]);
        [self.tenant.as_str().as_bytes(), self.rule.as_bytes()].into_iter().chain(labels).collect()
    }

    /// 16 hex digits that are the same for every episode; Alertmanager's `fingerprint`.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        hex::encode(&crate::id::digest("key", &self.parts())[..8])
    }
}
