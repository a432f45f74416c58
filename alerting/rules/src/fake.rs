//! Verdicts for tests.

use std::time::Duration;

use ingest_model::{Nanos, Tenant, TraceId};

use crate::alert::Severity;
use crate::key::AlertKey;
use crate::proof::{Burn, Cause, Figures, Proof};
use crate::verdict::{Condition, Verdict};

/// The minute `number` of the tests.
pub(crate) fn minute(number: i64) -> Nanos {
    Nanos(1_700_000_000_000_000_000).plus(number * 60_000_000_000)
}

pub(crate) const fn minutes(number: u64) -> Duration {
    Duration::from_secs(60 * number)
}

pub(crate) fn key() -> AlertKey {
    AlertKey::new(Tenant::default(), "burn", [("slo", "availability"), ("service", "shop")])
}

/// A fast burn: 2 % failures of 0.1 % allowed (SRE Workbook, table 5-8).
pub(crate) fn proof() -> Proof {
    let figures = Burn { long: 20.0, long_window: minutes(60), short: 22.5, short_window: minutes(5), factor: 14.4 };
    Proof {
        subject: "availability".to_owned(),
        service: "shop".to_owned(),
        figures: Figures::Burn(figures),
        budget_remaining: Some(0.61),
        exhausted_in: Some(minutes(70)),
        trace_ids: (1..=2).filter_map(|byte| TraceId::from_bytes(&[byte; 16])).collect(),
        causes: vec![Cause { key: "http.route".to_owned(), value: "/pay".to_owned(), lift: 8.1 }],
        link: "https://slowburn.example/slos/availability?from=1&to=2".to_owned(),
    }
}

pub(crate) fn verdict(condition: Condition, at: Nanos) -> Verdict {
    Verdict { key: key(), severity: Severity::Page, condition, proof: proof(), at }
}
