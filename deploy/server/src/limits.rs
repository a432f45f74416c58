//! The limits file: what each tenant may send, and what a question of each may use.
//!
//! It is read again when it changes. A file with a mistake changes nothing: the mistake is told, and the
//! limits of before hold.

use std::collections::BTreeMap;
use std::fs;
use std::num::{NonZeroU32, NonZeroU64};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use ingest_model::Tenant;
use ingest_otlp::{Limits, Quotas, Rate, TenantLimits, Variety};
use query_engine::QuestionLimits;
use serde::{Deserialize, Deserializer, de};
use tokio_util::sync::CancellationToken;

use crate::engines::Engines;

/// How often the file is looked at.
const LOOK: Duration = Duration::from_secs(2);

/// The file as it is written.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Document {
    default: Entry,
    tenant: BTreeMap<Name, Entry>,
}

/// A tenant's name as a key.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Name(Tenant);

/// What is written of a tenant. What is left out is as in `[default]`; 0 is no limit.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Entry {
    items_per_second: Option<u64>,
    items_burst: Option<u64>,
    bytes_per_second: Option<u64>,
    bytes_burst: Option<u64>,
    services_per_hour: Option<u64>,
    series_per_hour: Option<u64>,
    question_seconds: Option<NonZeroU32>,
    question_rows: Option<NonZeroU32>,
    question_answer_bytes: Option<NonZeroU32>,
    question_scan_bytes: Option<u64>,
    question_memory_bytes: Option<NonZeroU64>,
    question_spill_bytes: Option<NonZeroU64>,
}

/// What the file says.
#[derive(Debug, Default)]
pub(crate) struct Read {
    /// What tenants may send.
    pub(crate) sent: Limits,
    /// What a question of theirs may use.
    pub(crate) asked: Questions,
}

/// What a question may use, by tenant.
#[derive(Debug, Clone, Default)]
pub(crate) struct Questions {
    default: QuestionLimits,
    tenants: BTreeMap<Tenant, QuestionLimits>,
}

// === impl Questions ===

impl Questions {
    /// What a question of a tenant may use.
    pub(crate) fn of(&self, tenant: &Tenant) -> QuestionLimits {
        self.tenants.get(tenant).copied().unwrap_or(self.default)
    }
}

// === impl Name ===

impl<'de> Deserialize<'de> for Name {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        String::deserialize(from)?.parse().map(Self).map_err(de::Error::custom)
    }
}

// === impl Entry ===

impl Entry {
    fn or(self, default: Self) -> Self {
        // A burst belongs to its rate: one of the default beside a rate of its own would surprise.
        let or = |rate: Option<u64>, burst: Option<u64>, (default_rate, default_burst)| match rate {
            Some(_) => (rate, burst),
            None => (default_rate, burst.or(default_burst)),
        };
        let (items_per_second, items_burst) =
            or(self.items_per_second, self.items_burst, (default.items_per_second, default.items_burst));
        let (bytes_per_second, bytes_burst) =
            or(self.bytes_per_second, self.bytes_burst, (default.bytes_per_second, default.bytes_burst));
        let services_per_hour = self.services_per_hour.or(default.services_per_hour);
        let series_per_hour = self.series_per_hour.or(default.series_per_hour);
        Self {
            items_per_second,
            items_burst,
            bytes_per_second,
            bytes_burst,
            services_per_hour,
            series_per_hour,
            question_seconds: self.question_seconds.or(default.question_seconds),
            question_rows: self.question_rows.or(default.question_rows),
            question_answer_bytes: self.question_answer_bytes.or(default.question_answer_bytes),
            question_scan_bytes: self.question_scan_bytes.or(default.question_scan_bytes),
            question_memory_bytes: self.question_memory_bytes.or(default.question_memory_bytes),
            question_spill_bytes: self.question_spill_bytes.or(default.question_spill_bytes),
        }
    }

    /// What a question may use: the engine's own limits but for those that are written.
    fn questions(self) -> QuestionLimits {
        let usual = QuestionLimits::default();
        let count = |limit: Option<NonZeroU32>, usual: usize| limit.map_or(usual, |limit| limit.get() as usize);
        let memory = self.question_memory_bytes.map(|bytes| usize::try_from(bytes.get()).unwrap_or(usize::MAX));
        QuestionLimits {
            timeout: self.question_seconds.map_or(usual.timeout, |limit| Duration::from_secs(limit.get().into())),
            rows: count(self.question_rows, usual.rows),
            answer_bytes: count(self.question_answer_bytes, usual.answer_bytes),
            scan_bytes: self.question_scan_bytes.unwrap_or(usual.scan_bytes),
            memory_bytes: memory.unwrap_or(usual.memory_bytes),
            spill_bytes: self.question_spill_bytes.map_or(usual.spill_bytes, NonZeroU64::get),
        }
    }

