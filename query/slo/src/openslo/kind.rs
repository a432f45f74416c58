//! The kinds of documents OpenSLO v1 has.

use std::fmt;

/// A kind of document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    Service,
    Sli,
    Slo,
    DataSource,
    AlertPolicy,
    AlertCondition,
    AlertNotificationTarget,
}

// === impl Kind ===

impl Kind {
    /// Every kind by its word.
    pub(crate) const WORDS: [(&'static str, Self); 7] = [
        ("SLO", Self::Slo),
        ("SLI", Self::Sli),
        ("Service", Self::Service),
        ("DataSource", Self::DataSource),
        ("AlertPolicy", Self::AlertPolicy),
        ("AlertCondition", Self::AlertCondition),
        ("AlertNotificationTarget", Self::AlertNotificationTarget),
    ];
}

impl fmt::Display for Kind {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(Self::WORDS.iter().find(|(_, kind)| kind == self).map_or("", |(word, _)| word))
    }
}