    fn limits(self) -> TenantLimits {
        let count = |limit: Option<u64>| limit.filter(|limit| *limit > 0);
        TenantLimits {
            items: rate(self.items_per_second, self.items_burst),
            bytes: rate(self.bytes_per_second, self.bytes_burst),
            variety: Variety { services: count(self.services_per_hour), series: count(self.series_per_hour) },
        }
    }
}

/// Without a burst of its own, ten seconds' worth: exporters send in batches, every few seconds.
fn rate(per_second: Option<u64>, burst: Option<u64>) -> Option<Rate> {
    let per_second = per_second.filter(|per_second| *per_second > 0)?;
    Some(Rate { per_second, burst: burst.unwrap_or_else(|| per_second.saturating_mul(10)) })
}

/// Reads a limits file.
///
/// # Errors
///
/// When it cannot be read or has a mistake; the text tells file and line.
pub(crate) fn read(path: &Path) -> Result<Read> {
    let text = fs::read_to_string(path).with_context(|| format!("cannot read the limits file {}", path.display()))?;
    parse(&text).with_context(|| format!("the limits file {} has a mistake", path.display()))
}

fn parse(text: &str) -> Result<Read> {
    let Document { default, tenant } = toml::from_str(text)?;
    let of_tenants = || tenant.iter().map(|(name, entry)| (name.0.clone(), entry.or(default)));
    let sent = of_tenants().map(|(tenant, entry)| (tenant, entry.limits())).collect();
    let asked = of_tenants().map(|(tenant, entry)| (tenant, entry.questions())).collect();
    Ok(Read {
        sent: Limits { default: default.limits(), tenants: sent },
        asked: Questions { default: default.questions(), tenants: asked },
    })
}

/// Holds `quotas` and `engines` to what the file says, until `stopping`.
pub(crate) async fn follow(path: PathBuf, quotas: Arc<Quotas>, engines: Arc<Engines>, stopping: CancellationToken) {
    let mut known = fs::read_to_string(&path).ok();
    let mut ticks = tokio::time::interval(LOOK);
    while stopping.run_until_cancelled(ticks.tick()).await.is_some() {
        let found = fs::read_to_string(&path).ok();
        if found == known {
            continue;
        }
        known = found;
        let limits = read(&path);
        metrics::gauge!("ingest_otlp_limits_file_mistaken").set(if limits.is_ok() { 0.0 } else { 1.0 });
        match limits {
            Ok(limits) => {
                tracing::info!(file = %path.display(), "the limits of tenants have changed");
                quotas.set(limits.sent);
                engines.set_limits(limits.asked).await;
            }
            Err(mistake) => tracing::error!("{mistake:#}; the limits of before hold"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tenant_has_the_limits_of_the_default_but_for_its_own() {
        let limits = parse(
            "[default]\nitems_per_second = 100\nitems_burst = 500\nbytes_per_second = 1_000\n\
             [tenant.shop]\nitems_per_second = 7\n[tenant.bank]\nbytes_per_second = 0\n",
        )
        .unwrap();
        let rates = |tenant: &str| {
            let TenantLimits { items, bytes, .. } = limits.sent.of(&tenant.parse().unwrap());
            [items, bytes].map(|rate| rate.map(|rate| (rate.per_second, rate.burst)))
        };
        assert_eq!(rates("another"), [Some((100, 500)), Some((1_000, 10_000))]);
        assert_eq!(rates("shop"), [Some((7, 70)), Some((1_000, 10_000))]);
        assert_eq!(rates("bank"), [Some((100, 500)), None]);
    }

    #[test]
    fn a_question_may_use_what_is_written_and_else_what_is_usual() {
        let limits = parse(
            "[default]\nquestion_seconds = 5\nquestion_scan_bytes = 1_000\n\
             [tenant.shop]\nquestion_scan_bytes = 0\nquestion_memory_bytes = 1_048_576\n",
        )
        .unwrap();
        let of = |tenant: &str| limits.asked.of(&tenant.parse().unwrap());
        let usual = QuestionLimits::default();
        let all = QuestionLimits { timeout: Duration::from_secs(5), scan_bytes: 1_000, ..usual };
        assert_eq!(of("another"), all);
        assert_eq!(of("shop"), QuestionLimits { scan_bytes: 0, memory_bytes: 1 << 20, ..all });
        assert_eq!(Questions::default().of(&Tenant::default()), usual);
    }

    #[test]
    fn a_mistake_names_its_line() {
        for (text, line, wanted) in [
            ("[default]\nitems = 3\n", "line 2", "unknown field `items`"),
            ("[default]\n\nitems_per_second = -1\n", "line 3", "-1"),
            ("[default]\nquestion_seconds = 0\n", "line 2", "nonzero"),
            ("[tenant.'../etc']\n", "line 1", "is no tenant name"),
            ("[default]\nitems_per_second = 1\n[default]\n", "line 3", "duplicate key"),
        ] {
            let mistake = format!("{:#}", parse(text).unwrap_err());
            assert!(mistake.contains(line) && mistake.contains(wanted), "{mistake}");
        }
    }
}
